"""Every public layer and model goes through the same checks. A new one costs one line in `CASES`."""

import dataclasses
import functools
import importlib
import inspect
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.layers import (
    AdaptiveInstanceNormalization,
    ConditionalConvolution,
    ConditionalInstanceNormalization,
    ConditionalResidualBlock,
    ReflectionPadding2D,
    UpsamplingConv2D,
)
from tfstyle.layers.averaged_downsampling_block import AveragedDownsamplingBlock
from tfstyle.layers.bicubic_upsampling import BicubicUpsampling2D
from tfstyle.layers.conditional_batch_normalization import ConditionalBatchNormalization
from tfstyle.layers.discriminator_convolution import DiscriminatorConvolution
from tfstyle.layers.discriminator_residual_block import DiscriminatorResidualBlock
from tfstyle.layers.fused_batch_normalization import FusedBatchNormalization
from tfstyle.layers.gated_convolution import GatedConvolution
from tfstyle.layers.gated_upsampling_block import GatedUpsamplingBlock
from tfstyle.layers.generator_residual_block import GeneratorResidualBlock
from tfstyle.layers.hole_diffusion import HoleDiffusion
from tfstyle.layers.image_decoder import ImageDecoder
from tfstyle.layers.instance_normalization import InstanceNormalization
from tfstyle.layers.noise_injection import NoiseInjection
from tfstyle.layers.normalized_convolution import NormalizedConvolution
from tfstyle.layers.normalized_residual_block import NormalizedResidualBlock
from tfstyle.layers.projection_logit import ProjectionLogit
from tfstyle.layers.skip_layer_excitation import SkipLayerExcitation
from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.layers.style_injection import StyleInjection
from tfstyle.layers.word_attention import WordAttention
from tfstyle.models.base_model import BaseModel
from tfstyle.models.gan.dcgan import ConvDiscriminator, ConvGenerator
from tfstyle.models.gan.dense_gan import DenseDiscriminator, DenseGenerator
from tfstyle.models.gan.fastgan import FastGANDiscriminator, FastGANGenerator
from tfstyle.models.gan.gan import Discriminator, Generator
from tfstyle.models.gan.resnet_gan import ResNetDiscriminator, ResNetGenerator
from tfstyle.models.gan.text_encoder import TextEncoder
from tfstyle.models.gan.text_gan import MatchingDiscriminator, TextConditionalGenerator
from tfstyle.models.perceptual.compressed_vgg19 import CompressedVGG19
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.perceptual.perceptual_extractor import PerceptualExtractor
from tfstyle.models.perceptual.squeezenet_extractor import FireModule, SqueezeNetExtractor
from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor
from tfstyle.models.presets import FromPreset
from tfstyle.models.style.adain import AdaINStyler, InverseCNN
from tfstyle.models.style.adjusted_styler import AdjustedStyler
from tfstyle.models.style.arbitrary_styler import ArbitraryStyler
from tfstyle.models.style.plain_style_bank import PlainStyleBank
from tfstyle.models.style.semantic_style import SemanticStyler, StylePatchDiscriminator
from tfstyle.models.style.style_bank import StyleBank
from tfstyle.models.translation.colorizer import Colorizer
from tfstyle.models.translation.inpainter import Inpainter
from tfstyle.models.translation.patch_discriminator import PatchDiscriminator
from tfstyle.models.translation.patch_projector import PatchProjector
from tfstyle.models.translation.resnet_translator import ResNetTranslator
from tfstyle.models.translation.unet_generator import UNetGenerator
from tfstyle.models.translation.upscaler import Upscaler
from tfstyle.saved import registry
from tfstyle.saved.loaded import LoadedModel

LABELS = (2,)
WORDS = ("a", "red", "ring")


class Tokens(tuple):
    """The shape of captions: integers below 4, of which 0 is padding."""


