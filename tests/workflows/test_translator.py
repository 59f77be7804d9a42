"""`tfstyle train translator` and `tfstyle translate` from end to end, in steps that take a second."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.workflows.trainings import check_goes_on, save_noise
from tfstyle.images import load_image, read_tags
from tfstyle.models.translation.unet_generator import UNetGenerator
from tfstyle.saved.translator import export_translator
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.translator_config import TranslatorConfig

SMALL = (
    "--num-steps 2 --batch-size 2 --crop-size 16 --receptive-field 16 --filters 4 6 --discriminator-filters 4 "
    "--precision float32"
)


@pytest.fixture
def images(shipped):
    """Pairs side by side, and two folders of the same names."""
    save_noise(("pairs/a.png", "pairs/b.png"), 18, 40)
    save_noise(("first/a.png", "first/b.png", "second/a.png", "second/b.png"), 20, 24)


@pytest.fixture(scope="session")
def translator_folder(tmp_path_factory):
    """A SavedModel of an untrained translator; not to be written to."""
    folder = tmp_path_factory.mktemp("models") / "drawings"
    export_translator(UNetGenerator((4, 6)), folder)
    return folder


@pytest.mark.slow
def test_pairs_to_translations(run, images):
    training = f"train translator --pairs pairs --num-held-back 1 --run-directory runs/pairs {SMALL}"
    code, out, err = run(*training.split())
    assert (code, err) == (0, [])
    assert out[0].startswith("2 pairs for pix2pix; UNetGenerator of 0.00 million weights, float32")
    assert out[-2].startswith("pairs held back (1): the translations are 0.")
    assert out[-1].startswith("runs/pairs: trained. tfstyle export runs/pairs")
    assert len(list(Path("runs/pairs/samples").iterdir())) == 2
    code, _, err = run(*training.split())
    assert code == 2 and "already contains a training" in err[0]
    check_goes_on(run, "train translator --pairs pairs --run-directory runs/pairs")
    assert run("export", "runs/pairs", "--output", "model")[0] == 0
    code, out, err = run(*["translate", "first", "--model", "model", "--output", "translated", "--strength", "0.5"])
    assert (code, err) == (0, [])
    assert sorted(path.name for path in Path("translated").iterdir()) == ["a.png", "b.png"]
    assert load_image("translated/a.png").shape == (20, 24, 3)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["cyclegan", "fastcut"])
def test_two_folders_to_a_model(run, images, method):
    flags = f"--source first --target second --run-directory run {SMALL} --num-residual-blocks 1"
    code, out, err = run(*f"train translator --method {method} {flags}".split())
    assert (code, err) == (0, [])
    assert out[0].startswith(f"2 and 2 images for {method}; ResNetTranslator")
    config = RunDirectory("run").read_config(TranslatorConfig)
    assert (config.method, config.architecture, config.loss) == (method, "resnet", "least_squares")
    assert config.nce_weight == (10 if method == "fastcut" else 1)
    check_goes_on(run, "train translator --source first --target second --run-directory run")
    assert run("export", "run", "--output", "model")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "the method pix2pix needs --pairs, or --inputs and --targets. Received: no folder."),
        ("--inputs first", "needs --pairs, or --inputs and --targets. Received: --inputs."),
        (
            "--method cut --pairs pairs",
            "the method cut needs --source and --target, or --target, or --data. Received: --pairs.",
        ),
        ("--source first --target second", "needs --pairs, or --inputs and --targets. Received: --source, --target."),
        ("--inputs first --targets second --swap", "--swap is only for --pairs. Exchange the two folders instead."),
        ("--pairs pairs --cache there", "--cache is for single images in folders, not for pairs or --data. Remove it."),
        ("--task repair --pairs pairs", "the task repair needs --target, or --data. Received: --pairs."),
        ("--task dream --target first", "must be one of translate, colorize, upscale, repair"),
        ("--preset personal", "--preset personal needs --target: a folder of your pictures."),
        ("--preset personal --task repair --target first", "--preset personal learns a style. Leave out --task repair"),
        ("--method cut --data zebras", "--data takes a dataset as tfds:NAME. Received: zebras."),
        ("--pairs pairs --start-from style_bank", "this model is a StyleBank, the training that of a UNetGenerator."),
        ("--method unit --pairs pairs", "must be one of pix2pix, cyclegan, cut, fastcut"),
        ("--pairs pairs --crop-size 12", "must be at least 16"),
        ("--pairs nowhere", "nowhere: no such file or folder"),
        ("--inputs first --targets pairs/a.png", "1 of 2 inputs have no target of the same name: first/b.png"),
    ],
)
def test_mistakes_before_a_training(run, images, arguments, message):
    code, out, err = run(*f"train translator --run-directory run {arguments}".split())
    assert (code, out) == (2, [])
    assert len(err) == 1
    assert message in err[0]
    assert not Path("run").exists()


def test_alpha_tags_and_color_are_as_in_stylize(run, shipped, translator_folder):
    pixels = np.random.default_rng(0).integers(0, 256, (13, 18, 4), np.uint8)
    Image.fromarray(pixels).save("photo.png")
    flags = f"translate photo.png --model {translator_folder} --keep-alpha --preserve-color --strength 0.8"
    code, out, err = run(*flags.split(), "--output", "out.png")
    assert (code, out, err) == (0, ["photo.png -> out.png"], [])
    translated = load_image("out.png", keep_alpha=True)
    np.testing.assert_array_equal(translated[..., 3], pixels[..., 3])
    assert read_tags("out.png")["Description"] == "Translated by the model drawings; strength: 0.8"
    chroma = [image[..., :3] @ np.array([0.5, -0.5, 0]) for image in (translated.astype(float), pixels.astype(float))]
    visible = pixels[..., 3] > 0
    np.testing.assert_allclose(chroma[0][visible], chroma[1][visible], atol=1)
    code, _, err = run(*flags.split(), "--output", "out.png")
    assert code == 2 and "already exists" in err[0] and "--overwrite" in err[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--model {folder}", "no photo was named"),
        ("photo.png --model style_bank", "style_bank is a style bank, which does not translate images."),
        ("photo.png --model nowhere", "nowhere"),
        ("missing.png --model {folder}", "missing.png: no such file or folder"),
        ("photo.png --model {folder} --strength 2", "must lie in [0, 1], not 2"),
    ],
)
def test_mistakes_in_a_translation(run, photo_file, translator_folder, arguments, message):
    Path("photo.png").write_bytes(photo_file.read_bytes())
    code, out, err = run(*f"translate {arguments} --output out.png".format(folder=translator_folder).split())
    assert (code, out) == (2, [])
    assert message in err[-1]
    assert not Path("out.png").exists()


@pytest.mark.slow
def test_a_personal_style_is_trained_exported_and_evaluated(run, images, weights):
    command = f"train translator --preset personal --target second --source first --run-directory mine {SMALL}"
    extractor = f"--extractor squeezenet={weights}"
    code, out, err = run(*f"{command} --num-residual-blocks 1 {extractor}".split())
    assert (code, err) == (0, [])
    assert out[0].startswith("2 and 2 images for cut; ResNetTranslator")
    assert any(line.startswith("last measures: kernel distance to the target domain") for line in out)
    config = RunDirectory("mine").read_config(TranslatorConfig)
    assert config.keep_best and config.num_held_back == 0 and config.target_max_scale == 4
    flags = f"evaluate --model mine --source first --target second --size 20 {extractor} --report out.json"
    code, out, err = run(*flags.split())
    assert (code, err) == (0, [])
    assert out[0] == "mine, 2 images of 20 pixels"
    assert {line.split()[0] for line in out[1:]} == {"kernel_distance", "structure", "input_kernel_distance"}
    assert Path("out.json").exists()


@pytest.mark.slow
def test_both_domains_come_from_tensorflow_datasets_by_name(run, shipped, monkeypatch):
    from tests.data.test_tfds import EXAMPLES, FEATURES, stand_in

    module = stand_in(FEATURES, EXAMPLES)
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", module)
    command = "train translator --method fastcut --data tfds:cycle_gan/horse2zebra --run-directory run"
    code, out, err = run(*f"{command} {SMALL} --num-residual-blocks 1".split())
    assert (code, err) == (0, [])
    assert module.calls == ["cycle_gan/horse2zebra", "trainA", "cycle_gan/horse2zebra", "trainB"]
    assert out[0].startswith("5 and 5 images for fastcut")


def test_pairs_are_evaluated(run, images, translator_folder):
    code, out, err = run(*f"evaluate --model {translator_folder} --pairs pairs --size 16".split())
    assert (code, err) == (0, [])
    names = {line.split()[0]: float(line.split()[1]) for line in out[1:]}
    assert names.keys() == {f"{kind}{name}" for kind in ("", "input_") for name in ("psnr", "ssim", "l1")}
    code, _, err = run(*f"evaluate --model {translator_folder} --source first".split())
    assert code == 2 and "is evaluated with --pairs, or --inputs and --targets, or --source and --target" in err[0]
