"""Messages of commands to the user, and the import of TensorFlow."""

import os
import sys

from tfstyle.backend import silenced_stderr
from tfstyle.errors import TfstyleError

USER_ERROR, INTERRUPTED = 2, 130


class UsageError(TfstyleError):
    """A user's mistake; the message is one line that says how to correct it."""


def import_tensorflow() -> None:
    """Imports TensorFlow for a command: silently, and with GPU memory allocated on demand."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    # TensorFlow 2.21 prints some lines before it looks at any setting: they are shown only if the import fails.
    with silenced_stderr():
        import tensorflow  # noqa: F401


def complain(message, code=USER_ERROR) -> int:
    """Prints an error on one line, and returns the exit code."""
    print(f"tfstyle: {' '.join(message.split())}", file=sys.stderr)
    return code


def complain_of_skipped(skipped, num_images) -> None:
    """Reports the files that could not be read, if any: at most the first three.

    Args:
        skipped: dict of file -> reason.
        num_images: integer, number of all files, including the skipped ones.
    """
    if skipped:
        reasons = list(skipped.values())
        complain(
            f"{len(reasons)} of {num_images} images cannot be read and are left out: "
            f"{' '.join(reasons[:3])}" + (" ..." if len(reasons) > 3 else "")
        )
