"""What a wheel must carry, and whether the shipped models are whole."""

import configparser
import importlib.metadata
import re
from pathlib import Path

import pytest

import tfstyle
from tfstyle import artifacts

ROOT = Path(__file__).parents[1]
MAX_SHIPPED_BYTES = 90_000_000


@pytest.fixture(scope="module")
def settings():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_every_folder_with_code_is_a_listed_package(settings):
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "tfstyle").rglob("*.py")}
    expected = {".".join(folder.parts) for folder in folders} | {"tfstyle.saved_models"}
    assert set(lines(settings["options"]["packages"])) == expected


def test_every_package_says_what_it_is():
    for folder in {path.parent for path in (ROOT / "tfstyle").rglob("*.py")}:
        file = folder / "__init__.py"
        assert file.is_file(), f"{folder.relative_to(ROOT)} has no __init__.py"
        assert file.read_text().startswith('"""'), f"{file.relative_to(ROOT)} has no docstring"


def test_every_shipped_file_is_package_data(settings):
    folder = ROOT / "saved_models"
    patterns = lines(settings["options.package_data"]["tfstyle.saved_models"])
    carried = {path for pattern in patterns for path in folder.glob(pattern.replace("**", "**/*"))}
    left_out = {path for path in folder.rglob("*") if path.is_file()} - carried
    assert not left_out


def test_version_is_one(settings):
    assert settings["metadata"]["version"] == "attr: tfstyle.__version__"
    assert re.fullmatch(r"\d+\.\d+\.\d+", tfstyle.__version__)
    assert f"## {tfstyle.__version__}" in (ROOT / "CHANGELOG.md").read_text()
    try:
        installed = importlib.metadata.version("tfstyle")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("tfstyle is not installed here")
    assert installed == tfstyle.__version__


def test_the_shipped_models_are_those_of_the_manifest():
    manifest = artifacts.read_manifest()
    assert tuple(manifest) == artifacts.list_names()
    for name, entry in manifest.items():
        artifacts.verify(name)
        folder = artifacts.find_model(name)
        assert artifacts.describe(folder) == entry
        assert (folder / "model_card.md").is_file()
    assert sum(entry["bytes"] for entry in manifest.values()) < MAX_SHIPPED_BYTES