@dataclasses.dataclass(frozen=True, eq=False)  # hashable: each is only itself
class Case:
    """A layer or model, and what it takes to run it.

    Args:
        kind: the class.
        arguments: dict, what it is made with; its config must give the same back.
        shapes: shapes of its inputs, the batch first. They are filled with numbers in [0, 1); `LABELS` stands for
            integers below 3, `Tokens` for captions.
        any_size: bool, height and width of its images may change from call to call.
        output_dtype: the dtype it promises in every precision; None if its outputs have the compute dtype.
        half_error: float, how many times the usual error it may make in half precision. Random weights of a deep
            network saturate a final sigmoid, whose few pixels between 0 and 1 then jump.
    """

    kind: type
    arguments: dict
    shapes: list
    any_size: bool = True
    output_dtype: str | None = None
    half_error: float = 1.0


CASES = [
    Case(ReflectionPadding2D, {"padding": (1, 2)}, [(2, 5, 7, 3)]),
    Case(UpsamplingConv2D, {"filters": 4, "kernel_initializer": "he_normal"}, [(2, 5, 7, 3)]),
    Case(ConditionalInstanceNormalization, {"num_styles": 3, "epsilon": 1e-4}, [(2, 5, 7, 4), (2, 3)]),
    Case(
        ConditionalConvolution,
        {"filters": 6, "kernel_size": 5, "num_styles": 3, "strides": 2, "activation": "gelu", "epsilon": None},
        [(2, 5, 7, 4), (2, 3)],
    ),
    Case(ConditionalResidualBlock, {"filters": 4, "num_styles": 3, "epsilon": None}, [(2, 5, 7, 4), (2, 3)]),
    Case(
        ConditionalConvolution,
        {"filters": 6, "kernel_size": 3, "num_styles": None, "strides": 1, "activation": "relu", "epsilon": None},
        [(2, 5, 7, 4), (2, 12)],
    ),
    Case(ConditionalResidualBlock, {"filters": 4, "num_styles": None, "epsilon": 0.1}, [(2, 5, 7, 4), (2, 16)]),
    Case(StyleInjection, {"epsilon": None}, [(2, 5, 7, 4), (2, 8)]),
    Case(StyleInjection, {"epsilon": 0.1}, [(2, 5, 7, 4), (2, 8)]),
    Case(AdaptiveInstanceNormalization, {"epsilon": 1e-4}, [(2, 5, 7, 4), (2, 8)]),
    Case(NoiseInjection, {"num_styles": 3}, [(2, 5, 7, 4), (2, 5, 7, 2), (2, 3)]),
    Case(FireModule, {"squeeze_filters": 3, "expand_filters": 4}, [(2, 5, 7, 4)]),
    Case(SqueezeNetExtractor, {"layer_names": ("conv1", "fire3")}, [(2, 17, 19, 3)]),
    Case(CompressedVGG19, {"layer_names": ("block1_conv2", "block2_conv1"), "weights": None}, [(2, 9, 13, 3)]),
    Case(LightStyleExtractor, {"layer_names": ("stage2_conv2", "stage3_conv1"), "weights": None}, [(2, 9, 13, 3)]),
    Case(
        VGG19StyleExtractor,
        {"layer_names": ("block1_conv2", "block2_conv1"), "weights": None, "pooling": "average"},
        [(2, 9, 13, 3)],
    ),
    Case(
        StyleBank,
        {
            "style_names": ("identity", "waves", "stars"),
            "filters": (4, 6, 4),
            "num_residual_blocks": 1,
            "learned_stroke_sizes": (0.5, 2.0),
            "has_details": False,
        },
        [(2, 13, 18, 3), (2, 3)],
        output_dtype="float32",
    ),
    Case(
        PlainStyleBank,
        {"style_names": ("identity", "waves", "stars"), "filters": (4, 8, 4), "num_residual_blocks": 1},
        [(2, 13, 18, 3), (2, 3)],
        output_dtype="float32",
    ),
    Case(
        SemanticStyler,
        {
            "extractor_weights": None,
            "style_dim": 5,
            "hidden_dim": 6,
            "filters": (4, 8, 4),
            "num_residual_blocks": 1,
            "has_details": False,
        },
        [(2, 13, 18, 3), (2, 5), (2,)],
        output_dtype="float32",
    ),
    Case(
        AdjustedStyler,
        {
            "extractor_weights": None,
            "num_discriminants": 5,
            "filters": (4, 4, 8, 8),
            "num_residual_blocks": 1,
        },
        [(2, 13, 18, 3), (2, 651 + 144), (2,)],
        output_dtype="float32",
        half_error=3.0,
    ),
    Case(
        StylePatchDiscriminator,
        {"style_dim": 5, "filters": (4, 6, 8)},
        [(2, 32, 27, 3), (2, 5)],
        output_dtype="float32",
    ),
    Case(InverseCNN, {"filters": (6, 5)}, [(2, 3, 4, 8)], output_dtype="float32"),
    Case(
        AdaINStyler,
        {"encoder_weights": None, "decoder_filters": (6,)},
        [(2, 13, 18, 3), (2, 256), (2,)],
        output_dtype="float32",
        half_error=3.0,
    ),
    Case(FusedBatchNormalization, {"momentum": 0.8, "epsilon": 1e-2}, [(2, 5, 7, 4)]),
    Case(ConditionalBatchNormalization, {"num_classes": 3, "momentum": 0.8}, [(2, 5, 7, 4), LABELS]),
    Case(
        SpectralNormalization,
        {"layer": keras.layers.Conv2D(4, 3), "power_iterations": 2},
        [(2, 5, 7, 3)],
        output_dtype="float32",  # that of the wrapped layer
    ),
    Case(ProjectionLogit, {"num_classes": 3, "use_spectral_normalization": True}, [(2, 6), LABELS], False, "float32"),
    Case(GeneratorResidualBlock, {"filters": 4, "num_classes": 3}, [(2, 3, 5, 6), LABELS]),
    Case(DiscriminatorResidualBlock, {"filters": 4, "downsample": True, "is_first": True}, [(2, 5, 6, 3)]),
    Case(SkipLayerExcitation, {"pooled_size": 2}, [(2, 4, 4, 5), (2, 8, 8, 3)], any_size=False),
    Case(GatedUpsamplingBlock, {"filters": 4, "num_convolutions": 2, "num_classes": 3}, [(2, 3, 5, 6), LABELS, LABELS]),
    Case(
        DiscriminatorConvolution,
        {"filters": 4, "kernel_size": 4, "strides": 2, "normalization": "batch", "negative_slope": 0.1},
        [(2, 5, 7, 3)],
    ),
    Case(AveragedDownsamplingBlock, {"filters": 4, "normalization": "spectral"}, [(2, 6, 8, 3)]),
    Case(
        ImageDecoder,
        {"filters": (4, 3), "channels": 1, "use_batch_normalization": True},
        [(2, 3, 5, 4)],
        output_dtype="float32",
    ),
    Case(
        DenseGenerator,
        {"image_shape": (6, 5, 3), "latent_dim": 4, "units": (8, 9), "num_classes": 3, "embedding_dim": 2},
        [(2, 4), LABELS],
        output_dtype="float32",
    ),
    Case(
        DenseDiscriminator,
        {"image_shape": (6, 5, 3), "units": (8, 9), "num_classes": 3, "dropout": 0.1},
        [(2, 6, 5, 3), LABELS],
        any_size=False,
        output_dtype="float32",
    ),
    Case(
        ConvGenerator,
        {"image_size": 28, "channels": 3, "latent_dim": 4, "filters": (6, 5, 4), "kernel_size": 4},
        [(2, 4)],
        output_dtype="float32",
    ),
    Case(
        ConvDiscriminator,
        {"image_size": 28, "filters": (4, 6), "num_classes": 3, "normalization": "spectral"},
        [(2, 28, 28, 1), LABELS],
        any_size=False,
        output_dtype="float32",
    ),
    Case(
        ResNetGenerator,
        {"image_size": 12, "latent_dim": 4, "filters": (8, 6, 5), "num_classes": 3},
        [(2, 4), LABELS],
        output_dtype="float32",
    ),
    Case(
        ResNetDiscriminator,
        {"image_size": 12, "filters": (4, 6), "num_downsamplings": 1, "num_classes": 3},
        [(2, 12, 12, 3), LABELS],
        any_size=False,
        output_dtype="float32",
    ),
    Case(
        FastGANGenerator,
        {"image_size": 64, "latent_dim": 4, "filters": (6, 5, 4, 4, 4), "num_classes": 3},
        [(2, 4), LABELS],
        output_dtype="float32",
    ),
    Case(
        FastGANDiscriminator,
        {"image_size": 32, "filters": (4, 6), "num_classes": 3, "normalization": "batch", "decoder_filters": 5},
        [(2, 32, 32, 3), LABELS, LABELS],
        any_size=False,
        output_dtype="float32",
    ),
    Case(InstanceNormalization, {"epsilon": 1e-4}, [(2, 5, 7, 4)]),
    Case(NormalizedConvolution, {"filters": 6, "kernel_size": 5, "strides": 2, "activation": "gelu"}, [(2, 5, 7, 4)]),
    Case(NormalizedResidualBlock, {"filters": 4}, [(2, 5, 7, 4)]),
    Case(
        UNetGenerator,
        {"filters": (4, 6, 8), "dropout": 0.2, "upsampling": "transposed"},
        [(2, 17, 21, 3)],
        output_dtype="float32",
    ),
    Case(
        ResNetTranslator,
        {"filters": (4, 6), "num_residual_blocks": 2, "upsampling": "nearest"},
        [(2, 9, 13, 3)],
        output_dtype="float32",
    ),
    Case(BicubicUpsampling2D, {"scale": 3}, [(2, 5, 7, 3)]),
    Case(
        GatedConvolution,
        {"filters": 6, "kernel_size": 5, "strides": 1, "dilation_rate": 2, "activation": "gelu"},
        [(2, 5, 7, 4)],
    ),
    Case(HoleDiffusion, {"num_iterations": 3}, [(2, 9, 13, 3), (2, 9, 13, 1)], output_dtype="float32"),
    Case(Inpainter, {"filters": (4, 6), "num_residual_blocks": 1}, [(2, 9, 13, 3), (2, 9, 13, 1)], True, "float32"),
    Case(Upscaler, {"scale": 4, "filters": 4, "num_residual_blocks": 2}, [(2, 5, 7, 3)], True, "float32"),
    Case(
        Colorizer,
        {"filters": (4, 6, 8), "dropout": 0.2, "upsampling": "nearest"},
        [(2, 17, 21, 3)],
        output_dtype="float32",
    ),
    Case(
        PatchDiscriminator,
        {"receptive_field": 34, "filters": 4, "condition_channels": 2, "normalization": "instance"},
        [(2, 17, 21, 3), (2, 17, 21, 2)],
        output_dtype="float32",
    ),
    Case(
        PatchProjector,
        {"feature_dims": (3, 4), "projection_dim": 5},
        [(2, 6, 3), (2, 6, 4)],
        output_dtype="float32",
    ),
    Case(WordAttention, {"dim": 6}, [(2, 5, 7, 4), (2, 3, 8)]),
    Case(
        TextEncoder,
        {"num_tokens": 3, "num_words": 5, "dim": 6, "kernel_size": 3, "num_convolutions": 2},
        [Tokens((2, 5))],
        any_size=False,
    ),
    Case(
        TextConditionalGenerator,
        {"vocabulary": WORDS, "num_words": 5, "image_size": 12, "latent_dim": 4, "filters": (8, 6, 5), "units": 8},
        [(2, 4), Tokens((2, 5))],
        any_size=False,
        output_dtype="float32",
    ),
    Case(
        MatchingDiscriminator,
        {"num_tokens": 3, "num_words": 5, "image_size": 12, "filters": (4, 6), "units": 8, "text_dim": 6},
        [(2, 12, 12, 3), Tokens((2, 5))],
        any_size=False,
        output_dtype="float32",
    ),
]
BASE_CLASSES = {ArbitraryStyler, BaseModel, Discriminator, Generator, PerceptualExtractor}

