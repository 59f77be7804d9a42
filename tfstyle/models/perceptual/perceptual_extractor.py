"""Base class of loss networks: interface and preprocessing."""

import zipfile
from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.models.base_model import BaseModel
from tfstyle.public_names import former_method
from tfstyle.tensors import Tensor

# Mean color of ImageNet as the Caffe models subtract it (Simonyan and Zisserman 2014), in the order blue, green, red.
IMAGENET_BGR_MEAN = (103.939, 116.779, 123.68)


class PerceptualExtractor(BaseModel):
    """Base class of frozen networks that return features of images by layer name.

    Preprocessing is part of the network: the inputs are RGB images in [0, 1].

    Args:
        layer_names: sequence of strings, the layers to return; the network ends after the deepest one.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1].

    Returns:
        Dict of layer name -> float tensor `(batch, height', width', channels)`, in the compute dtype.

    Raises:
        ValueError: if a layer name is unknown, or none is given.
    """

    all_layer_names: tuple[str, ...] = ()  # in the order of the forward pass
    # The argument `weights`, if it was not None: where a loss's config has the weights loaded from again. A model's own
    # config has None in its place, since a file of the model holds the weights themselves.
    weights_source: str | None = None

    def __init__(self, layer_names, **kwargs):
        layer_names = tuple(layer_names)
        unknown = [name for name in layer_names if name not in self.all_layer_names]
        if unknown or not layer_names:
            raise ValueError(
                f"`layer_names` of {type(self).__name__} must be some of {', '.join(self.all_layer_names)}. "
                f"Received: {', '.join(unknown) or 'none'}."
            )
        kwargs.setdefault("trainable", False)  # a config brings it too
        super().__init__(**kwargs)
        self.layer_names = layer_names

    @property
    def needed_layer_names(self) -> tuple[str, ...]:
        """All layers up to the deepest requested one."""
        deepest = max(self.all_layer_names.index(name) for name in self.layer_names)
        return self.all_layer_names[: deepest + 1]

    @property
    def weighted_layers(self) -> list[keras.layers.Layer]:
        """The layers with weights, in the order of the forward pass."""
        return [layer for layer in self.layers if layer.weights]

    # For networks with a method `pre_activations`: dict of the name of each layer with weights -> what its ReLU takes.
    layer_sums = former_method("layer_sums", "pre_activations")

    def call(self, images) -> dict[str, Tensor]:
        return self.select(self.layer_outputs(images))

    def layer_outputs(self, images) -> dict[str, Tensor]:
        """Dict of the name of each layer with weights -> its output."""
        return {name: ops.relu(values) for name, values in self.pre_activations(images).items()}

    def select(self, outputs) -> dict[str, Tensor]:
        """Selects the entries of `layer_names` from the outputs or pre-activations of all layers."""
        return {name: outputs[name] for name in self.layer_names}

    @property
    def returned_layers(self) -> dict[str, keras.layers.Layer]:
        """Dict of the name of each needed layer -> the layer with these outputs."""
        return {name: self.get_layer(name) for name in self.needed_layer_names}

    def preprocess(self, images, mean=IMAGENET_BGR_MEAN) -> Tensor:
        """Converts RGB in [0, 1] to mean-subtracted BGR in about [-128, 152], as networks trained with Caffe expect."""
        bgr = ops.flip(images, axis=-1) * 255.0
        return bgr - ops.cast(ops.array(mean), bgr.dtype)

    def copy_as(self, dtype) -> Any:
        """A copy of the network, with its own weights, that computes in another dtype.

        Args:
            dtype: string, "float32" or "mixed_bfloat16" for example.
        """
        copy = type(self).from_config({**self.get_config(), "dtype": dtype})
        copy.set_weights(self.get_weights())
        copy.weights_source = self.weights_source
        return copy

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer_names": self.layer_names}


def load_layer_weights(model, path) -> None:
    """Copies arrays named `LAYER/kernel` and `LAYER/bias` from an `.npz` file into the layers of a built model.

    Args:
        model: a built `keras.Model` whose weights have paths that end in such names.
        path: path of the file, which may contain additional arrays.

    Raises:
        ValueError: if the file is damaged, or an array is missing or has another shape.
        OSError: if the file cannot be read.
    """
    try:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
    except (EOFError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a whole .npz file of weights: {error}") from error
    for variable in model.weights:
        name = variable.path.removeprefix(f"{model.name}/")
        if name not in arrays:
            raise ValueError(f"{path} has no array {name!r}, which {type(model).__name__} needs.")
        if tuple(arrays[name].shape) != tuple(variable.shape):
            raise ValueError(f"{path}: {name} has shape {tuple(arrays[name].shape)}, expected {tuple(variable.shape)}.")
        variable.assign(arrays[name])
