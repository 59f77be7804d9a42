"""A small bank of styles, and its SavedModel."""

import shutil

import numpy as np
import pytest

from tfstyle.models.style.style_bank import StyleBank
from tfstyle.saved.style_bank import export_style_bank


@pytest.fixture(scope="session")
def small_bank():
    """A Keras bank with random weights; not to be changed."""
    bank = StyleBank(["identity", "große_welle"], filters=(2, 2, 2), num_residual_blocks=0, dtype="mixed_bfloat16")
    random = np.random.default_rng(1)
    bank.set_weights([value + random.normal(0, 0.5, value.shape) for value in bank.get_weights()])
    return bank


@pytest.fixture(scope="session")
def small_folder(small_bank, tmp_path_factory):
    """It, exported; not to be changed."""
    folder = tmp_path_factory.mktemp("exported") / "deep" / "small"
    export_style_bank(small_bank, folder, {"license": "CC0-1.0", "artists": ["Hokusai"]}, lite=False)
    return folder


@pytest.fixture
def own_folder(small_bank, small_folder, tmp_path):
    """A copy of the SavedModel for a test to spoil, with a model card."""
    shutil.copytree(small_folder, tmp_path / "small")
    (tmp_path / "small" / "model_card.md").write_text("# Small\n")
    return tmp_path / "small"
