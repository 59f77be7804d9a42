"""Statistics of whole images: recorded from one call of a network and given to another.

Instance normalization depends on means over the whole image. Every layer takes them from `instance_moments`, so that
they can be those of another image: a tile gets the statistics of the picture it is a part of, and a frame those of the
frames before it. No layer has an argument for it.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

from keras import ops

from tfstyle.tensors import Tensor

# Statistics of one call of a normalization: (mean, variance).
Statistics = tuple[Tensor, Tensor]

# A thread has its own values, and so have the threads it starts.
_recorder: ContextVar["tuple[list[Statistics], Callable | None, Callable | None] | None"] = ContextVar(
    "recorder", default=None
)
_given: ContextVar["tuple[Iterator[Statistics], Any] | None"] = ContextVar("given", default=None)


def instance_moments(inputs) -> tuple[Tensor, Tensor]:
    """Mean and variance of each channel of each image, or those that `given_statistics` gives.

    Args:
        inputs: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Two float32 tensors of shape `(batch, 1, 1, channels)`: mean, variance.
    """
    mean, variance = _statistics(inputs, lambda values: ops.moments(values, axes=(1, 2), keepdims=True))
    return mean, variance


@contextlib.contextmanager
def record_statistics(
    crop: Callable[[Tensor], Tensor] | None = None, adjust: Callable[[Statistics], Statistics] | None = None
) -> Iterator[list[Statistics]]:
    """Records the statistics of every instance normalization of the networks that are called in this context.

    Within `given_statistics`, the networks use the given statistics, and those of their features are recorded.

    Args:
        crop: function of features of shape `(batch, height, width, channels)` that returns the part of them that is
            measured, or None for the whole. The network itself then uses the statistics of this part.
        adjust: function of the statistics of a call that returns those that the network uses instead, or None. It is
            called in the order of calls. What is recorded are the statistics before.

    Yields:
        List of tuples `(mean, variance)` in the order of calls, float32 tensors of shape `(batch, 1, 1, channels)`. In
        the trace of a `tf.function`, they are its tensors, which it can return.

    Example:

    ```python
    with record_statistics() as recorded:
        painted = model(picture)
    with given_statistics(recorded):
        painted_tile = model(tile)
    ```
    """
    recorded: list[Statistics] = []
    token = _recorder.set((recorded, crop, adjust))
    try:
        yield recorded
    finally:
        _recorder.reset(token)


@contextlib.contextmanager
def given_statistics(values: Sequence[Statistics], share: Any = None) -> Iterator[None]:
    """Makes the networks that are called in this context use given statistics instead of those of their features.

    A compiled function uses them if it is traced in this context, and takes them as arguments.

    Args:
        values: as `record_statistics` yields them, one tuple for each call; the batch may be 1 for any batch.
        share: float scalar in [0, 1], or None for 1: the share of the given statistics in those that are used; the rest
            are those of the features. Frames of a clip take a share of the frame before.

    Raises:
        ValueError: if the networks need more or fewer statistics, or others, than are given.

    Example:

    ```python
    @tf.function
    def paint(images, statistics):
        with given_statistics(statistics):
            return model(images)
    ```
    """
    remaining = iter(values)
    token = _given.set((remaining, share))
    try:
        yield
    finally:
        _given.reset(token)
    unused = sum(1 for _ in remaining)
    if unused:
        raise ValueError(
            f"{len(values)} statistics are given, and the network used {len(values) - unused}. Record them with the "
            "same network, and trace a compiled function within the context."
        )


def _statistics(inputs: Any, measure: Callable[[Tensor], Statistics]) -> Statistics:
    recorder, given = _recorder.get(), _given.get()
    remaining, share = given or (None, None)
    if recorder is None and remaining is not None and share is None:
        return _take(remaining, inputs)
    recorded, crop, adjust = recorder or ([], None, None)
    measured = tuple(measure(ops.cast(inputs if crop is None else crop(inputs), "float32")))
    recorded.append(measured)
    if adjust is not None:
        measured = adjust(measured)
    if remaining is None:
        return measured
    values = _take(remaining, inputs)
    if share is None:
        return values
    return tuple(own + share * (value - own) for own, value in zip(measured, values, strict=True))


def _take(given: Iterator[Statistics], inputs: Any) -> Statistics:
    values = next(given, None)
    if values is None:
        raise ValueError("The network uses more statistics than are given. Record them with the same network.")
    values = tuple(ops.cast(value, "float32") for value in values)
    shapes = [tuple(value.shape) for value in values]
    if any(len(shape) != 4 or shape[-1] != inputs.shape[-1] for shape in shapes):
        raise ValueError(
            f"Statistics of {inputs.shape[-1]} channels have the shape (batch, 1, 1, {inputs.shape[-1]}). "
            f"Received: {', '.join(map(str, shapes))}."
        )
    return values
