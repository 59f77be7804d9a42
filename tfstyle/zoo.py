"""The shipped models: list, load and inspect them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfstyle import artifacts


@dataclass(frozen=True)
class ZooEntry:
    """A shipped model.

    Args:
        name: its name for `load`.
        folder: folder of its SavedModel.
        metadata: metadata of the SavedModel: family, task, image_size, input, license, and depending on the family
            style_names, style_dim, class_names and others.
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
    def builder(self) -> type:
        """The Keras class.

        Raises:
            ArtifactError: if this version of tfstyle does not know the family or the class.
        """
        from tfstyle.saved.registry import find_family

        return find_family(self.metadata).model_class(self.metadata)


def list_models() -> tuple[ZooEntry, ...]:
    """The shipped models, by name.

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


def load(name_or_folder: str | Path) -> Any:
    """Loads a model for inference.

    Args:
        name_or_folder: name of a shipped model, or folder of a SavedModel exported by tfstyle.

    Returns:
        For a style bank a `LoadedStyleBank`: `bank(images, style_weights)`, with `.style_names` and `.metadata`. For a
        network for arbitrary style transfer a `LoadedStyler`: `styler(images, style_vectors, strength)`, with
        `.encode_style(style_images)`, `.style_dim` and `.metadata`. For a generator a `LoadedGenerator`:
        `generator.generate(num_images, seed=0, labels=None)`, with `.latent_dim`, `.num_classes`, `.image_shape` and
        `.metadata`; for one of images from words a `LoadedTextGenerator`: `generator(captions, latents=None)`. For a
        network for image-to-image translation a `LoadedTranslator`: `translator(images)`; for one that restores images
        a `LoadedColorizer` or `LoadedUpscaler`, which are called alike, or a `LoadedInpainter`:
        `inpainter(images, masks)`.

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


def load_pretrained(name_or_folder: str | Path) -> Any:
    """Loads a shipped or exported model as a Keras model, for example to fine-tune it.

    Args:
        name_or_folder: name of a shipped model, or folder of a SavedModel exported by tfstyle.

    Returns:
        The model, in float32. Most families store their weights rounded to float16, which are the weights of the model.

    Raises:
        ArtifactError: if there is no such model, or tfstyle did not export it.
    """
    folder = artifacts.find_model(name_or_folder)
    metadata = artifacts.read_metadata(folder)
    from tfstyle.models.presets import load_preset
    from tfstyle.saved.registry import find_family

    return load_preset(find_family(metadata).model_class(metadata), folder, metadata)
