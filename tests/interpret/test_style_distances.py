"""Distances of style vectors whose places are known."""

import numpy as np
import pytest

from tests.interpret.toys import is_drawn
from tfstyle.interpret.style_distances import (
    chance_of_less,
    crop_distances,
    nearest_paintings,
    plot_crop_distances,
    plot_nearest_paintings,
)


def test_the_nearest_come_first():
    vectors = [[0.0, 0], [3, 4], [1, 0], [6, 8]]
    found = nearest_paintings([0, 0], vectors, 3)
    assert found.indices.tolist() == [0, 2, 1]
    np.testing.assert_allclose(found.distances, [0, 1, 5])
    assert found.usual == 3
    images = [np.full((8, 8, 3), value, np.uint8) for value in (0, 90, 180, 250)]
    assert is_drawn(plot_nearest_paintings(found, images[0], images, "abcd"))


def test_a_vector_of_another_length():
    with pytest.raises(ValueError, match=r"style_vector.shape=\(3,\)"):
        nearest_paintings([0, 0, 0], [[0.0, 0]])


def test_crops_of_paintings_of_two_painters():
    # Two painters 100 apart, each with two paintings 10 apart, each of two crops 1 apart.
    vectors = [[100 * painter + 10 * painting + crop] for painter in (0, 1) for painting in (0, 1) for crop in (0, 1)]
    paintings = [number // 2 for number in range(8)]
    found = crop_distances(np.array(vectors, float), paintings, ["a"] * 4 + ["b"] * 4)
    np.testing.assert_allclose(found.same_painting, 1)
    assert len(found.same_painting) == 4 and len(found.same_group) == 8 and len(found.other_group) == 16
    assert (found.separation, found.group_separation) == (1, 1)
    assert "nearer in 100% of the comparisons" in found.describe()
    assert is_drawn(plot_crop_distances(found))


def test_vectors_that_know_nothing_are_at_chance():
    vectors = np.random.default_rng(0).normal(size=(120, 4))
    found = crop_distances(vectors, np.arange(120) // 4, np.arange(120) // 40)
    assert found.separation == pytest.approx(0.5, abs=0.05)
    assert found.group_separation == pytest.approx(0.5, abs=0.05)


def test_groups_of_one_painting_each():
    found = crop_distances([[0.0], [1], [9], [8]], [0, 0, 1, 1], ["a", "a", "b", "b"])
    assert len(found.same_group) == 0 and np.isnan(found.group_separation)
    assert "Two paintings of one group" not in found.describe()
    assert is_drawn(plot_crop_distances(found))


def test_nothing_to_compare():
    with pytest.raises(ValueError, match="0 pairs of two groups"):
        crop_distances([[0.0], [1]], [0, 0], ["a", "a"])


def test_ties_count_half():
    assert chance_of_less([1, 2], [2, 3]) == (1 + 0.75) / 2
