"""Presets: models by name, as in KerasHub."""

import re
from pathlib import Path
from typing import Any

from tfstyle import artifacts

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"  # suffix of the keys of the checkpoint in a SavedModel
NUMBERED = re.compile(rf"(?:weights|variables)/(\d+){VALUE}$")
NAMED = re.compile(rf"weights/(\w+/\w+){VALUE}$")


class _Presets:
    """A property of a class."""

    def __get__(self, instance, owner: type) -> dict[str, dict[str, Any]]:
        folder = artifacts.saved_models_folder()
        found = {}
        for name in artifacts.list_names(folder):
            metadata = artifacts.read_metadata(folder / name)
            if class_for(owner, metadata) is not None:
                found[name] = {"metadata": metadata, "path": str(folder / name)}
        return found


class FromPreset:
    """Adds the class method `from_preset` and the class property `presets` to a Keras model.

    Attributes:
        family: string, "family" in the metadata of its SavedModels; empty for models that are not exported.
        unnamed_class: string, the class of SavedModels without a class in their metadata, if it is not this one.
        presets: dict of the name of each shipped model of this class or a subclass -> dict of "metadata" and "path".

    Example:
        >>> bank = StyleBank.from_preset("style_bank")
        >>> list(StyleBank.presets)
        ['style_bank']
    """

    family = ""
    unnamed_class = ""
    presets = _Presets()

    @classmethod
    def from_preset(cls, name_or_folder: str | Path, load_weights: bool = True, **kwargs) -> Any:
        """Creates a shipped or exported model.

        Args:
            name_or_folder: one of `presets`, or the folder of a SavedModel exported by tfstyle.
            load_weights: bool; False creates the same architecture with random weights.
            **kwargs: arguments of the class that override those of the model, such as `dtype="mixed_bfloat16"`.

        Returns:
            Instance of the class, or of a subclass; in float32 unless a `dtype` is given.

        Raises:
            ArtifactError: if the model does not exist or has another class.
        """
        folder = artifacts.find_model(name_or_folder)
        metadata = artifacts.read_metadata(folder)
        kind = class_for(cls, metadata)
        if kind is None:
            own = artifacts.available(f"Presets of {cls.__name__}", cls.presets)
            raise artifacts.ArtifactError(
                f"{folder} is of the family {metadata['family']!r}, and no {cls.__name__}. {own}"
            )
        return load_preset(kind, folder, metadata, load_weights, **kwargs)


def class_for(base: type, metadata: dict[str, Any]) -> type | None:
    """The class in the metadata of a SavedModel if it is `base` or one of its subclasses, otherwise None."""
    import tfstyle.models  # noqa: F401 - defines the subclasses

    kinds: list[Any] = [base]
    for kind in kinds:
        named = metadata.get("class", kind.unnamed_class or kind.__name__)
        if kind.family == metadata["family"] and named == kind.__name__:
            return kind
        kinds += kind.__subclasses__()
    return None


def load_preset(model_class: Any, folder: Path, metadata: dict[str, Any], load_weights: bool = True, **kwargs) -> Any:
    """Creates a Keras model from a SavedModel.

    Args:
        model_class: class whose `from_config` accepts the "config" of the metadata.
        folder: path of the SavedModel.
        metadata: its metadata.
        load_weights: bool; False for random weights.
        **kwargs: entries that override those of the config.

    Raises:
        ArtifactError: if there is no config, or the weights cannot be read or belong to another network.
    """
    if "config" not in metadata:
        raise artifacts.ArtifactError(f"The metadata of {folder} does not say: config. Export the model again.")
    model = model_class.from_config({**metadata["config"], **kwargs})
    if load_weights:
        read_weights(model, folder)
    return model


def read_weights(model, folder: Path) -> None:
    """Loads the weights of a SavedModel into a built model, by index or by layer name.

    Args:
        model: built `keras.Model`. If the weights have names, the SavedModel can contain additional ones.
        folder: path of the SavedModel.

    Raises:
        ArtifactError: if the weights cannot be read, or belong to another network.
    """
    import tensorflow as tf  # only to read a SavedModel

    name, weights = type(model).__name__, model.weights
    try:
        reader = tf.train.load_checkpoint(str(Path(folder) / "variables" / "variables"))
        keys = reader.get_variable_to_shape_map()
        numbered = {int(match[1]): key for key in keys if (match := NUMBERED.match(key))}
        named = {match[1]: key for key in keys if (match := NAMED.match(key))}
        if numbered and len(numbered) != len(weights):
            raise artifacts.ArtifactError(f"{folder} has {len(numbered)} weights, and a {name} {len(weights)}.")
        if numbered:
            chosen = [numbered[index] for index in range(len(weights))]
        else:
            paths = [weight.path.removeprefix(f"{model.name}/") for weight in weights]
            missing = [path.rpartition("/")[0] for path in paths if path not in named]
            if missing:
                layers = sorted({path.rpartition("/")[0] for path in named})
                raise artifacts.ArtifactError(
                    f"{folder} has no layer {missing[0]!r}, which this {name} needs. "
                    f"{artifacts.available('Its layers', layers)}"
                )
            chosen = [named[path] for path in paths]
        values = [reader.get_tensor(key).astype(weight.dtype) for key, weight in zip(chosen, weights, strict=True)]
        model.set_weights(values)
    except artifacts.ArtifactError:
        raise
    except (tf.errors.OpError, LookupError, RuntimeError, ValueError) as error:
        raise artifacts.ArtifactError(f"{folder} is a broken SavedModel: {str(error).splitlines()[0]}") from error
