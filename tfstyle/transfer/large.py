"""Pictures of any size in a fixed amount of memory: feed-forward networks in tiles.

With given statistics, each network is a local function: an output pixel depends on the pixels around it, up to the
reach of the network. So tiles with a margin of this reach, cut off again, are exactly the picture. The statistics of
instance normalization are those of the whole picture, and they depend on each other: the first normalization changes
what the second one sees. They come from a mosaic of parts of the picture, small enough for the network to see it whole,
corrected by how the picture differs from the mosaic in each normalization: a pass over the tiles paints them with these
statistics, and measures the difference. The passes end when the pixels stay. (Taking the statistics of one pass for the
next one, without the mosaic, overshoots: every normalization then corrects the same difference.)
"""

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.images import luma, to_float, to_uint8
from tfstyle.transfer.canvas import canvas_side
from tfstyle.transfer.geometry import Geometry, geometry_of
from tfstyle.transfer.stylize import check_photo, stylize
from tfstyle.transfer.tiling import Tile, plan_tiles

logger = logging.getLogger(__name__)

GIGABYTE = 10**9
DEFAULT_MEMORY = 3.0  # gigabytes
LIBRARIES = 0.9 * GIGABYTE  # TensorFlow and the weights
PICTURE = 12  # bytes for each pixel: the photograph, the painting, and a copy while it is encoded
MEASURING = 200  # bytes for each pixel of a tile, beside those of the network: its statistics are measured
SHARE = 0.9  # of the remaining memory for a tile: allocators keep what was freed
LARGEST_TILE, SMALLEST_TILE = 2048, 128
SAME = 1  # level of 8 bits by which pixels may change in the last pass
MOSAIC_PART, MOSAIC_PARTS = 256, 8  # side in pixels, and number of parts in a row of a small mosaic
EPSILON = 1e-4  # standard deviation of a channel that is always the same


@dataclass(frozen=True)
class TilePlan:
    """How a picture is divided.

    Args:
        tiles: list of `Tile`.
        geometry: of the network.
        size: integer, longest side of a tile without its margin.
    """

    tiles: list[Tile]
    geometry: Geometry
    size: int


def stylize_large(
    photo: Any,
    model: Any,
    styles: Any = None,
    strength: float = 1.0,
    preserve_color: bool = False,
    masks: Any = None,
    stroke_size: float = 1.0,
    seed: int | None = None,
    canvas: int | None = None,
    memory: float = DEFAULT_MEMORY,
) -> np.ndarray:
    """Stylizes or translates a photograph of any size in a fixed amount of memory.

    A photograph that fits is stylized whole, as by `tfstyle.stylize`. Otherwise it is painted in tiles with the
    statistics of the whole, which takes several times as long, and gives the same picture within 1/255.

    Args:
        photo: as in `tfstyle.stylize`. With masks, or as floats, it is never painted in tiles.
        model: a loaded model: a style bank, a network for arbitrary style transfer, or a translator. Other models, such
            as networks that you register, are not tiled.
        styles: as in `tfstyle.stylize`; None for a translator.
        strength: as in `tfstyle.stylize`.
        preserve_color: as in `tfstyle.stylize`.
        masks: as in `tfstyle.stylize`.
        stroke_size: as in `tfstyle.stylize`.
        seed: as in `tfstyle.stylize`.
        canvas: as in `tfstyle.stylize`. A photograph whose canvas does not fit is painted at its own size.
        memory: gigabytes that the process may use, of which TensorFlow takes 0.7 and the photograph 12 bytes a pixel.

    Returns:
        Array of the shape and dtype of `photo`.

    Raises:
        ValueError: as in `tfstyle.stylize`.

    Example:

    ```python
    bank = tfstyle.load("style_bank")
    painting = tfstyle.transfer.stylize_large(tfstyle.load_image("panorama.jpg"), bank, "picabia_udnie", memory=2.0)
    ```
    """
    photo = check_photo(photo)
    height, width = photo.shape[:2]
    is_known = getattr(model, "folder", None) is not None
    if is_known:
        scale = canvas_side(height, width, model.metadata, canvas) / max(height, width)
        if scale > 1 and plan_picture(math.ceil(scale * height), math.ceil(scale * width), model.metadata, memory):
            canvas = 0
    plan = None
    if is_known and masks is None and photo.dtype == np.uint8 and strength > 0:
        plan = plan_picture(height, width, model.metadata, memory)
    if plan is None:
        return stylize(photo, model, styles, strength, preserve_color, masks, stroke_size, seed, canvas)
    from tfstyle.zoo import load_pretrained

    call = model.tile_painter(styles, strength, stroke_size, seed)
    rgb, alpha = photo[..., :3], photo[..., 3:]
    if alpha.size:
        rgb = np.where(alpha > 0, rgb, np.uint8(255))
    painted = paint_tiles(rgb, load_pretrained(model.folder), call, plan, preserve_color)
    return np.concatenate([painted, alpha], axis=-1) if alpha.size else painted


