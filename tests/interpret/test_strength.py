"""The strength of a style: pictures between a photograph and a painting, whose distances are known."""

import numpy as np
import pytest

from tests.interpret.toys import check_captions, is_drawn, toy_extractor, with_edges
from tfstyle.data.procedural_paintings import procedural_painting
from tfstyle.interpret.strength import plot_strength_effect, strength_effect

PHOTO, PAINTING = (procedural_painting(name, 32) / np.float32(255) for name in ("dabs", "tiles"))
EXTRACTOR = toy_extractor(pixels=lambda images: images, edges=with_edges)


def between(strength):
    """A picture on the way to the painting."""
    return (1 - strength) * PHOTO + strength * PAINTING


@pytest.fixture(scope="module")
def effect():
    return strength_effect(between, PHOTO, EXTRACTOR, "pixels", ["edges"], PAINTING, (1.0, 0.0, 0.5, 0.5))


def test_each_measure_is_0_where_it_is_reached(effect):
    assert effect.strengths == (0.0, 0.5, 1.0)
    assert effect.changes[0] == effect.contents[0] == 0
    assert effect.styles[-1] == pytest.approx(0, abs=1e-6) and effect.styles[0] > 0.1
    whole = 255 * np.sqrt(np.square(PAINTING - PHOTO, dtype=np.float64).mean())
    np.testing.assert_allclose(effect.changes, [0, whole / 2, whole], rtol=1e-5)
    assert effect.contents[1] == pytest.approx(effect.contents[2] / 4, rel=1e-4)  # squares
    assert f"goes from 0 to {whole:.0f} of 255 levels" in effect.describe()


def test_the_share_of_the_way_is_that_of_the_style_loss(effect):
    share = (effect.styles[0] - effect.styles[1]) / effect.styles[0]
    assert f"strength 0.5 makes {share:.0%} of that way" in effect.describe()
    assert is_drawn(plot_strength_effect(effect))


def test_without_a_painting_and_without_a_way():
    found = strength_effect(between, PHOTO, EXTRACTOR, "pixels")
    assert found.styles is None and len(found.images) == 5
    assert "style loss" not in found.describe()
    assert is_drawn(plot_strength_effect(found))
    nothing = strength_effect(lambda strength: PHOTO, PHOTO, EXTRACTOR, "pixels", ["edges"], PHOTO)
    assert nothing.describe().endswith("The style loss goes from 0.00 to 0.00.")


def test_a_network_that_does_not_give_the_photograph_back():
    found = strength_effect(lambda strength: 0.5 * PHOTO, PHOTO, EXTRACTOR, "pixels")
    assert "At strength 0 the network does not give the photograph back" in found.describe()
    assert "give the photograph back" not in strength_effect(between, PHOTO, EXTRACTOR, "pixels").describe()


def test_the_drawing_says_what_it_shows():
    check_captions(plot_strength_effect)
