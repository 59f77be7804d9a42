"""`tfstyle train adain` from end to end, in steps that take a second."""

from pathlib import Path

import pytest

from tests.workflows.trainings import check_goes_on, save_noise, save_weights
from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor
from tfstyle.training.adain_config import AdaINConfig
from tfstyle.training.loop.run_directory import RunDirectory


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of random weights for the first two blocks of VGG19."""
    extractor = VGG19StyleExtractor(("block1_conv1", "block2_conv1"), weights=None, name="vgg19")
    return save_weights(extractor, tmp_path_factory.mktemp("weights"))


@pytest.fixture
def training(shipped, weights):
    """Flags of a training of two steps, with two photographs and two folders of one painting to go with them."""
    save_noise(("photos/a.png", "photos/b.png", "reds/a.png", "blues/a.png"), 40, 44)
    steps = "--num-steps 2 --batch-size 2 --crop-size 32 --loss-margin 4 --precision float32"
    flags = f"--content photos --paintings reds blues --encoder {weights} --run-directory styler"
    return f"train adain {flags} {steps} --inversion-steps 0 --decoder-filters 5".split()


def test_a_styler_is_trained_and_goes_on_without_the_weights_of_its_encoder(run, training):
    code, out, err = run(*training)
    assert (code, err) == (0, [])
    assert out[-1].startswith("styler: trained. tfstyle export styler")
    assert RunDirectory("styler").read_model()["config"]["decoder_filters"] == [5]
    code, _, err = run(*training)
    assert code == 2
    assert "already contains a training. Add --resume" in err[0]
    check_goes_on(run, "train adain --content photos --paintings reds blues --run-directory styler")


def test_what_is_resumed_must_have_the_same_photographs(run, training):
    assert run(*training)[0] == 0
    save_noise(("photos/a.png",), 41, 44)
    code, _, err = run(*training, "--resume", "--num-steps", 3)
    assert (code, len(err)) == (2, 1)
    assert "the photographs: 2 files " in err[0] and "Resume with the same" in err[0]
    assert RunDirectory("styler").read_config(AdaINConfig).num_steps == 2


def test_a_mistake_that_shows_late_is_no_training(run, training):
    """The trainer finds it, when the folder is there already."""
    good = Path("reds/a.png").read_bytes()
    Path("reds/a.png").write_bytes(b"no image")
    code, _, err = run(*training, "--num-steps", 1, "--cache", "shrunk")
    assert (code, len(err)) == (2, 1)
    assert "The only image cannot be read: reds/a.png" in err[0]
    assert not Path("styler").exists()
    Path("reds/a.png").write_bytes(good)
    code, _, err = run(*training, "--num-steps", 1, "--cache", "shrunk")
    assert (code, err) == (0, [])
    assert len(list(Path("shrunk").rglob("*.png"))) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--encoder nowhere.npz", "nowhere.npz: there is no such file of weights for --encoder"),
        ("--encoder photos/a.png", "--encoder photos/a.png: "),
        ("--encoder tfstyle", "No weights ship for 'vgg19_style_extractor'"),
        ("--paintings nowhere", "nowhere"),
        ("--crop-size 33", "--crop-size must be a multiple of 8 pixels"),
        ("--decoder-filters", "--decoder-filters must be 1 to 3 positive integers"),
    ],
)
def test_mistakes_before_a_training(run, training, arguments, message):
    code, out, err = run(*training, *arguments.split())
    assert (code, out) == (2, [])
    assert len(err) == 1
    assert message in err[0]
    assert not Path("styler").exists()
