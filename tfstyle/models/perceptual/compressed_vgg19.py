"""A compressed VGG19: the encoder of Collaborative Distillation, with weights from a file."""

from pathlib import Path
from typing import Any

import keras
from keras import ops

from tfstyle.errors import WeightsError
from tfstyle.models.perceptual.perceptual_extractor import PerceptualExtractor, load_layer_weights
from tfstyle.tensors import Tensor

BLOCKS = ((16, 16), (32, 32), (64,) * 4, (128,) * 4, (128,))
STYLE_LAYERS = tuple(f"block{block}_conv1" for block in (1, 2, 3, 4, 5))
CONTENT_LAYER = "block4_conv1"


@keras.saving.register_keras_serializable(package="tfstyle")
class CompressedVGG19(PerceptualExtractor):
    """VGG19 up to `block5_conv1` with a quarter of its channels, a loss network at a sixteenth of the cost.

    The layers have the names of VGG19's layers. Reflection padding replaces zero padding, which avoids frames.

    Args:
        layer_names: sequence of names of layers, `block1_conv1` to `block5_conv1`.
        weights: path of an `.npz` file with arrays `LAYER/kernel` and `LAYER/bias` for every layer and for
            `preprocess`; None for random weights.

    Reference:
        Wang, Li, Wang, Hu, Yang: Collaborative Distillation for Ultra-Resolution Universal Style Transfer, 2020.
    """

    all_layer_names = tuple(
        f"block{block}_conv{index}"
        for block, filters in enumerate(BLOCKS, start=1)
        for index in range(1, len(filters) + 1)
    )

    def __init__(self, layer_names=(*STYLE_LAYERS,), weights=None, **kwargs):
        super().__init__(layer_names, **kwargs)
        self.preprocessing = keras.layers.Conv2D(3, 1, name="preprocess", dtype="float32")
        self.convolutions = [
            keras.layers.Conv2D(filters[index - 1], 3, name=f"block{block}_conv{index}", dtype=self.dtype_policy)
            for block, filters in enumerate(BLOCKS, start=1)
            for index in range(1, len(filters) + 1)
            if f"block{block}_conv{index}" in self.needed_layer_names
        ]
        self.create_weights(keras.Input((None, None, 3)))
        if weights is not None:
            if not Path(weights).exists():
                raise WeightsError(f"There are no weights of the compressed VGG19 at {weights}.")
            load_layer_weights(self, weights)
            self.weights_source = str(weights)

    def pre_activations(self, images) -> dict[str, Tensor]:
        hidden = ops.cast(self.preprocessing(images), self.compute_dtype)
        sums: dict[str, Tensor] = {}
        for convolution in self.convolutions:
            if sums:
                hidden = ops.relu(hidden)
                if convolution.name.endswith("_conv1"):
                    hidden = ops.max_pool(hidden, 2)
            hidden = convolution(ops.pad(hidden, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect"))
            sums[convolution.name] = hidden
        return sums

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weights": None}
