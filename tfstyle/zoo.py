"""The models that ship: what they are, where they lie, and how to get one."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfstyle import artifacts

# Family -> the Keras model behind it. Named, not imported: a list of what ships needs no TensorFlow.
BUILDERS = {"style_bank": ("tfstyle.models.style_bank", "StyleBank")}


@dataclass(frozen=True)
class ZooEntry:
    """A shipped model.

    Args:
        name: what `load` calls it.
        folder: where its SavedModel lies.
        metadata: what the SavedModel says of itself: family, task, style_names, image_size, input, license.
        num_bytes: size of its files.
    """

    name: str
    folder: Path
    metadata: dict[str, Any]
    num_bytes: int

    @property
    def card(self) -> Path:
        """The model card: what it was trained on, what it can do, what it cannot."""
        return self.folder / "model_card.md"

    @property
    def builder(self):
        """The Keras class.

        Raises:
            ArtifactError: if this version of tfstyle does not know the family.
        """
        return builder_of(self.metadata["family"])


def builder_of(family: str):
    """The Keras class of a family of models, as `StyleBank` for "style_bank".

    Raises:
        ArtifactError: if the family is unknown.
    """
    if family not in BUILDERS:
        raise artifacts.ArtifactError(
            f"This version of tfstyle does not know the family {family!r}. {artifacts.available('It knows', BUILDERS)}"
        )
    module, name = BUILDERS[family]
    return getattr(importlib.import_module(module), name)


def list_models() -> tuple[ZooEntry, ...]:
    """The models that ship with tfstyle, by name.

    Example:
        >>> [entry.name for entry in list_models()]
        ['style_bank']
    """
    folder = artifacts.saved_models_folder()
    return tuple(
        ZooEntry(
            name=name,
            folder=folder / name,
            metadata=artifacts.read_metadata(folder / name),
            num_bytes=sum(path.stat().st_size for path in artifacts.model_files(folder / name)),
        )
        for name in artifacts.list_names(folder)
    )


def load(name_or_folder: str | Path):
    """A model ready to be called on arrays.

    Args:
        name_or_folder: a shipped model's name, or the folder of a SavedModel exported by tfstyle.

    Returns:
        For a style bank a `LoadedStyleBank`: `bank(images, style_weights)`, with `.style_names` and `.metadata`.

    Raises:
        ArtifactError: if there is no such model, or tfstyle did not export it.

    Example:
        >>> bank = load("style_bank")
        >>> bank.style_names[0]
        'identity'
    """
    folder = artifacts.find_model(name_or_folder)
    from tfstyle.export import load_saved_model  # imports TensorFlow

    return load_saved_model(folder)


def load_pretrained(name_or_folder: str | Path):
    """The Keras model of a shipped or exported model, with its weights, to train on.

    Args:
        name_or_folder: a shipped model's name, or the folder of a SavedModel exported by tfstyle.

    Returns:
        The model, as the `from_pretrained` of its class gives it.

    Raises:
        ArtifactError: if there is no such model, or tfstyle did not export it.
    """
    folder = artifacts.find_model(name_or_folder)
    return builder_of(artifacts.read_metadata(folder)["family"]).from_pretrained(folder)
