"""Which errors the command line shows as one line, and which keep their traceback."""

import argparse
import ast
import errno
import importlib
from pathlib import Path

import pytest

import tfstyle
from tfstyle import cli
from tfstyle.errors import TfstyleError

PACKAGE = Path(tfstyle.__file__).parent


def error_classes():
    """(module, name) of every class of the package whose name ends in Error."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
                yield module, node.name


@pytest.mark.parametrize(("module", "name"), list(error_classes()), ids=lambda part: part.rpartition(".")[2])
def test_every_error_of_the_package_is_meant_for_the_user(module, name):
    kind = getattr(importlib.import_module(module), name)
    assert issubclass(kind, TfstyleError)
    assert cli.explain(kind("what was wrong")) == "what was wrong"


def test_errors_are_still_the_errors_of_python():
    assert issubclass(tfstyle.artifacts.ArtifactError, ValueError)
    assert issubclass(tfstyle.images.ImageError, ValueError)
    assert issubclass(importlib.import_module("tfstyle.saved.archive").ExportError, RuntimeError)


OPTIONS = argparse.Namespace(photos=[Path("photos/cat.jpg")], output=Path("painted"), style="monet.jpg=0.5", size=3)


@pytest.mark.parametrize(
    "named", ["painted", "painted/deep/cat.png", "photos/cat.jpg", "monet.jpg", "photos", ".painted.partial"]
)
def test_an_os_error_about_a_file_that_was_named_is_one_line(named):
    error = PermissionError(errno.EACCES, "Permission denied", named)
    assert cli.explain(error, OPTIONS) == f"{named}: Permission denied."


@pytest.mark.parametrize("named", [None, "/nowhere/else", str(PACKAGE / "missing.json"), 3])
def test_an_os_error_of_our_own_keeps_its_traceback(named):
    assert cli.explain(FileNotFoundError(errno.ENOENT, "No such file", named), OPTIONS) is None
    assert cli.explain(OSError("a mistake"), OPTIONS) is None


def test_the_command_line_asks_with_its_own_arguments(monkeypatch, tmp_path, capsys):
    from tfstyle.commands import zoo

    def run(options):
        (tmp_path / "missing" / "file").read_text()

    monkeypatch.setattr(zoo, "run", run)
    with pytest.raises(FileNotFoundError):
        cli.main(["zoo"])
    monkeypatch.setattr("tfstyle.commands.export.run", run)
    assert cli.main(["export", "run", "--output", str(tmp_path)]) == cli.USER_ERROR
    assert capsys.readouterr().err == f"tfstyle: {tmp_path / 'missing' / 'file'}: No such file or directory.\n"
