"""Models as arguments of commands: a name, the folder of a SavedModel, or a run directory."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfstyle import artifacts
from tfstyle.commands.console import UsageError
from tfstyle.saved.family import Family
from tfstyle.saved.registry import export_run, find_family, is_run, read_run


def read_family(name_or_folder) -> tuple[Family, dict[str, Any]]:
    """Reads the family and the metadata of a model, without importing TensorFlow.

    Args:
        name_or_folder: name of a shipped model, folder of a SavedModel, or run directory.

    Returns:
        `Family`, and a dict: the metadata of a SavedModel, or the config of the network of a run. Those of a generator
        include "class_names".

    Raises:
        ArtifactError: if the model does not exist, or this version does not know its family.
    """
    if not is_run(name_or_folder):
        metadata = artifacts.read_metadata(artifacts.find_model(name_or_folder))
        return find_family(metadata), metadata
    run = read_run(name_or_folder)
    metadata = {"class": run.network.get("class"), **run.network["config"], **run.metadata}
    names = metadata.get("class_names") or [str(label) for label in range(metadata.get("num_classes", 0))]
    return run.family, {**metadata, "class_names": names}


def read_data(run_directory) -> dict[str, Any]:
    """The data of a GAN's training: dict of source, image_shape, num_images and class_names; empty if unknown."""
    try:
        return json.loads((Path(run_directory) / "data.json").read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UsageError(f"{Path(run_directory) / 'data.json'} cannot be read ({error}).") from error


@contextlib.contextmanager
def open_model(name_or_folder) -> Iterator[Any]:
    """Loads a model; for a run directory with the averaged weights (EMA) of the newest checkpoint.

    Args:
        name_or_folder: name of a shipped model, folder of a SavedModel, or run directory.
    """
    from tfstyle import zoo

    if not is_run(name_or_folder):
        yield zoo.load(name_or_folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / (Path(name_or_folder).resolve().name or "run")
        export_run(name_or_folder, folder)
        yield zoo.load(folder)


def read_restorer(name_or_folder, default, use, task) -> dict[str, Any]:
    """Reads the metadata of a model that restores images, without importing TensorFlow.

    Args:
        name_or_folder: as in `read_family`.
        default: string, name of the shipped model for the command.
        use: string, the use that its family must have.
        task: string, the task of a training of one.

    Raises:
        UsageError: if no model of the default name ships, or the model has another use.
    """
    if name_or_folder == default and default not in artifacts.list_names():
        raise UsageError(
            f"no model named {default!r} ships with this version yet. --model FOLDER takes one of your own, which "
            f"tfstyle train translator --task {task} trains and tfstyle export exports."
        )
    family, metadata = read_family(name_or_folder)
    if family.use != use:
        raise UsageError(f"{name_or_folder} is a {family.title}; this command needs a model to {use}.")
    return metadata


def load_model(name_or_folder) -> Any:
    """Loads a model, as `open_model`, to use it until the end of the command."""
    with open_model(name_or_folder) as model:
        return model