MODELS = [case for case in CASES if issubclass(case.kind, keras.Model)]

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind.__name__)
each_model = pytest.mark.parametrize("case", MODELS, ids=lambda case: case.kind.__name__)


def make_gans(architecture, generator_options, discriminator_options, size=16):
    """Generator and discriminator as one model, without classes and with; each with inputs for it."""
    random = np.random.default_rng(0)
    for num_classes in (0, 3):
        generator, discriminator = tfstyle.models.create_networks(
            architecture, (size, size, 3), num_classes, discriminator_options=discriminator_options, **generator_options
        )
        latents = random.standard_normal((2, generator.latent_dim), "float32")
        gan = tfstyle.models.create_gan(generator, discriminator)
        yield gan, {"latents": latents, "labels": np.array([2, 0], "int32")} if num_classes else latents


def make_translation_networks(method, architecture, generator_options):
    """The networks of a method of image-to-image translation, each with inputs for it."""
    networks = tfstyle.models.create_translation_networks(
        method, architecture, generator_options, {"receptive_field": 16, "filters": 4}
    )
    random = np.random.default_rng(0)
    images = random.standard_normal((2, 12, 16, 3), "float32")
    for name, network in networks.items():
        if name == "projector":
            yield network, [random.standard_normal((2, 6, dim), "float32") for dim in network.feature_dims]
        elif getattr(network, "condition_channels", 0):
            yield network, {"images": images, "condition": images}
        else:
            yield network, images


