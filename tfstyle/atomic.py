"""Files that are there whole, or not at all."""

import contextlib
import os
import secrets
from pathlib import Path


def write_atomically(path: str | Path, content: bytes | str, durable: bool = True) -> None:
    """Writes a file that a reader sees either as it was before or with all of its new content.

    The content goes to a temporary file in the same folder, which then takes the file's name. Whatever ends the
    writing, a full disk, Ctrl-C or a kill, a file that was there stays as it was. Missing folders are made.

    Args:
        path: file; one that exists is replaced.
        content: bytes, or a string, which is written as UTF-8 with `\\n` as the end of a line.
        durable: bool; False does not wait for the disk. A power cut may then leave an empty file.

    Raises:
        OSError: if the file cannot be written; its `filename` is `path`.
    """
    path = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    # Its length does not depend on that of the name, which may be the longest that is allowed.
    temporary = path.with_name(f".tfstyle-{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
