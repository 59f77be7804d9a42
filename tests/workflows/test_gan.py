"""Generators on the command line: training, resuming, export, generating, measuring; and what goes wrong."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfstyle
from tfstyle import cli, zoo
from tfstyle.commands import train_gan
from tfstyle.commands.train_gan import build_networks
from tfstyle.data.procedural import procedural_images
from tfstyle.images import load_image, read_tags, save_image
from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.models.gan import dcgan
from tfstyle.models.gan.dcgan import ConvDiscriminator, ConvGenerator
from tfstyle.models.gan.dense_gan import DenseGenerator
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.saved.generator import export_generator
from tfstyle.training.gan_config import GanConfig, gan_presets, preset_networks
from tfstyle.transfer.latents import closed_path
from tfstyle.video import Clip

SMALL = "--batch-size 4 --num-samples 4 --precision float32 --log-every 1 --checkpoint-every 2"


def draw_images(count=24, size=12, channels=1):
    return np.random.default_rng(0).integers(0, 256, (count, size, size, channels), np.uint8)


@pytest.fixture
def archive(shipped):
    """Images of three classes."""
    np.savez("images.npz", images=draw_images(), labels=np.arange(24) % 3)
    return "images.npz"


@pytest.fixture(scope="module")
def generator_folder(tmp_path_factory):
    """An untrained generator of two classes; not to be written to."""
    folder = tmp_path_factory.mktemp("models") / "shoes"
    generator = DenseGenerator((10, 10, 1), 4, (8,), num_classes=2)
    export_generator(generator, folder, {"class_names": ["boot", "sandal"]})
    return folder


def flags(text, archive="images.npz"):
    return f"train gan --architecture dense --run-directory run --data {archive} {text} {SMALL}".split()


@pytest.mark.slow
def test_from_images_to_a_generator(run, archive):
    code, out, err = run(*flags("--num-steps 2"))
    assert (code, err) == (0, [])
    assert out[0].startswith("24 images of 12x12x1 in 3 classes: 0, 1, 2; DenseGenerator of 0.")
    assert out[-1].startswith("run: trained. tfstyle generate --model run")
    data = json.loads(Path("run/data.json").read_text())
    assert data == {
        "source": [str(Path("images.npz").resolve())],
        "image_shape": [12, 12, 1],
        "num_images": 24,
        "class_names": ["0", "1", "2"],
    }
    code, _, err = run(*flags("--num-steps 2"))
    assert code == 2
    assert "already contains a training. Add --resume" in err[0]

    # Resumed, where nothing but the folder has to be said, it ends as if it had never stopped.
    model = Path("run/model.json").read_text()
    assert run("train", "gan", "--run-directory", "run", "--resume", "--num-steps", 4)[0] == 0
    assert Path("run/model.json").read_text() == model
    assert run(*flags("--num-steps 4 --run-directory whole"))[0] == 0
    parts, whole = (Path(name, "losses.jsonl").read_text().splitlines() for name in ("run", "whole"))
    assert json.loads(parts[-1])["step"] == 4
    assert parts == whole
    # The whole command may be repeated, too.
    assert run(*flags("--num-steps 4 --resume"))[0] == 0

    assert run("generate", "--model", "run", "--num-images", 6, "--output", "run.png")[::2] == (0, [])
    assert run("export", "run", "--output", "exported")[::2] == (0, [])
    assert run("generate", "--model", "exported", "--num-images", 6, "--output", "exported.png")[0] == 0
    np.testing.assert_array_equal(load_image("run.png"), load_image("exported.png"))
    assert tfstyle.load("exported").generate(2).shape == (2, 12, 12, 1)

    wishes = ("--report", "reports/run.json", "--neighbors", "reports/neighbors.png", "--extractor", "pixels")
    code, out, err = run("evaluate", "run", "--num-images", 10, *wishes)
    assert (code, err) == (0, [])
    assert load_image("reports/neighbors.png").shape[1] > 10 * 12  # the made images in one row, the real ones below
    assert out[0].startswith("run against ")
    assert out[-1].startswith("by pixels, no network; resized: Pillow bicubic, antialiased, to 16x16; ")
    assert out[-1].endswith("; 10 generated images against 10 real ones")
    report = json.loads(Path("reports/run.json").read_text())
    assert {"frechet_distance", "kernel_distance", "kernel_distance_spread", "coverage"} < report["values"].keys()
    assert report["num_fake"] == 10


@pytest.mark.slow
def test_a_folder_with_broken_files_is_trained_on_and_said(run, shipped):
    for number, image in enumerate(draw_images(20, 16, 3)):
        path = Path("album", "cats" if number % 2 else "dogs", f"{number}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    for name in ("album/cats/1.png", "album/dogs/4.png"):
        Path(name).write_bytes(Path(name).read_bytes()[:60])
    code, out, err = run(
        *flags("--image-size 8 --channels 3 --num-steps 2 --measure pixels --measure-every 2", "album")
    )
    assert code == 0
    assert len(err) == 1
    assert "2 of 20 images cannot be read and are left out: " in err[0]
    assert "1.png" in err[0]
    assert "18 images of 8x8x3 in 2 classes: cats, dogs" in "\n".join(out)
    assert out[0].startswith("measure: kernel distance by pixels, no network; ")
    assert " measure " in out[-2]


@pytest.mark.slow
def test_a_full_disk(run, archive, monkeypatch):
    def save(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(tf.train.CheckpointManager, "save", save)
    code, _, err = run(*flags("--num-steps 2 --no-conditional"))
    assert code == 2
    assert "checkpoint of step 2 could not be written (No space left on device)" in err[0]
    assert "free some disk space, then add --resume to continue" in err[0]
    assert json.loads(Path("run/data.json").read_text())["class_names"] == []


def test_errors_of_tensorflow_that_a_user_can_mend():
    disk = tf.errors.ResourceExhaustedError(None, None, "No space left on device")
    assert cli.explain(disk) == "no space left on the disk. Free some space; a training run continues with --resume."
    memory = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
    assert "Use a smaller --batch-size" in cli.explain(memory)
    assert cli.explain(tf.errors.InvalidArgumentError(None, None, "shapes")) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--data nowhere", "nowhere: no such file or folder"),
        ("--data broken.npz", "broken.npz: cannot be read"),
        ("--data gray.npz --conditional", "--conditional needs labels of two classes at least"),
        ("--architecture conv", "--image-size must be 8 doubled some times"),
        ("--architecture dream", "invalid choice: 'dream'"),
        ("--image-size 0", "must be at least 1, not 0"),
        ("--preset best", "invalid choice: 'best'"),
        ("--kernel-size 4", "--kernel-size is not for --architecture dense"),
        ("--discriminator-normalization spectral", "--discriminator-normalization is not for --architecture dense"),
        ("--architecture resnet --discriminator-dropout 0.3", "--discriminator-dropout is not for --architecture res"),
        ("--loss nicest", "--loss must be one of minimax"),
        ("--preset dcgan_tutorial --real-label 2", "--real-label must lie in (0.5, 1]"),
        ("--loss wasserstein --real-label 0.9", "--real-label is only for the losses"),
        ("--stop-at 0.1", "--stop-at needs --measure"),
        ("--measure dreams", "no extractor 'dreams'. Extractors: pixels, "),
        ("--measure inception", "inception needs the frozen graph of 2015"),
        ("--measure pixels=3", "pixels need no weights"),
        ("--num-steps 0", "--num-steps must be at least 1"),
        ("--average-momentum 2", "--ema-momentum must lie in [0, 1). Received: ema_momentum=2.0"),
        ("--seed -1", "--seed must lie in [0, 4294967295]. Received: seed=-1"),
        ("--r1-weight nan", "--r1-weight must be a finite number"),
    ],
)
def test_mistakes_before_a_training(run, archive, arguments, message):
    Path("broken.npz").write_bytes(b"no arrays")
    np.savez("gray.npz", images=draw_images())
    code, out, err = run(*flags(arguments))
    assert (code, out, len(err)) == (2, [], 1), err
    assert message in err[0]
    assert not Path("run").exists()


CONV = {"class": "ConvDiscriminator", "kernel_size": 4, "normalization": "none", "dropout": 0.0}
TUTORIAL = {**CONV, "kernel_size": 5, "dropout": 0.3}
DENSE = {"class": "DenseDiscriminator", "dropout": 0.0}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", CONV),
        ("--preset recommended", CONV),
        ("--preset small_set", CONV),
        ("--preset wgan_gp", CONV),
        ("--preset dense_least_squares", DENSE),
        ("--preset dcgan_tutorial", TUTORIAL),
        ("--preset convolutional_64", TUTORIAL),
        ("--preset folder_256", TUTORIAL),
        ("--preset sngan", {"class": "ResNetDiscriminator"}),
        ("--architecture fastgan --image-size 32", {"class": "FastGANDiscriminator", "normalization": "none"}),
        ("--preset fastgan --image-size 32", {"class": "FastGANDiscriminator", "normalization": "batch"}),
        ("--preset sngan --architecture conv", {**CONV, "normalization": "spectral"}),
        ("--preset dcgan_tutorial --architecture dense", DENSE),
        ("--preset dcgan_tutorial --kernel-size 4 --discriminator-dropout 0", CONV),
        ("--discriminator-normalization batch", {**CONV, "normalization": "batch"}),
    ],
)
def test_the_networks_of_the_presets(arguments, expected):
    options = cli.build_parser().parse_args(["train", "gan", "--run-directory", "run", *arguments.split()])
    images = procedural_images(8, options.image_size or 28, 1)
    generator, discriminator = build_networks(options, images, GanConfig(precision="float32"))
    found = {"class": type(discriminator).__name__, "kernel_size": getattr(generator, "kernel_size", None)}
    found |= {name: getattr(discriminator, name, None) for name in ("normalization", "dropout")}
    assert {name: value for name, value in found.items() if value is not None} == expected
    layers = [layer for layer in discriminator._flatten_layers() if isinstance(layer, SpectralNormalization)]
    assert bool(layers) == ("sngan" in arguments)
    assert generator.num_classes == 5


def test_the_dcgan_tutorials_networks_are_the_classes_own():
    options = cli.build_parser().parse_args(["train", "gan", "--run-directory", "run", "--preset", "dcgan_tutorial"])
    built = build_networks(options, procedural_images(8, 28, 1), GanConfig(precision="float32"))
    for network, own in zip(built, (ConvGenerator(num_classes=5), ConvDiscriminator(num_classes=5)), strict=True):
        assert {**network.get_config(), "name": ""} == {**own.get_config(), "name": ""}


def test_what_is_known_of_networks_before_they_are_imported():
    assert train_gan.NORMALIZATIONS == dcgan.NORMALIZATIONS
    assert preset_networks.keys() <= gan_presets.keys()
    for architectures in preset_networks.values():
        assert architectures.keys() <= train_gan.CLASSES.keys()


def test_data_are_needed(run, shipped):
    code, _, err = run("train", "gan", "--run-directory", "run")
    assert code == 2
    assert "--data is needed" in err[0]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a training of one step; not to be written to."""
    folder = tmp_path_factory.mktemp("training")
    np.savez(folder / "images.npz", images=draw_images(), labels=np.arange(24) % 3)
    arguments = [*flags("--num-steps 1", folder / "images.npz"), "--run-directory", str(folder / "run")]
    assert cli.main(arguments) == 0
    return folder / "run"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--loss hinge", "was started with loss='relativistic', now 'hinge'"),
        ("--preset wgan_gp", "was started with "),
        ("--architecture resnet", "was started with another --architecture"),
        ("--latent-dim 3", "was started with another --latent-dim"),
        ("--discriminator-dropout 0.3", "was started with another --discriminator-dropout"),
        ("--no-conditional", "was started with another --conditional"),
        ("--image-size 8", "was started with images of [12, 12, 1]"),
        ("--data other.npz", "and the classes ['0', '1', '2']; these have [12, 12, 1] and ['0', '1']"),
        ("--data alike.npz", "the images: 24 images "),
        ("--num-steps 1 --log-every 0", "--log-every must be at least 1"),
    ],
)
def test_what_is_resumed_must_be_the_same(run, trained, arguments, message):
    shutil.copytree(trained, "run")
    np.savez("other.npz", images=draw_images(), labels=np.arange(24) % 2)
    np.savez("alike.npz", images=255 - draw_images(), labels=np.arange(24) % 3)
    kept = {name: Path("run", name).read_text() for name in ("config.json", "data.json", "fingerprint.json")}
    code, out, err = run("train", "gan", "--run-directory", "run", "--resume", *arguments.split())
    assert (code, out, len(err)) == (2, [], 1), err
    assert message in err[0]
    assert kept == {name: Path("run", name).read_text() for name in kept}


