"""Discriminators that are told to look at a known place."""

import numpy as np
import pytest

from tests.interpret.toys import is_drawn
from tfstyle.interpret.occlusion import occlusion_maps, plot_occlusion_maps

IMAGES = np.random.default_rng(0).random((3, 32, 32, 1), np.float32)


def looks_at_a_corner(images):
    return images[:, :8, :8].mean(axis=(1, 2))


def test_the_corner_that_it_looks_at_is_found():
    images = IMAGES.copy()
    images[:, :8, :8] = 1.0  # brighter than the rest, which covers it
    found = occlusion_maps(looks_at_a_corner, images, patch_size=8, stride=4)
    assert found.maps.shape == (3, 8, 8)
    corner = found.attention[:3, :3].sum()
    assert corner == pytest.approx(1) and found.attention[0, 0] == found.attention.max()
    assert found.maps[:, 0, 0].min() > 0  # it argues for a higher score
    np.testing.assert_allclose(found.scores, 1)
    assert "upper left" in found.describe("real images")


def test_a_score_that_does_not_look():
    found = occlusion_maps(lambda images: np.zeros(len(images)), IMAGES)
    assert not found.maps.any()
    assert "does not depend" in found.describe()


def test_a_covered_patch_costs_what_it_holds():
    # The sum of all pixels, covered by zeros: each place counts as its own mean over the patches.
    found = occlusion_maps(lambda images: images.sum(axis=(1, 2, 3)), IMAGES, 4, 4, fill=0.0)
    sums = IMAGES.reshape(3, 8, 4, 8, 4).sum(axis=(2, 4))
    np.testing.assert_allclose(found.maps, sums, rtol=1e-4)


def test_patch_maps_are_averaged_and_batches_do_not_matter():
    def score(images):
        return images[:, ::4, ::4]

    one, many = (occlusion_maps(score, IMAGES, batch_size=size) for size in (1, 64))
    np.testing.assert_allclose(one.maps, many.maps, atol=1e-6)
    np.testing.assert_allclose(one.scores, IMAGES[:, ::4, ::4].mean(axis=(1, 2, 3)), rtol=1e-5)
    assert is_drawn(plot_occlusion_maps(one, many))


def test_copies_have_the_label_of_their_image():
    def score(images, labels):
        return labels * images.mean(axis=(1, 2, 3))

    found = occlusion_maps(score, IMAGES, fill=0.0, labels=np.array([1.0, 0.0, 2.0]))
    assert not found.maps[1].any() and found.maps[0].all() and found.maps[2].all()
    np.testing.assert_allclose(found.scores, score(IMAGES, np.array([1, 0, 2])), rtol=1e-5)


@pytest.mark.parametrize("options", [{"patch_size": 33}, {"patch_size": 4, "stride": 0}])
def test_a_patch_that_does_not_fit(options):
    with pytest.raises(ValueError, match="must fit"):
        occlusion_maps(looks_at_a_corner, IMAGES, **options)


def test_a_label_for_each_image():
    with pytest.raises(ValueError, match="2 for 3 images"):
        occlusion_maps(lambda images, labels: labels, IMAGES, labels=np.zeros(2))


def test_no_batch():
    with pytest.raises(ValueError, match=r"\(32, 32, 1\)"):
        occlusion_maps(looks_at_a_corner, IMAGES[0])
