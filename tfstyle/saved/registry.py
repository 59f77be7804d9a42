"""Which family is of which class, and what writes and reads it."""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfstyle.artifacts import ArtifactError, read_metadata
from tfstyle.models.gan.dcgan import ConvGenerator
from tfstyle.models.gan.dense_gan import DenseGenerator
from tfstyle.models.gan.resnet_gan import ResNetGenerator
from tfstyle.models.perceptual.layer_scale import normalize_layers
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor
from tfstyle.models.style.adain import AdaINStyler
from tfstyle.models.style.semantic_style import SemanticStyler
from tfstyle.models.style.style_bank import StyleBank
from tfstyle.saved.archive import ExportError, first_line
from tfstyle.saved.extractor import LoadedExtractor, export_extractor
from tfstyle.saved.generator import LoadedGenerator, export_generator
from tfstyle.saved.style_bank import LoadedStyleBank, export_style_bank
from tfstyle.saved.styler import LoadedStyler, export_styler

# Family -> what a SavedModel is read as.
LOADERS = {
    "style_bank": LoadedStyleBank,
    "vgg19_style_extractor": LoadedExtractor,
    "light_style_extractor": LoadedExtractor,
    "generator": LoadedGenerator,
    "adain": LoadedStyler,
    "semantic_style": LoadedStyler,
}
# Family -> the Keras model behind it, to train on; a generator's stands in GENERATORS.
BUILDERS = {"adain": AdaINStyler, "semantic_style": SemanticStyler, "style_bank": StyleBank}
# Family of a run -> the Keras model, and what writes it.
EXPORTERS = {
    "adain": (AdaINStyler, export_styler),
    "semantic_style": (SemanticStyler, export_styler),
    "style_bank": (StyleBank, export_style_bank),
    "vgg19_style_extractor": (VGG19StyleExtractor, export_extractor),
    "light_style_extractor": (LightStyleExtractor, export_extractor),
}
# The class of a generator by its name, which metadata and runs give.
GENERATORS = {generator.__name__: generator for generator in (ConvGenerator, DenseGenerator, ResNetGenerator)}
# The run of an extractor has what its channels are to be multiplied by, and some of its training images (see
# `tfstyle.training.perceptual`).
NORMALIZATION = "normalization.npz"


def load_saved_model(folder):
    """Reads a SavedModel of tfstyle.

    Args:
        folder: path of a folder with `saved_model.pb` and `assets.extra/metadata.json`.

    Returns:
        The object that its family calls for, such as `LoadedStyleBank`.

    Raises:
        ArtifactError: if the folder holds no SavedModel of tfstyle, or a broken one.
    """
    metadata = read_metadata(folder)
    family = metadata.get("family")
    if family not in LOADERS:
        raise ArtifactError(f"{folder} is of the family {family!r}; this version knows {', '.join(LOADERS)}.")
    try:
        saved_model = tf.saved_model.load(str(folder))
    except (tf.errors.OpError, LookupError, OSError, RuntimeError, ValueError) as error:
        raise ArtifactError(f"{folder} is a broken SavedModel: {str(error).splitlines()[0]}") from error
    return LOADERS[family](saved_model, metadata)


def export_run(run_directory, folder, metadata=None, overwrite=False, **options):
    """Writes the averaged weights of a training's newest checkpoint as a SavedModel.

    Args:
        run_directory: path of a training's folder, finished or not.
        folder: path of the SavedModel.
        metadata: dict to keep beside the graph.
        overwrite: bool, replace a SavedModel that is there.
        **options: what the function that exports a network of this family takes beside.

    Raises:
        ExportError: if the folder holds no training with a checkpoint, its network does not take the options, or the
            SavedModel cannot be written.
    """
    run_directory = Path(run_directory)
    try:
        description = json.loads((run_directory / "model.json").read_text())
        model_class, config, export = read_description(description)
    except (OSError, ValueError, KeyError) as error:
        raise ExportError(
            f"{run_directory} is not the folder of a training: no model.json that can be read."
        ) from error
    if "photographs" in options and model_class is not SemanticStyler:
        raise ExportError(f"{run_directory} is not the training of a semantic styler: leave the photographs out.")
    checkpoint = tf.train.latest_checkpoint(str(run_directory / "checkpoints"))
    if checkpoint is None:
        raise ExportError(f"{run_directory} has no checkpoint yet. Let the training run on.")
    model = model_class.from_config({**config, "dtype": "float32"})
    averaged = [variable for variable in model.variables if "float" in variable.dtype]  # as in MovingAverage
    try:
        reader = tf.train.load_checkpoint(checkpoint)
        for index, variable in enumerate(averaged):
            variable.assign(reader.get_tensor(f"average/{index}/.ATTRIBUTES/VARIABLE_VALUE"))
        steps = int(reader.get_tensor("step/.ATTRIBUTES/VARIABLE_VALUE"))
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise ExportError(
            f"{checkpoint} is damaged, or of another network: {first_line(error)} Delete the line of it in "
            f"{run_directory / 'checkpoints' / 'checkpoint'} to export the one before."
        ) from error
    if (run_directory / NORMALIZATION).exists():
        with np.load(run_directory / NORMALIZATION) as arrays:
            model.divide_channels({name: 1.0 / arrays[name] for name in model.needed_layer_names})
            normalize_layers(model, arrays["images"])
        model = with_all_layers(model)
    if description["family"] == "gan":
        metadata = {"class_names": read_class_names(run_directory, description), **(metadata or {})}
    export(model, folder, {**(metadata or {}), "trained_steps": steps}, overwrite, **options)


def read_class_names(run_directory, description):
    """The names of a GAN's classes: list of strings, empty where they have none.

    Args:
        run_directory: path of the training's folder.
        description: what its model.json holds.
    """
    if "class_names" in description:
        return description["class_names"]
    try:  # where earlier versions kept them
        return json.loads((run_directory / "data.json").read_text())["class_names"]
    except (OSError, ValueError, KeyError):
        return []


def read_description(description):
    """The class, the config and the export function of what a run's model.json describes.

    Raises:
        KeyError: if this version of tfstyle does not know the family.
        ExportError: if the run trains a generator of another program.
    """
    family, config = description["family"], description["config"]
    if family != "gan":
        model_class, export = EXPORTERS[family]
        return model_class, config, export
    name, config = config["generator"]["class"], config["generator"]["config"]
    if name not in GENERATORS:
        raise ExportError(
            f"The run trains a {name}, which is none of {', '.join(GENERATORS)}. Build it in Python, and hand it to "
            "export_generator."
        )
    return GENERATORS[name], config, export_generator


def with_all_layers(extractor):
    """A copy that returns every layer up to the deepest."""
    copy = type(extractor).from_config({**extractor.get_config(), "layer_names": extractor.needed_layer_names})
    copy.set_weights(extractor.get_weights())
    return copy