# generate


def test_a_grid_and_single_images(run, shipped, generator_folder):
    model = ("generate", "--model", generator_folder)
    code, out, err = run(*model, "--num-images", 6, "--seed", 3, "--output", "new/grid.png")
    assert (code, out, err) == (0, ["new/grid.png: 6 images of shoes"], [])
    assert load_image("new/grid.png").shape == (
        3 * 12 - 2,
        2 * 12 - 2,
        3,
    )  # a column for each class, two pixels between
    tags = read_tags("new/grid.png")
    assert tags == {"Software": f"tfstyle {tfstyle.__version__}", "Description": "model: shoes; seed: 3"}

    assert run(*model, "--num-images", 3, "--seed", 3, "--labels", "sandal", 0, "--output", "folder")[0] == 0
    files = sorted(Path("folder").iterdir())
    assert [file.name for file in files] == ["00000.png", "00001.png", "00002.png"]
    images = tfstyle.load(generator_folder).generate(3, seed=3, labels=[1, 0, 1])
    for file, image in zip(files, images, strict=True):
        pixels = np.asarray(Image.open(file))
        assert pixels.shape == (10, 10)
        np.testing.assert_allclose(pixels, 255 * image[..., 0], atol=0.51)
    assert read_tags(files[1])["Description"] == "model: shoes; seed: 3; image: 1; label: boot"