def make_restoration_networks(task, generator_options):
    """The networks of a task of restoration, each with inputs for it."""
    networks = tfstyle.models.create_restoration_networks(
        task, generator_options, {"receptive_field": 16, "filters": 4}
    )
    images = np.random.default_rng(0).standard_normal((2, 12, 16, 7), "float32")
    discriminator = networks["discriminator"]
    masks = {"images": images[..., :3], "masks": np.float32(images[..., 3:4] > 0)}
    yield networks["generator"], masks if task == "repair" else images[..., :3]
    yield (
        discriminator,
        {"images": images[..., :3], "condition": images[..., 3 : 3 + discriminator.condition_channels]},
    )


def make_text_networks():
    """The networks of a text-conditional GAN, each with inputs for it."""
    generator, discriminator = tfstyle.models.create_text_networks(
        WORDS, 5, 8, {"filters": (6, 5), "latent_dim": 4}, {"filters": (4,)}
    )
    tokens = np.array([[1, 2, 3, 0, 0], [3, 0, 0, 0, 0]], "int32")
    random = np.random.default_rng(0)
    yield generator, {"latents": random.standard_normal((2, 4), "float32"), "tokens": tokens}
    yield discriminator, {"images": random.standard_normal((2, 8, 8, 3), "float32"), "tokens": tokens}


