"""What tests of training commands share."""

from pathlib import Path

import numpy as np
from PIL import Image


def save_weights(extractor, folder):
    """Writes the weights of an extractor as an `.npz` file of arrays `LAYER/kernel`, `LAYER/bias`; returns its path."""
    file = folder / f"{extractor.name}.npz"
    np.savez(file, **{weight.path.removeprefix(f"{extractor.name}/"): weight.numpy() for weight in extractor.weights})
    return file


def save_noise(names, height, width):
    """Writes images of random pixels."""
    random = np.random.default_rng(0)
    for name in names:
        Path(name).parent.mkdir(exist_ok=True)
        Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8)).save(name)


def check_goes_on(run, command):
    """A training of two steps goes on to a third."""
    code, out, err = run(*f"{command} --resume --num-steps 3".split())
    assert (code, err) == (0, [])
    assert any("schedule still ends at step 2, as at the start. --schedule-steps changes it" in line for line in out)
    assert [line for line in out if line.startswith("step ")][-1].startswith("step 3/3")
