"""The models that ship: what they are, where they lie, and how to get one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfstyle import artifacts


@dataclass(frozen=True)
class ZooEntry:
    """A shipped model.

    Args:
        name: what `load` calls it.
        folder: where its SavedModel lies.
        metadata: what the SavedModel says of itself: family, task, image_size, input, license, and according to the
            family style_names, style_dim, class_names and others.
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
        return builder_of(self.metadata)


def builder_of(metadata: dict[str, Any]):
    """The Keras class of a model, as `StyleBank` for one of the family "style_bank".

    Args:
        metadata: of its SavedModel.

    Raises:
        ArtifactError: if the family is unknown.
    """
    from tfstyle.saved.registry import BUILDERS, GENERATORS  # imports TensorFlow, which a list of what ships needs not

    family = metadata["family"]
    if family == "generator":
        name = metadata.get("class")
        if name not in GENERATORS:
            raise artifacts.ArtifactError(
                f"This version of tfstyle does not know the generator {name!r}. "
                f"{artifacts.available('It knows', GENERATORS)}"
            )
        return GENERATORS[name]
    if family not in BUILDERS:
        raise artifacts.ArtifactError(
            f"This version of tfstyle does not know the family {family!r}. "
            f"{artifacts.available('It knows', (*BUILDERS, 'generator'))}"
        )
    return BUILDERS[family]


def list_models() -> tuple[ZooEntry, ...]:
    """The models that ship with tfstyle, by name.

    Example:
        >>> "style_bank" in [entry.name for entry in list_models()]
        True
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
        For a style bank a `LoadedStyleBank`: `bank(images, style_weights)`, with `.style_names` and `.metadata`. For a
        network that paints like any painting a `LoadedStyler`: `styler(images, style_vectors, strength)`, with
        `.encode_style(style_images)`, `.style_dim` and `.metadata`. For a generator a `LoadedGenerator`:
        `generator.generate(num_images, seed=0, labels=None)`, with `.latent_dim`, `.num_classes`, `.image_shape` and
        `.metadata`.

    Raises:
        ArtifactError: if there is no such model, or tfstyle did not export it.

    Example:
        >>> bank = load("style_bank")
        >>> bank.style_names[0]
        'identity'
    """
    folder = artifacts.find_model(name_or_folder)
    from tfstyle.saved.registry import load_saved_model  # imports TensorFlow

    return load_saved_model(folder)


def load_pretrained(name_or_folder: str | Path):
    """The Keras model of a shipped or exported model, with its weights, to train on.

    Args:
        name_or_folder: a shipped model's name, or the folder of a SavedModel exported by tfstyle.

    Returns:
        The model, in float32. A generator and a network that paints like any painting have the weights that are on
        disk, which are rounded to float16.

    Raises:
        ArtifactError: if there is no such model, or tfstyle did not export it.
    """
    folder = artifacts.find_model(name_or_folder)
    metadata = artifacts.read_metadata(folder)
    builder = builder_of(metadata)
    if metadata["family"] == "style_bank":
        return builder.from_pretrained(folder)
    model = builder.from_config(metadata["config"])
    read_weights(model, folder)
    return model


def read_weights(model, folder: Path):
    """Gives a built model the weights of a SavedModel, where they stand by their numbers.

    Raises:
        ArtifactError: if they cannot be read, or are of another network.
    """
    import tensorflow as tf  # to read a SavedModel, and for nothing else

    try:
        reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        model.set_weights(
            [
                reader.get_tensor(f"weights/{index}/.ATTRIBUTES/VARIABLE_VALUE").astype(weight.dtype)
                for index, weight in enumerate(model.weights)
            ]
        )
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise artifacts.ArtifactError(f"{folder} is a broken SavedModel: {str(error).splitlines()[0]}") from error
