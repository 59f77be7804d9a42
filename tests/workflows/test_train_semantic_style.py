"""`tfstyle train semantic-style` from end to end, in steps that take a second."""

from pathlib import Path

import pytest

from tests.workflows.trainings import check_goes_on, save_noise, save_weights
from tfstyle.models.light_extractor import LightStyleExtractor
from tfstyle.training.run_directory import RunDirectory


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of random weights for the light extractor."""
    extractor = LightStyleExtractor(weights=None)
    return save_weights(extractor, tmp_path_factory.mktemp("weights"))


@pytest.fixture
def training(shipped, weights):
    """Flags of a training of two steps, with two photographs and two paintings to go with them."""
    save_noise(("photos/a.png", "photos/b.png", "paintings/a.png", "paintings/b.png"), 70, 144)
    steps = "--num-steps 2 --batch-size 2 --crop-size 64 --style-size 64 --observed-paintings 64 --precision float32"
    flags = f"--content photos --paintings paintings --extractor-weights {weights} --run-directory styler"
    return f"train semantic-style {flags} {steps}".split()


@pytest.mark.slow
def test_a_styler_is_trained_and_goes_on_without_the_weights_of_its_extractor(run, training):
    code, out, err = run(*training)
    assert (code, err) == (0, [])
    assert out[-1].startswith("styler: trained. tfstyle export styler")
    assert RunDirectory("styler").read_model()["family"] == "semantic_style"
    check_goes_on(run, "train semantic-style --content photos --paintings paintings --run-directory styler")


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
