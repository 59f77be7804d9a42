"""Distances of style vectors: neighbors of a vector, and crops of one painting against two painters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.interpret.drawing import ACCENT, INK, PALE, SECOND, new_figure, plain, show_picture, thumbnail


@dataclass(frozen=True)
class Neighbors:
    """The paintings nearest to a style vector.

    Attributes:
        indices: int array `(num_neighbors,)`, the nearest first.
        distances: float64 array `(num_neighbors,)`.
        usual: float, median distance of the vector to all paintings.
    """

    indices: np.ndarray
    distances: np.ndarray
    usual: float


def nearest_paintings(style_vector: Any, style_vectors: Any, num_neighbors: int = 5) -> Neighbors:
    """Finds the paintings whose style vectors are nearest to a vector.

    Args:
        style_vector: float array `(style_dim,)`: of a painting, of a stylized photograph, or a blend.
        style_vectors: float array `(num_paintings, style_dim)`.
        num_neighbors: integer; at most all paintings are returned.

    Returns:
        `Neighbors`.

    Raises:
        ValueError: if the shapes do not match.
    """
    vector, vectors = np.asarray(style_vector, np.float64), np.asarray(style_vectors, np.float64)
    if vectors.ndim != 2 or vector.shape != vectors.shape[1:]:
        raise ValueError(
            "`style_vectors` must have the shape (num_paintings, style_dim). "
            f"Received: style_vectors.shape={vectors.shape}, style_vector.shape={vector.shape}."
        )
    distances = np.linalg.norm(vectors - vector, axis=1)
    order = np.argsort(distances, kind="stable")[:num_neighbors]
    return Neighbors(order, distances[order], float(np.median(distances)))


def plot_nearest_paintings(neighbors: Neighbors, image: Any, paintings: Sequence[Any], names: Sequence[str]) -> Any:
    """Draws a picture and the paintings whose style vectors are nearest to its own.

    Shows: the neighbors in the order of their distances, which are given in units of the median distance to all
    paintings: a number far below 1 is a near relative.

    Does not show: likeness to the eye or the painter's hand. The distance counts all numbers of the vector alike, and
    there is always a nearest one, even if none is near.

    Args:
        neighbors: `Neighbors`.
        image: the picture whose vector it was.
        paintings: images, in the order of the style vectors.
        names: their names.

    Returns:
        `matplotlib.figure.Figure`.
    """
    figure = new_figure(1.75 * (len(neighbors.indices) + 1), 2.3)
    first, *all_axes = figure.subplots(1, len(neighbors.indices) + 1)
    show_picture(first, thumbnail(image, 160), "this picture")
    for axes, index, distance in zip(all_axes, neighbors.indices, neighbors.distances, strict=True):
        title = f"{names[index][:20]}\n{distance / max(neighbors.usual, 1e-12):.2f}"
        show_picture(axes, thumbnail(paintings[index], 160), title)
    return figure


@dataclass(frozen=True)
class CropDistances:
    """Distances between the style vectors of crops.

    Attributes:
        same_painting: float64 array, between crops of one painting.
        same_group: float64 array, between crops of two paintings of one group, such as a painter; empty if no group has
            two.
        other_group: float64 array, between crops of paintings of two groups.
        separation: float in [0, 1]: the chance that a random pair of one painting is nearer than a random pair of two
            groups. 0.5 is no difference.
        group_separation: likewise for pairs of one group; NaN without such pairs.
    """

    same_painting: np.ndarray
    same_group: np.ndarray
    other_group: np.ndarray
    separation: float
    group_separation: float

    def describe(self) -> str:
        """The result in sentences."""
        ratio = np.median(self.same_painting) / np.median(self.other_group)
        text = (
            f"Two crops of one painting are {ratio:.2f} times as far apart as crops of two groups (medians), and "
            f"nearer in {self.separation:.0%} of the comparisons (50% is chance)."
        )
        if len(self.same_group):
            ratio = np.median(self.same_group) / np.median(self.other_group)
            text += (
                f" Two paintings of one group are {ratio:.2f} times as far apart, and nearer in "
                f"{self.group_separation:.0%}."
            )
        return text


def crop_distances(style_vectors: Any, paintings: Sequence[Any], groups: Sequence[Any]) -> CropDistances:
    """Compares crops of one painting with crops of two painters, or of any other groups.

    Args:
        style_vectors: float array `(num_crops, style_dim)`.
        paintings: for each crop, its painting: a name or a number.
        groups: for each crop, the painter or movement of its painting.

    Returns:
        `CropDistances`.

    Raises:
        ValueError: if there are no two crops of one painting, or no two groups.
    """
    vectors = np.asarray(style_vectors, np.float64)
    norms = np.square(vectors).sum(axis=1)
    squared = norms[:, None] + norms - 2 * vectors @ vectors.T
    first, second = np.triu_indices(len(vectors), 1)
    distances = np.sqrt(squared[first, second].clip(0))
    painting, group = (np.unique(np.asarray(names), return_inverse=True)[1] for names in (paintings, groups))
    of_one, of_group = painting[first] == painting[second], group[first] == group[second]
    parts = distances[of_one], distances[of_group & ~of_one], distances[~of_group & ~of_one]
    if not len(parts[0]) or not len(parts[2]):
        raise ValueError(
            "Distances are compared with two crops of one painting and two groups at least. "
            f"Received: {len(parts[0])} pairs of one painting, {len(parts[2])} pairs of two groups."
        )
    return CropDistances(*parts, chance_of_less(parts[0], parts[2]), chance_of_less(parts[1], parts[2]))


def chance_of_less(values: Any, others: Any) -> float:
    """The chance that one of `values` is less than one of `others`; ties count half; NaN without values."""
    if not len(values):
        return float("nan")
    others = np.sort(others)
    above = len(others) - np.searchsorted(others, values, "right")
    ties = np.searchsorted(others, values, "right") - np.searchsorted(others, values, "left")
    return float((above + 0.5 * ties).mean() / len(others))


def plot_crop_distances(distances: CropDistances, groups_name: str = "painter") -> Any:
    """Draws the distances of crops of one painting against those of two painters.

    Shows: how often each distance occurs, among crops of one painting, of two paintings of one group, and of two
    groups. Humps that lie apart mean that the vector knows the painting, or the group, from the crop.

    Does not show: why. Crops of one painting share their light and their paint, as photographs of it share their
    camera.

    Args:
        distances: `CropDistances`.
        groups_name: string, what the groups are.

    Returns:
        `matplotlib.figure.Figure`.
    """
    figure = new_figure(7, 3.0)
    axes = figure.subplots()
    parts = [
        (distances.other_group, f"two {groups_name}s", PALE),
        (distances.same_group, f"two paintings, one {groups_name}", SECOND),
        (distances.same_painting, "one painting", ACCENT),
    ]
    edges = np.linspace(0, max(part.max() for part, _, _ in parts if len(part)), 41)
    for part, label, color in parts:
        if len(part):
            axes.hist(part, edges, density=True, alpha=0.65, color=color, label=f"{label} ({len(part)} pairs)")
            axes.axvline(np.median(part), color=INK if color == PALE else color, linewidth=1.2)
    axes.set_yticks([])
    plain(axes, "", "distance of two crops; lines are medians")
    axes.legend(fontsize=8, frameon=False)
    return figure
