"""SavedModels out of the trained networks; `tfstyle.loaded` takes them in.

A SavedModel written here loads with `tf.saved_model.load` alone, where tfstyle is not installed. Beside the graph lies
`assets.extra/metadata.json`: what it is, how it was built, and the names of its styles.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import tfstyle
from tfstyle.artifacts import METADATA
from tfstyle.images import from_signed
from tfstyle.loaded import load_saved_model
from tfstyle.models.adain import AdaINStyler
from tfstyle.models.dcgan import ConvGenerator
from tfstyle.models.dense_gan import DenseGenerator
from tfstyle.models.layer_scale import normalize_layers
from tfstyle.models.light_extractor import LightStyleExtractor
from tfstyle.models.resnet_gan import ResNetGenerator
from tfstyle.models.semantic_style import SemanticStyler
from tfstyle.models.style_bank import StyleBank
from tfstyle.models.vgg19_extractor import VGG19StyleExtractor
from tfstyle.refinement import NUM_STEPS, refine_style

PARITY_SIZES = ((97, 131), (128, 64))
PARITY_TOLERANCE = 1e-4  # of values in [0, 1]; a level of 8 bits is 4e-3
HALF_TOLERANCE = 2e-3  # of features with weights rounded to float16, relative
VECTOR_TOLERANCE = 1e-2  # of style vectors, likewise: each adds up many features, or squares of them
# Of images in [0, 1]. Weights rounded to float16 are off by up to 5e-4 of themselves, at random: generators trained on
# digits, dense and convolutional, were off by at most 0.02 of a level of 8 bits in the mean of 256 images and by 1.4 in
# the worst pixel. What is off by a level in the mean, or by more than the eye forgives in a pixel, is spoiled by the
# rounding, or another network.
MEAN_IMAGE_TOLERANCE = 1 / 255
LARGEST_IMAGE_TOLERANCE = 4 / 255
NUM_PARITY_IMAGES = 16


class ExportError(RuntimeError):
    """A SavedModel could not be written, or does not compute what the model does."""


def export_style_bank(bank, folder, metadata=None, overwrite=False):
    """Writes a style bank as a SavedModel.

    Signatures:
        serving_default: images float32 `[batch, height, width, 3]` RGB in [0, 1] and style_weights float32
            `[batch or 1, num_styles]` -> images, of the same kind.
        stylize_uint8: the same for uint8 images in 0 to 255, rounded.

    Args:
        bank: `StyleBank`, in any precision; the SavedModel computes in float32.
        folder: path; appears whole or not at all.
        metadata: dict to keep beside the graph: name, license, ...
        overwrite: bool, replace a SavedModel that is there.

    Raises:
        ExportError: if the folder exists, cannot be written, or the SavedModel's results differ from the model's.
    """
    bank = in_float32(bank)
    num_styles = len(bank.style_names)
    images = tf.TensorSpec((None, None, None, 3), tf.float32, name="images")
    images_uint8 = tf.TensorSpec((None, None, None, 3), tf.uint8, name="images")
    style_weights = tf.TensorSpec((None, num_styles), tf.float32, name="style_weights")

    def stylize(images, style_weights):
        return {"images": bank(images, style_weights, training=False)}

    def stylize_uint8(images, style_weights):
        stylized = bank(tf.cast(images, tf.float32) / 255.0, style_weights, training=False)
        return {"images": tf.cast(tf.round(stylized * 255.0), tf.uint8)}

    archive = keras.export.ExportArchive()
    # In the order of the model, for `from_pretrained`. `archive.track` would write each of them a second time.
    archive.variables.extend(variable.value for variable in bank.variables)
    archive.add_endpoint("serving_default", stylize, input_signature=[images, style_weights])
    archive.add_endpoint("stylize_uint8", stylize_uint8, input_signature=[images_uint8, style_weights])
    metadata = {
        "name": Path(folder).name,
        "family": "style_bank",
        "task": "paint a photograph in the style of a painting",
        "image_size": "any",
        "input": "images [batch, height, width, 3] RGB in [0, 1]; style_weights [batch, num_styles]",
        "license": "Apache-2.0",
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "style_names": bank.style_names,
        "config": {**bank.get_config(), "dtype": "float32"},
    }

    def check(loaded):
        weights = np.full((1, num_styles), 1 / num_styles, np.float32)
        for height, width in PARITY_SIZES:
            example = np.random.default_rng(0).random((2, height, width, 3), np.float32)
            expected = bank(example, weights, training=False).numpy()
            difference = np.abs(loaded(example, weights) - expected).max()
            if difference > PARITY_TOLERANCE:
                raise ExportError(
                    f"The SavedModel's images differ from the model's by up to {difference:.2g} at {height}x{width}."
                )

    write_archive(archive, folder, metadata, check, overwrite)


def export_extractor(extractor, folder, metadata=None, overwrite=False):
    """Writes a perceptual network as a SavedModel, with weights that take two bytes each.

    Signature:
        serving_default: images float32 `[batch, height, width, 3]` RGB in [0, 1] -> dict of layer name -> float32
            features `[batch, height / stride, width / stride, channels]`, for each of the extractor's `layer_names`.

    Args:
        extractor: `VGG19StyleExtractor` or `LightStyleExtractor`, in any precision. The SavedModel keeps its weights as
            float16 and computes in float32.
        folder: path; appears whole or not at all.
        metadata: dict to keep beside the graph: name, license, ...
        overwrite: bool, replace a SavedModel that is there.

    Raises:
        ExportError: if the folder exists, cannot be written, or the SavedModel's features differ from the extractor's
            by more than 0.2 %.
    """
    config = {**extractor.get_config(), "dtype": "float32", "trainable": False}
    full = type(extractor).from_config(config)
    full.set_weights(extractor.get_weights())
    half = tf.Module()
    half.weights = {
        layer.name: {
            weight.name: tf.Variable(tf.cast(weight.value, tf.float16), trainable=False) for weight in layer.weights
        }
        for layer in full.weighted_layers
    }

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, name="images")])
    def extract(images):
        # Cast at run time: what is on disk and in memory is half as large.
        weights = [
            tf.cast(half.weights[layer.name][weight.name], tf.float32)
            for layer in full.weighted_layers
            for weight in layer.weights
        ]
        features, _ = full.stateless_call([], weights, images)
        return features

    metadata = {
        "name": Path(folder).name,
        "family": extractor.family,
        "task": "features of images, for perceptual losses",
        "image_size": "any",
        "input": "images [batch, height, width, 3] RGB in [0, 1]",
        "license": "Apache-2.0",
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "layer_names": extractor.layer_names,
        "config": config,
    }

    def check(loaded):
        for height, width in PARITY_SIZES:
            example = np.random.default_rng(0).random((2, height, width, 3), np.float32)
            expected = full(example)
            for name, features in loaded(example).items():
                difference = np.linalg.norm(features - expected[name]) / np.linalg.norm(expected[name])
                if not difference < HALF_TOLERANCE:
                    raise ExportError(
                        f"The SavedModel's features {name} differ from the model's by {difference:.2%} "
                        f"at {height}x{width}."
                    )

    write_archive(ModuleArchive(half, {"serving_default": extract}), folder, metadata, check, overwrite)


def export_generator(generator, folder, metadata=None, overwrite=False):
    """Writes a generator of a GAN as a SavedModel, with weights that take two bytes each.

    Signature:
        serving_default: latents float32 `[batch, latent_dim]`, standard normal, and for a class-conditional generator
            labels int32 `[batch]` in `[0, num_classes)` -> images float32 `[batch, height, width, channels]` in [0, 1].

    Args:
        generator: built `DenseGenerator`, `ConvGenerator`, `ResNetGenerator` or another `Generator`, in any precision.
            The SavedModel keeps all its weights as float16 and computes in float32.
        folder: path; appears whole or not at all.
        metadata: dict to keep beside the graph: name, license, class_names, ...
        overwrite: bool, replace a SavedModel that is there.

    Raises:
        ExportError: if the folder exists or cannot be written, there are not as many names as classes, a weight is not
            finite in float16, or the SavedModel's images differ from the generator's.
    """
    config = {**generator.get_config(), "dtype": "float32"}
    config.pop("name", None)  # counts the networks of a process
    full = type(generator).from_config(config)
    full.set_weights(generator.get_weights())
    class_names = list((metadata or {}).get("class_names") or map(str, range(full.num_classes)))
    if len(class_names) != full.num_classes:
        raise ExportError(f"There are {len(class_names)} names for {full.num_classes} classes: {class_names}.")
    half = half_module(full)
    latents = tf.TensorSpec((None, full.latent_dim), tf.float32, name="latents")
    labels = tf.TensorSpec((None,), tf.int32, name="labels")

    @tf.function(input_signature=[latents, labels] if full.num_classes else [latents])
    def generate(latents, labels=None):
        with computing_with(full, half):
            return {"images": from_signed(full(latents, labels, training=False))}

    height, width, channels = full.image_shape
    metadata = {
        "name": Path(folder).name,
        "family": "generator",
        "task": f"make images of {height}x{width} pixels and {channels} channel{'s' * (channels > 1)} from noise",
        "image_size": [height, width],
        "input": f"latents [batch, {full.latent_dim}], standard normal"
        + (f"; labels [batch] in 0 to {full.num_classes - 1}" if full.num_classes else ""),
        "license": "Apache-2.0",
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "image_shape": full.image_shape,
        "latent_dim": full.latent_dim,
        "num_classes": full.num_classes,
        "class_names": class_names,
        "class": type(full).__name__,
        "config": config,
    }

    def check(loaded):
        # Two of the numbers of images: a graph that holds one of them fast is found out.
        for num_images in (NUM_PARITY_IMAGES, 1):
            example = loaded.draw_latents(num_images)
            labels = loaded.choose_labels(num_images)
            expected = from_signed(full(example, labels, training=False))
            check_rounded(loaded(example, labels), expected, "generator")

    write_archive(ModuleArchive(half, {"serving_default": generate}), folder, metadata, check, overwrite)


def export_styler(styler, folder, metadata=None, overwrite=False, photographs=None, num_refinements=NUM_STEPS):
    """Writes a network that paints like any painting as a SavedModel, with weights that take two bytes each.

    Signatures:
        encode_style: style_images float32 `[batch, height, width, 3]` RGB in [0, 1] -> style_vectors float32
            `[batch, style_dim]`. With `photographs`, the vectors are tried out on them: see `tfstyle.refinement`.
        glance_at_style, with `photographs`: the same, in a fraction of the time, without trying.
        serving_default: images float32 `[batch, height, width, 3]` RGB in [0, 1], style_vectors float32
            `[batch or 1, style_dim]` and strength float32 `[batch or 1]` in [0, 1] -> images, of the same kind.
        stylize_uint8: the same for uint8 images in 0 to 255, rounded.
        vary_style, for stylers with a `noise_dim`: style_vectors float32 `[batch or 1, style_dim]` and noise float32
            `[batch, noise_dim]`, standard normal -> style_vectors `[batch, style_dim]`.

    Args:
        styler: `ArbitraryStyler`, in any precision. The SavedModel keeps all its weights as float16 and computes in
            float32.
        folder: path; appears whole or not at all.
        metadata: dict to keep beside the graph: name, license, ...
        overwrite: bool, replace a SavedModel that is there.
        photographs: uint8 array `(num_photographs, side, side, 3)`, RGB in 0 to 255, which become part of the
            SavedModel; or None. For a `SemanticStyler` alone.
        num_refinements: integer, how many steps it takes to try out a style.

    Raises:
        ExportError: if the folder exists or cannot be written, a weight is not finite in float16, or the SavedModel's
            style vectors or images differ from the styler's.
    """
    full = in_float32(styler)
    half = half_module(full)
    style_images = tf.TensorSpec((None, None, None, 3), tf.float32, name="style_images")
    images = tf.TensorSpec((None, None, None, 3), tf.float32, name="images")
    images_uint8 = tf.TensorSpec((None, None, None, 3), tf.uint8, name="images")
    style = [
        tf.TensorSpec((None, full.style_dim), tf.float32, name="style_vectors"),
        tf.TensorSpec((None,), tf.float32, name="strength"),
    ]

    @tf.function(input_signature=[style_images])
    def glance_at_style(style_images):
        with computing_with(full, half):
            return {"style_vectors": full.encode_style(style_images)}

    @tf.function(input_signature=[style_images])
    def encode_style(style_images):
        with computing_with(full, half):
            vectors = full.encode_style(style_images)
            tried = tf.cast(half.photographs, tf.float32) / 255.0
            return {"style_vectors": refine_style(full, style_images, vectors, tried, num_refinements)}

    @tf.function(input_signature=[images, *style])
    def stylize(images, style_vectors, strength):
        with computing_with(full, half):
            return {"images": full(images, style_vectors, strength)}

    @tf.function(input_signature=[images_uint8, *style])
    def stylize_uint8(images, style_vectors, strength):
        stylized = stylize(tf.cast(images, tf.float32) / 255.0, style_vectors, strength)["images"]
        return {"images": tf.cast(tf.round(stylized * 255.0), tf.uint8)}

    vectors = tf.TensorSpec((None, full.style_dim), tf.float32, name="style_vectors")
    noise = tf.TensorSpec((None, full.noise_dim), tf.float32, name="noise")

    @tf.function(input_signature=[vectors, noise])
    def vary_style(style_vectors, noise):
        with computing_with(full, half):
            return {"style_vectors": full.vary_style(style_vectors, noise)}

    config = {**full.get_config(), "dtype": "float32"}
    config.pop("name", None)  # counts the networks of a process
    metadata = {
        "name": Path(folder).name,
        "family": full.family,
        "task": "paint a photograph like any painting",
        "image_size": "any",
        "input": "style_images [batch, height, width, 3] RGB in [0, 1] for encode_style; images of the same kind, "
        f"style_vectors [batch or 1, {full.style_dim}], strength [batch or 1] in [0, 1]",
        "license": "Apache-2.0",
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "style_dim": full.style_dim,
        "noise_dim": full.noise_dim,
        "config": config,
    }

    def check(loaded):
        random = np.random.default_rng(0)
        for size, style_size, num_images in zip(PARITY_SIZES, reversed(PARITY_SIZES), (3, 1), strict=True):
            style_images = random.random((num_images, *style_size, 3), np.float32)
            vectors = np.asarray(full.encode_style(style_images))
            loaded_vectors = loaded.encode_style(style_images, refine=False)
            difference = np.linalg.norm(loaded_vectors - vectors) / np.linalg.norm(vectors)
            if not difference < VECTOR_TOLERANCE:
                raise ExportError(f"The SavedModel's style vectors differ from the styler's by {difference:.2%}.")
            example = random.random((num_images, *size, 3), np.float32)
            strength = np.linspace(1.0, 0.0, num_images, dtype=np.float32)
            check_rounded(loaded(example, vectors, strength), full(example, vectors, strength), "styler")

    signatures = {"serving_default": stylize, "stylize_uint8": stylize_uint8, "encode_style": glance_at_style}
    if photographs is not None:
        half.photographs = tf.Variable(photographs, trainable=False)
        signatures |= {"encode_style": encode_style, "glance_at_style": glance_at_style}
    if full.noise_dim:
        signatures["vary_style"] = vary_style
    write_archive(ModuleArchive(half, signatures), folder, metadata, check, overwrite)


def check_rounded(images, expected, model_name):
    """Raises an ExportError where a SavedModel's images are not those of the model before its weights were rounded."""
    difference = np.abs(images - np.asarray(expected))
    mean, largest = float(np.mean(difference)), float(np.max(difference))
    if not (mean <= MEAN_IMAGE_TOLERANCE and largest <= LARGEST_IMAGE_TOLERANCE):
        raise ExportError(
            f"The SavedModel's images differ from the {model_name}'s by {mean:.2g} in the mean and up to "
            f"{largest:.2g}: its weights do not bear being rounded to float16."
        )


