"""A family of models: an object that defines how its models are exported, loaded and used."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfstyle.artifacts import ArtifactError, available
from tfstyle.backend import require_tensorflow

# Uses of the models of a family.
STYLIZE, GENERATE, EXTRACT = "stylize photographs", "generate images from noise", "extract features"
ILLUSTRATE = "make images from words"
TRANSLATE = "translate images into another domain"
COLORIZE, UPSCALE, REPAIR = "add colors to gray images", "enlarge images", "fill the holes of images"


@dataclass(frozen=True)
class Family:
    """Models that are exported, loaded and used in the same way.

    Args:
        name: string, the "family" in the metadata of a SavedModel.
        use: string, use of its models: `STYLIZE`, `GENERATE`, `ILLUSTRATE`, `EXTRACT`, `TRANSLATE`, `COLORIZE`,
            `UPSCALE`, `REPAIR`, or another phrase for which a command asks.
        model_classes: Keras classes, or their dotted names, such as "package.module:Class". If there are several, the
            "class" in the metadata of a SavedModel names one of them; the first is the default.
        exporter: function `(model, folder, metadata, overwrite, **options)` that writes a SavedModel, or its dotted
            name.
        loader: function or class `(saved_model, metadata, folder)` that returns a loaded model, or its dotted name.
        trainer: string, the command that trains it, as in `tfstyle train TRAINER`, whose flags are added by the module
            `tfstyle.commands.train_TRAINER`; empty if there is none.
        metadata_keys: names that its metadata must have, in addition to the common ones.
        export_options: names of additional arguments of its exporter.
        run_name: string, the "family" in a training's model.json, if it is not `name`.
        run_network: string, the network of a training to export, if there are several.
        run_metadata: names of values that a training stores for the metadata.
        finish_run: function `(model, run_directory)` that returns the model to export, or its dotted name; None if the
            model needs no changes.

    Example:
        ```python
        register(Family("toy", STYLIZE, [Toy], export_toy, LoadedToy, metadata_keys=("num_colors",)))
        ```
    """

    name: str
    use: str
    model_classes: tuple[type | str, ...] | list[type | str]
    exporter: Callable | str
    loader: Callable | str
    trainer: str = ""
    metadata_keys: tuple[str, ...] = ()
    export_options: tuple[str, ...] = ()
    run_name: str = ""
    run_network: str = ""
    run_metadata: tuple[str, ...] = ()
    finish_run: Callable | str | None = None

    @property
    def title(self) -> str:
        """Its name in messages."""
        return self.name.replace("_", " ")

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of its Keras classes."""
        return tuple(item.rpartition(":")[2] if isinstance(item, str) else item.__name__ for item in self.model_classes)

    @property
    def has_named_styles(self) -> bool:
        """Whether its models have named styles; other families for style transfer accept any painting."""
        return "style_names" in self.metadata_keys

    def model_class(self, metadata: dict[str, Any]) -> type:
        """The Keras class of the metadata of a model, or of the description of a network in a run.

        Raises:
            ArtifactError: if this version of tfstyle does not know the class.
        """
        name = metadata.get("class", self.class_names[0])
        if name not in self.class_names:
            raise ArtifactError(
                f"This version of tfstyle does not know the {self.title} {name!r}. "
                f"{available('It knows', self.class_names)}"
            )
        return self._import(self.model_classes[self.class_names.index(name)])

    def export(self, model, folder, metadata=None, overwrite=False, **options) -> None:
        """Exports one of its models as a SavedModel.

        Raises:
            ExportError: if the exporter does not support an option, or the SavedModel cannot be written.
        """
        require_tensorflow("Exporting a model")
        self.check_options(options)
        self._import(self.exporter)(model, folder, metadata, overwrite, **options)

    def check_options(self, options) -> None:
        """Checks that its exporter supports some options.

        Raises:
            ExportError: for the first unsupported option.
        """
        from tfstyle.saved.archive import ExportError  # imports TensorFlow

        for option in options:
            if option not in self.export_options:
                raise ExportError(f"A {self.title} is exported without `{option}`: leave it out.")

    def load(self, saved_model, metadata: dict[str, Any], folder: Path) -> Any:
        """Creates a loaded model from the return value of `tf.saved_model.load`.

        Raises:
            ArtifactError: if the metadata lacks a key, or the SavedModel does not belong to the family.
        """
        missing = [key for key in self.metadata_keys if key not in metadata]
        if missing:
            raise ArtifactError(f"The metadata of {folder} does not say: {', '.join(missing)}. Export the model again.")
        loader = self._import(self.loader)
        try:
            return loader(saved_model, metadata, folder)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ArtifactError(
                f"{folder} is a broken SavedModel of the family {self.name!r}: {type(error).__name__}: {error}"
            ) from error

    def finish(self, model, run_directory: Path) -> Any:
        """Prepares a network with the weights of a checkpoint of a run for export."""
        return model if self.finish_run is None else self._import(self.finish_run)(model, run_directory)

    def _import(self, item):
        """Imports the object of a dotted name."""
        if not isinstance(item, str):
            return item
        module, _, name = item.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise ArtifactError(
                f"The family {self.name!r} names {item!r}, which cannot be imported: {error}"
            ) from error
