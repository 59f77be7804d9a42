"""Instance normalization whose scale and shift are computed from a style vector."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfstyle")
class StyleInjection(keras.layers.Layer):
    """Normalizes each channel of each image, then scales and shifts it as a style vector asks.

        y = (1 + scale(style_vector)) * (x - mean(x)) / deviation(x) + shift(style_vector)

    `scale` and `shift` are affine functions of the vector, so that a vector never seen in training has them too.

    Args:
        epsilon: float, added to the variance.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.
        style_vectors: float tensor of shape `(batch or 1, style_dim)`.

    Returns:
        Tensor of the shape and dtype of `inputs`. Moments, scale and shift are computed in float32.

    Reference:
        Ghiasi et al.: Exploring the structure of a real-time, arbitrary neural artistic stylization network, 2017.
        Karras et al.: A Style-Based Generator Architecture for Generative Adversarial Networks, 2019, section 2, for
        the affine functions.
    """

    def __init__(self, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, inputs_shape, style_vectors_shape):
        # Small, so that all styles paint alike to begin with: the deviation of the recipe that this follows.
        initializer = keras.initializers.RandomNormal(stddev=0.02)
        self.affine = keras.layers.Dense(
            2 * inputs_shape[-1], kernel_initializer=initializer, name="affine", dtype="float32"
        )
        self.affine.build(style_vectors_shape)

    def call(self, inputs, style_vectors):
        parameters = self.affine(ops.cast(style_vectors, "float32"))[:, None, None, :]
        scale, shift = ops.split(parameters, 2, axis=-1)
        mean, variance = ops.moments(ops.cast(inputs, "float32"), axes=(1, 2), keepdims=True)
        scale = (1.0 + scale) * ops.rsqrt(variance + self.epsilon)
        return inputs * ops.cast(scale, inputs.dtype) + ops.cast(shift - scale * mean, inputs.dtype)

    def compute_output_shape(self, inputs_shape, style_vectors_shape):
        return inputs_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
