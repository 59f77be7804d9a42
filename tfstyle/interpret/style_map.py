"""Maps of style embeddings."""

import numpy as np
from PIL import Image

from tfstyle.images import resize_longest_side, to_uint8
from tfstyle.interpret.figures import as_picture

LARGEST, SMALLEST, FULL_SIZE = 48, 12, 40  # pixels of thumbnails; the number of images up to which they are large


def principal_components(vectors, num_components=2) -> tuple[np.ndarray, np.ndarray]:
    """Principal component analysis: coordinates along the directions in which vectors vary most.

    Args:
        vectors: float array of shape `(num_vectors, dim)`.
        num_components: integer, at most the smaller of `num_vectors` and `dim`.

    Returns:
        float64 array of shape `(num_vectors, num_components)`, with mean 0, ordered by variance; and float64 array of
        shape `(num_components,)`, the share of each in the total variance. The sign of a direction is chosen so that
        the coordinate with the largest absolute value is positive.

    Raises:
        ValueError: if there are too few vectors, or all are equal.
    """
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or min(vectors.shape) < num_components:
        raise ValueError(
            f"{num_components} components need as many vectors and dimensions at least. "
            f"Received: vectors.shape={vectors.shape}."
        )
    centered = vectors - vectors.mean(axis=0)
    if not centered.any():
        raise ValueError("The vectors are all the same. A map needs different ones.")
    left, deviations, _ = np.linalg.svd(centered, full_matrices=False)
    coordinates = (left * deviations)[:, :num_components]
    farthest = coordinates[np.abs(coordinates).argmax(axis=0), np.arange(num_components)]
    shares = np.square(deviations[:num_components]) / np.square(deviations).sum()
    return coordinates * np.where(farthest < 0, -1.0, 1.0), shares


def plot_style_map(style_vectors, images, groups=None, thumbnail_size=None) -> Image.Image:
    """Plots images at the positions of their style vectors, projected to the first two principal components.

    Shows: the two directions in which the vectors vary most, both on the same scale, each labeled with its share of the
    variance. Lines lead to the middle of a group.

    Does not show: all distances. Images that are close here can be far apart in other directions, and the axes have no
    meaning of their own: other images give other axes.

    Args:
        style_vectors: float array of shape `(num_images, style_dim)`.
        images: sequence of `num_images` uint8 arrays in [0, 255] or float arrays in [0, 1], `(height, width, 3)`.
        groups: sequence of `num_images` labels, or None. A line connects each image with the mean of its group.
        thumbnail_size: integer, longer side of a thumbnail in pixels; by default 48, and less for more than 40 images.

    Returns:
        `PIL.Image.Image`.

    Raises:
        ValueError: if the numbers of vectors, images and groups differ, or there are too few vectors.
    """
    from matplotlib.figure import Figure  # it takes a second to import
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    groups = range(len(images)) if groups is None else groups
    if not len(style_vectors) == len(images) == len(groups):
        raise ValueError(
            "There must be as many vectors as images and groups. "
            f"Received: {len(style_vectors)} vectors, {len(images)} images, {len(groups)} groups."
        )
    if thumbnail_size is None:  # the share of the figure that thumbnails cover stays about the same
        thumbnail_size = max(SMALLEST, round(LARGEST * min(1.0, (FULL_SIZE / len(images)) ** 0.5)))
    places, shares = principal_components(style_vectors)
    figure = Figure(figsize=(9, 6.5), layout="constrained", dpi=100)
    axes = figure.add_subplot(aspect="equal", adjustable="datalim")
    groups = np.array([list(dict.fromkeys(groups)).index(group) for group in groups])
    for place, group in zip(places, groups, strict=True):
        axes.plot(*np.stack([place, places[groups == group].mean(axis=0)]).T, color="0.4", linewidth=1, zorder=1)
    for place, image in zip(places, images, strict=True):
        # A pixel of the thumbnail is one of the figure: an offset image counts in points, of which an inch has 72.
        thumbnail = OffsetImage(to_uint8(resize_longest_side(image, thumbnail_size)), zoom=72 / figure.dpi)
        axes.add_artist(AnnotationBbox(thumbnail, place, frameon=False, pad=0))
    axes.margins(0.08)
    axes.set(**{f"{side}label": f"{share:.0%} of the variance" for side, share in zip("xy", shares, strict=True)})
    return as_picture(figure)
