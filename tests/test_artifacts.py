import json
import shutil

import pytest

from tfstyle import artifacts
from tfstyle.artifacts import ArtifactError


def make_model(folder, name="style_bank", **metadata):
    """A folder that looks like a SavedModel to whoever does not load it."""
    model = folder / name
    (model / "variables").mkdir(parents=True)
    (model / "assets.extra").mkdir()
    (model / "saved_model.pb").write_bytes(b"graph")
    (model / "variables" / "variables.index").write_bytes(b"index")
    metadata = {"name": name, "family": "style_bank", "task": "paint", "license": "MIT", **metadata}
    (model / "assets.extra" / "metadata.json").write_text(json.dumps(metadata))
    return model


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A folder of shipped models with two of them."""
    folder = tmp_path / "saved_models"
    make_model(folder)
    make_model(folder, "digit_gan", family="dcgan")
    artifacts.write_manifest(folder)
    monkeypatch.setattr(artifacts, "saved_models_folder", lambda: folder)
    return folder


def test_manifest_describes_every_model(shipped):
    manifest = artifacts.read_manifest()
    assert list(manifest) == ["digit_gan", "style_bank"]
    entry = manifest["style_bank"]
    assert entry["family"] == "style_bank"
    assert entry["license"] == "MIT"
    assert entry["bytes"] == sum(path.stat().st_size for path in (shipped / "style_bank").rglob("*") if path.is_file())
    assert entry["sha256"] == artifacts.folder_digest(shipped / "style_bank")


def test_digest_is_of_names_and_contents_alone(shipped, tmp_path):
    original = shipped / "style_bank"
    copy = tmp_path / "elsewhere"
    shutil.copytree(original, copy)
    (copy / "model_card.md").write_text("a card may be mended")
    assert artifacts.folder_digest(copy) == artifacts.folder_digest(original)
    (copy / "variables" / "variables.index").rename(copy / "variables" / "other.index")
    assert artifacts.folder_digest(copy) != artifacts.folder_digest(original)


def test_verify_finds_a_changed_file(shipped):
    artifacts.verify("style_bank")
    (shipped / "style_bank" / "variables" / "variables.index").write_bytes(b"inden")
    with pytest.raises(ArtifactError, match="not those that were shipped.*Install tfstyle again"):
        artifacts.verify("style_bank")
    with pytest.raises(ArtifactError, match="does not list 'other'. It lists: digit_gan, style_bank"):
        artifacts.verify("other")


def test_a_name_and_a_folder_are_found(shipped, tmp_path):
    assert artifacts.find_model("style_bank") == shipped / "style_bank"
    own = make_model(tmp_path, "own")
    assert artifacts.find_model(own) == own


def test_a_shipped_name_comes_before_a_folder(shipped, tmp_path, monkeypatch):
    make_model(tmp_path, "style_bank")
    monkeypatch.chdir(tmp_path)
    assert artifacts.find_model("style_bank") == shipped / "style_bank"
    assert (tmp_path / artifacts.find_model("./style_bank")).resolve() == (tmp_path / "style_bank").resolve()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("stylebank", "no model 'stylebank'. Did you mean 'style_bank'. Shipped models: digit_gan, style_bank."),
        ("zzz", "no model 'zzz'. Shipped models"),
        ("empty", "empty holds no saved_model.pb"),
        ("file.txt", "file.txt is a file; a model is a folder"),
    ],
)
def test_what_is_no_model(shipped, tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    with pytest.raises(ArtifactError, match=message):
        artifacts.find_model(name)


def test_metadata_that_is_missing_or_broken(tmp_path):
    model = make_model(tmp_path)
    file = model / "assets.extra" / "metadata.json"
    for text, message in (("{", "cannot be read"), ("[]", "does not say: name"), ('{"name": "x"}', "family, task")):
        file.write_text(text)
        with pytest.raises(ArtifactError, match=message):
            artifacts.read_metadata(model)
    file.unlink()
    with pytest.raises(ArtifactError, match="did not export it"):
        artifacts.read_metadata(model)


def test_without_shipped_models_the_message_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(artifacts, "__file__", str(tmp_path / "tfstyle" / "artifacts.py"))
    with pytest.raises(ArtifactError, match="shipped models were not found"):
        artifacts.saved_models_folder()
