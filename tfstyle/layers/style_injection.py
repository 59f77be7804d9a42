"""Scale and shift that are computed from a style vector."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfstyle")
class StyleInjection(keras.layers.Layer):
    """Scales and shifts each channel as a style vector asks.

        y = (1 + scale(style_vector)) * x + shift(style_vector)

    `scale` and `shift` are affine functions of the vector, so that a vector never seen in training has them too.

    Args:
        epsilon: float or None. With a number, x is normalized first, each channel of each image, and the number is
            added to the variance: the output has the moments that the style asks for, whatever the image. Where it is
            small, a network learns to put the deviation that a plain image must have into a few glowing blobs.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.
        style_vectors: float tensor of shape `(batch or 1, style_dim)`.

    Returns:
        Tensor of the shape and dtype of `inputs`. Scale and shift are computed in float32.

    Reference:
        Ghiasi et al.: Exploring the structure of a real-time, arbitrary neural artistic stylization network, 2017.
        Perez et al.: FiLM: Visual Reasoning with a General Conditioning Layer, 2018, equation 2.
        Karras et al.: Analyzing and Improving the Image Quality of StyleGAN, 2020, section 2, for the blobs.
    """

    def __init__(self, epsilon=None, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, inputs_shape, style_vectors_shape):
        # For vectors of about unit length: styles differ from the first step on, and none is extreme.
        initializer = keras.initializers.RandomNormal(stddev=0.2)
        self.affine = keras.layers.Dense(
            2 * inputs_shape[-1], kernel_initializer=initializer, name="affine", dtype="float32"
        )
        self.affine.build(style_vectors_shape)

    def call(self, inputs, style_vectors):
        parameters = self.affine(ops.cast(style_vectors, "float32"))[:, None, None, :]
        scale, shift = ops.split(parameters, 2, axis=-1)
        scale = 1.0 + scale
        if self.epsilon is not None:
            mean, variance = ops.moments(ops.cast(inputs, "float32"), axes=(1, 2), keepdims=True)
            scale = scale * ops.rsqrt(variance + self.epsilon)
            shift = shift - scale * mean
        return inputs * ops.cast(scale, inputs.dtype) + ops.cast(shift, inputs.dtype)

    def compute_output_shape(self, inputs_shape, style_vectors_shape):
        return inputs_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
