"""What docs/serving.md tells a reader to run, run as it stands there."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tfstyle
from tests.conftest import draw_photo

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")


def block(words):
    """The one block of code that contains words."""
    blocks = re.findall(r"^```\w+[^\n]*\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    [code] = [block for block in blocks if words in block]
    return code


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The reader's folder, with a photograph and the shipped models."""
    (tmp_path / "saved_models").symlink_to(ROOT / "saved_models")
    Image.fromarray(draw_photo(30, 41)).save(tmp_path / "photo.jpg", quality=100)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def shipped_bank():
    return tfstyle.load("style_bank")


def expected_painting(bank):
    return tfstyle.stylize(tfstyle.load_image("photo.jpg"), bank, "hokusai_great_wave", canvas=0)


def test_saved_model_cli_paints(folder, shipped_bank):
    exec(block("np.save("), {})
    command = shlex.split(block("saved_model_cli run"))
    assert command[0] == "saved_model_cli"
    main = "import sys; from tensorflow.python.tools.saved_model_cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", main, *command[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    [painted] = np.load("painted/images.npy")
    assert painted.dtype == np.uint8
    assert np.abs(painted.astype(int) - expected_painting(shipped_bank)).max() <= 1


def test_litert_paints(folder, shipped_bank):
    pytest.importorskip("ai_edge_litert", reason="of the extra `lite`")
    names = {}
    exec(block("ai_edge_litert"), names)
    painted = names["paint"](tfstyle.load_image("photo.jpg"), "hokusai_great_wave")
    assert np.abs(painted.astype(int) - expected_painting(shipped_bank)).max() <= 2
    assert np.asarray(Image.open("painted.jpg")).shape == painted.shape


@pytest.mark.skipif(importlib.util.find_spec("apache_beam") is None, reason="needs apache-beam")
def test_beam_paints_a_folder(folder, shipped_bank):
    (folder / "paint_folder.py").write_text(block("apache_beam"), encoding="utf-8")
    (folder / "photos").mkdir()
    for name in ("first.jpg", "second.jpg"):
        shutil.copy("photo.jpg", folder / "photos" / name)
    (folder / "photos" / "broken.jpg").write_bytes(b"no picture")
    command = [sys.executable, "paint_folder.py", "photos/*.jpg", "painted", "hokusai_great_wave"]
    subprocess.run(command, check=True, capture_output=True, text=True)
    assert {path.name for path in Path("painted").glob("*.jpg")} == {"first.jpg", "second.jpg"}
    tfstyle.save_image("expected.jpg", expected_painting(shipped_bank))
    assert np.abs(tfstyle.load_image("painted/first.jpg").astype(int) - tfstyle.load_image("expected.jpg")).max() <= 1
    [failures] = Path("painted").glob("failures*")
    assert failures.read_text().startswith("photos/broken.jpg: not an image")
