"""Feature extractors for metrics."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle.errors import WeightsError
from tfstyle.metrics.resize import antialiased_resize

INCEPTION_2015_SOURCE = "http://download.tensorflow.org/models/image/imagenet/inception-2015-12-05.tgz"


@dataclasses.dataclass(frozen=True)
class FeatureExtractor:
    """A feature function, with the names that are reported with every metric.

    Args:
        name: string, network, layer and weights.
        resizer: string, how images are resized for the network.
        function: takes float32 images `(batch, height, width, channels)` in [0, 1], returns `(batch, dim)`.
        is_inception_2015: bool, whether this is the network of the published FID. Only then is a distance called FID.
    """

    name: str
    resizer: str
    function: Callable[[np.ndarray], Any]
    is_inception_2015: bool = False

    def __call__(self, images):
        """Computes the features of a batch.

        Args:
            images: float array of shape `(batch, height, width, channels)` in [0, 1].

        Returns:
            float64 array of shape `(batch, dim)`.

        Raises:
            ValueError: if images are not in [0, 1] or features have another shape.
        """
        images = np.asarray(images)
        if images.dtype.kind != "f" or images.ndim != 4 or images.min() < -1e-3 or images.max() > 1 + 1e-3:
            raise ValueError(
                "`images` must be floats in [0, 1] of shape (batch, height, width, channels). "
                f"Received: dtype={images.dtype}, shape={images.shape}"
                + (f", values from {images.min():.3g} to {images.max():.3g}." if images.size else ".")
            )
        features = np.asarray(self.function(images.astype(np.float32)), np.float64)
        if features.ndim != 2 or len(features) != len(images):
            raise ValueError(
                f"{self.name} must return features of shape ({len(images)}, dim). Received: shape={features.shape}."
            )
        return features


def as_rgb(images) -> np.ndarray:
    """Converts images to RGB: gray is repeated, and images with alpha are composited on white.

    Args:
        images: float array of shape `(batch, height, width, channels)` in [0, 1] with 1, 3 or 4 channels.

    Returns:
        Float array of shape `(batch, height, width, 3)`.
    """
    if images.shape[-1] == 4:
        colors, alpha = images[..., :3], images[..., 3:]
        return colors * alpha + (1.0 - alpha)
    return np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images


def from_function(function, name, resizer="none") -> FeatureExtractor:
    """A feature extractor from any function, such as the last hidden layer of a classifier.

    Args:
        function: takes float32 images `(batch, height, width, channels)` in [0, 1], returns `(batch, dim)`.
        name: string, name in reports.
        resizer: string, how the function resizes images.
    """
    return FeatureExtractor(name, resizer, function)


def from_perceptual_extractor(extractor, layer_name, size=None) -> FeatureExtractor:
    """A feature extractor from a loss network: the channel means of a layer.

    Args:
        extractor: loss network that returns a dict of `layer_name` -> `(batch, height, width, channels)` for RGB
            in [0, 1], such as a `SqueezeNetExtractor`.
        layer_name: string.
        size: integer, height and width after resizing; None for the original size.
    """

    def function(images):
        images = as_rgb(images)
        maps = extractor(images if size is None else antialiased_resize(images, size))[layer_name]
        return np.mean(np.asarray(maps, np.float64), axis=(1, 2))

    name = f"{type(extractor).__name__}, {layer_name}, mean over positions"
    return FeatureExtractor(name, _resizer_name(size), function)


def from_inception_2015(path) -> FeatureExtractor:
    """The Inception network of the published FID and KID, from a file.

    Args:
        path: the frozen graph `classify_image_graph_def.pb` from `INCEPTION_2015_SOURCE`.

    Raises:
        WeightsError: if there is no such file.
        ValueError: if it is a different file.

    Reference:
        Heusel et al. 2017; resized with antialiasing as Parmar, Zhang and Zhu (clean-fid) 2022.
    """
    import tensorflow as tf

    path = Path(path)
    if not path.is_file():
        raise WeightsError(
            f"There is no file {path}. Download {INCEPTION_2015_SOURCE}, unpack it, and name its .pb file."
        )
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(path.read_bytes())
        wrapped = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
        pool = wrapped.prune("ExpandDims:0", "pool_3:0")
    except Exception as error:  # protobuf and TensorFlow raise several kinds
        raise ValueError(
            f"{path} is not the frozen graph of the 2015 Inception network: {str(error).splitlines()[0]}"
        ) from error

    def function(images):
        # The graph resizes to 299 itself, without antialiasing; images of that size it leaves as they are.
        pixels = tf.constant(antialiased_resize(as_rgb(images), 299) * 255.0)
        return np.stack([np.ravel(pool(pixel[None])) for pixel in pixels])  # the graph is for one image

    return FeatureExtractor("Inception 2015, pool_3", _resizer_name(299), function, is_inception_2015=True)


def _resizer_name(size):
    return "none" if size is None else f"Pillow bicubic, antialiased, to {size}x{size}"
