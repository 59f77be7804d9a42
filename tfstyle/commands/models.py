"""Models as a command's arguments name them: a name, the folder of a SavedModel, or the folder of a training."""

import contextlib
import json
import tempfile
from pathlib import Path

from tfstyle import artifacts
from tfstyle.commands.console import UsageError


def is_run(name_or_folder):
    """Whether this is the folder of a training."""
    folder = Path(name_or_folder)
    return not (folder / artifacts.SAVED_MODEL).is_file() and (folder / "model.json").is_file()


def read_family(name_or_folder):
    """The family of a model, and what is known of it, without TensorFlow.

    Args:
        name_or_folder: a shipped model's name, the folder of a SavedModel, or the folder of a training.

    Returns:
        String, and a dict; for a generator it has "class_names".

    Raises:
        ArtifactError: if there is no such model.
        UsageError: if a training's folder is broken.
    """
    if not is_run(name_or_folder):
        metadata = artifacts.read_metadata(artifacts.find_model(name_or_folder))
        return metadata["family"], metadata
    try:
        description = json.loads((Path(name_or_folder) / "model.json").read_text())
        if description["family"] != "gan":
            return description["family"], {}
        num_classes = description["config"]["generator"]["config"]["num_classes"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{name_or_folder}: its model.json cannot be read ({error!r}).") from error
    # Earlier versions kept the names beside the data.
    names = description.get("class_names") or read_data(name_or_folder).get("class_names")
    names = names or [str(label) for label in range(num_classes)]
    return "generator", {"class_names": names if num_classes else []}


def read_data(run_directory):
    """What a GAN's training keeps of its data: dict of source, image_shape, num_images, class_names; or empty."""
    try:
        return json.loads((Path(run_directory) / "data.json").read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UsageError(f"{Path(run_directory) / 'data.json'} cannot be read ({error}).") from error


@contextlib.contextmanager
def open_model(name_or_folder):
    """A model ready to be called on arrays; of a training the averaged weights of the newest checkpoint.

    Args:
        name_or_folder: a shipped model's name, the folder of a SavedModel, or the folder of a training.
    """
    from tfstyle import zoo

    if not is_run(name_or_folder):
        yield zoo.load(name_or_folder)
        return
    from tfstyle.saved.registry import export_run

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / (Path(name_or_folder).resolve().name or "run")
        export_run(name_or_folder, folder)
        yield zoo.load(folder)
