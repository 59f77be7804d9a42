"""Spectral normalization of a linear layer."""

from typing import Any

import keras
from keras import ops

from tfstyle.tensors import Shape, Tensor

KERNELS = ("kernel", "embeddings")


@keras.saving.register_keras_serializable(package="tfstyle")
class SpectralNormalization(keras.layers.Layer):
    """A linear layer whose kernel is divided by its largest singular value.

        y = (W / sigma) x + b,   sigma = u^T W v

    `W` is the kernel as a matrix with one column per output channel. `u` and `v` are computed by power iteration and
    are constants for the gradient, which passes through `sigma` by way of `W`, as in the paper.
    (`keras.layers.SpectralNormalization` overwrites the kernel, and passes no gradient through sigma.)

    Args:
        layer: a layer with a `kernel` (Dense, Conv2D) or `embeddings` (Embedding), without activation.
        power_iterations: integer, iterations per call with `training=True`; other calls leave `u` unchanged.

    Call arguments:
        inputs: inputs of `layer`.
        training: bool.

    Returns:
        Outputs of `layer`.

    Raises:
        ValueError: if `power_iterations` is not positive, or `layer` has no kernel.

    Reference:
        Miyato, Kataoka, Koyama, Yoshida: Spectral Normalization for Generative Adversarial Networks, 2018, algorithm 1
        and equation 12.
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        if power_iterations < 1:
            raise ValueError(f"`power_iterations` must be at least 1. Received: power_iterations={power_iterations}.")
        super().__init__(**kwargs)
        self.layer = layer
        self.power_iterations = power_iterations

    def build(self, inputs_shape) -> None:
        if not self.layer.built:
            self.layer.build(inputs_shape)
        if not any(hasattr(self.layer, name) for name in KERNELS):
            raise ValueError(f"`layer` must have one of {', '.join(KERNELS)}. Received: layer={self.layer}.")
        self.u = self.add_weight(
            name="u", shape=(1, self.kernel.shape[-1]), initializer="random_normal", trainable=False, autocast=False
        )

    @property
    def kernel(self) -> Any:
        """The kernel of the wrapped layer, without normalization."""
        return next(getattr(self.layer, name) for name in KERNELS if hasattr(self.layer, name))

    def sigma(self, training=False) -> Tensor:
        """Estimate of the kernel's largest singular value: a float32 scalar, with a gradient to the kernel.

        Args:
            training: bool, whether to run the power iterations first and store the result.
        """
        kernel = ops.cast(self.kernel, "float32")
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        constant = ops.stop_gradient(matrix)
        u = unit(ops.convert_to_tensor(self.u))
        for _ in range(self.power_iterations if training else 0):
            u = unit(ops.matmul(unit(ops.matmul(u, ops.transpose(constant))), constant))
        if training:
            self.u.assign(u)
        v = unit(ops.matmul(u, ops.transpose(constant)))
        # The floor lets a kernel of zeros stay one.
        return ops.maximum(ops.sum(ops.matmul(v, matrix) * u), 1e-6)

    def call(self, inputs, training=False) -> Tensor:
        kernel = self.kernel
        values = [(variable, variable.value) for variable in self.layer.variables if variable is not kernel]
        values.append((kernel, ops.cast(kernel, "float32") / self.sigma(training)))
        # Within the scope the wrapped layer computes with these values in the place of its variables'.
        with keras.StatelessScope(values):
            return self.layer(inputs)

    def compute_output_shape(self, inputs_shape) -> Shape:
        return self.layer.compute_output_shape(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "layer": keras.saving.serialize_keras_object(self.layer),
            "power_iterations": self.power_iterations,
        }

    @classmethod
    def from_config(cls, config) -> "SpectralNormalization":
        return cls(**{**config, "layer": keras.saving.deserialize_keras_object(config["layer"])})


def unit(vector) -> Tensor:
    return vector / (ops.norm(vector) + 1e-12)
