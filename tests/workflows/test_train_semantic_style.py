"""`tfstyle train semantic-style` from end to end, in steps that take a second."""

from pathlib import Path

import numpy as np
import pytest

import tfstyle
from tests.workflows.trainings import check_goes_on, save_noise, save_weights
from tfstyle.images import load_image
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.saved.styler import LoadedStyler
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.zoo import load_pretrained


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of random weights for light extractors: the one that the network sees with, and the one that judges it."""
    extractor = LightStyleExtractor(weights=None)
    return save_weights(extractor, tmp_path_factory.mktemp("weights"))


@pytest.fixture
def training(shipped, weights):
    """Flags of a training of two steps, with two photographs and two paintings to go with them."""
    save_noise(("photos/a.png", "photos/b.png", "paintings/a.png", "paintings/b.png"), 70, 144)
    # Not every seed's random weights bear being rounded to float16, as an export wants.
    sizes = "--batch-size 2 --crop-size 64 --style-size 64 --loss-margin 8"
    steps = f"--num-steps 2 {sizes} --precision float32 --seed 2"
    networks = f"--extractor-weights {weights} --extractor light={weights}"
    return (
        f"train semantic-style --content photos --paintings paintings {networks} --run-directory styler {steps}".split()
    )


@pytest.mark.slow
def test_a_styler_is_trained_and_goes_on_without_the_weights_it_sees_with(run, training, weights, monkeypatch):
    code, out, err = run(*training)
    assert (code, err) == (0, [])
    assert out[-1].startswith("styler: trained. tfstyle export styler")
    assert RunDirectory("styler").read_model()["family"] == "semantic_style"
    flags = f"--content photos --paintings paintings --extractor light={weights} --run-directory styler"
    check_goes_on(run, f"train semantic-style {flags}")
    assert run("export", "styler", "--output", "plain")[0] == 0
    code, out, err = run("export", "styler", "--output", "refining", "--photographs", "photos")
    assert (code, out, err) == (0, ["refining: exported"], [])
    code, out, err = run(*training, "--start-from", "style_bank", "--run-directory", "on")
    assert (code, out) == (2, [])
    assert "--start-from style_bank: The bank must have filters=(32, 80, 32)" in err[0]
    code, out, err = run(*training, "--start-from", "plain", "--run-directory", "on")
    assert (code, err) == (0, [])
    assert run(*f"train semantic-style {flags} --run-directory on --resume --num-steps 3".split())[0] == 0
    assert run("export", "on", "--output", "on_plain") == (0, ["on_plain: exported"], [])
    old, new = load_pretrained("plain"), load_pretrained("on_plain")
    np.testing.assert_allclose(new.to_vector.kernel, old.to_vector.kernel, atol=0.02)
    assert np.any(np.asarray(new.to_vector.kernel) != np.asarray(old.to_vector.kernel))
    painting = load_image("paintings/a.png")
    plain, refining = tfstyle.load("plain"), tfstyle.load("refining")
    vectors = plain.encode_style(painting)
    np.testing.assert_allclose(refining.encode_style(painting), vectors, rtol=1e-5)

    monkeypatch.setattr(LoadedStyler, "encode_style", lambda self, image, refine=None: vectors)  # in no time
    stylize = ("stylize", "photos/a.png", "--output", "out.png", "--overwrite", "--style")
    code, out, err = run(*stylize, "paintings/a.png", "paintings/b.png", "--model", "refining", "--refine")
    lines = ["refining the style embedding: about ten seconds for each painting"]
    assert (code, out, err) == (0, [*lines, "photos/a.png -> out.png"], [])
    code, out, err = run(*stylize, "paintings/a.png", "paintings/b.png", "--model", "refining")
    assert (code, out, err) == (0, ["photos/a.png -> out.png"], [])
    code, out, err = run(*stylize, "paintings/a.png", "--model", "plain", "--refine")
    assert code == 2 and "plain cannot refine style embeddings. Leave --refine out." in err[0]
    assert run(*stylize, "paintings/a.png", "--model", "plain", "--save-style", "a.npy")[0] == 0
    assert run(*stylize, "a.npy", "--model", "refining")[1] == ["photos/a.png -> out.png"]  # tried out before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--extractor-weights nowhere.npz", "nowhere.npz"),
        ("--extractor light=nowhere.npz", "nowhere.npz: there is no such file of weights for --extractor"),
        ("--extractor nobody", "there is no extractor 'nobody'"),
        ("--paintings nowhere", "nowhere"),
        ("--crop-size 31", "--crop-size must be at least 32 pixels"),
    ],
)
def test_mistakes_before_a_training(run, training, arguments, message):
    code, out, err = run(*training, *arguments.split())
    assert (code, out) == (2, [])
    assert message in err[0]
    assert not Path("styler").exists()
