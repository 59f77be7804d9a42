"""Scale and shift that a style asks for."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfstyle")
class StyleInjection(keras.layers.Layer):
    """Scales and shifts each channel as a style asks.

        y = (1 + scale) * x + shift

    It has no weights: whoever calls it knows what the style asks for.

    Args:
        epsilon: float or None. With a number, x is normalized first, each channel of each image, and the number is
            added to the variance: the output has the moments that the style asks for, whatever the image. Where it is
            small, a network learns to put the deviation that a plain image must have into a few glowing blobs.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.
        parameters: float tensor of shape `(batch or 1, 2 * channels)`, the scales before the shifts.

    Returns:
        Tensor of the shape and dtype of `inputs`. Scale and shift are computed in float32.

    Raises:
        ValueError: if there are not two parameters a channel.

    Reference:
        Ghiasi et al.: Exploring the structure of a real-time, arbitrary neural artistic stylization network, 2017.
        Perez et al.: FiLM: Visual Reasoning with a General Conditioning Layer, 2018, equation 2.
        Karras et al.: Analyzing and Improving the Image Quality of StyleGAN, 2020, section 2, for the blobs.
    """

    def __init__(self, epsilon=None, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, inputs_shape, parameters_shape):
        if parameters_shape[-1] != 2 * inputs_shape[-1]:
            raise ValueError(
                "A style must ask for a scale and a shift of each channel. "
                f"Received: {parameters_shape[-1]} parameters for {inputs_shape[-1]} channels."
            )

    def call(self, inputs, parameters):
        scale, shift = ops.split(ops.cast(parameters, "float32")[:, None, None, :], 2, axis=-1)
        scale = 1.0 + scale
        if self.epsilon is not None:
            mean, variance = ops.moments(ops.cast(inputs, "float32"), axes=(1, 2), keepdims=True)
            scale = scale * ops.rsqrt(variance + self.epsilon)
            shift = shift - scale * mean
        return inputs * ops.cast(scale, inputs.dtype) + ops.cast(shift, inputs.dtype)

    def compute_output_shape(self, inputs_shape, parameters_shape):
        return inputs_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