def half_module(model):
    """A `tf.Module` with a model's weights as float16.

    They are a list, in the order of the model's weights: `load_pretrained` reads them by their numbers.
    """
    half = tf.Module()
    half.weights = [tf.Variable(as_half(weight), trainable=False) for weight in model.weights]
    return half


def computing_with(model, half):
    """A context in which a model computes with the weights of `half_module`.

    They are cast at run time, so that what is on disk and in memory is half as large. The 3.5 million weights of VGG19
    up to `block4_conv1` took 1 ms to cast, where the network took 290 ms for 256x256 pixels.
    """
    weights = zip(model.weights, half.weights, strict=True)
    return keras.StatelessScope([(weight, tf.cast(value, weight.dtype)) for weight, value in weights])


def as_half(weight):
    """A weight's values as float16; raises an ExportError where one of them is not finite there."""
    values = tf.convert_to_tensor(weight.value)
    if not values.dtype.is_floating:
        return values
    half = tf.cast(values, tf.float16)
    if not np.isfinite(half.numpy()).all():
        raise ExportError(
            f"The weight {weight.path} reaches {np.abs(values).max():.3g}, and float16 ends at 65504: the training "
            "diverged. Take an earlier checkpoint, or train with a lower learning rate."
        )
    return half


class ModuleArchive:
    """What `keras.export.ExportArchive` is to a Keras model, for a module with names of its own for its variables.

    Args:
        module: `tf.Module` that has all variables of the signatures.
        signatures: dict of name -> `tf.function` with an input signature.
    """

    def __init__(self, module, signatures):
        self.module, self.signatures = module, signatures

    def write_out(self, path, verbose=False):
        tf.saved_model.save(self.module, path, signatures=self.signatures)


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


