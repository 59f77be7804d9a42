"""Loss networks and feature extractors by the names of `--extractor`."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfstyle import artifacts
from tfstyle.commands.console import UsageError

if TYPE_CHECKING:
    import numpy as np

    from tfstyle.metrics.features import FeatureExtractor

EXTRACTORS = {
    "compressed-vgg19": ("tfstyle.models.perceptual.compressed_vgg19", "CompressedVGG19"),
    "light": ("tfstyle.models.perceptual.light_extractor", "LightStyleExtractor"),
    "squeezenet": ("tfstyle.models.perceptual.squeezenet_extractor", "SqueezeNetExtractor"),
    "vgg19": ("tfstyle.models.perceptual.vgg19_extractor", "VGG19StyleExtractor"),
}

# Named weights; the first ones are the default.
NAMED_WEIGHTS = {"light": ("tfstyle",), "vgg19": ("auto", "tfstyle", "imagenet")}
EXTRACTOR_HELP = (
    "light; vgg19, which is vgg19=auto: ImageNet's weights if Keras has them, else tfstyle's; vgg19=tfstyle; "
    "vgg19=imagenet (a download); vgg19=FILE; squeezenet=FILE.npz; compressed-vgg19=FILE.npz"
)


def extractor_name(family) -> str:
    """The name of a family's networks for `--extractor`.

    Raises:
        UsageError: if they have none.
    """
    for name, (_, class_name) in EXTRACTORS.items():
        if class_name in family.class_names:
            return name
    raise UsageError(f"--extractor knows no {family.title}. {artifacts.available('Extractors', EXTRACTORS)}")


def parse_extractor(text) -> tuple[str, str]:
    """Parses `NAME` or `NAME=WEIGHTS` into the name and the weights, which are a name or a path."""
    name, _, weights = text.partition("=")
    if name not in EXTRACTORS:
        raise UsageError(f"there is no extractor {name!r}. {artifacts.available('Extractors', EXTRACTORS)}")
    if name not in NAMED_WEIGHTS and not weights:
        raise UsageError(f"{name} needs a file of weights, as in --extractor {name}=FILE.npz")
    named = NAMED_WEIGHTS.get(name, ())
    if weights and weights not in named and not Path(weights).exists():
        raise UsageError(f"{weights}: there is no such file of weights for --extractor")
    return name, weights or named[0]


def make_extractor(name, weights, precision) -> tuple[Any, str, tuple[str, ...]]:
    """Creates an extractor, and returns it with its content layer and its style layers."""
    module_name, class_name = EXTRACTORS[name]
    module = importlib.import_module(module_name)
    layers = tuple(dict.fromkeys((*module.STYLE_LAYERS, module.CONTENT_LAYER)))
    extractor = getattr(module, class_name)(layers, weights=weights, dtype=precision)
    return extractor, module.CONTENT_LAYER, module.STYLE_LAYERS


# For metrics of images: the deepest layer of each network whose receptive field fits into a small image.
FEATURE_LAYERS = {
    "compressed-vgg19": "block4_conv4",
    "light": "stage4_conv3",
    "squeezenet": "fire8",
    "vgg19": "block4_conv4",
}
METRIC_EXTRACTORS = ("pixels", *EXTRACTORS, "inception")
PIXELS_SIZE = 16
SMALLEST_SIZE = 64  # for smaller images, maps of stride 8 and more are mostly border


def check_metric_extractor(text) -> None:
    """Raises an error if `make_metric_extractor` does not support an extractor, before anything is loaded."""
    name, _, weights = text.partition("=")
    if name not in METRIC_EXTRACTORS:
        raise UsageError(f"there is no extractor {name!r}. {artifacts.available('Extractors', METRIC_EXTRACTORS)}")
    if name == "pixels" and weights:
        raise UsageError("pixels need no weights: --extractor pixels")
    if name == "inception" and not Path(weights).is_file():
        raise UsageError(
            "inception needs the frozen graph of 2015, classify_image_graph_def.pb, as in --extractor inception=FILE.pb"
        )
    if name in EXTRACTORS:
        parse_extractor(text)


def make_metric_extractor(text, image_size) -> "FeatureExtractor":
    """Creates a `FeatureExtractor` by name.

    Args:
        text: as in `check_metric_extractor`.
        image_size: integer, height and width of the input images.
    """
    from tfstyle.metrics import features
    from tfstyle.metrics.resize import antialiased_resize

    name, _, weights = text.partition("=")
    size = SMALLEST_SIZE if image_size < SMALLEST_SIZE else None
    try:
        if name == "inception":
            return features.from_inception_2015(weights)
        if name == "pixels":
            return features.from_function(
                lambda images: antialiased_resize(images, PIXELS_SIZE).reshape(len(images), -1),
                "pixels, no network",
                f"Pillow bicubic, antialiased, to {PIXELS_SIZE}x{PIXELS_SIZE}",
            )
        module_name, class_name = EXTRACTORS[name]
        network = getattr(importlib.import_module(module_name), class_name)
        extractor = network([FEATURE_LAYERS[name]], weights=parse_extractor(text)[1])
    except ValueError as error:
        raise UsageError(f"--extractor {text}: {error}") from error
    return features.from_perceptual_extractor(extractor, FEATURE_LAYERS[name], size)


def features_of(extractor, images) -> "np.ndarray":
    """Computes features of many images in batches.

    Args:
        extractor: `FeatureExtractor`.
        images: uint8 array in [0, 255] or float array in [0, 1], `(num_images, height, width, channels)`.

    Returns:
        float64 array of shape `(num_images, dim)`.
    """
    import numpy as np

    from tfstyle.images import to_float

    return np.concatenate([extractor(to_float(images[start : start + 64])) for start in range(0, len(images), 64)])
