"""SavedModels are written whole or not at all."""

import os

import numpy as np
import pytest
import tensorflow as tf

from tfstyle.artifacts import folder_digest
from tfstyle.models.style.style_bank import StyleBank
from tfstyle.saved.archive import ExportError
from tfstyle.saved.registry import load_saved_model
from tfstyle.saved.style_bank import export_style_bank

IMAGES = np.random.default_rng(0).random((3, 21, 34, 3)).astype("float32")
WEIGHTS = np.array([[0.1, 0.9, 0.0], [0.0, 0.0, 1.0], [0.3, 0.3, 0.4]], "float32")


def test_an_existing_model_is_not_overwritten(small_bank, own_folder):
    before = folder_digest(own_folder)
    with pytest.raises(ExportError, match="small already holds a SavedModel. Add --overwrite to replace it"):
        export_style_bank(small_bank, own_folder, lite=False)
    assert folder_digest(own_folder) == before


def test_overwriting_replaces_the_model_and_keeps_its_card(small_bank, own_folder):
    bank = StyleBank(["identity", "mine", "yours"], filters=(2, 2, 2), num_residual_blocks=0)
    export_style_bank(bank, own_folder, overwrite=True, lite=False)
    loaded = load_saved_model(own_folder)
    assert loaded.style_names == ("identity", "mine", "yours")
    np.testing.assert_allclose(loaded(IMAGES, WEIGHTS), bank(IMAGES, tf.constant(WEIGHTS)), atol=4e-3)
    assert (own_folder / "model_card.md").read_text() == "# Small\n"
    assert [path.name for path in own_folder.parent.iterdir()] == ["small"]


@pytest.mark.parametrize("num_moves", [0, 1, 3])
def test_an_interrupted_replacement_is_never_taken_for_a_model(small_bank, own_folder, monkeypatch, num_moves):
    """Killed between any two moves, a folder holds the old model, the new one, or none that loads: no mixture."""
    moves = []

    def replace(source, target):
        if len(moves) == num_moves:
            raise KeyboardInterrupt
        moves.append(target)
        os.rename(source, target)

    before = folder_digest(own_folder)
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        export_style_bank(small_bank, own_folder, overwrite=True, lite=False)
    assert len(moves) == num_moves
    assert folder_digest(own_folder) == before or not (own_folder / "saved_model.pb").exists()


def test_a_file_in_the_way(small_bank, tmp_path):
    (tmp_path / "bank").touch()
    with pytest.raises(ExportError, match="bank is a file; name a folder"):
        export_style_bank(small_bank, tmp_path / "bank", lite=False)
    with pytest.raises(ExportError, match=r"inside cannot be written: File exists|inside cannot be written: Not a dir"):
        export_style_bank(small_bank, tmp_path / "bank" / "inside", lite=False)
