"""Models as a command's arguments name them: a name, the folder of a SavedModel, or the folder of a training."""

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
    """The family of a model, and what is known of it, without TensorFlow.

    Args:
        name_or_folder: a shipped model's name, the folder of a SavedModel, or the folder of a training.

    Returns:
        `Family`, and a dict: the metadata of a SavedModel, or of a training the config of its network. A generator's
        has "class_names".

    Raises:
        ArtifactError: if there is no such model, or this version does not know its family.
    """
    if not is_run(name_or_folder):
        metadata = artifacts.read_metadata(artifacts.find_model(name_or_folder))
        return find_family(metadata), metadata
    run = read_run(name_or_folder)
    metadata = {**run.network["config"], **run.metadata}
    names = metadata.get("class_names") or [str(label) for label in range(metadata.get("num_classes", 0))]
    return run.family, {**metadata, "class_names": names}


def read_data(run_directory) -> dict[str, Any]:
    """What a GAN's training keeps of its data: dict of source, image_shape, num_images, class_names; or empty."""
    try:
        return json.loads((Path(run_directory) / "data.json").read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UsageError(f"{Path(run_directory) / 'data.json'} cannot be read ({error}).") from error


@contextlib.contextmanager
def open_model(name_or_folder) -> Iterator[Any]:
    """A model ready to be called on arrays; of a training the averaged weights of the newest checkpoint.

    Args:
        name_or_folder: a shipped model's name, the folder of a SavedModel, or the folder of a training.
    """
    from tfstyle import zoo

    if not is_run(name_or_folder):
        yield zoo.load(name_or_folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / (Path(name_or_folder).resolve().name or "run")
        export_run(name_or_folder, folder)
        yield zoo.load(folder)