def plan_picture(height: int, width: int, metadata: dict[str, Any], memory: float = DEFAULT_MEMORY) -> TilePlan | None:
    """Decides whether a picture is painted in tiles.

    Args:
        height: integer, of the picture.
        width: integer, of the picture.
        metadata: of the model.
        memory: gigabytes that the process may use.

    Returns:
        `TilePlan`, or None if the whole fits, or tiles cannot be used for this network.
    """
    left = max(memory * GIGABYTE - LIBRARIES - PICTURE * height * width, 0)
    geometry = geometry_of(metadata)
    if geometry is None:
        return None
    if height * width * geometry.bytes_per_pixel <= left:
        return None
    side = math.isqrt(int(SHARE * left / (geometry.bytes_per_pixel + MEASURING))) - 2 * geometry.reach
    size = max(min(side, LARGEST_TILE), SMALLEST_TILE, geometry.stride)
    tiles = plan_tiles(height, width, size, geometry.reach, geometry.stride)
    return None if len(tiles) == 1 else TilePlan(tiles, geometry, size)


def paint_tiles(
    photo: np.ndarray,
    network: Any,
    call: Callable[[Any, Any, Any], Any],
    plan: TilePlan,
    preserve_color: bool = False,
    max_passes: int | None = None,
) -> np.ndarray:
    """Paints a picture in tiles.

    Args:
        photo: uint8 array of shape `(height, width, 3)`.
        network: `keras.Model`.
        call: function `(network, images, corner)` that paints float32 images `(1, height, width, 3)` in [0, 1]; the
            int32 corner `(2,)` is the row and column of their first pixel in the picture.
        plan: from `plan_picture`.
        preserve_color: whether to keep the colors of the photograph.
        max_passes: largest number of passes over the tiles, or None for as many as it takes.

    Returns:
        uint8 array of the shape of `photo`.
    """
    functions = _TileFunctions(network, call, plan.geometry)
    mosaic = mosaic_of(photo, plan.size + 2 * plan.geometry.reach, plan.geometry.stride)
    painted = np.empty_like(photo)
    logger.info("a large picture: painted in %d tiles, several times until its statistics are known", len(plan.tiles))
    of_mosaic, corrections = functions.record(mosaic)
    number = 0
    if len(of_mosaic) == 1 and max_passes != 1:
        # It depends on no other: a first pass measures it, by the part of the network before it, and paints nothing.
        sums = _Sums()
        for tile in plan.tiles:
            sums.add(*functions.measure(photo[tile.rows, tile.columns], *_place(tile, photo.shape), of_mosaic))
        corrections = _compare(of_mosaic, sums.statistics())
        max_passes = 1
    while True:
        statistics = _correct(of_mosaic, corrections)
        sums = _Sums()
        largest = 0
        for tile in plan.tiles:
            pixels = photo[tile.rows, tile.columns]
            stylized, measured, counts = functions.paint(pixels, *_place(tile, photo.shape), statistics)
            sums.add(measured, counts)
            part = stylized[tile.inner_rows, tile.inner_columns]
            if preserve_color:
                part = _keep_color(part, to_float(pixels[tile.inner_rows, tile.inner_columns]))
            part = to_uint8(part)
            target = painted[_inner(tile.rows, tile.inner_rows), _inner(tile.columns, tile.inner_columns)]
            if number:
                difference = np.maximum(part, target) - np.minimum(part, target)
                largest = max(largest, int(difference.max()))
            target[:] = part
        logger.debug("pass %d over %d tiles: the largest change is %d", number + 1, len(plan.tiles), largest)
        number += 1
        # After as many passes as there are normalizations, all are exact.
        if number in (max_passes, len(statistics) + 1) or (number > 1 and largest <= SAME):
            return painted
        corrections = _compare(of_mosaic, sums.statistics())
        of_mosaic, corrections = functions.record(mosaic, corrections)