def test_interpolation(run, shipped, generator_folder):
    model = ("generate", "--model", generator_folder, "--num-images", 2, "--labels", "boot")
    assert run(*model, "--interpolate", 5, "--output", "grid.png")[0] == 0
    assert load_image("grid.png").shape == (2 * 12 - 2, 5 * 12 - 2, 3)
    grid = load_image("grid.png").astype(int)
    np.testing.assert_allclose(grid[:10, 48:58], grid[12:22, :10], atol=1)  # the next row goes on where this one ends
    steps = np.stack([grid[:10, start : start + 10] for start in range(0, 60, 12)])
    assert np.abs(np.diff(steps, axis=0)).mean() < np.abs(steps[-1] - steps[0]).mean()


def test_truncation_and_clips(run, shipped, generator_folder):
    model = ("generate", "--model", generator_folder, "--labels", "boot")
    assert run(*model, "--truncation", 0, "--num-images", 3, "--output", "same")[0] == 0
    first, *others = (load_image(file) for file in sorted(Path("same").iterdir()))
    assert all(np.array_equal(first, other) for other in others)

    code, out, err = run(*model, "--num-images", 2, "--interpolate", 3, "--output", "loop.gif")
    assert (code, out, err) == (0, ["loop.gif: 6 images of shoes"], [])
    with Image.open("loop.gif") as clip:
        assert (clip.n_frames, clip.size, clip.info["duration"]) == (6, (10, 10), 40)
    pytest.importorskip("av", reason="of the extra `video`")
    assert run(*model, "--num-images", 2, "--interpolate", "--output", "loop.mp4")[0] == 0
    with Clip("loop.mp4") as clip:
        frames = [frame.image for frame in clip]
    assert len(frames) == 50 and frames[0].shape == (10, 10, 3)
    path = closed_path(tfstyle.load(generator_folder).draw_latents(2), 25)
    expected = 255 * tfstyle.load(generator_folder)(path, np.zeros(50, int)).numpy()
    assert np.abs(np.mean(frames, axis=-1) - expected[..., 0]).mean() < 4


