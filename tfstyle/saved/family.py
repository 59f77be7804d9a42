"""What a family of models is: one object that knows how its models are exported, loaded and used."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfstyle.artifacts import ArtifactError, available
from tfstyle.backend import require_tensorflow

# What models of a family are used for.
STYLIZE, GENERATE, EXTRACT = "stylize photographs", "generate images from noise", "extract features"
TRANSLATE = "translate images into another domain"


@dataclass(frozen=True)
class Family:
    """Models that are exported, loaded and used alike.

    Args:
        name: string, the "family" in the metadata of a SavedModel.
        use: string, what its models are used for: `STYLIZE`, `GENERATE`, `EXTRACT`, `TRANSLATE`, or another phrase that
            a command asks for.
        model_classes: Keras classes, or their dotted names, as "package.module:Class". A SavedModel of a family of
            several says in its metadata's "class" which one it is of; without it, it is of the first.
        exporter: function `(model, folder, metadata, overwrite, **options)` that writes a SavedModel, or its dotted
            name.
        loader: function or class `(saved_model, metadata, folder)` that returns what a program calls, or its dotted
            name.
        trainer: string, the command that trains it, as in `tfstyle train TRAINER`, whose flags are added by the module
            `tfstyle.commands.train_TRAINER`; empty if there is none.
        metadata_keys: names that its metadata must have, besides those that all have.
        export_options: names of arguments that its exporter takes beyond the four.
        run_name: string, the "family" in a training's model.json, where it is not `name`.
        run_network: string, which network of a training is exported, where it trains several.
        run_metadata: names of what a training keeps for the metadata.
        finish_run: function `(model, run_directory)` that returns the model as it is exported, or its dotted name;
            None if its weights are all there is.

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
        """What messages call it."""
        return self.name.replace("_", " ")

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of its Keras classes."""
        return tuple(item.rpartition(":")[2] if isinstance(item, str) else item.__name__ for item in self.model_classes)

    @property
    def has_named_styles(self) -> bool:
        """Whether its models know styles by name; those of other families that stylize take any painting."""
        return "style_names" in self.metadata_keys

    def model_class(self, metadata: dict[str, Any]) -> type:
        """The Keras class that a model's metadata, or a description of a network in a run, asks for.

        Raises:
            ArtifactError: if this version of tfstyle does not know it.
        """
        name = metadata.get("class", self.class_names[0])
        if name not in self.class_names:
            raise ArtifactError(
                f"This version of tfstyle does not know the {self.title} {name!r}. "
                f"{available('It knows', self.class_names)}"
            )
        return self._import(self.model_classes[self.class_names.index(name)])

    def export(self, model, folder, metadata=None, overwrite=False, **options) -> None:
        """Writes a SavedModel of one of its models.

        Raises:
            ExportError: if the model takes no such options, or cannot be written.
        """
        require_tensorflow("Exporting a model")
        self.check_options(options)
        self._import(self.exporter)(model, folder, metadata, overwrite, **options)

    def check_options(self, options) -> None:
        """Refuses options that its exporter does not take.

        Raises:
            ExportError: for the first of them.
        """
        from tfstyle.saved.archive import ExportError  # imports TensorFlow

        for option in options:
            if option not in self.export_options:
                raise ExportError(f"A {self.title} is exported without `{option}`: leave it out.")

    def load(self, saved_model, metadata: dict[str, Any], folder: Path) -> Any:
        """What a program calls, of what `tf.saved_model.load` returned.

        Raises:
            ArtifactError: if the metadata lacks a key, or the SavedModel is not what the family's models are.
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
        """A network with the weights of a run's checkpoint, as it is exported."""
        return model if self.finish_run is None else self._import(self.finish_run)(model, run_directory)

    def _import(self, item):
        """What a dotted name stands for."""
        if not isinstance(item, str):
            return item
        module, _, name = item.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise ArtifactError(
                f"The family {self.name!r} names {item!r}, which cannot be imported: {error}"
            ) from error
