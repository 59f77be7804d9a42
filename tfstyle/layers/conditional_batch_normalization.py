"""Batch normalization with a scale and a shift for each label."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.fused_batch_normalization import FusedBatchNormalization
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class ConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalization with a scale and a shift for each label.

        y = scale[label] * (x - mean) / deviation + shift[label]

    Args:
        num_classes: integer, number of labels; 0 for one scale and shift shared by all images.
        momentum: float, weight of the old moving statistics in each update.
        epsilon: float, added to the variance.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.
        labels: int32 tensor of shape `(batch,)`; None without classes.
        training: bool. If True, uses the moments of the batch, over all replicas; otherwise the moving statistics.

    Returns:
        Tensor of the shape and dtype of `inputs`.

    Reference:
        de Vries et al.: Modulating Early Visual Processing by Language, 2017.
        Miyato, Koyama: cGANs with Projection Discriminator, 2018.
    """

    def __init__(self, num_classes=0, momentum=0.9, epsilon=2e-5, **kwargs):
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.momentum = momentum
        self.epsilon = epsilon
        self.normalization = FusedBatchNormalization(
            momentum, epsilon, center=False, scale=False, name="normalization", dtype=self.dtype_policy
        )

    def build(self, inputs_shape, labels_shape=None) -> None:
        self.normalization.build(inputs_shape)
        shape = (max(self.num_classes, 1), inputs_shape[-1])
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")
        self.shift = self.add_weight(name="shift", shape=shape, initializer="zeros")

    def call(self, inputs, labels=None) -> Tensor:
        scale, shift = ops.convert_to_tensor(self.scale), ops.convert_to_tensor(self.shift)
        if self.num_classes:
            scale, shift = ops.take(scale, labels, axis=0), ops.take(shift, labels, axis=0)
        return self.normalization(inputs) * scale[:, None, None, :] + shift[:, None, None, :]

    def compute_output_shape(self, inputs_shape, labels_shape=None) -> Shape:
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }
