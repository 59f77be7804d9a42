"""The choice between TensorFlow and LiteRT."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_photo
from tfstyle.images import load_image
from tfstyle.saved import lite_bank
from tfstyle.saved.lite_bank import LiteStyleBank
from tfstyle.transfer import quick
from tfstyle.transfer.quick import open_quick_model

pytest.importorskip("ai_edge_litert")


def test_small_jobs_only(photo_file, bank_folder, monkeypatch):
    assert isinstance(open_quick_model("style_bank", [photo_file]), LiteStyleBank)
    assert isinstance(open_quick_model("style_bank", [photo_file, photo_file.with_name("missing.png")]), LiteStyleBank)
    assert open_quick_model("style_bank", [photo_file], size=3000) is None  # 40x28 becomes 3000x2100
    assert open_quick_model("style_bank", [photo_file], canvas=3000) is None
    monkeypatch.setattr(quick, "MAX_PIXELS", 2000)
    assert isinstance(open_quick_model("style_bank", [photo_file]), LiteStyleBank)
    assert open_quick_model("style_bank", [photo_file, photo_file]) is None
    assert open_quick_model(str(bank_folder), [photo_file]) is None  # it has no model for LiteRT


def test_without_the_package(photo_file, monkeypatch):
    monkeypatch.setattr(lite_bank, "RUNTIME", "a_package_that_does_not_exist")
    assert open_quick_model("style_bank", [photo_file]) is None


def test_the_command_paints_without_tensorflow(tmp_path):
    """In a process that cannot import it; the same picture as by TensorFlow."""
    import tfstyle
    from tfstyle.transfer.painter import PainterOptions, make_painter, plan_painter

    Image.fromarray(draw_photo(60, 80)).save(tmp_path / "photo.png")
    arguments = [
        "stylize",
        str(tmp_path / "photo.png"),
        "--style",
        "hokusai_great_wave",
        "--output",
        str(tmp_path / "o.png"),
    ]
    blocked = "import sys; sys.modules.update(dict.fromkeys(['tensorflow', 'keras', 'matplotlib', 'scipy']));"
    code = f"{blocked} from tfstyle.cli import main; sys.exit(main({arguments}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    paint = make_painter(plan_painter(PainterOptions(["hokusai_great_wave"])), tfstyle.load("style_bank"))
    difference = load_image(tmp_path / "o.png").astype(int) - paint(load_image(tmp_path / "photo.png"))
    assert np.abs(difference).max() <= 2
