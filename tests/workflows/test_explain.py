"""Reports on the command line; and what goes wrong."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_photo
from tfstyle.data.procedural_paintings import PAINTINGS, procedural_painting
from tfstyle.interpret import style_report, transfer_report
from tfstyle.interpret.report import Report


@pytest.fixture
def photo(shipped):
    Image.fromarray(draw_photo(60, 80)).save("photo.png")
    return "photo.png"


@pytest.fixture
def paintings(shipped):
    """Two paintings of each of two painters."""
    for name in PAINTINGS[:2]:
        Path("works", name).mkdir(parents=True)
        for seed in range(2):
            Image.fromarray(procedural_painting(name, 48, seed)).save(f"works/{name}/{seed}.png")
    return "works"


def spy(monkeypatch, module, name):
    """Replaces a report by an empty one, and keeps the arguments it was asked for with."""
    calls = []

    def explain(*arguments, **options):
        calls.append((*arguments, *options.values()))
        return Report("A report", "")

    monkeypatch.setattr(module, name, explain)
    return calls


def test_a_style_of_the_bank(run, photo, monkeypatch):
    calls = spy(monkeypatch, transfer_report, "explain_transfer")
    Image.fromarray(draw_photo(20, 30)).save("wave.png")
    flags = ["--style", "waves", "--painting", "wave.png", "--size", "64", "--seed", "3", "--strength", "0.5"]
    flags += ["--output", "report"]
    code, out, err = run("explain", photo, *flags)
    assert (code, err) == (0, [])
    assert out == ["report/index.html: 0 sections. Open it in a browser; it needs no network."]
    assert "<h1>A report</h1>" in Path("report/index.html").read_text()
    picture, model, style, painting, others, size, seed, strength = calls[0]
    assert strength == 0.5
    assert (picture.shape, model, style, others, size, seed) == ((60, 80, 3), "style_bank", "waves", [], 64, 3)
    assert painting.shape == (20, 30, 3)
    code, _, err = run("explain", photo, *flags)
    assert code == 2 and "already exists. Name another folder, or add --overwrite." in err[0]
    assert run("explain", photo, *flags, "--overwrite")[0] == 0


def test_paintings_of_folders_are_groups(run, paintings, monkeypatch):
    calls = spy(monkeypatch, style_report, "explain_styles")
    assert run("explain", "--style", paintings, "--groups", "painter", "--output", "report")[0] == 0
    found, model, groups, word = calls[0]
    assert list(found) == ["dabs/0", "dabs/1", "tiles/0", "tiles/1"]
    assert (model, groups, word) == ("semantic_style", ["dabs", "dabs", "tiles", "tiles"], "painter")
    assert run("explain", "--style", f"{paintings}/dabs", "--output", "other")[0] == 0
    assert (list(calls[1][0]), calls[1][2]) == (["0", "1"], [])


@pytest.mark.slow
def test_a_training_and_tensorboard(run, shipped):
    np.savez("images.npz", images=np.random.default_rng(0).integers(0, 256, (24, 12, 12, 1), np.uint8))
    train = "train gan --architecture dense --run-directory run --data images.npz --num-steps 3 --batch-size 4"
    assert run(*f"{train} --num-samples 4 --precision float32 --log-every 1 --sample-every 1".split())[0] == 0
    code, out, err = run("explain", "run", "--output", "report", "--tensorboard")
    assert (code, err) == (0, [])
    assert out[-1].startswith("report/index.html: 7 sections.")
    assert len(list(Path("run/tensorboard/explain").iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "finding"),
    [
        ("--output r", "name a photograph, the folder of a training, or paintings with --style"),
        ("photo.png --output r", "explained in one --style. Received: 0."),
        ("photo.png --style waves starry_night --output r", "explained in one --style. Received: 2."),
        ("photo.png --style wave --output r", "has no style 'wave'"),
        ("photo.png --style waves --compare photo.png --output r", "--compare is for paintings"),
        ("photo.png --style waves --size 20 --output r", "--size must be at least 48"),
        ("photo.png --style waves --strength 0 --output r", "--strength must be above 0"),
        ("photo.png --style waves --output photo.png", "photo.png: is a file. Name a folder"),
        ("missing.png --style waves --output r", "missing.png"),
        ("works --output r", "works is not the folder of a training"),
        ("--style nowhere --output r", "nowhere: no such file or folder"),
    ],
)
def test_mistakes_are_one_line(run, photo, paintings, arguments, finding):
    code, out, err = run("explain", *arguments.split())
    assert (code, out, len(err)) == (2, [], 1)
    assert finding in err[0]
    assert not Path("r").exists()
