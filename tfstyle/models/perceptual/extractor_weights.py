"""Weights of tfstyle's own loss networks."""

import re
from pathlib import Path

from tfstyle import artifacts
from tfstyle.errors import WeightsError
from tfstyle.models.perceptual.perceptual_extractor import load_layer_weights

VARIABLE = re.compile(r"(\w+/(?:kernel|bias))/\.ATTRIBUTES/VARIABLE_VALUE$")  # as a SavedModel names its weights


def load_extractor_weights(extractor, weights):
    """Loads the weights of a built extractor.

    Args:
        extractor: `PerceptualExtractor` with a `family`.
        weights: "tfstyle" for the shipped weights, or a path: an `.npz` file with arrays `LAYER/kernel` and
            `LAYER/bias`, a `.weights.h5` file from `save_weights`, or the folder of an exported SavedModel.

    Raises:
        WeightsError: if there are no such weights.
        ValueError: if the weights belong to another network.
    """
    path = shipped_folder(extractor.family) if weights == "tfstyle" else Path(weights)
    if (path / artifacts.SAVED_MODEL).is_file():
        copy_from_saved_model(extractor, path)
    elif not path.is_file():
        raise WeightsError(
            f"There are no weights at {path}. Name a file, .npz or .weights.h5, or the folder of a SavedModel."
        )
    elif path.suffix == ".npz":
        load_layer_weights(extractor, path)
    elif path.name.endswith(".weights.h5"):
        try:
            extractor.load_weights(path)
        except OSError as error:  # h5py's way to say that the file is broken
            raise WeightsError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    else:
        raise ValueError(f"A file of weights must end in .npz or .weights.h5. Received: {path}.")


def shipped_folder(family):
    """The folder of the SavedModel that ships for a family of extractors.

    Raises:
        WeightsError: if this version ships none.
    """
    if family not in artifacts.list_names():
        raise WeightsError(
            f"No weights ship for {family!r} with this version of tfstyle. Pass the path of a file as `weights`, or "
            "None for random weights; tfstyle train perceptual makes such weights."
        )
    return artifacts.saved_models_folder() / family


def copy_from_saved_model(extractor, folder):
    """Copies the weights of a SavedModel that `export_extractor` wrote; it may have more layers than are needed.

    Args:
        extractor: built `PerceptualExtractor`.
        folder: path.

    Raises:
        ValueError: if it is of another family or has too few layers.
    """
    import tensorflow as tf  # to read a SavedModel, and for nothing else

    family = artifacts.read_metadata(folder)["family"]
    if family != extractor.family:
        raise ValueError(
            f"{folder} is of the family {family!r}; {type(extractor).__name__} needs {extractor.family!r}."
        )
    reader = tf.train.load_checkpoint(str(Path(folder) / "variables" / "variables"))
    keys = {match[1]: key for key in reader.get_variable_to_shape_map() if (match := VARIABLE.search(key))}
    for layer in extractor.weighted_layers:
        names = [f"{layer.name}/{weight.name}" for weight in layer.weights]
        if not keys.keys() >= set(names):
            layers = ", ".join(sorted({name.partition("/")[0] for name in keys}))
            raise ValueError(f"{folder} has no layer {layer.name!r}; its layers are {layers}.")
        layer.set_weights([reader.get_tensor(keys[name]).astype("float32") for name in names])
