"""`tfstyle optimize` from end to end, judged by a small network of random weights."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfstyle
from tfstyle.images import load_image, read_tags
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.transfer.optimize import Optimization

QUICK = ("--first-size", 32, "--first-steps", 3, "--num-steps", 2, "--extractor", "light=judge.weights.h5")


@pytest.fixture(autouse=True)
def eager():
    """For so few steps it takes longer to trace a graph than to do without."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """A file of weights to the layer where the default style ends."""
    keras.utils.set_random_seed(0)
    file = tmp_path_factory.mktemp("judge") / "judge.weights.h5"
    LightStyleExtractor(weights=None).save_weights(file)
    return file


@pytest.fixture
def files(shipped, judge):
    """A photograph of 70x48, two paintings, two masks, and weights, in the folder of work."""
    random = np.random.default_rng(0)
    for name, height, width in (("photo.png", 48, 70), ("waves.png", 40, 40), ("stars.png", 36, 64)):
        Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8)).save(name)
    left = np.zeros((48, 70), np.uint8)
    left[:, :35] = 255
    Image.fromarray(left).save("left.png")
    Image.fromarray(255 - left).save("right.png")
    Image.new("RGB", (1, 1)).save("dot.png")
    Path("judge.weights.h5").symlink_to(judge)


def test_one_style(run, files):
    before = Path("photo.png").read_bytes()
    code, out, err = run("optimize", "photo.png", "--style", "waves.png", "--output", "new/painting.jpg", *QUICK)
    assert (code, out) == (0, ["photo.png -> new/painting.jpg"])
    assert load_image("new/painting.jpg").shape == (48, 70, 3)
    assert Path("photo.png").read_bytes() == before
    assert err[-1].startswith("step 5/5  70x48  content 0.")
    assert err[-1].endswith("0 min 00 s left")
    tags = read_tags("new/painting.jpg")
    assert tags["Software"] == f"tfstyle {tfstyle.__version__}"
    assert tags["Description"].startswith("Stylized by optimization; styles: waves 1; extractor: light; ")
    assert "first_steps: 3" in tags["Description"]


def test_flags_reach_the_picture(run, files):
    flags = ("--style-weight", 50, "--style-loss", "moments", "--optimizer", "lbfgs", "--start", "noise", "--seed", 3)
    layers = ("--content-layers", "stage2_conv2", "--style-layers", "stage2_conv2=2", "stage3_conv1")
    outputs = {}
    for name, arguments in {"plain": (), "settings": flags, "layers": layers, "size": ("--size", 40)}.items():
        output = f"{name}.png"
        assert run("optimize", "photo.png", "--style", "waves.png", "--output", output, *QUICK, *arguments)[0] == 0
        outputs[name] = load_image(output)
    assert outputs["size"].shape == (27, 40, 3)
    for name in ("settings", "layers"):
        assert np.abs(outputs["plain"].astype(int) - outputs[name]).max() > 2


def test_a_style_for_each_mask(run, files):
    arguments = ("--style", "waves.png", "stars.png=2", "--mask", "left.png", "right.png")
    assert run("optimize", "photo.png", *arguments, "--output", "both.png", *QUICK)[0] == 0
    assert (
        run("optimize", "photo.png", "--style", "waves.png", "--mask", "left.png", "--output", "one.png", *QUICK)[0]
        == 0
    )
    photo, both, one = (load_image(name).astype(int) for name in ("photo.png", "both.png", "one.png"))
    np.testing.assert_array_equal(one[:, 45:], photo[:, 45:])
    assert np.abs(both[:, 45:] - photo[:, 45:]).mean() > 2
    assert np.abs(both[:, :25] - photo[:, :25]).mean() > 2


def test_preserved_color(run, files):
    arguments = ("--style", "waves.png", "--preserve-color", "luminance", "--output", "colors.png")
    assert run("optimize", "photo.png", *arguments, *QUICK)[0] == 0
    differences = load_image("colors.png").astype(int) - load_image("photo.png")
    assert np.abs(differences).max() > 5
    # Luminance alone is a number that is added to red, green and blue alike; each is rounded.
    assert np.ptp(differences, axis=-1).max() <= 1


@pytest.mark.parametrize("flag", ["--time-lapse", "--film"])
def test_time_lapse(run, files, flag):
    arguments = ("--style", "waves.png", "--output", "painting.png", flag, "film.gif")
    assert run("optimize", "--content", "photo.png", *arguments, *QUICK)[0] == 0
    with Image.open("film.gif") as film:
        assert (film.format, film.n_frames, film.size) == ("GIF", 5, (70, 48))  # the last is the picture


def test_interrupted(run, files, monkeypatch):
    """Ctrl-C keeps the picture as it is then."""
    steps = []

    def interrupted_run(self, on_step):
        def step(progress):
            on_step(progress)
            steps.append(self.image())
            if len(steps) == 2:
                raise KeyboardInterrupt

        original(self, step)

    original = Optimization.run
    monkeypatch.setattr(Optimization, "run", interrupted_run)
    code, out, err = run("optimize", "photo.png", "--style", "waves.png", "--output", "painting.png", *QUICK)
    assert (code, out) == (130, [])
    assert err[-1] == "tfstyle: stopped after 2 steps; painting.png has the image at that step."
    np.testing.assert_array_equal(load_image("painting.png"), steps[-1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--style", "waves.png"), "one photograph is needed"),
        (("photo.png", "--content", "photo.png", "--style", "waves.png"), "Received: 2."),
        (("none.jpg", "--style", "waves.png"), "none.jpg: no such file"),
        (("dot.png", "--style", "waves.png"), "dot.png: 1x1 pixels are too few. tfstyle optimize needs at least 16"),
        (("photo.png", "--style", "dot.png"), "dot.png: 1x1 pixels are too few."),
        (("photo.png", "--style", "waves.png", "--size", 20), "photo.png: 20x14 pixels are too few."),
        ((".", "--style", "waves.png"), "is a folder. Name one photograph"),
        (("photo.png", "--style", "none.jpg=2"), "none.jpg: no such file. Name the image of a painting"),
        (("photo.png", "--style", "waves.png=none"), "must be a positive number, as in waves.png=0.5"),
        (("photo.png", "--style", "waves.png", "waves.png=2"), "is named twice"),
        (("photo.png", "--style", "judge.weights.h5"), "not an image in a supported format"),
        (
            ("photo.png", "--style", "waves.png", "--mask", "left.png", "right.png"),
            "--mask must have one image for each style. Received: 1 style and 2 masks.",
        ),
        (("photo.png", "--style", "waves.png", "--mask", "waves.png"), "aspect ratio than the photograph's 70x48"),
        (("photo.png", "--style", "waves.png", "--output", "photo.png", "--overwrite"), "is one of the photographs"),
        (("photo.png", "--style", "waves.png", "--output", "waves.png", "--overwrite"), "is one of the images to read"),
        (("photo.png", "--style", "waves.png", "--output", "left.png"), "Name another output, or add --overwrite"),
        (("photo.png", "--style", "waves.png", "--output", "new.xyz"), "unknown extension '.xyz'"),
        (("photo.png", "--style", "waves.png", "--time-lapse", "dot.png/x.gif"), "dot.png is not a folder"),
        (("photo.png", "--style", "waves.png", "--film", "film.mp4"), "a time-lapse is an animated GIF"),
        (("photo.png", "--style", "waves.png", "--num-steps", "0"), "--num-steps must be at least 1"),
        (("photo.png", "--style", "waves.png", "--extractor", "inception"), "there is no extractor 'inception'"),
        (("photo.png", "--style", "waves.png", "--extractor", "vgg19=none.h5"), "no such file of weights"),
        (("photo.png", "--style", "waves.png", "--pooling", "average"), "--pooling is for vgg19; light has no choice"),
        (("photo.png", "--style", "waves.png", "--style-layers", "block1"), "Received: block1"),
        (("photo.png", "--style", "waves.png", "--style-layers", "stage2_conv2=x"), "The weight of a layer must be"),
    ],
)
def test_mistakes_are_one_line(run, files, arguments, message):
    output = () if "--output" in arguments else ("--output", "new.png")
    judge = () if "--extractor" in arguments else ("--extractor", "light=judge.weights.h5")
    code, out, err = run("optimize", *arguments, *output, *judge)
    assert (code, out, len(err)) == (2, [], 1)
    assert message in err[0]
    assert not Path("new.png").exists()
