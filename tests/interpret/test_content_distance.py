"""Where content was given up, with a change at a known place."""

import numpy as np
import pytest

from tests.interpret.toys import is_drawn, toy_extractor
from tfstyle.data.procedural_paintings import procedural_painting
from tfstyle.interpret.content_distance import content_map, place_name, plot_content_map
from tfstyle.losses.perceptual import content_loss

PHOTO = procedural_painting("dabs", 32) / np.float32(255)
EXTRACTOR = toy_extractor(pixels=lambda images: images)


def test_only_the_corner_that_changed_is_found():
    image = PHOTO.copy()
    image[24:, 24:] = 1 - image[24:, 24:]
    found = content_map(image, PHOTO, EXTRACTOR, "pixels")
    assert found.distances[24:, 24:].mean() > 0
    assert not found.distances[:24].any() and not found.distances[:, :24].any()
    assert found.total == pytest.approx(float(content_loss(image[None], PHOTO[None])[0]), rel=1e-5)
    assert "lower right" in found.describe()
    assert is_drawn(plot_content_map(found))


def test_the_photograph_itself():
    found = content_map(PHOTO, PHOTO, EXTRACTOR, "pixels")
    assert found.total == 0
    assert "everywhere" in found.describe()


def test_another_size():
    with pytest.raises(ValueError, match=r"\(16, 32, 3\)"):
        content_map(PHOTO[:16], PHOTO, EXTRACTOR, "pixels")


@pytest.mark.parametrize(
    ("down", "right", "name"),
    [(0.1, 0.1, "upper left"), (0.5, 0.5, "middle"), (0.9, 0.5, "lower middle"), (0.5, 0.9, "right")],
)
def test_places_have_names(down, right, name):
    assert place_name(down, right) == name
