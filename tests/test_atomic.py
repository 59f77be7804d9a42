"""Files are written whole or not at all."""

import ast
import errno
import os
from pathlib import Path

import pytest

import tfstyle
from tfstyle import atomic
from tfstyle.atomic import write_atomically


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / "deep" / "ümlaut.json"
    write_atomically(path, "zwölf\n")
    assert path.read_bytes() == "zwölf\n".encode()
    write_atomically(str(path), b"\x00\r\n", durable=False)
    assert path.read_bytes() == b"\x00\r\n"
    assert os.listdir(path.parent) == [path.name]
    longest = tmp_path / ("x" * 255)
    write_atomically(longest, "whole")
    assert longest.read_text() == "whole"


@pytest.mark.parametrize("name", ["fsync", "replace"])
@pytest.mark.parametrize("reason", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_what_fails_leaves_all_as_it_was(tmp_path, monkeypatch, name, reason):
    path = tmp_path / "file"
    path.write_text("before")

    def fail(*_):
        raise reason

    monkeypatch.setattr(os, name, fail)
    with pytest.raises(type(reason)) as caught:
        write_atomically(path, "after")
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["file"]
    if isinstance(reason, OSError):
        assert (caught.value.filename, caught.value.strerror) == (str(path), "No space left on device")


def test_the_error_names_the_file_and_not_the_temporary_one(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file/inside'$"):
        write_atomically(tmp_path / "file" / "inside", "")


def test_files_are_moved_into_place_here_and_nowhere_else():
    package = Path(tfstyle.__file__).parent
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.replace", "os.rename")
    }
    # A SavedModel is a folder, which cannot take another's place in one move. A clip is written frame by frame.
    assert users == {Path(atomic.__file__).relative_to(package).as_posix(), "saved/archive.py", "video/writing.py"}
