"""What directions in the space of styles change in a picture, measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.images import to_float
from tfstyle.interpret.drawing import INK, bare, new_figure, show_picture
from tfstyle.interpret.properties import CHANGES, ImageProperties, image_properties, property_changes

# The least change of each property of `CHANGES` that is worth a word: about one that is just visible.
WORDS = {"red - green": "the balance of red and green", "yellow - blue": "the balance of yellow and blue"}
VISIBLE = np.array([0.01, 0.01, 0.01, 0.01, 0.1, 0.05])


@dataclass(frozen=True)
class StyleSensitivity:
    """Changes of a picture along directions of the style vector.

    Attributes:
        names: names of the directions.
        changes: float64 array `(num_directions, 6)`, in the order and units of `CHANGES`, from one end of the direction
            to the other.
        before: float32 array `(num_directions, height, width, 3)` in [0, 1], the pictures at one end.
        after: array of the same shape, at the other end.
        properties: `ImageProperties` of the picture at the style vector itself.
    """

    names: tuple[str, ...]
    changes: np.ndarray
    before: np.ndarray
    after: np.ndarray
    properties: ImageProperties

    @property
    def relative(self) -> np.ndarray:
        """Changes divided by the largest one of each property, or by what is just visible if that is larger."""
        return self.changes / np.maximum(np.abs(self.changes).max(axis=0), VISIBLE)

    def describe(self) -> str:
        """The result in sentences."""
        own = self.properties
        text = (
            f"The pattern of this picture, strokes and outlines together, is about {own.stroke_width:.1f} pixels wide"
        )
        if own.coherence > 0.15:
            text += f" and runs mostly at {own.orientation:.0f} degrees (0 and 180 are level, 90 is upright)"
        sentences = [f"{text}."]
        for index, name in enumerate(CHANGES):
            most = np.abs(self.changes[:, index]).argmax()
            value, words = self.changes[most, index], WORDS.get(name, f"the {name}")
            title = self.names[most][:1].upper() + self.names[most][1:]
            if abs(value) < VISIBLE[index]:
                sentences.append(f"No direction here changes {words} visibly.")
            elif name == "stroke width":
                sentences.append(f"{title} changes {words} most: by a factor of {2.0**value:.2f}.")
            elif name == "orientation":
                sentences.append(
                    f"{title} turns the strokes most: by {value:.2f}, where 0 is not at all and 2 the most."
                )
            else:
                sentences.append(f"{title} changes {words} most: by {255 * value:+.0f} of 255 levels.")
        return " ".join(sentences)


def principal_directions(style_vectors: Any, num_directions: int) -> np.ndarray:
    """The directions in which style vectors vary most.

    Args:
        style_vectors: float array `(num_vectors, style_dim)`.
        num_directions: integer, less than the number of vectors.

    Returns:
        float64 array `(num_directions, style_dim)`: each as long as the standard deviation along it.

    Raises:
        ValueError: if there are too few vectors.
    """
    vectors = np.asarray(style_vectors, np.float64)
    if not 1 <= num_directions < len(vectors):
        raise ValueError(
            f"{num_directions} directions need {num_directions + 1} style vectors at least. Received: {len(vectors)}."
        )
    _, deviations, directions = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    lengths = deviations / np.sqrt(len(vectors) - 1)
    return (directions * lengths[:, None])[:num_directions]


def style_sensitivity(
    paint: Callable[[np.ndarray], Any],
    style_vector: Any,
    directions: Any,
    names: Sequence[str] = (),
    both_ways: bool = True,
) -> StyleSensitivity:
    """Measures what changes in a picture along directions of the style vector.

    Args:
        paint: function of a style vector `(style_dim,)` that returns a picture in [0, 1], `(height, width, 3)`.
        style_vector: float array `(style_dim,)`, where to measure.
        directions: float array `(num_directions, style_dim)`; their lengths count.
        names: a name for each direction; by default "direction 1" and so on.
        both_ways: bool, whether to compare the picture at `style_vector - direction` with that at `+ direction`;
            otherwise that at `style_vector` with the latter.

    Returns:
        `StyleSensitivity`.

    Raises:
        ValueError: if the shapes do not match.
    """
    vector, directions = np.asarray(style_vector, np.float32), np.atleast_2d(np.asarray(directions, np.float32))
    names = tuple(names) or tuple(f"direction {number}" for number in range(1, len(directions) + 1))
    if directions.shape[1:] != vector.shape or len(names) != len(directions):
        raise ValueError(
            "`directions` must have the shape (num_directions, style_dim), with a name for each. Received: "
            f"directions.shape={directions.shape}, style_vector.shape={vector.shape}, {len(names)} names."
        )
    middle = to_float(np.asarray(paint(vector)))
    before = [to_float(np.asarray(paint(vector - each))) if both_ways else middle for each in directions]
    after = [to_float(np.asarray(paint(vector + each))) for each in directions]
    changes = [
        property_changes(image_properties(first), image_properties(last))
        for first, last in zip(before, after, strict=True)
    ]
    return StyleSensitivity(names, np.array(changes), np.stack(before), np.stack(after), image_properties(middle))


def plot_style_sensitivity(sensitivity: StyleSensitivity, num_pictures: int = 4) -> Any:
    """Draws the pictures at both ends of directions, and a table of what changes from one to the other.

    Shows: for each direction of the style vector, the measured change of lightness, color, contrast, stroke width and
    orientation: in levels of 255, as a factor, and as a distance from 0 to 2. Strong colors mark the directions that
    change a property most; blue is less, red is more. The pictures are at the two ends of the first directions;
    one, if all start from the picture as it is.

    Does not show: that a direction means one thing. Most directions change several properties at once, the measures are
    means over the whole picture, and another photograph gives other numbers.

    Args:
        sensitivity: `StyleSensitivity`.
        num_pictures: integer, number of directions that are shown with their pictures.

    Returns:
        `matplotlib.figure.Figure`.
    """
    height, width = sensitivity.before.shape[1:3]
    columns = _columns_of(sensitivity, num_pictures)
    num_rows = len(columns[0][1])
    pictures_height = num_rows * (9.2 / len(columns) * height / width + 0.1) + 0.5
    table_height = 0.75 + 0.3 * len(sensitivity.names)
    figure = new_figure(9.2, pictures_height + table_height)
    top, bottom = figure.subfigures(2, 1, height_ratios=(pictures_height, table_height))
    all_axes = top.subplots(num_rows, len(columns), squeeze=False)
    for column, (title, images) in enumerate(columns):
        for row, image in enumerate(images):
            show_picture(all_axes[row, column], image, "" if row else title)
    for row, word in enumerate(("from", "to")[:num_rows] if num_rows > 1 else ()):
        all_axes[row, 0].set_ylabel(word, fontsize=9)
    axes = bottom.subplots()
    axes.imshow(sensitivity.relative, cmap="RdBu_r", vmin=-1.3, vmax=1.3, aspect="auto")
    for row, values in enumerate(sensitivity.changes):
        for column, value in enumerate(values):
            levels = 255 * value
            texts = [f"{levels:+.0f}"] * 4 + [f"by {2.0**value:.2f}", f"{value:.2f}"]
            color = "white" if abs(sensitivity.relative[row, column]) > 0.75 else INK
            axes.text(column, row, texts[column], ha="center", va="center", fontsize=8, color=color)
    bare(axes)
    axes.set_xticks(range(len(CHANGES)), CHANGES, fontsize=8)
    axes.set_yticks(range(len(sensitivity.names)), sensitivity.names, fontsize=8)
    axes.tick_params(length=0)
    return figure


def _columns_of(sensitivity, num_pictures):
    """Titles and pictures of the columns: both ends of each direction, or the common start and the other ends."""
    names = [name.replace("half way to ", "half way to\n") for name in sensitivity.names[:num_pictures]]
    if (sensitivity.before == sensitivity.before[:1]).all():
        return [("as it is\n", sensitivity.before[:1]), *zip(names, sensitivity.after[:, None], strict=False)]
    ends = np.stack([sensitivity.before, sensitivity.after], axis=1)
    return list(zip(names, ends, strict=False))
