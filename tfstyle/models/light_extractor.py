"""A light perceptual network of our own."""

import keras
from keras import ops

from tfstyle.models.extractor_weights import load_extractor_weights
from tfstyle.models.perceptual_extractor import PerceptualExtractor

# Layer -> filters, kernel size, stride. A kernel's size is a multiple of its stride: every pixel is seen equally often,
# so that the gradient for the image has no checkerboard. No pooling: its gradient is slow, and its choice flickers.
CONVOLUTIONS = {
    "stage1_conv1": (16, 3, 1),
    "stage2_conv1": (32, 4, 2),
    "stage2_conv2": (64, 3, 1),
    "stage3_conv1": (64, 4, 2),
    "stage3_conv2": (96, 3, 1),
    "stage3_conv3": (128, 3, 1),
    "stage4_conv1": (128, 4, 2),
    "stage4_conv2": (160, 3, 1),
    "stage4_conv3": (192, 3, 1),
}
STYLE_LAYERS = (
    "stage2_conv2",
    "stage3_conv1",
    "stage3_conv2",
    "stage3_conv3",
    "stage4_conv1",
    "stage4_conv2",
    "stage4_conv3",
)
CONTENT_LAYER = "stage3_conv3"


@keras.saving.register_keras_serializable(package="tfstyle")
class LightStyleExtractor(PerceptualExtractor):
    """Nine convolutions that see what a classifier ten times slower sees: features to train and to optimize with.

        image -> 3x3 -> 4x4 /2, 3x3 -> 4x4 /4, 3x3, 3x3 -> 4x4 /8, 3x3, 3x3    each with a ReLU

    A plain chain, so that every layer is a style layer by itself and channels can be rescaled exactly. It has 0.98
    million weights, which it learns from a teacher by distillation (see `tfstyle.training.perceptual`).

    Args:
        layer_names: sequence of `stage1_conv1` .. `stage4_conv3`.
        weights: "tfstyle" for those that ship, the path of a file (`.weights.h5` of this model, or `.npz` with arrays
            `LAYER/kernel`, `LAYER/bias`) or of the folder of an exported SavedModel, or None for random weights.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1].

    Returns:
        Dict of layer name -> non-negative float tensor `(batch, height / stride, width / stride, channels)`, sides
        rounded up; the stride is 1, 2, 4, 8 for stages 1 to 4.

    Raises:
        ValueError: if a layer is unknown, or a file has other arrays than expected.
        OSError: if the weights cannot be had.
    """

    all_layer_names = tuple(CONVOLUTIONS)
    family = "light_style_extractor"

    def __init__(self, layer_names=STYLE_LAYERS, weights="tfstyle", **kwargs):
        kwargs.setdefault("name", "light")
        super().__init__(layer_names, **kwargs)
        self.convolutions = [
            keras.layers.Conv2D(
                *CONVOLUTIONS[name], padding="same", activation="relu", name=name, dtype=self.dtype_policy
            )
            for name in self.needed_layer_names
        ]
        self(keras.Input((None, None, 3)))
        if weights is not None:
            load_extractor_weights(self, weights)

    def call(self, images):
        hidden = ops.cast(self.preprocess(images), self.compute_dtype)
        features = {}
        for convolution in self.convolutions:
            hidden = convolution(hidden)
            if convolution.name in self.layer_names:
                features[convolution.name] = hidden
        return features

    def get_config(self):
        return {**super().get_config(), "weights": None}
