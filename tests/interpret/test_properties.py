"""Properties of pictures, on stripes whose width, direction and color are known."""

import numpy as np
import pytest

from tfstyle.interpret.properties import (
    CHANGES,
    ImageProperties,
    compare_properties,
    image_properties,
    median_wavelength,
    property_changes,
)


def stripes(width, angle, size=96, low=(0.2, 0.2, 0.2), high=(0.8, 0.8, 0.8)):
    """Smooth stripes of a width in pixels that run at an angle in degrees, 0 is horizontal and 90 upright."""
    rows, columns = np.mgrid[:size, :size]
    across = -np.sin(np.deg2rad(angle)) * columns - np.cos(np.deg2rad(angle)) * rows
    share = 0.5 + 0.5 * np.sin(np.pi * across / width)[..., None]
    return (np.array(low) + (np.array(high) - low) * share).astype(np.float32)


@pytest.mark.parametrize("width", [2, 3, 6])
@pytest.mark.parametrize("angle", [0, 30, 90, 135])
def test_stripes_have_their_width_and_direction(width, angle):
    found = image_properties(stripes(width, angle))
    assert found.stroke_width == pytest.approx(width, rel=0.15)
    assert abs((found.orientation - angle + 90) % 180 - 90) < (3 if width > 2 else 8)
    assert found.coherence > 0.95


def test_colors():
    image = np.broadcast_to(np.array([0.9, 0.5, 0.1], np.float32), (16, 16, 3))
    found = image_properties(image)
    assert found.red_green == pytest.approx(0.4)
    assert found.yellow_blue == pytest.approx(0.6)
    assert found.lightness == pytest.approx(0.299 * 0.9 + 0.587 * 0.5 + 0.114 * 0.1)
    assert found.contrast == pytest.approx(0, abs=1e-6)
    assert found.coherence == pytest.approx(0, abs=1e-6)


def test_noise_has_no_direction():
    noise = np.random.default_rng(0).random((96, 96, 1)).repeat(3, axis=-1)
    found = image_properties(noise)
    assert found.coherence < 0.1
    assert found.stroke_width < 2


def test_changes_have_their_units():
    thin, thick = image_properties(stripes(2, 0)), image_properties(stripes(4, 90))
    changes = dict(zip(CHANGES, property_changes(thin, thick), strict=True))
    assert changes["stroke width"] == pytest.approx(1, abs=0.2)  # an octave
    assert changes["orientation"] == pytest.approx(2, abs=0.1)  # the opposite on the circle of twice the angle
    assert not property_changes(thin, thin).any()


def test_a_plain_map_has_the_longest_wave():
    assert median_wavelength(np.ones((40, 80))) == 10


def test_what_is_no_picture():
    with pytest.raises(ValueError, match=r"shape=\(4, 16, 3\)"):
        image_properties(np.zeros((4, 16, 3), np.float32))


def test_what_a_picture_has_from_whom():
    dark = ImageProperties(0.2, 0.0, 0.0, 0.1, 3.0, 0.0, 0.0)
    light = ImageProperties(0.8, 0.2, 0.0, 0.1, 6.0, 0.0, 0.0)
    picture = ImageProperties(0.7, 0.05, 0.0, 0.1, 3.2, 0.0, 0.0)
    found = compare_properties(dark, picture, light)
    assert found.startswith("The picture is nearer to the painting than to the photograph in lightness. It has not ")
    assert "half of the way to the painting in red less green and width of the pattern." in found
    assert "lightness 51 to 178 (204), contrast 26 to 26 (26)" in found
    assert "lightness 51 to 178, contrast" in compare_properties(dark, picture)
    assert "hardly differ" in compare_properties(dark, picture, dark)
