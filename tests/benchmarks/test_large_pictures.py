"""Memory of large pictures, each in a process of its own. Run with -s: the numbers are printed.

pytest -s tests/benchmarks/test_large_pictures.py

Of 100 megapixels, tiles of each shape are painted and some more, 20 in all, because each takes the same memory. With
TFSTYLE_TILES=1000 the whole is painted, which takes an hour for the slowest networks.
"""

import json
import os
import subprocess
import sys

import pytest

PAINT = """
import dataclasses, json, resource, sys, time
import numpy as np
from tfstyle.models.translation import ResNetTranslator
from tfstyle.saved.registry import export_model, load_saved_model
from tfstyle.transfer import large

kind, height, width, memory, folder, max_passes, max_tiles = json.loads(sys.argv[1])
if kind in ("style_bank", "adain", "semantic_style", "lineart2color"):
    import tfstyle
    model = tfstyle.load(kind)
    styles = model.style_names[2] if kind == "style_bank" else None
    if kind in ("adain", "semantic_style"):
        styles = model.encode_style(np.random.default_rng(0).random((1, 256, 256, 3), np.float32), refine=False)[0]
else:
    export_model(ResNetTranslator(), folder)
    model, styles = load_saved_model(folder), None
random = np.random.default_rng(0)
rows = (np.arange(height) // 7 % 200).astype(np.uint8)
photo = np.empty((height, width, 3), np.uint8)
photo[:] = rows[:, None, None]
photo[:, ::3] += 20
if max_passes:
    original = large.paint_tiles
    large.paint_tiles = lambda *arguments: original(*arguments, max_passes=max_passes)
num_tiles = []
plan_picture = large.plan_picture

def plan_some(*arguments):
    plan = plan_picture(*arguments)
    if plan is None:
        return plan
    num_tiles.append(len(plan.tiles))
    sides = lambda tile: (tile.rows.start == 0, tile.rows.stop == height, tile.columns.start == 0,
                          tile.columns.stop == width)
    chosen = {sides(tile): tile for tile in plan.tiles}
    rest = [tile for tile in plan.tiles if tile not in chosen.values()]
    chosen = [*chosen.values(), *rest[: max(max_tiles - len(chosen), 0)]]
    num_tiles.append(len(chosen))
    return dataclasses.replace(plan, tiles=chosen)

large.plan_picture = plan_some
start = time.time(), time.process_time()
painted = large.stylize_large(photo, model, styles, memory=memory)
seconds = time.time() - start[0], time.process_time() - start[1]
painted[::16] = 0  # pages of tiles that were left out count
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"kind": kind, "megapixels": height * width / 1e6, "peak_gigabytes": peak / 1e9,
                  "tiles_of_all": num_tiles[::-1], "seconds": seconds[0], "cpu_seconds": seconds[1]}))
"""


def paint(kind, height, width, memory, folder, max_passes=None, max_tiles=100_000):
    arguments = json.dumps([kind, height, width, memory, str(folder), max_passes, max_tiles])
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", PAINT, arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout.splitlines()[-1])
    print("\n", result)
    return result


KINDS = ["style_bank", "semantic_style", "adain", "lineart2color", "ResNetTranslator"]
MAX_TILES = int(os.environ.get("TFSTYLE_TILES", 20))


# One pass suffices for the peak: all passes use the same memory.
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_megapixels_in_three_gigabytes(kind, tmp_path):
    result = paint(kind, 10_000, 10_000, 3.0, tmp_path / "model", max_passes=1, max_tiles=MAX_TILES)
    assert result["peak_gigabytes"] < 3.0


def test_a_translator_of_six_megapixels_in_less_than_four_gigabytes(tmp_path):
    assert paint("ResNetTranslator", 2000, 3000, 3.0, tmp_path / "model", max_passes=1)["peak_gigabytes"] < 4.0


@pytest.mark.parametrize("kind", KINDS)
def test_the_memory_of_the_whole_is_known(kind, tmp_path):
    """The constants of `tfstyle.transfer.geometry`, by the difference of two sizes."""
    small, large = (paint(kind, side, side, 100.0, tmp_path / str(side)) for side in (512, 1024))
    difference = (large["peak_gigabytes"] - small["peak_gigabytes"]) * 1e9 / (1024**2 - 512**2)
    print(f"{kind}: {difference:.0f} bytes a pixel")
