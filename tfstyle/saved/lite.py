"""Conversion of models for LiteRT (the former TensorFlow Lite): phones, browsers, and commands that start at once."""

import logging
import os
import re
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.artifacts import LITE_MODEL
from tfstyle.backend import silenced_stderr
from tfstyle.images import from_signed, to_signed
from tfstyle.saved.archive import (
    PARITY_SIZES,
    ExportError,
    ModuleArchive,
    computing_with,
    first_line,
    half_module,
    in_float32,
)
from tfstyle.saved.family import EXTRACT, GENERATE, STYLIZE, TRANSLATE

logger = logging.getLogger(__name__)

# Of outputs in [0, 1]; other outputs, such as style vectors, relative to their largest value.
LITE_TOLERANCE = 2 / 255


def convert_to_lite(model, image_size: tuple[int, int] | None = None) -> bytes:
    """Converts a model for LiteRT, with float16 weights, and compares the results.

    All images have one in a batch, any height and width or those of `image_size`, and values in [0, 1]. The signatures
    by use:

        style bank: stylize: images float32 `[1, height, width, 3]` RGB, style_weights float32 `[1, num_styles]` that
            sum to 1, strength float32 `[1]` in [0, 1], stroke_sizes float32 `[1]`, seeds int32 `[1]` -> images
        arbitrary style transfer: encode_style: style_images -> style_vectors float32 `[1, style_dim]`; stylize: images,
            style_vectors, strength float32 `[1]`, and seeds int32 `[1]` if it has noise -> images
        image-to-image translation: translate: images -> images
        generator: generate: latents float32 `[1, latent_dim]`, and labels int32 `[1]` with classes -> images
        perceptual network: extract: images -> its layers by name

    Args:
        model: `keras.Model` of a registered family, in any precision.
        image_size: height and width of all images, or None for any. The runtime in browsers needs fixed ones.

    Returns:
        The content of a .tflite file.

    Raises:
        ArtifactError: if no family has the class of the model.
        ExportError: if its family has no signatures for LiteRT, an operation cannot be converted, or the results
            differ by more than two levels of 8 bits.
    """
    model = in_float32(model)
    half = half_module(model)
    height, width = image_size or (None, None)
    signatures = _signatures(model, half, tf.TensorSpec((1, height, width, 3), tf.float32, name="images"))
    with tempfile.TemporaryDirectory() as folder, silenced_stderr(show_if_it_fails=False):
        try:
            ModuleArchive(half, signatures).write_out(folder)
            converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(signatures))
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
            content = converter.convert()
        except Exception as error:  # the converter raises errors of many types
            reason = next((line for line in str(error).splitlines() if "error: " in line), first_line(error))
            missing = re.search(r"'(tf\.\w+)' op is neither a custom op", str(error))
            reason = f"it has no {missing[1]}. Export it as a SavedModel." if missing else reason[-300:]
            raise ExportError(f"{type(model).__name__} cannot be converted for LiteRT: {reason}") from error
        # Of smaller images a U-Net would normalize a single position, which turns rounding errors into colors.
        _check(content, signatures, least_side=getattr(model, "stride", 0) + 1)
    return content


def make_lite(model) -> dict[str, bytes]:
    """The converted model as a file beside the metadata, for `write_archive`; without it if it cannot be converted."""
    try:
        return {LITE_MODEL.name: convert_to_lite(model)}
    except ExportError as error:
        logger.warning("exported without a model for LiteRT: %s", error)
        return {}


def _signatures(model, half, images_spec) -> dict[str, Any]:
    from tfstyle.saved.registry import family_of_model

    family = family_of_model(model)
    kinds: dict[str, Callable] = {TRANSLATE: _translator, GENERATE: _generator, EXTRACT: _extractor}
    kinds[STYLIZE] = _bank if family.has_named_styles else _styler
    if family.use not in kinds:
        raise ExportError(f"A {family.title} has no signatures for LiteRT. Export it as a SavedModel.")
    return kinds[family.use](model, half, images_spec)


