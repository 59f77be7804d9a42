"""A small loss network, distilled for tfstyle."""

from typing import Any

import keras
from keras import ops

from tfstyle.models.perceptual.extractor_weights import load_extractor_weights
from tfstyle.models.perceptual.perceptual_extractor import PerceptualExtractor
from tfstyle.tensors import Tensor

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
# Layer -> channels of its head: the teacher's, of the last 320 of 384, or there would be more than 1.2 million weights.
HEADS = {
    "stage2_conv2": 96,
    "stage3_conv1": 128,
    "stage3_conv2": 128,
    "stage3_conv3": 256,
    "stage4_conv1": 256,
    "stage4_conv2": 384,
    "stage4_conv3": 320,
}
STYLE_LAYERS = tuple(HEADS)
CONTENT_LAYER = "stage3_conv3"


@keras.saving.register_keras_serializable(package="tfstyle")
class LightStyleExtractor(PerceptualExtractor):
    """A small loss network: nine convolutions, with heads that predict the channels of a classifier.

        image -> 3x3 -> 4x4 /2, 3x3 -> 4x4 /4, 3x3, 3x3 -> 4x4 /8, 3x3, 3x3    each with a ReLU
                               `---------------`----`----`---------`----`----`-> heads: 1x1, ReLU

    A style loss compares products of channels, so the choice of channels matters: the same feature maps in another
    basis give another measure of style. The convolutions are unconstrained; the heads predict the channels of the
    teacher that the network is distilled from (see `tfstyle.training.perceptual`). It has 1.2 million weights.

    Args:
        layer_names: sequence of `stage2_conv2`, `stage3_conv1` .. `stage3_conv3`, `stage4_conv1` .. `stage4_conv3`: the
            convolutions whose heads are returned.
        weights: "tfstyle" for the shipped weights; the path of a file (`.weights.h5` of this model, or `.npz` with
            arrays `LAYER/kernel`, `LAYER/bias`) or of the folder of an exported SavedModel; or None for random weights.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1].

    Returns:
        Dict of layer name -> non-negative float tensor `(batch, height / stride, width / stride, channels)`, sides
        rounded up; the stride is 2, 4, 8 for stages 2 to 4.

    Raises:
        ValueError: if a layer is unknown, or the arrays of a file do not match.
        OSError: if the weights are not available.
    """

    all_layer_names = tuple(HEADS)
    family = "light_style_extractor"

    def __init__(self, layer_names=STYLE_LAYERS, weights="tfstyle", **kwargs):
        kwargs.setdefault("name", "light")
        super().__init__(layer_names, **kwargs)
        options = {"padding": "same", "dtype": self.dtype_policy}
        chain = list(CONVOLUTIONS)
        chain = chain[: chain.index(self.needed_layer_names[-1]) + 1]
        self.convolutions = [keras.layers.Conv2D(*CONVOLUTIONS[name], name=name, **options) for name in chain]
        self.heads = [
            keras.layers.Conv2D(HEADS[name], 1, name=f"{name}_head", **options) for name in self.needed_layer_names
        ]
        self.create_weights(keras.Input((None, None, 3)))
        if weights is not None:
            load_extractor_weights(self, weights)
            self.weights_source = str(weights)

    @property
    def returned_layers(self) -> dict[str, keras.layers.Layer]:
        """Dict of each returned name -> the layer that it comes from."""
        return dict(zip(self.needed_layer_names, self.heads, strict=True))

    def select(self, outputs) -> dict[str, Tensor]:
        return {name: outputs[f"{name}_head"] for name in self.layer_names}

    def pre_activations(self, images) -> dict[str, Tensor]:
        """Dict of the name of each layer, of the chain and of the heads -> its output before the ReLU."""
        hidden = ops.cast(self.preprocess(images), self.compute_dtype)
        sums = {}
        for convolution in self.convolutions:
            sums[convolution.name] = convolution(hidden)
            hidden = ops.relu(sums[convolution.name])
        for name, head in zip(self.needed_layer_names, self.heads, strict=True):
            sums[head.name] = head(ops.relu(sums[name]))
        return sums

    def layer_input(self, name, images) -> Tensor:
        """The input of a layer of the chain or of a head."""
        chain = [convolution.name for convolution in self.convolutions]
        if name == chain[0]:
            return ops.cast(self.preprocess(images), self.compute_dtype)
        before = chain[chain.index(name) - 1] if name in chain else name.removesuffix("_head")
        return self.layer_outputs(images)[before]

    def divide_channels(self, factors) -> None:
        """Divides channels by factors, without changing any other.

        Args:
            factors: dict of each needed layer's name -> float array `(channels,)`, positive.
        """
        for name, head in zip(self.needed_layer_names, self.heads, strict=True):
            kernel, bias = head.get_weights()
            head.set_weights([kernel / factors[name], bias / factors[name]])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weights": None}