GENERATORS = {generator.__name__: generator for generator in (DenseGenerator, ConvGenerator, ResNetGenerator)}
EXPORTERS = {
    "adain": (AdaINStyler, export_styler),
    "semantic_style": (SemanticStyler, export_styler),
    "style_bank": (StyleBank, export_style_bank),
    "vgg19_style_extractor": (VGG19StyleExtractor, export_extractor),
    "light_style_extractor": (LightStyleExtractor, export_extractor),
}
# The run of an extractor has what its channels are to be multiplied by, and some of its training images (see
# `tfstyle.training.perceptual`).
NORMALIZATION = "normalization.npz"


def first_line(error):
    return (str(error) or type(error).__name__).splitlines()[0]


def with_all_layers(extractor):
    """A copy that returns every layer up to the deepest."""
    copy = type(extractor).from_config({**extractor.get_config(), "layer_names": extractor.needed_layer_names})
    copy.set_weights(extractor.get_weights())
    return copy


def in_float32(model):
    """The model itself, or a copy that computes in float32 where the model does not."""
    if model.dtype_policy.name == "float32":
        return model
    copy = type(model).from_config({**model.get_config(), "dtype": "float32"})
    copy.set_weights(model.get_weights())
    return copy


def write_archive(archive, folder, metadata, check, overwrite=False):
    """Writes an archive and its metadata to a temporary folder, checks it there, and moves it into its place.

    Args:
        archive: `keras.export.ExportArchive` with all its endpoints, or a `ModuleArchive`.
        folder: path of the SavedModel. A model card that lies there already is kept.
        metadata: dict that JSON can hold.
        check: function of the `SavedModel` that was read back; raises where something is wrong.
        overwrite: bool.

    Raises:
        ExportError: if the folder exists and `overwrite` is False, or it cannot be written.
    """
    folder = Path(folder)
    if (folder / "saved_model.pb").exists() and not overwrite:
        raise ExportError(
            f"{folder} already holds a SavedModel. Add --overwrite to replace it, or name another folder."
        )
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is a file; name a folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
            new = Path(temporary) / folder.name
            try:
                archive.write_out(str(new), verbose=False)
            except tf.errors.OpError as error:  # TensorFlow's way to say that the disk is full
                raise OSError(None, first_line(error)) from error
            (new / "fingerprint.pb").unlink(
                missing_ok=True
            )  # differs from one export to the next, and nothing reads it
            file = new / METADATA
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(metadata, indent=2, ensure_ascii=False) + "\n")
            check(load_saved_model(new))
            folder.mkdir(exist_ok=True)
            # The old saved_model.pb goes first and the new one comes last: a folder without it is no SavedModel, so
            # that a half-moved one is never loaded.
            (folder / "saved_model.pb").unlink(missing_ok=True)
            for part in sorted(new.iterdir(), key=lambda part: part.name == "saved_model.pb"):
                target = folder / part.name
                if target.is_dir():
                    shutil.rmtree(target)
                os.replace(part, target)
    except OSError as error:
        raise ExportError(f"{folder} cannot be written: {error.strerror or error}.") from error