def _bank(bank, half, images_spec):
    style_weights = tf.TensorSpec((1, len(bank.style_names)), tf.float32, name="style_weights")
    strength, stroke_sizes = (tf.TensorSpec((1,), tf.float32, name=name) for name in ("strength", "stroke_sizes"))
    seeds = tf.TensorSpec((1,), tf.int32, name="seeds")

    @tf.function(input_signature=[images_spec, style_weights, strength, stroke_sizes, seeds])
    def stylize(images, style_weights, strength, stroke_sizes, seeds):
        identity = np.eye(1, len(bank.style_names), dtype=np.float32)
        style_weights = strength * style_weights + (1.0 - strength) * identity
        with computing_with(bank, half):
            return {"images": bank(images, style_weights, stroke_sizes, seeds)}

    return {"stylize": stylize}


def _styler(styler, half, images_spec):
    style_images = tf.TensorSpec(images_spec.shape, tf.float32, name="style_images")
    style_vectors = tf.TensorSpec((1, styler.style_dim), tf.float32, name="style_vectors")

    @tf.function(input_signature=[style_images])
    def encode_style(style_images):
        with computing_with(styler, half):
            return {"style_vectors": styler.encode_style(style_images)}

    inputs = [images_spec, style_vectors, tf.TensorSpec((1,), tf.float32, name="strength")]
    if styler.has_noise:
        inputs.append(tf.TensorSpec((1,), tf.int32, name="seeds"))

    @tf.function(input_signature=inputs)
    def stylize(images, style_vectors, strength, seeds=None):
        noise = () if seeds is None else (seeds,)
        with computing_with(styler, half):
            return {"images": styler(images, style_vectors, strength, *noise)}

    return {"encode_style": encode_style, "stylize": stylize}


def _translator(translator, half, images_spec):
    @tf.function(input_signature=[images_spec])
    def translate(images):
        with computing_with(translator, half):
            return {"images": from_signed(translator(to_signed(images), training=False))}

    return {"translate": translate}


def _generator(generator, half, images_spec):
    latents = tf.TensorSpec((1, generator.latent_dim), tf.float32, name="latents")
    labels = tf.TensorSpec((1,), tf.int32, name="labels")

    @tf.function(input_signature=[latents, labels] if generator.num_classes else [latents])
    def generate(latents, labels=None):
        with computing_with(generator, half):
            return {"images": from_signed(generator(latents, labels, training=False))}

    return {"generate": generate}


def _extractor(extractor, half, images_spec):
    @tf.function(input_signature=[images_spec])
    def extract(images):
        with computing_with(extractor, half):
            return extractor(images)

    return {"extract": extract}


def _check(content, signatures, least_side=1):
    """Compares the results of the converted model with those of the functions it was made of."""
    interpreter = _interpreter(content)
    random = np.random.default_rng(0)
    for name, function in signatures.items():
        runner = interpreter.get_signature_runner(name)
        for sides in PARITY_SIZES:
            size = [max(side, least_side) for side in sides]
            inputs = {spec.name: _example(spec, size, random) for spec in function.input_signature}
            results = runner(**inputs)
            for key, expected in function(**inputs).items():
                expected = expected.numpy()
                scale = max(1.0, float(np.abs(expected).max()))
                difference = float(np.abs(results[key] - expected).max()) / scale
                if not difference <= LITE_TOLERANCE:
                    raise ExportError(f"The {key} of the model for LiteRT differ by {difference:.2g} from the model's.")


def _example(spec, size, random):
    shape = [next(sides) if side is None else side for sides in [iter(size)] for side in spec.shape]
    if spec.dtype == tf.int32:
        return np.zeros(shape, np.int32)
    if spec.name in ("strength", "stroke_sizes"):
        return np.ones(shape, np.float32)
    values = random.random(shape, np.float32)
    return values / values.sum() if spec.name == "style_weights" else values


def _interpreter(content):
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        Interpreter = tf.lite.Interpreter  # noqa: N806
    return Interpreter(model_content=content, num_threads=os.cpu_count())
