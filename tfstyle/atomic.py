"""Atomic writing of files."""

import contextlib
import os
import secrets
from pathlib import Path


def write_atomically(path: str | Path, content: bytes | str, durable: bool = True) -> None:
    """Writes a file atomically: readers see either the old or the complete new content.

    The content is written to a temporary file in the same folder, which is then renamed. If a full disk, Ctrl-C or a
    kill interrupts the writing, an existing file is unchanged. Missing folders are created.

    Args:
        path: path of the file; an existing file is replaced.
        content: bytes, or a string, which is written as UTF-8 with `\\n` as line separator.
        durable: bool; False does not wait for the disk. A power failure can then leave an empty file.

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
