"""Moving average of a model's weights."""

import contextlib
from collections.abc import Iterator

import keras
import tensorflow as tf


class MovingAverage:
    """Exponential moving average (EMA) of all float weights of a model, except those of frozen layers.

    The updates of the last steps are noisy; the average over a few hundred steps gives better images.

    Args:
        model: a built `keras.Model`.
        momentum: float in [0, 1): weight of the old average. The first steps use at most `(1 + step) / (10 + step)`,
            so that the random initial weights lose their influence quickly. With 0 the average is the weights
            themselves, of which no copy is kept.

    Attributes:
        variables: list of `tf.Variable`, the averages.
        items: dict of number -> `tf.Variable`, to save in a checkpoint. The number is the index of the weight among all
            float weights of the model, which shows the missing ones.

    Raises:
        ValueError: if `momentum` is outside [0, 1).
    """

    def __init__(self, model: keras.Model, momentum: float = 0.999):
        if not 0.0 <= momentum < 1.0:
            raise ValueError(f"`momentum` must lie in [0, 1). Received: momentum={momentum}.")
        self.momentum = momentum
        frozen_layers = [layer for layer in model._flatten_layers() if not layer.trainable]
        frozen = {id(variable) for layer in frozen_layers for variable in layer.variables}
        floats = [variable for variable in model.variables if "float" in variable.dtype]
        numbers = [number for number, variable in enumerate(floats) if id(variable) not in frozen]
        self.sources = [floats[number].value for number in numbers]
        self.variables = self.sources
        if momentum:
            self.variables = [
                tf.Variable(source, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)
                for source in self.sources
            ]
        self.items = {str(number): variable for number, variable in zip(numbers, self.variables, strict=True)}

    def update(self, step: tf.Tensor) -> None:
        """Updates the average.

        Args:
            step: scalar integer tensor, number of updates before this one.
        """
        if not self.momentum:
            return
        step = tf.cast(step, tf.float32)
        share = 1.0 - tf.minimum(self.momentum, (1.0 + step) / (10.0 + step))
        for average, source in zip(self.variables, self.sources, strict=True):
            average.assign_add(tf.cast(share, average.dtype) * (source - average))

    def assign_to_model(self) -> None:
        """Assigns the averaged weights to the model."""
        for average, source in zip(self.variables, self.sources, strict=True):
            source.assign(average)

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Context in which the model has the averaged weights."""
        current = [tf.identity(source) for source in self.sources]
        self.assign_to_model()
        try:
            yield
        finally:
            for saved, source in zip(current, self.sources, strict=True):
                source.assign(saved)