# Functions of `tfstyle.models` that return models -> what yields some of them, each with inputs. Every way they differ.
FACTORIES = {
    ("create_networks", "create_gan"): [
        lambda: make_gans("dense", {"latent_dim": 4, "units": (8, 9)}, {"units": (8,)}),
        lambda: make_gans("conv", {"latent_dim": 4, "filters": (6, 5)}, {"filters": (4,), "normalization": "spectral"}),
        lambda: make_gans("resnet", {"latent_dim": 4, "filters": (6, 5, 4)}, {"filters": (4, 4, 6)}),
        lambda: make_gans("fastgan", {"latent_dim": 4, "filters": (6, 5, 4, 4)}, {"filters": (4, 4)}, 32),
    ],
    ("create_restoration_networks",): [
        lambda: make_restoration_networks("colorize", {"filters": (4, 6)}),
        lambda: make_restoration_networks("upscale", {"filters": 4, "num_residual_blocks": 1}),
        lambda: make_restoration_networks("repair", {"filters": (4, 6), "num_residual_blocks": 1}),
    ],
    ("create_text_networks",): [make_text_networks],
    ("create_translation_networks",): [
        lambda: make_translation_networks("pix2pix", "unet", {"filters": (4, 6)}),
        lambda: make_translation_networks("cyclegan", "resnet", {"filters": (4, 6), "num_residual_blocks": 1}),
        lambda: make_translation_networks("cut", "resnet", {"filters": (4, 6), "num_residual_blocks": 1}),
    ],
}


