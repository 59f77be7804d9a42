"""Where in the painting each patch of a stylized picture comes from."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.images import resize_image, to_float
from tfstyle.interpret.drawing import INK, new_figure, show_heat, show_picture

CHUNK = 512  # rows of the similarity matrix in memory at a time
PAIR = 32  # pixels: sides of the squares that are shown beside each other
SAME_PLACE = 2  # positions: a second best match so near to the best one is the same place


@dataclass(frozen=True)
class Correspondence:
    """For each position of a picture, the position of a painting whose features are nearest.

    Attributes:
        image: float32 array `(height, width, 3)` in [0, 1].
        painting: float32 array of any size.
        places: float64 array `(rows, columns, 2)`: row and column of the match in the painting, as shares in [0, 1].
        similarities: float64 array `(rows, columns)`: cosine of the centered features, at most 1.
        certainty: float64 array `(rows, columns)` in [0, 1]: 1 less the ratio of the distance of the best match and
            that of the best one elsewhere. 1 is a match that has no rival, 0 one of many that fit as well.
        share_used: float in (0, 1], share of the painting's positions that are the match of at least one.
    """

    image: np.ndarray
    painting: np.ndarray
    places: np.ndarray
    similarities: np.ndarray
    certainty: np.ndarray
    share_used: float

    def describe(self) -> str:
        """The result in sentences."""
        center = self.places.reshape(-1, 2)
        rows, columns = self.places.shape[:2]
        own = np.stack(np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij"), axis=-1)
        agreement = np.mean([np.corrcoef(own[..., axis].ravel(), center[:, axis])[0, 1] for axis in (0, 1)])
        kept = "stay where they are in the painting" if agreement > 0.5 else "are taken from anywhere in it"
        return (
            f"The patches of the picture match patches of the painting with a mean similarity of "
            f"{self.similarities.mean():.2f} (1 is equal) and use {self.share_used:.0%} of the painting; they {kept}. "
            f"The certainty is {self.certainty.mean():.2f} on average: for {np.mean(self.certainty < 0.1):.0%} of the "
            "patches another place of the painting would fit almost as well."
        )


def patch_features(features: Any) -> np.ndarray:
    """Joins the features of 3 x 3 positions: `(rows, columns, channels)` -> `(rows, columns, 9 * channels)`."""
    rows, columns, _ = features.shape
    padded = np.pad(features, ((1, 1), (1, 1), (0, 0)), mode="edge")
    shifted = [padded[top : top + rows, left : left + columns] for top in range(3) for left in range(3)]
    return np.concatenate(shifted, axis=-1)


def correspondence(image: Any, painting: Any, extractor: Any, layer_name: str) -> Correspondence:
    """Finds, for each patch of a picture, the patch of a painting that is nearest in features.

    Args:
        image: uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`: a stylized photograph. The time
            grows with the product of both sizes: 256 pixels take a second.
        painting: image of any size.
        extractor: loss network, images -> dict of layer -> features.
        layer_name: layer to compare; 3 x 3 of its positions are one patch.

    Returns:
        `Correspondence`.
    """
    image, painting = to_float(image), to_float(painting)
    maps = [np.asarray(extractor(each[None])[layer_name], np.float32)[0] for each in (image, painting)]
    mean = maps[1].mean(axis=(0, 1))  # what the whole painting has in common tells no place from another
    own, theirs = (patch_features(each - mean) for each in maps)
    shape, their_shape = own.shape[:2], theirs.shape[:2]
    own, theirs = (each.reshape(-1, each.shape[-1]) for each in (own, theirs))
    own, theirs = (each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-8) for each in (own, theirs))
    rows, columns = np.divmod(np.arange(len(theirs)), their_shape[1])
    best, second, matches = (np.empty(len(own), kind) for kind in (float, float, int))
    for start in range(0, len(own), CHUNK):
        part = slice(start, start + CHUNK)
        similarities = own[part] @ theirs.T
        found = similarities.argmax(axis=1)
        matches[part], best[part] = found, similarities[np.arange(len(found)), found]
        near = np.abs(rows - rows[found, None]) <= SAME_PLACE
        near &= np.abs(columns - columns[found, None]) <= SAME_PLACE
        second[part] = np.where(near, -1.0, similarities).max(axis=1)
    certainty = (best - second) / np.maximum(1 - second, 1e-3)  # equal matches differ by rounding
    places = np.stack([(rows[matches] + 0.5) / their_shape[0], (columns[matches] + 0.5) / their_shape[1]], axis=-1)
    return Correspondence(
        image,
        painting,
        places.reshape(*shape, 2),
        best.reshape(shape),
        np.clip(certainty, 0, 1).reshape(shape),
        len(np.unique(matches)) / len(theirs),
    )


def place_colors(places: Any) -> np.ndarray:
    """Colors of places in a painting: `(..., 2)` -> `(..., 3)` in [0, 1], hue from left to right, darker downwards."""
    from tfstyle.data.procedural import hsv_to_rgb

    down, right = (np.ravel(places[..., axis]) for axis in (0, 1))
    colors = hsv_to_rgb(0.8 * right, 0.35 + 0.5 * down, 1.0 - 0.55 * down)
    return colors.reshape(*np.shape(places)[:-1], 3)


def rebuilt(matches: Correspondence) -> np.ndarray:
    """The picture put together from the patches of the painting: float32 array of the shape of the picture."""
    rows, columns = matches.places.shape[:2]
    height, width = matches.image.shape[:2]
    their_height, their_width = matches.painting.shape[:2]
    row_of, column_of = np.arange(height) * rows // height, np.arange(width) * columns // width
    # Each pixel keeps its offset from the middle of its patch.
    down = np.arange(height) - (row_of + 0.5) * height / rows
    right = np.arange(width) - (column_of + 0.5) * width / columns
    middles = matches.places[row_of][:, column_of] * (their_height, their_width)
    ys = np.clip(np.rint(middles[..., 0] + down[:, None]), 0, their_height - 1).astype(int)
    xs = np.clip(np.rint(middles[..., 1] + right), 0, their_width - 1).astype(int)
    return matches.painting[ys, xs]


def clearest_pairs(matches: Correspondence, count: int = 6, size: int = PAIR) -> list[tuple[tuple[int, int], ...]]:
    """The places of a picture that most clearly match one place of the painting, apart from one another in both.

    Args:
        matches: `Correspondence`.
        count: integer, the most that are returned.
        size: integer, pixels: sides of the squares, which do not overlap.

    Returns:
        List of ((top, left) in the picture, (top, left) in the painting), the clearest one first; each square lies
        within its image, if that is large enough.
    """
    rows, columns = matches.certainty.shape
    limits = [np.maximum(np.subtract(each.shape[:2], size), 0) for each in (matches.image, matches.painting)]
    clearness = matches.similarities * matches.certainty
    found: list[tuple[tuple[int, int], ...]] = []
    for index in np.argsort(-clearness, axis=None):
        row, column = np.unravel_index(index, clearness.shape)
        middles = (
            np.array([(row + 0.5) / rows, (column + 0.5) / columns]) * matches.image.shape[:2],
            matches.places[row, column] * matches.painting.shape[:2],
        )
        own, theirs = (
            tuple(np.clip(np.rint(middle - size / 2), 0, limit).astype(int).tolist())
            for middle, limit in zip(middles, limits, strict=True)
        )
        if all(np.abs(np.subtract((own, theirs), pair)).max(axis=1).min() >= size for pair in found):
            found.append((own, theirs))
        if len(found) == count:
            break
    return found


def plot_correspondence(matches: Correspondence) -> Any:
    """Draws where in the painting each patch of the picture comes from, and how certain that is.

    Shows: the painting under a key of colors, each place of the picture in the color of its match, the picture rebuilt
    from these patches of the painting, and the certainty: bright patches match one place only, dark ones many. Below,
    the clearest matches, numbered in the picture and in the painting: a square of the picture, and beside it the one of
    the painting.

    Does not show: what the network copied. It has no access to the patches of the painting; the nearest one in the
    features of the loss network may be chance, above all where the certainty is low. Plain areas hold few features, and
    may match plain areas of another color.

    Args:
        matches: `Correspondence`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    height, width = matches.image.shape[:2]
    maps_height = 2 * 2.9 * height / width + 0.9
    figure = new_figure(9.2, maps_height + 1.15)
    top, bottom = figure.subfigures(2, 1, height_ratios=(maps_height, 1.15))
    (image, where, again), (painting, key, certainty) = top.subplots(2, 3)
    show_picture(image, matches.image, "picture")
    show_picture(where, place_colors(matches.places), "where each patch comes from")
    show_picture(again, rebuilt(matches), "rebuilt from the painting")
    show_picture(painting, matches.painting, "painting")
    shape = matches.painting.shape[:2]
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 32), np.linspace(0, 1, 32), indexing="ij"), axis=-1)
    gray = matches.painting.mean(axis=-1, keepdims=True)
    show_picture(key, 0.45 * gray + 0.55 * resize_image(place_colors(grid), *shape), "key of the colors")
    shown = show_heat(certainty, matches.certainty, f"certainty, mean {matches.certainty.mean():.2f}", None, (0, 1))
    top.colorbar(shown, ax=certainty, shrink=0.8)
    pairs = clearest_pairs(matches)
    for number, (axes, places) in enumerate(
        zip(bottom.subplots(1, len(pairs), squeeze=False)[0], pairs, strict=True), 1
    ):
        squares = []
        for whole, picture, (row, column) in zip(
            (image, painting), (matches.image, matches.painting), places, strict=True
        ):
            _number(whole, number, row, column)
            squares.append(_square(picture, row, column))
        show_picture(
            axes, np.concatenate([squares[0], np.ones((PAIR, 2, 3), np.float32), squares[1]], axis=1), f"{number}"
        )
    return figure


def _number(axes, number, row, column):
    """Marks a square of a picture."""
    from matplotlib.patches import Rectangle

    for color, width in ((INK, 2.6), ("white", 1.2)):  # seen on light and on dark pictures
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), PAIR, PAIR, fill=False, edgecolor=color, linewidth=width))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    axes.text(column, row, f"{number}", fontsize=7, color=INK, ha="left", va="top", bbox=box)


def _square(picture, row, column):
    """A square of a picture, which is repeated at the border of one that is smaller."""
    part = picture[row : row + PAIR, column : column + PAIR]
    return np.pad(part, ((0, PAIR - part.shape[0]), (0, PAIR - part.shape[1]), (0, 0)), mode="edge")
