"""The registry of model families: their exporters, loaders and uses.

All code that distinguishes families uses the registry and has no table of its own. Classes and functions are given by
dotted names, so that listing the shipped models, or checking the arguments of a command, does not import TensorFlow.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfstyle.artifacts import SAVED_MODEL, ArtifactError, available, read_metadata
from tfstyle.saved.family import COLORIZE, EXTRACT, GENERATE, ILLUSTRATE, REPAIR, STYLIZE, TRANSLATE, UPSCALE, Family

MODEL_FILE, DATA_FILE = "model.json", "data.json"  # in the folder of a training

_FAMILIES: dict[str, Family] = {}


def register(family: Family) -> Family:
    """Registers a family, and returns it.

    Raises:
        ValueError: if the name is registered already, or the family has no class.
    """
    if family.name in _FAMILIES or not family.model_classes:
        raise ValueError(
            f"A family needs a class, and a name of its own. Received: name={family.name!r}, "
            f"model_classes={family.model_classes}. {available('Registered', _FAMILIES)}"
        )
    _FAMILIES[family.name] = family
    return family


def unregister(name: str) -> None:
    """Removes a family from the registry."""
    del _FAMILIES[name]


def list_families(use: str | None = None) -> tuple[Family, ...]:
    """The families, or those of one use; the preferred one comes first."""
    return tuple(family for family in _FAMILIES.values() if use in (None, family.use))


def find_family(metadata: dict[str, Any]) -> Family:
    """The family of a SavedModel, from its metadata.

    Raises:
        ArtifactError: if this version of tfstyle does not know the family.
    """
    name = metadata["family"]
    if name not in _FAMILIES:
        raise ArtifactError(
            f"This version of tfstyle does not know the family {name!r}. {available('It knows', _FAMILIES)}"
        )
    return _FAMILIES[name]


def find_run_family(name: str) -> Family:
    """The family of a run, from the "family" in its model.json.

    Raises:
        ArtifactError: if this version of tfstyle does not know the family.
    """
    by_name = {family.run_name or family.name: family for family in _FAMILIES.values()}
    if name not in by_name:
        raise ArtifactError(
            f"This version of tfstyle does not know trainings of {name!r}. {available('It knows', by_name)}"
        )
    return by_name[name]


def family_of_model(model) -> Family:
    """The family of a Keras model.

    Raises:
        ArtifactError: if no family has its class.
    """
    # By name, which avoids importing the classes of other families.
    for kind in type(model).__mro__:  # its own class before those it derives from
        for family in _FAMILIES.values():
            if kind in family.model_classes or f"{kind.__module__}:{kind.__name__}" in family.model_classes:
                return family
    known = [name for family in _FAMILIES.values() for name in family.class_names]
    raise ArtifactError(
        f"No family exports a {type(model).__name__}. {available('Models that can be exported', known)}"
    )


def export_model(model, folder, metadata=None, overwrite=False, **options) -> None:
    """Exports a Keras model of any family as a SavedModel.

    Args:
        model: `keras.Model` of a registered class, in any precision.
        folder: path of the SavedModel, which is written atomically.
        metadata: dict stored beside the graph: name, license, ...
        overwrite: bool, whether to replace an existing SavedModel.
        **options: additional arguments of the family's exporter.

    Raises:
        ArtifactError: if no family has the class of the model.
        ExportError: if the folder exists or cannot be written, or the outputs of the SavedModel differ from the model.
    """
    family_of_model(model).export(model, folder, metadata, overwrite, **options)


def load_saved_model(folder) -> Any:
    """Loads a SavedModel of tfstyle.

    Args:
        folder: path of a folder with `saved_model.pb` and `assets.extra/metadata.json`.

    Returns:
        A loaded model of its family, such as `LoadedStyleBank`.

    Raises:
        ArtifactError: if the folder contains no SavedModel of tfstyle, or a broken one.
    """
    metadata = read_metadata(folder)
    family = find_family(metadata)
    import tensorflow as tf  # not needed to list families

    try:
        saved_model = tf.saved_model.load(str(folder))
    except (tf.errors.OpError, LookupError, OSError, RuntimeError, ValueError) as error:
        raise ArtifactError(f"{folder} is a broken SavedModel: {str(error).splitlines()[0]}") from error
    return family.load(saved_model, metadata, Path(folder))


@dataclass(frozen=True)
class Run:
    """The network of a run, as described in its run directory.

    Args:
        family: `Family`.
        network: dict of the network: its "config", and its "class" if the family has several.
        metadata: dict of metadata for a SavedModel, such as the names of its classes.
    """

    family: Family
    network: dict[str, Any]
    metadata: dict[str, Any]


def is_run(folder) -> bool:
    """Whether a folder is a run directory and not a SavedModel."""
    return not (Path(folder) / SAVED_MODEL).is_file() and (Path(folder) / MODEL_FILE).is_file()


def read_run(run_directory) -> Run:
    """Reads the description of a run's network, without importing TensorFlow.

    Args:
        run_directory: path of a run directory, finished or not.

    Raises:
        ArtifactError: if it is not a run directory, or this version does not know its family.
    """
    run_directory = Path(run_directory)
    try:
        description = json.loads((run_directory / MODEL_FILE).read_text(encoding="utf-8"))
        family = find_run_family(description["family"])
        network = {"config": description["config"]}
        if "class" in description:
            network["class"] = description["class"]
        if family.run_network:
            network = description["config"][family.run_network]
        kept = {name: value for name, value in description.items() if name in family.run_metadata}
        if len(kept) < len(family.run_metadata) and (run_directory / DATA_FILE).exists():
            # Earlier versions stored it with the data.
            data = json.loads((run_directory / DATA_FILE).read_text(encoding="utf-8"))
            kept = {name: data[name] for name in family.run_metadata if name in data} | kept
        network["config"]
    except ArtifactError:
        raise
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"{run_directory} is not the folder of a training: no {MODEL_FILE} that can be read "
            f"({type(error).__name__}: {error})."
        ) from error
    return Run(family, network, kept)


def load_run(run_directory, options=()) -> tuple[Run, Any, dict[str, Any]]:
    """Loads the network of a run with the averaged weights (EMA) of its newest checkpoint.

    Args:
        run_directory: path of a run directory, finished or not.
        options: names of options that the exporter of its family must support.

    Returns:
        `Run`, the `keras.Model` in float32, and metadata of the training for a SavedModel.

    Raises:
        ExportError: if the folder contains no training that this version knows, or no checkpoint, or the exporter does
            not support an option.
    """
    import tensorflow as tf

    from tfstyle.saved.archive import ExportError, first_line

    run_directory = Path(run_directory)
    try:
        run = read_run(run_directory)
        model_class: Any = run.family.model_class(run.network)
    except ArtifactError as error:
        raise ExportError(str(error)) from error
    run.family.check_options(options)
    checkpoint = tf.train.latest_checkpoint(str(run_directory / "checkpoints"))
    if checkpoint is None:
        raise ExportError(f"{run_directory} has no checkpoint yet. Let the training run on.")
    model = model_class.from_config({**run.network["config"], "dtype": "float32"})
    floats = [(index, variable) for index, variable in enumerate(model.variables) if "float" in variable.dtype]
    try:
        reader = tf.train.load_checkpoint(checkpoint)
        averages = "best" if has_best(reader) else "average"
        for number, (index, variable) in enumerate(floats):  # as in MovingAverage.items: frozen weights have no average
            key = f"{averages}/{number}/.ATTRIBUTES/VARIABLE_VALUE"
            if not reader.has_tensor(key):
                key = f"model/{index}/.ATTRIBUTES/VARIABLE_VALUE"
            variable.assign(reader.get_tensor(key))
        steps = int(reader.get_tensor("step/.ATTRIBUTES/VARIABLE_VALUE"))
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise ExportError(
            f"{checkpoint} is damaged, or of another network: {first_line(error)} Delete the line of it in "
            f"{run_directory / 'checkpoints' / 'checkpoint'} to export the one before."
        ) from error
    model = run.family.finish(model, run_directory)
    return run, model, {**run.metadata, "trained_steps": steps}


def export_run(run_directory, folder, metadata=None, overwrite=False, **options) -> None:
    """Exports the averaged weights (EMA) of the newest checkpoint of a run as a SavedModel.

    Args:
        run_directory: path of a run directory, finished or not.
        folder: path of the SavedModel.
        metadata: dict stored beside the graph.
        overwrite: bool, whether to replace an existing SavedModel.
        **options: additional arguments of the family's exporter.

    Raises:
        ExportError: if the folder contains no training that this version knows, or no checkpoint, the exporter does not
            support an option, or the SavedModel cannot be written.
    """
    run, model, run_metadata = load_run(run_directory, options)
    run.family.export(model, folder, {**run_metadata, **(metadata or {})}, overwrite, **options)


def has_best(reader) -> bool:
    """Whether a checkpoint has the weights of the best evaluation of its training.

    Args:
        reader: return value of `tf.train.load_checkpoint`.
    """
    key = "best_badness/0/.ATTRIBUTES/VARIABLE_VALUE"
    return reader.has_tensor(key) and math.isfinite(float(reader.get_tensor(key)))


register(
    Family(
        "style_bank",
        STYLIZE,
        # Style banks of version 0.1.0 have no class in their metadata.
        ("tfstyle.models.style.plain_style_bank:PlainStyleBank", "tfstyle.models.style.style_bank:StyleBank"),
        exporter="tfstyle.saved.style_bank:export_style_bank",
        loader="tfstyle.saved.style_bank:LoadedStyleBank",
        trainer="style-bank",
        metadata_keys=("style_names", "config"),
        export_options=("lite",),
    )
)
register(
    Family(
        "semantic_style",
        STYLIZE,
        # Semantic stylers of version 0.1.0 have no class in their metadata.
        (
            "tfstyle.models.style.adjusted_styler:AdjustedStyler",
            "tfstyle.models.style.semantic_style:SemanticStyler",
        ),
        exporter="tfstyle.saved.styler:export_styler",
        loader="tfstyle.saved.styler:LoadedStyler",
        trainer="semantic-style",
        metadata_keys=("style_dim", "config"),
        export_options=("photographs", "refine"),
    )
)
register(
    Family(
        "adain",
        STYLIZE,
        ("tfstyle.models.style.adain:AdaINStyler",),
        exporter="tfstyle.saved.styler:export_styler",
        loader="tfstyle.saved.styler:LoadedStyler",
        trainer="adain",
        metadata_keys=("style_dim", "config"),
    )
)
register(
    Family(
        "generator",
        GENERATE,
        (
            "tfstyle.models.gan.dcgan:ConvGenerator",
            "tfstyle.models.gan.dense_gan:DenseGenerator",
            "tfstyle.models.gan.fastgan:FastGANGenerator",
            "tfstyle.models.gan.resnet_gan:ResNetGenerator",
        ),
        exporter="tfstyle.saved.generator:export_generator",
        loader="tfstyle.saved.generator:LoadedGenerator",
        trainer="gan",
        metadata_keys=("class", "image_shape", "latent_dim", "num_classes", "config"),
        run_name="gan",
        run_network="generator",
        run_metadata=("class_names",),
    )
)
register(
    Family(
        "text_generator",
        ILLUSTRATE,
        ("tfstyle.models.gan.text_gan:TextConditionalGenerator",),
        exporter="tfstyle.saved.text_generator:export_text_generator",
        loader="tfstyle.saved.text_generator:LoadedTextGenerator",
        trainer="text-gan",
        metadata_keys=("class", "image_shape", "latent_dim", "config"),
        run_name="text_gan",
        run_network="generator",
    )
)
register(
    Family(
        "translator",
        TRANSLATE,
        (
            "tfstyle.models.translation.unet_generator:UNetGenerator",
            "tfstyle.models.translation.resnet_translator:ResNetTranslator",
        ),
        exporter="tfstyle.saved.translator:export_translator",
        loader="tfstyle.saved.translator:LoadedTranslator",
        trainer="translator",
        metadata_keys=("class", "config"),
        run_network="generator",
        run_metadata=("method",),
    )
)
for _name, _use, _class, _loader in (
    ("colorizer", COLORIZE, "tfstyle.models.translation.colorizer:Colorizer", "LoadedColorizer"),
    ("upscaler", UPSCALE, "tfstyle.models.translation.upscaler:Upscaler", "LoadedUpscaler"),
    ("inpainter", REPAIR, "tfstyle.models.translation.inpainter:Inpainter", "LoadedInpainter"),
):
    register(
        Family(
            _name,
            _use,
            (_class,),
            exporter="tfstyle.saved.restorer:export_restorer",
            loader=f"tfstyle.saved.restorer:{_loader}",
            trainer="translator",
            metadata_keys=("class", "config"),
            run_network="generator",
        )
    )
for _name, _class in (
    ("light_style_extractor", "tfstyle.models.perceptual.light_extractor:LightStyleExtractor"),
    ("vgg19_style_extractor", "tfstyle.models.perceptual.vgg19_extractor:VGG19StyleExtractor"),
):
    register(
        Family(
            _name,
            EXTRACT,
            (_class,),
            exporter="tfstyle.saved.extractor:export_extractor",
            loader="tfstyle.saved.extractor:LoadedExtractor",
            trainer="perceptual",
            metadata_keys=("layer_names", "config"),
            finish_run="tfstyle.saved.extractor:finish_run",
        )
    )