def mosaic_of(photo: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Parts of a picture, spread over it, side by side: its colors and textures at a size that fits.

    Args:
        photo: uint8 array of shape `(height, width, 3)`.
        size: integer, longest side of the mosaic.
        stride: integer; the sides of the mosaic are multiples if it has several parts.

    Returns:
        float32 array of shape `(1, height', width', 3)` in [0, 1].
    """
    part = max(min(MOSAIC_PART, size // MOSAIC_PARTS) // stride, 1) * stride
    axes = []
    for length in photo.shape[:2]:
        count = max(min(size, length) // part, 1)
        # The middle of each of `count` equal parts of the picture.
        starts = ((np.arange(count) + 0.5) * (length / count) - part / 2).clip(0).astype(int)
        axes.append(np.concatenate([np.arange(start, min(start + part, length)) for start in starts]))
    return to_float(photo[np.ix_(*axes)])[None]


class _TileFunctions:
    """The compiled calls of a network: one for the mosaic, and one for all tiles, whatever their size."""

    def __init__(self, network, call, geometry):
        self.network, self.call, self.geometry = network, call, geometry
        self._paint = self._measure = self._record = None

    def record(self, images, corrections=None) -> tuple[list, list]:
        """Statistics of images, measured while the corrected ones are used; and the corrections, none if None."""
        import tensorflow as tf

        from tfstyle.layers.instance_statistics import record_statistics

        @tf.function
        def record(images, corrections):
            remaining = iter(corrections)
            adjust = None if not corrections else lambda values: _correct([values], [next(remaining)], tf.sqrt)[0]
            with record_statistics(adjust=adjust) as recorded:
                self.call(self.network, images, tf.zeros((2,), tf.int32))
            return recorded

        if self._record is None:
            values = record(tf.constant(images), [])
            self._record = record
        else:
            values = self._record(tf.constant(images), corrections)
        found = [tuple(value.numpy() for value in value) for value in values]
        if corrections is None:
            corrections = [(np.zeros_like(value[0]), np.ones_like(value[0]))[: len(value)] for value in found]
        return found, corrections

    def paint(self, pixels, corner, cuts, statistics) -> Any:
        """A tile of uint8 pixels painted with given statistics, its own statistics, and of how many positions."""
        self._paint = self._paint or self._compile(statistics)
        stylized, measured, counts = self._paint(*self._inputs(pixels, corner, cuts), statistics)
        return stylized.numpy()[0], measured, counts

    def measure(self, pixels, corner, cuts, statistics) -> Any:
        """The same without the painting: the network runs up to its last statistics."""
        import tensorflow as tf

        self._paint = self._paint or self._compile(statistics)
        if self._measure is None:
            self._measure = tf.function(
                lambda *arguments: self._paint(*arguments)[1:], input_signature=self._paint.input_signature
            )
        return self._measure(*self._inputs(pixels, corner, cuts), statistics)

    @staticmethod
    def _inputs(pixels, corner, cuts):
        import tensorflow as tf

        return tf.constant(to_float(pixels)[None]), tf.constant(corner, tf.int32), tf.constant(cuts, tf.int32)

    def _compile(self, statistics):
        import tensorflow as tf

        from tfstyle.layers.instance_statistics import given_statistics, record_statistics

        specs = [tuple(tf.TensorSpec(value.shape, tf.float32) for value in values) for values in statistics]
        size = tf.TensorSpec((1, None, None, 3), tf.float32)

        @tf.function(input_signature=[size, tf.TensorSpec((2,), tf.int32), tf.TensorSpec((4,), tf.int32), specs])
        def paint(images, corner, cuts, statistics):
            counts = []

            def crop(features):
                """The part of a tile's features that belongs to no other tile."""
                shape, extent = tf.shape(features), tf.shape(images)
                rows, columns = (
                    self._inner_positions(shape[axis], extent[axis], cuts[2 * axis - 2], cuts[2 * axis - 1])
                    for axis in (1, 2)
                )
                counts.append((rows[1] - rows[0]) * (columns[1] - columns[0]))
                return features[:, rows[0] : rows[1], columns[0] : columns[1]]

            with given_statistics(statistics), record_statistics(crop) as measured:
                stylized = self.call(self.network, images, corner)
            return stylized, measured, counts

        return paint

    def _inner_positions(self, length, extent, before, after):
        """First and last position of features of a length, for a tile of `extent` pixels with margins to cut off.

        At the border of the picture nothing is cut off, so that the network's own margin counts as it does for the
        whole picture. Elsewhere the inner part begins and ends at multiples of the stride.
        """
        import tensorflow as tf

        stride = self.geometry.stride
        rounded = -(-extent // stride) * stride
        ratio = tf.cast(rounded, tf.float32) / tf.cast(length, tf.float32)
        scale = tf.cast(2.0 ** tf.round(tf.math.log(ratio) / math.log(2.0)), tf.int32)
        own_margin = tf.maximum((length * scale - rounded) // 2, 0)
        first = tf.where(before > 0, (before + own_margin) // scale, 0)
        last = tf.where(after > 0, (extent - after + own_margin) // scale, length)
        return first, last


class _Sums:
    """Means of the statistics of tiles, weighted by their number of positions, in float64."""

    def __init__(self):
        self.totals: list[Any] = []

    def add(self, measured, counts) -> None:
        rows = list(self._moments(measured, counts))
        self.totals = [total + row for total, row in zip(self.totals, rows, strict=True)] if self.totals else rows

    @staticmethod
    def _moments(measured, counts) -> Iterator[Any]:
        """For each normalization the count, the sum of the values and that of their squares."""
        for values, count in zip(measured, counts, strict=True):
            mean, variance = (value.numpy().astype(np.float64) for value in values)
            yield float(count) * np.stack([np.ones_like(mean), mean, variance + mean**2])

    def statistics(self) -> list[Any]:
        found: list[Any] = []
        for count, total, squares in self.totals:
            mean = total / count
            variance = np.maximum(squares / count - mean**2, 0)
            found.append((np.float32(mean), np.float32(variance)))
        return found


def _correct(statistics, corrections, root: Any = np.sqrt) -> list[Any]:
    """Statistics of the whole picture, from those of a mosaic and corrections: shifts in deviations, and factors."""
    corrected: list[Any] = []
    for (mean, variance), (shift, factor) in zip(statistics, corrections, strict=True):
        deviation = root(variance) + EPSILON
        corrected.append((mean + shift * deviation, (factor * deviation) ** 2))
    return corrected


def _compare(of_mosaic, of_picture) -> list[Any]:
    """The corrections with which `_correct` gives the statistics of the picture."""
    corrections: list[Any] = []
    for (mean, variance), (goal_mean, goal_variance) in zip(of_mosaic, of_picture, strict=True):
        deviation = np.sqrt(variance) + EPSILON
        corrections.append(((goal_mean - mean) / deviation, np.sqrt(goal_variance) / deviation))
    return corrections


def _inner(outer: slice, inner: slice) -> slice:
    return slice(outer.start + inner.start, outer.start + inner.stop)


def _place(tile, shape) -> tuple[list[int], list[int]]:
    """Corner of a tile, and its margins above, below, left and right; 0 at the border of the picture."""
    cuts = []
    for outer, inner, length in ((tile.rows, tile.inner_rows, shape[0]), (tile.columns, tile.inner_columns, shape[1])):
        cuts += [
            inner.start,
            0 if outer.stop == length and outer.start + inner.stop == length else outer.stop - outer.start - inner.stop,
        ]
    return [tile.rows.start, tile.columns.start], cuts


def _keep_color(painted, photo):
    """`color.preserve_color` in float32, for a tile."""
    change = np.clip(luma(painted - photo), -photo.min(axis=-1), 1 - photo.max(axis=-1))
    return (photo + change[..., None]).clip(0, 1)
