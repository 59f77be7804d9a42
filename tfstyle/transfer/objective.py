"""The objective of style transfer by optimization: content, style and total variation, with the gradient."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.losses.perceptual import relative_squared_error, total_variation_loss
from tfstyle.losses.wasserstein import relative_wasserstein_distance
from tfstyle.statistics import covariance, region_statistics, symmetric_sqrt
from tfstyle.transfer.tiling import Tile, plan_tiles, pool_weights

in_a_graph = tf.function(reduce_retracing=True)  # images of all sizes share a graph


def _moments(mean, gram):
    deviation = tf.sqrt(tf.maximum(tf.linalg.diag_part(gram) - mean**2, 0.0) + 1e-5)  # as in channel_moments
    return tf.concat([mean, deviation], axis=-1)


# Kind of style loss -> target from the style's mean and Gram matrix, and error of other statistics against it.
STYLE_LOSSES = {
    "gram": (
        lambda mean, gram: gram,
        lambda mean, gram, target: relative_squared_error(gram, target),
    ),
    "moments": (
        _moments,
        lambda mean, gram, target: relative_squared_error(_moments(mean, gram), target),
    ),
    "wasserstein": (
        lambda mean, gram: (mean, symmetric_sqrt(covariance(mean, gram))),
        lambda mean, gram, target: relative_wasserstein_distance(mean, covariance(mean, gram), *target),
    ),
}


@dataclass
class TileTarget:
    """Targets of a tile.

    Attributes:
        tile: position of the tile.
        regions: layer -> float32 tensor `(num_regions, height, width)`, the weight of each position in its region.
        content: layer -> float tensor `(1, height, width, channels)`, features of the photograph.
        shares: layer -> float32 tensor `(1, height, width)`: 1 / energy of the content, 0 in the margin.
    """

    tile: Tile
    regions: dict[str, Any]
    content: dict[str, Any]
    shares: dict[str, Any]


@dataclass
class Target:
    """Targets of an image of one size.

    Attributes:
        tiles: list of `TileTarget`.
        styles: layer -> statistics of the style, in the form of the style loss, one row per region.
        style_weights: float32 tensor `(num_regions,)`.
    """

    tiles: list[TileTarget]
    styles: dict[str, Any]
    style_weights: Any


class Objective:
    """Weighted sum of content, style and total variation.

    All losses are relative to their targets (see `tfstyle.losses.perceptual`).

        content = weighted mean over the layers of  |features - target|^2 / |target|^2
        style   = sum over the regions of weight * weighted mean over the layers of the error of the statistics
        total   = content_weight * content + style_weight * style + variation_weight * variation

    Args:
        extractor: loss network, image -> dict of layer -> features; RGB in [0, 1].
        content_layers: mapping of layer -> weight, in the weighted mean.
        style_layers: mapping of layer -> weight, in the weighted mean.
        config: `OptimizeConfig`.
    """

    def __init__(self, extractor, content_layers: Mapping, style_layers: Mapping, config):
        self.extractor, self.config = extractor, config
        self.content_layers, self.style_layers = _normalized(content_layers), _normalized(style_layers)
        self.describe_style, self.style_error = STYLE_LOSSES[config.style_loss]

    # Targets

    def make_target(self, content, styles, style_weights, masks=None) -> Target:
        """Computes the targets of the photograph and the paintings, once per size.

        Args:
            content: float32 array `(1, height, width, 3)`, RGB in [0, 1].
            styles: list of such arrays of any sizes, one per style.
            style_weights: sequence of floats, one per style. Without masks they sum to 1, and the target is the
                weighted mean of the statistics; with masks each is the weight of its region.
            masks: float array `(num_styles, height, width)`, the region of each style; None for all styles everywhere.
        """
        height, width = content.shape[1:3]
        statistics = [self._statistics_of(style) for style in styles]
        # Layer -> means and Gram matrices, a row a style
        statistics = tf.nest.map_structure(lambda *rows: tf.concat(rows, axis=0), *statistics)
        weights = tf.constant(style_weights, tf.float32)
        if masks is None:
            masks = np.ones((1, height, width), np.float32)
            statistics = tf.nest.map_structure(lambda rows: tf.tensordot(weights, rows, 1)[None], statistics)
            weights = tf.ones(1)
        described = {name: self.describe_style(*each) for name, each in statistics.items()}
        return Target(self._make_tiles(content, masks, self.content_layers), described, weights)

    def _make_tiles(self, image, regions, content_layers):
        tiles, energy = [], dict.fromkeys(content_layers, 0.0)
        totals = dict.fromkeys(self.style_layers, 0.0)
        for tile in plan_tiles(*image.shape[1:3], self.config.tile_size):
            features = self._extract(tile.cut(image))
            inner = np.zeros((1, *tile.cut(image).shape[1:3]), np.float32)
            inner[:, tile.inner_rows, tile.inner_columns] = 1
            # Weights of positions: inside the tile, and for a style inside its region.
            weights = {
                name: pool_weights(tile.cut(regions) * inner, *features[name].shape[1:3]) for name in self.style_layers
            }
            shares = {name: pool_weights(inner, *features[name].shape[1:3]) for name in content_layers}
            for name in self.style_layers:
                totals[name] = totals[name] + weights[name].sum((1, 2), keepdims=True, dtype=np.float64)
            for name in content_layers:
                squares = tf.reduce_sum(tf.cast(features[name], tf.float32) ** 2, axis=-1)
                energy[name] += float(tf.reduce_sum(squares * shares[name]))
            content = {name: features[name] for name in content_layers}
            tiles.append(TileTarget(tile, weights, content, shares))
        for target in tiles:
            for name, total in totals.items():
                # A region that is too small for the positions of a deep layer has no weight there.
                target.regions[name] = tf.constant(target.regions[name] / np.maximum(total, 1e-8), tf.float32)
            for name, total in energy.items():
                target.shares[name] = tf.constant(target.shares[name] / max(total, 1e-8), tf.float32)
        return tiles

    def _statistics_of(self, style):
        """Layer -> mean and Gram matrix of a whole image."""
        tiles = self._make_tiles(style, np.ones((1, *style.shape[1:3]), np.float32), {})
        statistics, _ = self._measure_all(style, tiles)
        return statistics

    # Value and gradient

    def __call__(self, image, target: Target):
        """Computes the losses of an image and their gradient.

        An image of several tiles passes through the network twice, see `tfstyle.transfer.tiling`.

        Args:
            image: float32 tensor `(1, height, width, 3)`, RGB in [0, 1].
            target: from `make_target`, for this size.

        Returns:
            Dict of "content", "style", "variation" and "total" -> float32 tensor, and the gradient of "total", a
            float32 tensor of the shape of `image`.
        """
        if len(target.tiles) == 1:
            only = target.tiles[0]
            return self._whole_slope(
                image, only.regions, only.content, only.shares, target.styles, target.style_weights
            )
        statistics, content = self._measure_all(image, target.tiles)
        style, slopes = self._style_slope(statistics, target.styles, target.style_weights)
        variation, gradient = self._variation_slope(image)
        gradient = gradient.numpy()
        for part in target.tiles:
            part.tile.cut(gradient)[:] += self._tile_slope(
                part.tile.cut(image), part.regions, part.content, part.shares, slopes
            )
        return self._losses(content, style, variation), tf.constant(gradient)

    def _losses(self, content, style, variation):
        config = self.config
        total = config.content_weight * content + config.style_weight * style + config.variation_weight * variation
        return {"content": content, "style": style, "variation": variation, "total": total}

    @in_a_graph
    def _extract(self, image):
        return self.extractor(image)

    def _measure_all(self, image, tiles):
        """Sums of `_measure` over the tiles."""
        parts = [self._measure(part.tile.cut(image), part.regions, part.content, part.shares) for part in tiles]
        return tf.nest.map_structure(lambda *tensors: sum(tensors[1:], tensors[0]), *parts)

    @in_a_graph
    def _measure(self, image, regions, content, shares):
        """Layer -> means and Gram matrices of the regions, and the content loss: a tile's share in each."""
        features = self._extract(image)
        statistics = {name: region_statistics(features[name], regions[name]) for name in self.style_layers}
        error = tf.zeros(())
        for name, target in content.items():
            squares = tf.reduce_sum(tf.cast(features[name] - target, tf.float32) ** 2, axis=-1)
            error += self.content_layers[name] * tf.reduce_sum(squares * shares[name])
        return statistics, error

    def _style_loss(self, statistics, styles, style_weights):
        errors = tf.zeros(())
        for name, weight in self.style_layers.items():
            errors += weight * self.style_error(*statistics[name], styles[name])
        return tf.reduce_sum(style_weights * errors)

    @in_a_graph
    def _style_slope(self, statistics, styles, style_weights):
        """The style loss, and layer -> its gradients for means and Gram matrices."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(statistics)
            style = self._style_loss(statistics, styles, style_weights)
        return style, tape.gradient(style, statistics, unconnected_gradients="zero")

    @in_a_graph
    def _variation_slope(self, image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            variation = total_variation_loss(image)[0]
        return variation, self.config.variation_weight * tape.gradient(variation, image)

    @in_a_graph
    def _whole_slope(self, image, regions, content, shares, styles, style_weights):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(image)
            statistics, content_error = self._measure(image, regions, content, shares)
            style = self._style_loss(statistics, styles, style_weights)
            losses = self._losses(content_error, style, total_variation_loss(image)[0])
        return losses, tape.gradient(losses["total"], image)

    @in_a_graph
    def _tile_slope(self, image, regions, content, shares, slopes):
        """Gradient of content and style for the pixels of a tile, its margin included."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(image)
            statistics, content_error = self._measure(image, regions, content, shares)
            # Its gradient is that of the style loss: the slopes are constants here.
            products = tf.nest.map_structure(lambda value, slope: tf.reduce_sum(value * slope), statistics, slopes)
            value = self.config.content_weight * content_error
            value += self.config.style_weight * tf.add_n(tf.nest.flatten(products))
        return tape.gradient(value, image)


def _normalized(weights: Mapping) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
