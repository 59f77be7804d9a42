"""Weights of tfstyle's own loss networks."""

from pathlib import Path

from tfstyle import artifacts
from tfstyle.errors import WeightsError
from tfstyle.models.perceptual.perceptual_extractor import load_layer_weights
from tfstyle.models.presets import read_weights


def load_extractor_weights(extractor, weights) -> None:
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
        except OSError as error:  # h5py's error for a broken file
            raise WeightsError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    else:
        raise ValueError(f"A file of weights must end in .npz or .weights.h5. Received: {path}.")


def shipped_folder(family) -> Path:
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


def copy_from_saved_model(extractor, folder) -> None:
    """Copies the weights of a SavedModel that `export_extractor` wrote; it may have more layers than are needed.

    Args:
        extractor: built `PerceptualExtractor`.
        folder: path.

    Raises:
        ValueError: if it is of another family or has too few layers.
    """
    family = artifacts.read_metadata(folder)["family"]
    if family != extractor.family:
        raise ValueError(
            f"{folder} is of the family {family!r}; {type(extractor).__name__} needs {extractor.family!r}."
        )
    read_weights(extractor, folder)