def test_a_picture_is_inverted_and_varied(run, shipped, generator_folder):
    generator = tfstyle.load(generator_folder)
    save_image("picture.png", generator.generate(1, seed=8, labels=1)[0])
    LightStyleExtractor(weights=None).save_weights("judge.weights.h5")
    invert = ("invert", "picture.png", "--model", generator_folder, "--num-steps", 30, "--num-starts", 2)
    invert += ("--extractor", "light=judge.weights.h5")
    code, out, err = run(*invert, "--label", "sandal", "--output", "mine.png")
    assert (code, err) == (0, [])
    assert out[0].startswith("mine.png, mine.npz: differs by ") and "class sandal. tfstyle generate --model" in out[0]
    assert load_image("mine.png").shape == (10, 22, 3)
    with np.load("mine.npz") as arrays:
        assert arrays["latents"].shape == (1, 4) and arrays["labels"] == [1] and arrays["model"] == "shoes"
    picture, other = load_image("mine.png")[:, :10], load_image("mine.png")[:, 12:]
    assert np.abs(picture.astype(int) - other).mean() < 25

    model = ("generate", "--model", generator_folder, "--latents", "mine.npz")
    assert run(*model, "--variations", 3, "--output", "family")[0] == 0
    files = sorted(Path("family").iterdir())
    assert len(files) == 4
    np.testing.assert_allclose(load_image(files[0]), other, atol=1)
    assert read_tags(files[0])["Description"].endswith("3 variations; image: 0; label: sandal")
    np.savez("other.npz", latents=np.zeros((1, 5)))
    for arguments, message in (
        (invert, "mine.png: already exists. Name another output, or add --overwrite"),
        ((*model, "--num-images", 2), "Leave --num-images out"),
        ((*model, "--interpolate"), "two latents at least, and there is one"),
        ((*model[:3], "--latents", "other.npz"), "Are they of another model?"),
    ):
        output = "mine.png" if arguments is invert else "new.png"
        code, _, err = run(*arguments, "--output", output)
        assert code == 2 and message in err[0]


