"""`tfstyle train semantic-style` from end to end, in steps that take a second."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfstyle.models.light_extractor import LightStyleExtractor
from tfstyle.training.run_directory import RunDirectory


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of random weights for the light extractor."""
    extractor = LightStyleExtractor(weights=None)
    file = tmp_path_factory.mktemp("weights") / "light.npz"
    np.savez(file, **{variable.path.removeprefix("light/"): variable.numpy() for variable in extractor.weights})
    return file


@pytest.fixture
def training(shipped, weights):
    """Flags of a training of two steps, with two photographs and two paintings to go with them."""
    random = np.random.default_rng(0)
    for name in ("photos/a.png", "photos/b.png", "paintings/a.png", "paintings/b.png"):
        Path(name).parent.mkdir(exist_ok=True)
        Image.fromarray(random.integers(0, 256, (70, 144, 3), np.uint8)).save(name)
    steps = "--num-steps 2 --batch-size 2 --crop-size 64 --style-size 64 --observed-paintings 64 --precision float32"
    flags = f"--content photos --paintings paintings --extractor-weights {weights} --run-directory styler"
    return f"train semantic-style {flags} {steps}".split()


@pytest.mark.slow
def test_a_styler_is_trained_and_goes_on_without_the_weights_of_its_extractor(run, training):
    code, out, err = run(*training)
    assert (code, err) == (0, [])
    assert out[-1].startswith("styler: trained. tfstyle export styler")
    assert RunDirectory("styler").read_model()["family"] == "semantic_style"
    again = "train semantic-style --content photos --paintings paintings --run-directory styler --resume --num-steps 3"
    code, out, err = run(*again.split())
    assert (code, err) == (0, [])
    assert [line for line in out if line.startswith("step ")][-1].startswith("step 3/3")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--extractor-weights nowhere.npz", "nowhere.npz"),
        ("--paintings nowhere", "nowhere"),
        ("--crop-size 63", "`crop_size` must be at least 64 pixels"),
        ("--observed-paintings 63", "--observed-paintings must be 64 at least"),
    ],
)
def test_mistakes_before_a_training(run, training, arguments, message):
    code, out, err = run(*training, *arguments.split())
    assert (code, out) == (2, [])
    assert message in err[0]
    assert not Path("styler").exists()
