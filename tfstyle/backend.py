"""Which Keras backend runs, and what needs TensorFlow."""

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