@functools.cache
def inputs_of(case, larger=False):
    """Inputs of the case's shapes, or of another batch and, where it is free, another size."""
    random = np.random.default_rng(0)
    inputs = []
    for shape in case.shapes:
        if isinstance(shape, Tokens):
            tokens = 1 + np.arange((shape[0] + larger) * shape[1]).reshape(-1, shape[1]) % len(WORDS)
            tokens[0, -2:] = 0
            inputs.append(tf.constant(tokens, "int32"))
            continue
        if larger:
            resized = [side + 2 for side in shape[1:-1]] if case.any_size else shape[1:-1]
            shape = (shape[0] + 1, *resized, *shape[1:][-1:])
        inputs.append(tf.constant(random.random(shape), "float32") if len(shape) > 1 else tf.range(shape[0]))
    return inputs


def make_new(case, **kwargs):
    """The layer or model, as its user makes it; a layer among its arguments is made anew."""
    arguments = {
        name: value.from_config(value.get_config()) if isinstance(value, keras.Layer) else value
        for name, value in case.arguments.items()
    }
    return case.kind(**arguments, **kwargs)


@functools.cache
def make(case, dtype="float32"):
    """It, built, with no weight left at a round number that a mistake could leave unnoticed."""
    keras.utils.set_random_seed(0)
    layer = make_new(case, dtype=dtype)
    layer(*inputs_of(case))
    random = np.random.default_rng(0)
    for variable in layer.weights:
        if "float" in variable.dtype:
            variable.assign_add(0.1 * random.standard_normal(variable.shape))
    return layer


def signature_of(case):
    """Unknown batch; unknown sizes between batch and channels, where they are free."""
    specs = []
    for index, (shape, tensor) in enumerate(zip(case.shapes, inputs_of(case), strict=True)):
        sizes = [None] * len(shape[1:-1]) if case.any_size else shape[1:-1]
        specs.append(tf.TensorSpec((None, *sizes, *shape[1:][-1:]), tensor.dtype, name=f"input_{index}"))
    return specs


def as_arrays(outputs):
    return [np.asarray(tf.cast(tensor, tf.float32)) for tensor in tf.nest.flatten(outputs)]


def assert_same(outputs, expected, **tolerance):
    outputs, expected = as_arrays(outputs), as_arrays(expected)
    for output, target in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(output, target, **tolerance)


def test_every_public_layer_and_model_is_listed():
    package = Path(tfstyle.__file__).parent
    found = set()
    for path in [*package.glob("layers/*.py"), *package.glob("models/**/*.py")]:
        if path.stem == "__init__":
            continue
        module = importlib.import_module(".".join(path.relative_to(package.parent).with_suffix("").parts))
        found |= {
            value
            for name, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, keras.Layer)
            if value.__module__ == module.__name__ and not name.startswith("_")
        }
    assert found - BASE_CLASSES == {case.kind for case in CASES}


@each_case
def test_config_gives_back_what_went_in(case):
    config = make_new(case, name="one_of_a_kind", dtype="mixed_bfloat16").get_config()
    for name, value in case.arguments.items():
        if isinstance(value, keras.Layer):
            value = keras.saving.serialize_keras_object(value)
        assert config[name] == value, name
        assert type(config[name]) is type(value), name
    again = case.kind.from_config(config)
    assert again.get_config() == config
    assert again.name == "one_of_a_kind"
    assert again.dtype_policy.name == "mixed_bfloat16"


@each_case
def test_config_survives_json(case):
    layer = make_new(case)
    text = json.dumps(keras.saving.serialize_keras_object(layer))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert type(again) is case.kind
    assert again.get_config() == layer.get_config()


@each_case
def test_keras_file_round_trip(case, tmp_path):
    layer = make(case)
    if isinstance(layer, keras.Model):
        model = layer
    else:
        symbols = [keras.Input(spec.shape[1:], dtype=spec.dtype.name) for spec in signature_of(case)]
        model = keras.Model(symbols, layer(*symbols))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    if not isinstance(layer, keras.Model):
        again = again.layers[-1]
    assert type(again) is case.kind
    assert_same(again(*inputs_of(case)), layer(*inputs_of(case)), rtol=0, atol=0)


