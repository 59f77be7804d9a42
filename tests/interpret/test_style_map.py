"""Style vectors as a map."""

import numpy as np
import pytest

from tfstyle.interpret.style_map import plot_style_map, principal_components

RED, GREEN, BLUE = (np.full((8, 8, 3), color, np.uint8) for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255)))


def test_the_longest_axis_comes_first():
    # The corners of a rectangle of 10 x 2 about (7, 7), its long side along (3, 4, 0) / 5, its short one along z.
    rectangle = [(4, 3, 1), (4, 3, -1), (10, 11, 1), (10, 11, -1)]
    coordinates, shares = principal_components(rectangle)
    np.testing.assert_allclose(np.abs(coordinates), [[5, 1]] * 4, atol=1e-12)
    np.testing.assert_allclose(coordinates[0, 0] * coordinates[2, 0], -25)
    np.testing.assert_allclose(coordinates[0, 1] * coordinates[1, 1], -1)
    np.testing.assert_allclose(shares, [25 / 26, 1 / 26])


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_vector_farthest_out_is_on_the_positive_side(sign):
    coordinates, shares = principal_components(sign * np.array([[0.0], [1.0], [5.0]]), num_components=1)
    np.testing.assert_allclose(coordinates[:, 0], [-2, -1, 3])  # less their mean, 2
    np.testing.assert_allclose(shares, [1])


@pytest.mark.parametrize(
    ("vectors", "finding"), [(np.ones((1, 3)), r"vectors.shape=\(1, 3\)"), (np.ones((4, 3)), "all the same")]
)
def test_what_has_no_map(vectors, finding):
    with pytest.raises(ValueError, match=finding):
        principal_components(vectors)


def middle(figure, color):
    """Row and column of the middle of a color, in pixels."""
    places = np.argwhere((np.asarray(figure) == color).all(axis=-1))
    assert len(places) > 20 * 20
    return places.mean(axis=0)


def test_images_lie_where_their_vectors_do():
    vectors = [(0, 0, 0), (6, 0, 0), (9, 1, 0)]
    figure = plot_style_map(vectors, [RED, GREEN, BLUE], thumbnail_size=24)
    red, green, blue = (middle(figure, image[0, 0]) for image in (RED, GREEN, BLUE))
    # Distances in the plane: between red and green 6, red and blue the root of 82, green and blue that of 10.
    scale = np.linalg.norm(red - green) / 6
    np.testing.assert_allclose(np.linalg.norm(red - blue), scale * 82**0.5, atol=2)
    np.testing.assert_allclose(np.linalg.norm(green - blue), scale * 10**0.5, atol=2)


def test_a_line_joins_a_group():
    vectors = [(0, 0), (0, 1), (9, 0), (9, 1)]
    images = [RED, GREEN, RED, GREEN]
    alone, joined = (np.asarray(plot_style_map(vectors, images, groups)) for groups in (None, "aabb"))
    gray = (joined == joined[..., :1]).all(axis=-1) & (joined != alone).any(axis=-1)
    assert gray.sum() > 50
    assert alone.shape == joined.shape


def test_many_images_are_smaller():
    few, many = ([(number % 7, number // 7) for number in range(count)] for count in (3, 160))
    covered = []
    for vectors in (few, many):
        figure = np.asarray(plot_style_map([*vectors, (30, 30)], [RED] * len(vectors) + [GREEN]))
        covered.append((figure == GREEN[0, 0]).all(axis=-1).sum())
    assert covered[0] == 48**2 and covered[1] == 24**2


def test_images_without_vectors():
    with pytest.raises(ValueError, match="2 vectors, 3 images, 3 groups"):
        plot_style_map([(0, 0), (0, 1)], [RED, GREEN, BLUE])
