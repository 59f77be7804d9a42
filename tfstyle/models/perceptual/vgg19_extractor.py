"""VGG19 as a loss network."""

import logging
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.errors import WeightsError
from tfstyle.models.perceptual.extractor_weights import load_extractor_weights
from tfstyle.models.perceptual.perceptual_extractor import PerceptualExtractor
from tfstyle.tensors import Tensor

# Channels of the convolutions of each block (Simonyan and Zisserman 2014, configuration E).
BLOCKS = {
    "block1": (64, 64),
    "block2": (128, 128),
    "block3": (256, 256, 256, 256),
    "block4": (512, 512, 512, 512),
    "block5": (512, 512, 512, 512),
}
FILTERS = {f"{block}_conv{i}": n for block, filters in BLOCKS.items() for i, n in enumerate(filters, start=1)}
# Gatys, Ecker and Bethge 2016, section 3; their conv4_2 holds the content.
STYLE_LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1")
CONTENT_LAYER = "block4_conv2"
logger = logging.getLogger(__name__)
KERAS_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
POOLINGS = {"max": ops.max_pool, "average": ops.average_pool}


@keras.saving.register_keras_serializable(package="tfstyle")
class VGG19StyleExtractor(PerceptualExtractor):
    """VGG19 as a loss network, up to the deepest requested layer.

    Args:
        layer_names: sequence of Keras' names of VGG19's convolutions, `block1_conv1` .. `block5_conv4`.
        weights: "tfstyle" for the shipped weights, which were distilled and end at `block5_conv1`; "imagenet" for those
            that Keras downloads into its cache (80 MB); "auto" for the ImageNet weights if they are in Keras' cache,
            otherwise the shipped ones, and the choice is reported; the path of a file (`.h5` as published by Keras,
            `.weights.h5` of this model, or `.npz` with arrays `LAYER/kernel`, `LAYER/bias`) or of the folder of an
            exported SavedModel; or None for random weights.
        pooling: "max" as in the trained VGG19, or "average", which gives smoother gradients (Gatys et al. 2016).

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1]; both sides at least 16 for block 5.

    Returns:
        Dict of layer name -> non-negative float tensor `(batch, height / stride, width / stride, channels)`; the stride
        is 1, 2, 4, 8, 16 for blocks 1 to 5.

    Raises:
        ValueError: if a layer, the pooling or the weights are unknown, or the arrays of a file do not match.
        OSError: if the weights are not available.

    Reference:
        Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014.
    """

    all_layer_names = tuple(FILTERS)
    family = "vgg19_style_extractor"

    def __init__(self, layer_names=(*STYLE_LAYERS, CONTENT_LAYER), weights="auto", pooling="max", **kwargs):
        if pooling not in POOLINGS:
            raise ValueError(f"`pooling` must be 'max' or 'average'. Received: pooling={pooling!r}.")
        kwargs.setdefault("name", "vgg19")
        super().__init__(layer_names, **kwargs)
        self.pooling = pooling
        options = {"dtype": self.dtype_policy}
        self.convolutions = [
            keras.layers.Conv2D(FILTERS[name], 3, padding="same", name=name, **options)
            for name in self.needed_layer_names
        ]
        self.create_weights(keras.Input((None, None, 3)))
        if weights is not None:
            self._load(weights)

    def pool(self, hidden) -> Tensor:
        return POOLINGS[self.pooling](hidden, 2, 2)

    def pre_activations(self, images) -> dict[str, Tensor]:
        """Dict of the name of each convolution -> its output before the ReLU."""
        hidden = ops.cast(self.preprocess(images), self.compute_dtype)
        sums = {}
        block = "block1"
        for convolution in self.convolutions:
            if not convolution.name.startswith(block):
                hidden = self.pool(hidden)
                block = convolution.name.split("_")[0]
            sums[convolution.name] = convolution(hidden)
            hidden = ops.relu(sums[convolution.name])
        return sums

    def layer_input(self, name, images) -> Tensor:
        """The input of a convolution."""
        index = [convolution.name for convolution in self.convolutions].index(name)
        if index == 0:
            return ops.cast(self.preprocess(images), self.compute_dtype)
        before = self.convolutions[index - 1].name
        hidden = self.layer_outputs(images)[before]
        return hidden if before.startswith(name.split("_")[0]) else self.pool(hidden)

    def divide_channels(self, factors) -> None:
        """Divides channels by factors, without changing anything else.

        A ReLU is positively homogeneous, `relu(s x) = s relu(x)` for s > 0, and so are max and average pooling: the
        kernel of the next layer is multiplied by the factors that a layer is divided by.

        Args:
            factors: dict of each needed layer's name -> float array `(channels,)`, positive.
        """
        before = np.ones(1)
        for convolution in self.convolutions:
            kernel, bias = convolution.get_weights()
            factor = factors[convolution.name]
            convolution.set_weights([kernel * before[:, None] / factor, bias / factor])
            before = factor

    def _load(self, weights):
        if weights == "auto":
            weights = "imagenet" if (keras_cache() / KERAS_FILE).is_file() else "tfstyle"
            logger.info("VGG19: weights=%r", weights)
        self.weights_source = str(weights)
        path = Path(weights)
        if weights == "imagenet":
            self._copy_from_keras("imagenet")
        elif weights != "tfstyle" and not path.exists():
            raise WeightsError(
                f"There are no VGG19 weights at {path}. Name 'imagenet', or a file: .h5, .weights.h5 or .npz."
            )
        elif path.suffix == ".h5" and not path.name.endswith(".weights.h5"):
            self._copy_from_keras(str(path))
        else:
            load_extractor_weights(self, weights)

    def _copy_from_keras(self, weights):
        try:
            published = keras.applications.VGG19(include_top=False, weights=weights)
        except Exception as error:  # a missing network shows as one of many exceptions, a broken file as others
            reason = str(error).splitlines()[0]
            if weights != "imagenet":
                raise ValueError(
                    f"{weights} does not hold VGG19's weights as Keras publishes them: {reason}"
                ) from error
            raise WeightsError(
                f"VGG19's ImageNet weights could not be downloaded ({reason}). Without network, put Keras' file "
                f"{KERAS_FILE} into {keras_cache()}, or pass its path as `weights`; "
                "or take tfstyle's own, weights='tfstyle'."
            ) from error
        for convolution in self.convolutions:
            convolution.set_weights(published.get_layer(convolution.name).get_weights())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weights": None, "pooling": self.pooling}


def keras_cache() -> Path:
    """The folder where Keras caches downloaded weights."""
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models"