@each_model
def test_part_of_a_functional_model(case, tmp_path):
    """A model is a layer of another: saved and loaded, that computes the same."""
    model = make(case)
    symbols = [keras.Input(spec.shape[1:], dtype=spec.dtype.name) for spec in signature_of(case)]
    whole = keras.Model(symbols, model(*symbols))
    whole.save(tmp_path / "whole.keras")
    again = keras.saving.load_model(tmp_path / "whole.keras")
    assert_same(again(inputs_of(case)), whole(inputs_of(case)), rtol=0, atol=0)


@each_model
def test_inputs_come_separately_or_packed(case):
    """`predict` hands on what it was given as one argument: a list, or a dict by the names of the call arguments."""
    model, inputs = make(case), inputs_of(case)
    expected = model(*inputs)
    arrays = [tensor.numpy() for tensor in inputs]
    ways = [arrays] if len(arrays) > 1 else arrays
    parameters = list(inspect.signature(case.kind.call).parameters.values())[1:]
    if len(arrays) > 1 and parameters[0].kind != inspect.Parameter.VAR_POSITIONAL:
        ways.append({parameter.name: array for parameter, array in zip(parameters, arrays, strict=False)})
    for packed in ways:
        assert_same(model.predict(packed, verbose=0), expected, rtol=1e-4, atol=1e-5)


EXPORTED = [
    case for case in MODELS if any(case.kind.__name__ in family.class_names for family in registry.list_families())
]


def test_every_class_of_a_family_is_listed():
    known = {name for family in registry.list_families() for name in family.class_names}
    assert known == {case.kind.__name__ for case in EXPORTED}


@pytest.mark.slow
@pytest.mark.parametrize("case", EXPORTED, ids=lambda case: case.kind.__name__)
def test_a_family_is_exported_and_loaded(case, tmp_path):
    """Whatever is registered: exported by its family, loaded for use, sent to another process, and trained on."""
    model = make_new(case)
    model.set_weights([weight.astype("float16") for weight in make(case).get_weights()])  # as most families keep them
    registry.export_model(model, tmp_path / "saved")
    loaded = registry.load_saved_model(tmp_path / "saved")
    assert isinstance(loaded, LoadedModel)
    assert loaded.metadata["family"] == case.kind.family == registry.family_of_model(model).name
    assert pickle.loads(pickle.dumps(loaded)).metadata == loaded.metadata
    again = case.kind.from_preset(tmp_path / "saved")
    assert type(again) is case.kind
    for new, old in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)


@each_model
def test_every_model_has_presets(case):
    assert issubclass(case.kind, FromPreset)
    assert isinstance(case.kind.presets, dict)


def test_every_factory_is_listed():
    public = [name for name in tfstyle.models.__all__ if inspect.isfunction(getattr(tfstyle.models, name))]
    assert sorted(public) == sorted(name for names in FACTORIES for name in names)


@pytest.mark.parametrize(
    ("names", "number"),
    [
        pytest.param(names, number, marks=[pytest.mark.slow] if (names[0], number) == ("create_networks", 2) else [])
        for names, makers in FACTORIES.items()
        for number in range(len(makers))
    ],
)
def test_what_a_factory_returns_is_saved_and_loaded(names, number, tmp_path):
    for model, inputs in FACTORIES[names][number]():
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        assert_same(again(inputs), model(inputs), rtol=0, atol=0)


@each_case
def test_one_trace_serves_any_batch_and_size(case):
    layer = make(case)
    function = tf.function(layer.__call__, input_signature=signature_of(case))
    for larger in (False, True):
        inputs = inputs_of(case, larger)
        assert_same(function(*inputs), layer(*inputs), rtol=1e-4, atol=1e-5)
    assert function.experimental_get_tracing_count() == 1


