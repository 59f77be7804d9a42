"""What is no SavedModel of tfstyle, and no run."""

import pytest

from tfstyle.artifacts import ArtifactError
from tfstyle.saved.archive import ExportError
from tfstyle.saved.registry import export_run, load_saved_model


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(ExportError, match=r"is not the folder of a training: no model\.json that can be read"):
        export_run(tmp_path, tmp_path / "bank")


def test_a_folder_that_tfstyle_did_not_write(tmp_path):
    with pytest.raises(ArtifactError, match=r"has no assets.extra/metadata.json: tfstyle did not export it"):
        load_saved_model(tmp_path)


def test_a_family_of_the_future(own_folder):
    (own_folder / "assets.extra" / "metadata.json").write_text('{"name": "a", "family": "dreams", "task": "b"}')
    with pytest.raises(ArtifactError, match="is of the family 'dreams'; this version knows style_bank"):
        load_saved_model(own_folder)


VALUES, INDEX = "variables/variables.data-00000-of-00001", "variables/variables.index"


@pytest.mark.parametrize(
    ("file", "content"),
    [("saved_model.pb", b"broken"), (VALUES, None), (VALUES, b""), (INDEX, None), (INDEX, b"broken")],
)
def test_a_broken_saved_model(own_folder, file, content):
    if content is None:
        (own_folder / file).unlink()
    else:
        (own_folder / file).write_bytes(content)
    with pytest.raises(ArtifactError, match="small is a broken SavedModel: ."):
        load_saved_model(own_folder)
