"""The command line from end to end, with a tiny untrained model."""

import io
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

import tfstyle
from tfstyle import artifacts, cli, zoo
from tfstyle.commands.training import report_training
from tfstyle.images import load_image, read_tags
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.saved.extractor import export_extractor
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.perceptual_config import PerceptualConfig


def draw_noise(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture
def photo(shipped):
    Image.fromarray(draw_noise(28, 40)).save("photo.png")
    return Path("photo.png")


def no_work(*_):
    raise AssertionError("a model was loaded for nothing")


# stylize


def test_one_photo(run, photo):
    before = photo.read_bytes()
    code, out, err = run("stylize", photo, "--style", "waves=2", "starry_night=1", "--output", "new/painting.jpg")
    assert (code, out, err) == (0, ["photo.png -> new/painting.jpg"], [])
    assert load_image("new/painting.jpg").shape == (28, 40, 3)
    tags = read_tags("new/painting.jpg")
    assert tags["Software"] == f"tfstyle {tfstyle.__version__}"
    assert tags["Description"].endswith("styles: waves 0.667, starry_night 0.333; strength: 1")
    assert photo.read_bytes() == before


def test_strength_zero_gives_the_photo_back(run, photo):
    assert run("stylize", photo, "--style", "waves", "--strength", 0, "--output", "same.png")[0] == 0
    np.testing.assert_array_equal(load_image("same.png"), load_image(photo))


def test_flags_reach_the_painting(run, photo, bank):
    arguments = ("--style", "waves", "--style", "starry_night=3", "--strength", "0.5", "--preserve-color")
    assert run("stylize", photo, *arguments, "--output", "painting.png")[0] == 0
    expected = tfstyle.stylize(load_image(photo), bank, {"waves": 1, "starry_night": 3}, 0.5, preserve_color=True)
    np.testing.assert_array_equal(load_image("painting.png"), expected)
    assert run("stylize", photo, "--style", "waves", "--size", 20, "--quality", 30, "--output", "small.jpg")[0] == 0
    assert run("stylize", photo, "--style", "waves", "--size", 20, "--quality", 99, "--output", "fine.jpg")[0] == 0
    assert load_image("small.jpg").shape == (14, 20, 3)
    assert Path("small.jpg").stat().st_size < Path("fine.jpg").stat().st_size


def test_alpha_is_kept(run, shipped):
    rgba = np.dstack([draw_noise(20, 20), np.arange(400).reshape(20, 20).astype(np.uint8)])
    Image.fromarray(rgba).save("logo.png")
    assert run("stylize", "logo.png", "--style", "waves", "--keep-alpha", "--output", "out.jpg")[0] == 2
    assert run("stylize", "logo.png", "--style", "waves", "--keep-alpha", "--output", "out.png")[0] == 0
    np.testing.assert_array_equal(load_image("out.png", keep_alpha=True)[..., 3], rgba[..., 3])


def test_a_model_may_be_a_folder(run, photo, bank_folder):
    code, _, err = run("stylize", photo, "--style", "waves", "--model", bank_folder, "--output", "a.png")
    assert (code, err) == (0, [])


def encode(picture, file_format, **options):
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def odd_files():
    """Fifty files of an album: name -> content. Those whose names begin with `bad` cannot be read."""
    rgb = Image.fromarray(draw_noise(24, 18))
    sixteen_bit = Image.fromarray(draw_noise(24, 18)[..., 0].astype(np.uint16) * 257)
    jpeg, png = encode(rgb, "JPEG"), encode(rgb, "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6
    good = {
        "rotated.jpg": encode(rgb, "JPEG", exif=exif),
        "cmyk.jpg": encode(rgb.convert("CMYK"), "JPEG"),
        "progressive.jpeg": encode(rgb, "JPEG", progressive=True),
        "grey.jpg": encode(rgb.convert("L"), "JPEG"),
        "upper.JPG": jpeg,
        "plain.png": png,
        "rgba.png": encode(rgb.convert("RGBA"), "PNG"),
        "palette.png": encode(rgb.convert("P"), "PNG"),
        "one_bit.png": encode(rgb.convert("1"), "PNG"),
        "grey_alpha.png": encode(rgb.convert("LA"), "PNG"),
        "sixteen_bit.png": encode(sixteen_bit, "PNG"),
        "interlaced.png": png,
        "lossy.webp": encode(rgb, "WEBP"),
        "lossless.webp": encode(rgb, "WEBP", lossless=True),
        "plain.tif": encode(rgb, "TIFF"),
        "float.tiff": encode(Image.fromarray(np.linspace(0, 1, 300, dtype=np.float32).reshape(20, 15)), "TIFF"),
        "plain.bmp": encode(rgb, "BMP"),
        "still.gif": encode(rgb, "GIF"),
        "moving.gif": encode(rgb, "GIF", save_all=True, append_images=[rgb.rotate(90)]),
        "one_pixel.png": encode(rgb.resize((1, 1)), "PNG"),
        "wide.png": encode(rgb.resize((200, 3)), "PNG"),
        "tall.png": encode(rgb.resize((3, 200)), "PNG"),
        "png_called.jpg": png,
        "jpeg_called.png": jpeg,
        "with space, and comma.png": png,
        "ünïcödé.png": png,
        "-dash.png": png,
        "two.dots.png": png,
        "percent%s{x}.png": png,
    }
    bad = {
        "bad_empty.jpg": b"",
        "bad_empty.png": b"",
        "bad_text.png": b"this is no image",
        "bad_text.jpg": b"this is no image",
        "bad_html.webp": b"<html>404</html>",
        "bad_zeros.png": bytes(1000),
        "bad_zeros.tif": bytes(1000),
        "bad_noise.bmp": np.random.default_rng(0).bytes(500),
        "bad_noise.gif": np.random.default_rng(1).bytes(500),
        "bad_header_alone.png": png[:8],
        "bad_header_alone.jpg": jpeg[:20],
        "bad_header_alone.webp": encode(rgb, "WEBP")[:16],
        "bad_cut.png": png[: len(png) // 2],
        "bad_cut.jpg": jpeg[: len(jpeg) // 2],
        "bad_cut.webp": encode(rgb, "WEBP")[:100],
        "bad_cut.tif": encode(rgb, "TIFF")[:200],
        "bad_cut.bmp": encode(rgb, "BMP")[:200],
        "bad_pdf.jpg": b"%PDF-1.4\n",
        "bad_svg.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "bad_newline\nname.png": b"no image",
        "bad_json.avif": b"{}",
    }
    return good, bad


def test_fifty_odd_files(run, shipped):
    good, bad = odd_files()
    assert len(good) + len(bad) == 50
    album, out = Path("album"), Path("out")
    album.mkdir()
    for name, content in (good | bad).items():
        (album / name).write_bytes(content)
    out.mkdir()
    (out / "plain.png").write_bytes(b"a file of mine")
    before = {path: path.read_bytes() for path in album.iterdir()}

    code, done, errors = run("stylize", album, "--style", "waves", "--output", out)

    assert code == 2
    assert {path: path.read_bytes() for path in album.iterdir()} == before
    assert (out / "plain.png").read_bytes() == b"a file of mine"
    # plain.bmp keeps its extension; the two gifs become png.
    expected = {Path(name).with_suffix(".png").name if name.endswith(".gif") else name for name in good}
    assert {path.name for path in out.iterdir()} == expected
    for name in expected - {"plain.png"}:
        assert load_image(out / name).size, name
    assert load_image(out / "rotated.jpg").shape == (18, 24, 3)
    assert load_image(out / "one_pixel.png").shape == (1, 1, 3)
    assert len(done) == len(good) - 1
    # One line for each failure, and one that lists them all.
    assert len(errors) == len(bad) + 2
    for name in [*bad, "plain.png"]:
        printed = " ".join(name.split())
        assert any(printed in line for line in errors[:-1]), name
        assert printed in errors[-1]
    assert errors[-1].startswith(f"tfstyle: {len(bad) + 1} of 50 failed: ")


def test_existing_outputs_are_refused_before_any_work(run, photo, monkeypatch):
    Path("there.png").write_bytes(b"mine")
    with monkeypatch.context() as patch:
        patch.setattr(zoo, "load", no_work)
        code, out, err = run("stylize", photo, "--style", "waves", "--output", "there.png")
    assert (code, out) == (2, [])
    assert err == ["tfstyle: there.png: already exists. Name another output, or add --overwrite."]
    assert Path("there.png").read_bytes() == b"mine"
    assert run("stylize", photo, "--style", "waves", "--output", "there.png", "--overwrite")[0] == 0
    assert load_image("there.png").shape == (28, 40, 3)


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(run, photo, monkeypatch):
    monkeypatch.setattr(zoo, "load", no_work)
    Path("file").touch()
    code, out, err = run("stylize", photo, "--style", "waves", "--output", "file/new")
    assert (code, out) == (2, [])
    reason = f"{Path('file').absolute()} is not a folder"
    assert err == [f"tfstyle: file/new: cannot be written ({reason}). Name another output."]
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    for arguments in (("stylize", photo, "--style", "waves"), ("demo",)):
        code, out, err = run(*arguments, "--output", "new.png")
        assert (code, out, len(err)) == (2, [], 1)
        assert "new.png: cannot be written (no permission to write to" in err[0]


def test_content_is_another_word_for_photos(run, photo):
    shutil.copy(photo, "other.png")
    assert run("stylize", "--content", photo, "--style", "waves", "--output", "one.png")[0] == 0
    code, out, _ = run("stylize", photo, "--content", "other.png", "--style", "waves", "--output", "both")
    assert (code, out) == (0, ["photo.png -> both/photo.png", "other.png -> both/other.png"])
    np.testing.assert_array_equal(load_image("one.png"), load_image("both/photo.png"))


def test_animations_are_refused_and_avif_is_written(run, photo):
    code, _, err = run("stylize", photo, "--style", "waves", "--output", "x.gif")
    assert (code, len(err)) == (2, 1)
    assert "x.gif: unknown extension '.gif'. Use one of .png" in err[0]
    if features.check("avif"):
        assert run("stylize", photo, "--style", "waves", "--output", "x.avif")[0] == 0
        assert load_image("x.avif").shape == (28, 40, 3)


def test_what_the_library_logs_is_shown_while_a_command_runs(run, monkeypatch, capsys):
    logger = logging.getLogger("tfstyle.transfer")

    def run_zoo(options):
        logger.info("refining")
        logger.warning("is stuck")

    monkeypatch.setattr("tfstyle.commands.zoo.run", run_zoo)
    assert run("zoo") == (0, ["refining"], ["tfstyle: is stuck"])
    logger.info("after it, nothing")
    assert capsys.readouterr() == ("", "")


def test_every_command_shows_two_examples_or_more(run):
    trainings = [f"train {name}" for name in ("style-bank", "adain", "gan", "perceptual", "semantic-style")]
    commands = (
        "demo",
        "stylize",
        "optimize",
        "translate",
        "generate",
        "invert",
        "export",
        "evaluate",
        "zoo",
        *trainings,
    )
    for command in commands:
        code, out, _ = run(*command.split(), "--help")
        examples = out[out.index("examples:") + 1 :]
        assert code == 0 and len(examples) >= 2
        assert all(example.startswith(f"  tfstyle {command}") for example in examples)


def test_a_photo_is_never_overwritten(run, photo):
    before = photo.read_bytes()
    code, _, err = run("stylize", photo, "--style", "waves", "--output", photo, "--overwrite")
    assert code == 2
    assert err == ["tfstyle: photo.png: is one of the photographs. Name another output."]
    assert photo.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stylize", "--style", "waves", "--output", "x.png"], "no photo was named"),
        (["stylize", "photo.png", "--output", "x.png"], "required: --style"),
        (["stylize", "photo.png", "--style", "waves"], "required: --output"),
        (["stylize", "missing.png", "--style", "waves", "--output", "x.png"], "missing.png: no such file"),
        (["stylize", "photo.png", "--style", "wave", "--output", "x.png"], "Did you mean 'waves'?"),
        (
            ["stylize", "photo.png", "--style", "identiti", "--output", "x.png"],
            "no style 'identiti'. The file of a painting needs its extension. Its styles: identity, waves",
        ),
        (["stylize", "photo.png", "--style", "photo.png", "--output", "x.png"], "photo.png is a file, but tiny_bank"),
        (["stylize", "photo.png", "--style", "waves=-1", "--output", "x.png"], "must be a positive number"),
        (["stylize", "photo.png", "--style", "waves", "--output", "x.xyz"], "unknown extension '.xyz'"),
        (["stylize", "photo.png", "--style", "waves", "--output", "x.png", "--strength", "2"], "must lie in [0, 1]"),
        (["stylize", "photo.png", "--style", "waves", "--output", "x.png", "--strength", "nan"], "must lie in [0, 1]"),
        (["stylize", "photo.png", "--style", "waves", "--output", "x.png", "--strength", "x"], "invalid number value"),
        (["stylize", "photo.png", "--style", "waves", "--output", "x.png", "--size", "0"], "must be at least 1"),
        (["stylize", "photo.png", "--style", "waves", "--output", "x.png", "--size", "big"], "invalid integer value"),
        (["stylize", "photo.png", "--style", "waves", "--output", "x.png", "--quality", "101"], "in 1 to 100"),
        (["stylize", "photo.png", "--style", "waves", "--output", "x.png", "--model", "style_bnk"], "Did you mean"),
        (["stylize", "photo.png", "--style", "waves", "--output", "x.png", "--model", "."], "holds no saved_model.pb"),
        (["demo", "missing.jpg"], "missing.jpg: no such file"),
        (["demo", "--output", "x.xyz"], "must end in one of .png"),
        (["demo", "--output", "photo.png"], "photo.png: already exists. Add --overwrite"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        ([], "required: COMMAND"),
        (["stylize", "photo.png", "--styl", "waves", "--output", "x.png"], "required: --style"),
    ],
)
def test_mistakes_are_told_in_one_line(run, photo, monkeypatch, arguments, message):
    monkeypatch.setattr(zoo, "load", no_work)
    code, out, err = run(*arguments)
    assert (code, out, len(err)) == (2, [], 1), err
    assert err[0].startswith("tfstyle")
    assert message in err[0]
    assert [path.name for path in Path().iterdir()] == ["photo.png"]


def test_a_mistake_of_ours_shows_its_traceback(shipped, photo, monkeypatch):
    monkeypatch.setattr(zoo, "load", lambda name: None)
    with pytest.raises(ValueError, match="`model` must be a loaded model"):
        cli.main(["stylize", "photo.png", "--style", "waves", "--output", "x.png"])


def test_ctrl_c_is_one_line(run, photo, monkeypatch):
    def interrupt(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(zoo, "load", interrupt)
    assert run("stylize", photo, "--style", "waves", "--output", "x.png") == (130, [], ["tfstyle: stopped"])


def test_a_process_of_its_own_prints_nothing_but_what_it_did(photo, bank_folder):
    """Whatever Keras' backend is in the user's profile, and whatever the terminal can show."""
    photo.rename("größe.png")
    arguments = ["stylize", "größe.png", "--style", "waves", "--model", bank_folder, "--output", "painting.png"]
    process = subprocess.run(
        [sys.executable, "-m", "tfstyle.cli", *map(str, arguments)],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(tfstyle.__file__).parents[1]),
            "KERAS_BACKEND": "torch",
            "PYTHONIOENCODING": "ascii",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    printed = "gr\\xf6\\xdfe.png -> painting.png\n"
    assert (process.returncode, process.stdout, process.stderr) == (0, printed, "")
    assert load_image("painting.png").shape == (28, 40, 3)


# train, export


@pytest.fixture
def training(shipped, weights):
    """Flags of a training of two steps, with a folder of photographs and one of two paintings to go with them."""
    for name in ("photos/a.jpg", "photos/b.jpg", "paintings/lilies.jpg", "paintings/sunset.jpg"):
        Path(name).parent.mkdir(exist_ok=True)
        Image.fromarray(draw_noise(48, 48)).save(name)
    flags = f"--content photos --extractor squeezenet={weights} --run-directory run --precision float32"
    steps = "--num-steps 2 --batch-size 2 --crop-size 32 --loss-margin 0 --style-size 32 --checkpoint-every 2"
    return f"train style-bank {flags} {steps}".split()


@pytest.mark.slow
def test_a_new_painting_is_taught_to_a_bank_and_exported(run, training, bank_folder):
    start = ("--styles", "paintings/lilies.jpg", "--start-from", bank_folder)
    code, _, err = run(*training, *start)
    assert (code, err) == (0, [])
    config = json.loads(Path("run/config.json").read_text())
    assert (config["num_steps"], config["crop_size"], config["only_styles"]) == (2, 32, ["lilies"])

    code, _, err = run(*training, *start)
    assert code == 2
    assert "already contains a training. Add --resume" in err[0]

    code, _, err = run("export", "run", "--output", "my_bank", "--photographs", "photos")
    assert (code, err) == (
        2,
        ["tfstyle: A style bank is exported without --content: leave it out."],
    )
    code, out, err = run("export", "run", "--output", "my_bank")
    assert (code, out, err) == (0, ["my_bank: exported"], [])
    code, _, err = run("stylize", "photos", "--style", "lilies", "--model", "my_bank", "--output", "painted")
    assert (code, err) == (0, [])
    # What the bank knew, it does as before.
    old, new = tfstyle.load(bank_folder), tfstyle.load("my_bank")
    image = load_image("photos/a.jpg")[None]
    assert new.style_names == (*old.style_names, "lilies")
    np.testing.assert_allclose(new(image, [[0, 1, 0, 0]]).astype(int), old(image, [[0, 1, 0]]).astype(int), atol=1)


@pytest.mark.slow
@pytest.mark.parametrize("taught", [["waves", "starry_night"], ["starry_night"]])
def test_a_bank_is_trained_further_with_paintings_of_its_styles(run, training, bank_folder, taught):
    names = tfstyle.load(bank_folder).style_names[1:]
    for name in names:
        shutil.copy("paintings/lilies.jpg", f"photos/{name}.jpg")
    paintings = [f"photos/{name}.jpg" for name in taught]
    code, _, err = run(*training, "--style", *paintings, "--start-from", bank_folder)
    assert (code, err) == (0, [])
    only_styles = [] if set(taught) == set(names) else taught
    assert json.loads(Path("run/config.json").read_text())["only_styles"] == only_styles
    assert json.loads(Path("run/model.json").read_text())["config"]["style_names"] == ["identity", *names]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--styles", "missing.jpg"], "missing.jpg: no such file"),
        (["--styles", "paintings", "photos/lilies.png"], "several paintings are named lilies"),
        (
            ["--styles", "paintings", "--extractor", "resnet"],
            "no extractor 'resnet'. Extractors: compressed-vgg19, light, squeezenet, vgg19.",
        ),
        (["--styles", "paintings", "--extractor", "squeezenet"], "squeezenet needs a file of weights"),
        (["--styles", "paintings", "--extractor", "squeezenet=no.npz"], "no.npz: there is no such file"),
        (["--styles", "paintings", "--extractor", "squeezenet=broken.npz"], "broken.npz"),
        (["--styles", "paintings", "--content", "nowhere"], "nowhere: no such file or folder"),
        (["--styles", "paintings", "--crop-size", "3"], "--crop-size must be at least 32"),
        (["--styles", "paintings", "--num-steps", "many"], "invalid int value: 'many'"),
        (["--styles", "paintings", "--start-from", "stylebank"], "Did you mean 'style_bank'"),
        (
            ["--styles", "photos/waves.png", "paintings", "--start-from", "style_bank"],
            "has a style 'waves' already",
        ),
        (["--styles", "photos/identity.png"], "named 'identity'"),
    ],
)
def test_mistakes_before_a_training(run, training, arguments, message):
    for name in ("photos/lilies.png", "photos/identity.png", "photos/waves.png"):
        shutil.copy("paintings/lilies.jpg", name)
    Path("broken.npz").write_bytes(b"no arrays")
    code, out, err = run(*training, *arguments)
    assert (code, out, len(err)) == (2, [], 1)
    assert message in err[0]
    assert not Path("run").exists()


@pytest.mark.slow
def test_a_perceptual_network_is_taught_and_exported(run, training, weights):
    flags = f"train perceptual --student light --teacher {weights} --images photos paintings --run-directory judge"
    settings = "--precision float32 --num-steps 1 --batch-size 2 --crop-size 32 --margin 16 --statistics-crops 4"
    code, _, err = run(*flags.split(), *settings.split())
    assert (code, err) == (0, [])
    assert run(*flags.split(), "--resume", "--num-steps", 2)[0] == 0
    assert run("export", "judge", "--output", "exported")[0] == 0
    loaded = tfstyle.load("exported")
    assert loaded.metadata["trained_steps"] == 2
    assert loaded.layer_names[-1] == "stage4_conv3"

    code, _, err = run(*flags.replace(str(weights), "no.npz").split())
    assert code == 2
    assert "no.npz: there is no such file" in err[0]
    again = flags.replace("judge", "judge2")
    assert run(*again.split(), *settings.split(), "--start-from", "exported")[0] == 0
    saved = RunDirectory("judge2").saved_config(PerceptualConfig)
    assert not saved.initialize


@pytest.mark.slow
def test_a_perceptual_network_is_measured_against_another(run, training, weights, monkeypatch):
    monkeypatch.setattr("tfstyle.transfer.evaluate.BASELINE_STEPS", 3)
    export_extractor(LightStyleExtractor(weights=None), "judge")
    folders = ("--photographs", "photos", "--paintings", "paintings")
    measure = ["evaluate", "judge", *folders, "--size", "48", "--style-size", "40"]
    judge = ("--extractor", f"squeezenet={weights}")
    code, out, err = run(*measure, *judge, "--pictures", "pictures")
    assert (code, err) == (0, [])
    photographs = len(list(Path("photos").iterdir()))
    assert len(out) == photographs + 1
    assert out[0].startswith("lilies")
    assert out[-1].startswith(f"{photographs} pairs, in the features of squeezenet: optimization through judge closes ")
    assert load_image("pictures/a_lilies.png").shape[1] > 4 * 40  # the photograph, and three that were optimized

    assert "No weights ship for 'light_style_extractor'" in run(*measure)[2][0]  # the judge by default
    Path("training").mkdir()
    RunDirectory("training").write_model({"family": "light_style_extractor", "config": {}})
    measure[1] = "training"
    assert "Export it with tfstyle export" in run(*measure, *judge)[2][0]


def test_what_is_no_run_cannot_be_exported(run, shipped):
    code, _, err = run("export", "nowhere", "--output", "bank")
    assert code == 2
    assert "nowhere is not the folder of a training" in err[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--image-size", "24", "32", "--output", "bank"], "--image-size is for --format tflite"),
        (["--format", "tflite", "--output", "bank"], "a model for LiteRT is a file. Name one that ends in .tflite"),
        (["--format", "onnx", "--output", "bank.onnx"], "no converter to ONNX works"),
    ],
)
def test_a_format_that_does_not_fit_is_said(run, arguments, message):
    code, _, err = run("export", "nowhere", *arguments)
    assert code == 2
    assert message in err[0]


def test_commands_that_are_advised_can_be_pasted(capsys):
    report_training(Path("my runs/one"))
    assert capsys.readouterr().out == (
        "my runs/one: trained. tfstyle export 'my runs/one' --output FOLDER makes a SavedModel of it.\n"
    )


# demo, zoo, --version


def test_demo_shows_every_style_and_replaces_nothing(run, shipped):
    code, out, err = run("demo", "--size", 64)
    assert (code, err) == (0, [])
    assert out[0].startswith("demo.png: a photograph in 2 styles, in ")
    height, width, _ = load_image("demo.png").shape
    assert height > 64  # the photograph, 64 high, and beside it two styles
    assert width > 3 * 48
    tags = read_tags("demo.png")
    assert tags["Software"] == f"tfstyle {tfstyle.__version__}"
    assert tags["Description"] == "A photograph in the styles of tiny_bank"
    before = Path("demo.png").read_bytes()
    assert run("demo", "--size", 64)[1][0].startswith("demo-2.png: ")
    assert Path("demo.png").read_bytes() == before
    assert run("demo", "demo.png", "--size", 16, "--output", "demo-2.png", "--overwrite")[0] == 0


def test_demo_of_a_model_without_styles(run, shipped):
    metadata = shipped / "style_bank" / "assets.extra" / "metadata.json"
    values = json.loads(metadata.read_text())
    del values["style_names"]
    metadata.write_text(json.dumps(values))
    code, _, err = run("demo")
    assert code == 2
    assert err == ["tfstyle: style_bank has no named styles to show. Use a style bank."]


def test_zoo_says_what_ships(run, shipped):
    code, out, _ = run("zoo", "--verify")
    assert code == 0
    assert out[0] == "style_bank"
    text = "\n".join(out)
    for expected in ("paint a photograph", "MB", "any", "RGB in [0, 1]", "none", str(shipped), "verified"):
        assert expected in text
    assert "identity, waves, starry_night" in text


def test_zoo_notices_a_damaged_model(run, shipped):
    file = shipped / "style_bank" / "saved_model.pb"
    file.write_bytes(file.read_bytes()[:-1])
    code, _, err = run("zoo", "--verify")
    assert code == 2
    assert "not those that were shipped" in err[0]


def test_version(run):
    assert run("--version") == (0, [f"tfstyle {tfstyle.__version__}"], [])


def test_pretrained_models_come_by_name(shipped):
    assert [entry.name for entry in tfstyle.list_models()] == ["style_bank"]
    assert tfstyle.list_models()[0].builder is tfstyle.StyleBank
    assert tfstyle.load("style_bank").style_names == ("identity", "waves", "starry_night")
    assert tfstyle.load_pretrained("style_bank").style_names == ("identity", "waves", "starry_night")


def test_a_family_of_the_future(shipped):
    file = shipped / "style_bank" / artifacts.METADATA
    file.write_text(json.dumps({**json.loads(file.read_text()), "family": "hologram"}))
    for function in (tfstyle.load, tfstyle.load_pretrained):
        with pytest.raises(artifacts.ArtifactError, match="'hologram'"):
            function("style_bank")


@pytest.mark.slow
def test_a_bank_is_measured_in_every_style(run, weights, bank_folder):
    for name in ("photos/a.jpg", "paintings/waves.jpg", "paintings/starry_night.jpg"):
        Path(name).parent.mkdir(exist_ok=True)
        Image.fromarray(draw_noise(32, 40)).save(name)
    flags = ("--photographs", "photos", "--extractor", f"squeezenet={weights}", "--size", "32", "--style-size", "32")
    code, out, err = run("evaluate", bank_folder, "--paintings", "paintings", *flags)
    assert (code, err) == (0, [])
    assert [line.split()[0] for line in out] == ["waves", "starry_night", "2", "worst"]

    Path("paintings/waves.jpg").unlink()
    code, out, err = run("evaluate", bank_folder, "--paintings", "paintings", *flags)
    assert (code, err) == (0, [])
    assert out[0] == "not evaluated, because there is no painting: waves"
    assert [line.split()[:2] for line in out[2:]] == [["1", "pair,"], ["worst", "style:"]]

    code, _, err = run("evaluate", bank_folder, "--paintings", "photos", *flags)
    assert code == 2
    assert "no painting for any of the styles waves, starry_night" in err[0]


def test_the_log_is_shown_once_whatever_handles_the_root_logger(capsys):
    log, root = logging.getLogger("tfstyle.training"), logging.getLogger()
    handler = logging.StreamHandler(sys.stdout)
    root.addHandler(handler)
    try:
        with cli.shown_log():
            log.info("step 1/2")
            log.warning("stopping")
    finally:
        root.removeHandler(handler)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("step 1/2\n", "tfstyle: stopping\n")
    assert logging.getLogger("tfstyle").propagate