@each_case
@pytest.mark.parametrize(("dtype", "tolerance"), [("mixed_bfloat16", 0.03), ("mixed_float16", 0.003)])
def test_mixed_precision_computes_the_same(case, dtype, tolerance):
    full, mixed = make(case), make(case, dtype)
    mixed.set_weights(full.get_weights())
    assert all(variable.dtype == "float32" for variable in mixed.trainable_variables)
    outputs = mixed(*inputs_of(case))
    expected_dtype = case.output_dtype or mixed.compute_dtype
    assert {tensor.dtype.name for tensor in tf.nest.flatten(outputs)} == {expected_dtype}
    for output, target in zip(as_arrays(outputs), as_arrays(full(*inputs_of(case))), strict=True):
        error = np.linalg.norm(output - target) / np.linalg.norm(target)
        assert error < tolerance * case.half_error  # NaN and infinity fail as well


@each_case
def test_a_gradient_reaches_every_weight_and_input(case):
    layer = make(case)
    inputs, random = inputs_of(case), np.random.default_rng(1)
    watched = {f"input {index}": tensor for index, tensor in enumerate(inputs) if tensor.dtype.is_floating}
    with tf.GradientTape() as tape:
        tape.watch(list(watched.values()))
        outputs = tf.nest.flatten(layer(*inputs))
        if isinstance(layer, ArbitraryStyler):  # whose style vectors come from elsewhere in a call
            outputs.append(layer.encode_style(inputs[0]))
        # Weighed at random: a plain sum has no gradient through a normalization.
        loss = sum(tf.reduce_sum(output * random.standard_normal(output.shape)) for output in outputs)
    watched |= {variable.path: variable.value for variable in layer.trainable_variables}
    gradients = tape.gradient(loss, watched)
    for name, gradient in gradients.items():
        assert gradient is not None, f"no gradient for {name}"
        gradient = tf.convert_to_tensor(gradient)
        assert np.isfinite(gradient).all(), f"the gradient for {name} is not finite"
        assert np.any(gradient), f"the gradient for {name} is zero"


# Run elsewhere: all that a stranger's program knows of tfstyle are the folders it is given.
STRANGER = """
import pathlib, sys
import numpy as np
import tensorflow as tf

class NoTfstyle:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tfstyle":
            raise ImportError(name)

sys.meta_path.insert(0, NoTfstyle())
try:
    import tfstyle
except ImportError:
    pass
else:
    sys.exit("tfstyle was imported: this process proves nothing")
for folder in sorted(path for path in pathlib.Path().iterdir() if path.is_dir()):
    print(folder.name, file=sys.stderr)
    with np.load(folder / "inputs.npz") as arrays:
        inputs = [tf.constant(arrays[name]) for name in arrays.files]
    model = tf.saved_model.load(str(folder))
    outputs = model.serve(*inputs)
    np.savez(folder / "outputs.npz", *tf.nest.flatten(outputs))
"""


@pytest.fixture(scope="module")
def seen_by_a_stranger(tmp_path_factory):
    """Case -> outputs of its SavedModel in a process that cannot import tfstyle."""
    root = tmp_path_factory.mktemp("saved_models")
    folders = {case: root / f"{index}_{case.kind.__name__}" for index, case in enumerate(CASES)}
    for case, folder in folders.items():
        layer = make(case)
        archive = keras.export.ExportArchive()
        archive.add_endpoint("serve", layer.__call__, input_signature=signature_of(case))
        archive.write_out(str(folder), verbose=False)
        np.savez(folder / "inputs.npz", *inputs_of(case, larger=True))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = subprocess.run(
        [sys.executable, "-c", STRANGER], cwd=root, env=environment, capture_output=True, text=True, timeout=300
    )
    assert process.returncode == 0, process.stderr
    results = {}
    for case, folder in folders.items():
        with np.load(folder / "outputs.npz") as arrays:
            results[case] = [arrays[name] for name in arrays.files]
    return results


@each_case
def test_saved_model_needs_no_tfstyle(case, seen_by_a_stranger):
    expected = make(case)(*inputs_of(case, larger=True))
    assert_same(seen_by_a_stranger[case], expected, rtol=1e-4, atol=1e-5)