def test_a_sheet_of_directions(run, shipped, generator_folder):
    flags = ("generate", "--model", generator_folder, "--labels", "boot", "--directions", 2)
    code, out, _ = run(*flags, "--output", "sheet.png")
    assert code == 0 and out[0].startswith("sheet.png: 2 directions, ")
    height, width, _ = load_image("sheet.png").shape
    assert height > 2 * 10 and width > 7 * 10
    assert "must be an image file" in run(*flags, "--output", "sheets")[2][0]


def no_work(*_):
    raise AssertionError("a model was loaded for nothing")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--labels shoe", "there is no class 'shoe'. Classes: boot, sandal."),
        ("--labels boots", "there is no class 'boots'. Did you mean 'boot'?"),
        ("--labels 2", "there is no class '2'"),
        ("--num-images 0", "must be at least 1, not 0"),
        ("--seed -1", "must be at least 0, not -1"),
        ("--interpolate 1", "invalid number of steps value: '1'"),
        ("--truncation 1.5", "invalid number in [0, 1] value: '1.5'"),
        ("--interpolate --variations 3", "--interpolate and --variations exclude each other"),
        ("--mix", "which generators of the architecture fastgan have from 64 pixels on. Received: DenseGenerator, 10"),
        ("--latents nothing.npz", "nothing.npz: no such file"),
        ("--latents old.png", "old.png: cannot be read as an .npz file"),
        ("--output old.png", "old.png: already exists. Name another output, or add --overwrite"),
        ("--output old", "old/00000.png: already exists"),
        ("--output notes.txt", "notes.txt is a file. Name a folder, or an image file"),
        ("--model style_bank", "style_bank is a style bank, not a generator"),
        ("--model shoez", "There is no model 'shoez'"),
    ],
)
def test_mistakes_before_generating(run, shipped, generator_folder, monkeypatch, arguments, message):
    monkeypatch.setattr(zoo, "load", no_work)
    Path("old").mkdir()
    for name in ("old.png", "old/00000.png", "notes.txt"):
        Path(name).touch()
    code, out, err = run("generate", "--model", generator_folder, "--output", "new.png", *arguments.split())
    assert (code, out, len(err)) == (2, [], 1), err
    assert message in err[0]
    assert not Path("new.png").exists()


def test_overwriting(run, shipped, generator_folder):
    Path("grid.png").touch()
    assert run("generate", "--model", generator_folder, "--output", "grid.png", "--overwrite")[0] == 0
    assert load_image("grid.png").shape[0] > 90


# evaluate


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "--data is needed: real images to compare with"),
        ("--data few.npz", "at least 6 real and 6 generated images are needed. Received: 4 real"),
        ("--data images.npz --num-images 5", "Received: 24 real, --num-images 5"),
        ("--data images.npz --extractor dreams", "no extractor 'dreams'"),
        ("--data images.npz --extractor light", "No weights ship for 'light_style_extractor'"),
    ],
)
def test_mistakes_before_measuring(run, archive, generator_folder, arguments, message):
    np.savez("few.npz", images=draw_images(4))
    code, out, err = run("evaluate", generator_folder, *arguments.split())
    assert (code, out, len(err)) == (2, [], 1), err
    assert message in err[0]


def test_files_that_cannot_be_compared_with_are_named(run, generator_folder):
    Path("real").mkdir()
    for number, image in enumerate(draw_images(8, 10, 1)):
        Image.fromarray(image[..., 0]).save(f"real/{number}.png")
    Path("real/5.png").write_bytes(b"no image")
    code, _, err = run("evaluate", generator_folder, "--data", "real", "--num-images", 7, "--extractor", "pixels")
    assert (code, len(err)) == (0, 1), err
    assert "1 of 8 images cannot be read and are left out: " in err[0]
    assert "5.png: not an image" in err[0]


def test_a_bank_needs_other_flags(run, shipped):
    code, _, err = run("evaluate", "style_bank", "--photographs", "photos")
    assert code == 2
    assert "style_bank is evaluated with --style (see --help)" in err[0]


def test_zoo_shows_generators(run, shipped, generator_folder):
    shutil.copytree(generator_folder, shipped / "shoes")
    code, out, err = run("zoo")
    assert (code, err) == (0, [])
    text = "\n".join(out)
    for expected in ("shoes", "make images of 10x10 pixels", "10x10 pixels", "latents [batch, 4]", "boot, sandal"):
        assert expected in text
