"""Trainings killed at random moments and resumed, as a user's are: other processes, SIGKILL, real steps.

TFSTYLE_KILLS says how often each training is killed: TFSTYLE_KILLS=100 pytest tests/workflows/test_kills.py
"""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.conftest import draw_photo
from tests.workflows.trainings import save_weights

NUM_STEPS = 40
COMMON = f"--precision float32 --num-steps {NUM_STEPS} --log-every 1 --checkpoint-every 6 --sample-every 9"


def train_gan(folder):
    """A command that trains a GAN with all that is random in it: noise, penalties, dropout, augmentation."""
    networks = "--architecture dense --image-size 28 --channels 1 --discriminator-dropout 0.2"
    return f"train gan --data procedural {networks} --augment geometry color --batch-size 8 --num-samples 4".split()


def train_style_bank(folder):
    """A command that trains a bank of one style, judged by an extractor of random weights."""
    from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor

    for seed, name in enumerate(["photos/a.png", "photos/b.png", "paintings/lilies.png"]):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(draw_photo(48, 64, seed)).save(folder / name)
    weights = save_weights(SqueezeNetExtractor(), folder)
    judge = f"--extractor squeezenet={weights} --crop-size 32 --loss-margin 4 --style-size 48 --batch-size 2"
    return f"train style-bank --content {folder / 'photos'} --styles {folder / 'paintings'} {judge}".split()


def start(command, run, *more):
    arguments = [*command, *COMMON.split(), "--run-directory", str(run), *more]
    return subprocess.Popen(
        [sys.executable, "-m", "tfstyle.cli", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(process):
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output
    assert f"step {NUM_STEPS}/{NUM_STEPS}" in output


def kill_after(process, step, seconds):
    """Kills a process some time after it said that it did a step.

    Returns:
        Whether it was still training.
    """
    for line in process.stdout:
        if line.startswith("step ") and int(line.split()[1].partition("/")[0]) >= step:
            break
    time.sleep(seconds)
    process.kill()
    rest = process.stdout.read()
    process.wait(timeout=60)
    return process.returncode < 0 and "trained" not in rest


def checkpoint(run):
    """Every value in the newest checkpoint: weights, their averages, the optimizers' moments, random states."""
    path = tf.train.latest_checkpoint(str(run / "checkpoints"))
    assert path.endswith(f"-{NUM_STEPS}")
    reader = tf.train.load_checkpoint(path)
    names = reader.get_variable_to_shape_map().keys() - {"_CHECKPOINTABLE_OBJECT_GRAPH"}
    return {name: reader.get_tensor(name) for name in names}


@pytest.mark.slow
@pytest.mark.parametrize(("make_command", "num_kills"), [(train_gan, 3), (train_style_bank, 1)])
def test_killed_at_random_moments_it_ends_bit_for_bit_as_one_never_killed(tmp_path, make_command, num_kills):
    """The loop is the same for all; the GAN, which has most that is random, is killed more often."""
    num_kills = int(os.environ.get("TFSTYLE_KILLS", num_kills))
    command = make_command(tmp_path)
    whole = start(command, tmp_path / "whole")
    random = np.random.default_rng(0)
    num_killed = 0
    for step in sorted(random.integers(1, NUM_STEPS - 10, num_kills)):
        process = start(command, tmp_path / "killed", "--resume")
        num_killed += kill_after(process, step, random.uniform(0.0, 0.05))
    finish(start(command, tmp_path / "killed", "--resume"))
    finish(whole)
    # Of many kills some come when all is done, for the last steps are over before the process hears of them.
    assert num_killed > num_kills // 2
    expected, found = checkpoint(tmp_path / "whole"), checkpoint(tmp_path / "killed")
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
