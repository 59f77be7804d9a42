"""Directions of the style vector, with a painter whose directions are known."""

import numpy as np
import pytest

from tests.interpret.test_properties import stripes
from tests.interpret.toys import is_drawn
from tfstyle.interpret.properties import CHANGES
from tfstyle.interpret.sensitivity import plot_style_sensitivity, principal_directions, style_sensitivity


def paint(vector):
    """Stripes: the first number of the vector is red, the second their width in octaves, the third their direction."""
    red, octaves, turn = vector
    high = np.array([0.5 + 0.2 * red, 0.5, 0.5])
    return stripes(3 * 2.0**octaves, 45 * turn, size=64, low=high - 0.2, high=high)


def test_each_direction_changes_what_it_is_made_for():
    found = style_sensitivity(paint, np.zeros(3), 0.5 * np.eye(3), ["red", "width", "turn"])
    strongest = {name: found.names[np.abs(found.changes[:, index]).argmax()] for index, name in enumerate(CHANGES)}
    assert strongest["red - green"] == "red"
    assert strongest["stroke width"] == "width"
    assert strongest["orientation"] == "turn"
    assert found.changes[0, 1] == pytest.approx(0.2, abs=0.02)  # both ways: from -0.5 to 0.5
    assert found.changes[1, 4] == pytest.approx(1, abs=0.25)
    text = found.describe()
    assert "Red changes the balance of red and green most" in text and "Turn turns the strokes most" in text
    assert is_drawn(plot_style_sensitivity(found))


def test_one_way_starts_at_the_vector():
    found = style_sensitivity(paint, np.zeros(3), [[1.0, 0, 0]], both_ways=False)
    np.testing.assert_array_equal(found.before[0], paint(np.zeros(3)))
    assert found.names == ("direction 1",)
    figure = plot_style_sensitivity(found)
    titles = [axes.get_title() for each in figure.subfigs for axes in each.axes]
    assert titles[:2] == ["as it is\n", "direction 1"]  # the common start is shown once
    assert is_drawn(figure)


def test_a_painter_without_style_changes_nothing():
    found = style_sensitivity(lambda vector: paint(np.zeros(3)), np.zeros(3), np.eye(3))
    assert not found.changes.any()
    assert found.describe().count("No direction here") == len(CHANGES)


def test_principal_directions_are_as_long_as_the_vectors_spread():
    vectors = np.array([[0, 0, 5], [4, 0, 5], [0, 2, 5], [4, 2, 5]])
    directions = principal_directions(vectors, 2)
    np.testing.assert_allclose(np.abs(directions), [[np.sqrt(16 / 3), 0, 0], [0, np.sqrt(4 / 3), 0]], atol=1e-9)


def test_too_few_vectors_and_wrong_shapes():
    with pytest.raises(ValueError, match="3 style vectors at least"):
        principal_directions(np.zeros((2, 5)), 2)
    with pytest.raises(ValueError, match=r"directions.shape=\(1, 2\)"):
        style_sensitivity(paint, np.zeros(3), [[1, 2]])
