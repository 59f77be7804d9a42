"""Which Keras backend runs, what needs TensorFlow, and what its libraries print."""

import contextlib
import os
import tempfile
from collections.abc import Iterator

from tfstyle.errors import TfstyleError


class BackendError(TfstyleError, RuntimeError):
    """Raised where Keras runs on another backend than TensorFlow, which this part of tfstyle needs."""


def require_tensorflow(what: str) -> None:
    """Checks that Keras runs on TensorFlow.

    Layers, models, losses and loaded models work with every backend. Training, export and the optimization of pixels
    use `tf.GradientTape`, `tf.function` and SavedModels.

    Args:
        what: what needs it, as the subject of a sentence, such as "Training".

    Raises:
        BackendError: if Keras runs on another backend.
    """
    import keras

    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise BackendError(
            f"{what} needs Keras to run on TensorFlow. Set KERAS_BACKEND=tensorflow before Keras is imported. "
            f"Received: the backend {backend!r}."
        )


@contextlib.contextmanager
def silenced_stderr(show_if_it_fails: bool = True) -> Iterator[None]:
    """Context in which nothing is printed to stderr, not even by libraries in C++. Other threads print nothing either.

    Args:
        show_if_it_fails: whether an error in the context shows what was to be printed.
    """
    with tempfile.TemporaryFile() as lines:
        stderr = os.dup(2)
        os.dup2(lines.fileno(), 2)
        try:
            yield
        except BaseException:
            if show_if_it_fails:
                lines.seek(0)
                os.write(stderr, lines.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
