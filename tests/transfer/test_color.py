"""Keeping the colors of the photograph."""

import numpy as np
import pytest

from tfstyle.transfer.color import match_color_statistics, preserve_color

# Rows Y, I, Q; the NTSC matrix as in Gatys et al. 2016.
YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def random_image(height=12, width=15, low=0.0, high=1.0, seed=0):
    return np.random.default_rng(seed).uniform(low, high, (height, width, 3))


def statistics(image):
    colors = image.reshape(-1, 3)
    return colors.mean(axis=0), np.cov(colors.T, bias=True)


@pytest.mark.parametrize(("low", "high"), [(0.35, 0.65), (0.0, 1.0)])
def test_chroma_is_the_photos(low, high):
    stylized, photo = random_image(low=low, high=high), random_image(low=low, high=high, seed=1)
    result = preserve_color(stylized, photo)
    assert result.min() >= 0
    assert result.max() <= 1
    np.testing.assert_allclose((result @ YIQ.T)[..., 1:], (photo @ YIQ.T)[..., 1:], atol=1e-12)


def test_luminance_is_the_stylized_images_where_it_fits():
    stylized, photo = random_image(low=0.4, high=0.6), random_image(low=0.3, high=0.7, seed=1)
    result = preserve_color(stylized, photo)
    np.testing.assert_allclose((result @ YIQ.T)[..., 0], (stylized @ YIQ.T)[..., 0], atol=1e-12)


def test_luminance_goes_as_far_as_the_chroma_allows():
    stylized, photo = random_image(), random_image(seed=1)
    result = preserve_color(stylized, photo)
    missing = ((stylized - result) @ YIQ.T)[..., 0]
    cut = np.abs(missing) > 1e-9
    assert 0.05 < cut.mean() < 0.95  # the case occurs, and so does the other
    brightest, darkest = result.max(axis=-1), result.min(axis=-1)
    np.testing.assert_allclose(brightest[cut & (missing > 0)], 1, atol=1e-12)
    np.testing.assert_allclose(darkest[cut & (missing < 0)], 0, atol=1e-12)


def test_by_hand():
    photo = np.array([[[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.2, 0.4, 0.6]]])
    stylized = np.array([[[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0]]])
    # A pure red has one luminance. Grey takes the 0.587 of green. White would need 0.6 + 0.6358: blue stops at 1.
    expected = [[[1.0, 0.0, 0.0], [0.587, 0.587, 0.587], [0.6, 0.8, 1.0]]]
    np.testing.assert_allclose(preserve_color(stylized, photo), expected, atol=1e-12)


def test_grey_photo_gives_grey_and_same_image_gives_itself():
    photo = np.repeat(random_image()[..., :1], 3, axis=-1)
    result = preserve_color(random_image(seed=1), photo)
    np.testing.assert_allclose(result, np.repeat(result[..., :1], 3, axis=-1), atol=1e-12)
    np.testing.assert_allclose(preserve_color(random_image(), random_image()), random_image(), atol=1e-12)


def test_dtype_and_sizes():
    for shape in ((1, 1), (3, 400)):
        result = preserve_color(random_image(*shape).astype(np.float32), random_image(*shape, seed=1))
        assert result.shape == (*shape, 3)
        assert result.dtype == np.float32
        assert result.max() <= 1


def test_preserve_color_refuses():
    image = random_image()
    with pytest.raises(ValueError, match=r"the same shape.*stylized.shape=\(12, 15, 3\), photo.shape=\(12, 14, 3\)"):
        preserve_color(image, image[:, 1:])
    with pytest.raises(ValueError, match=r"`photo` must be float in \[0, 1\].*dtype=uint8"):
        preserve_color(image, (image * 255).astype(np.uint8))
    with pytest.raises(ValueError, match="`stylized` must be float"):
        preserve_color(image * 255, image)
    with pytest.raises(ValueError, match="`photo` must be float"):
        preserve_color(image, np.full_like(image, np.nan))
    with pytest.raises(ValueError, match=r"shape=\(12, 15, 1\)"):
        preserve_color(image[..., :1], image[..., :1])
    slightly_above = np.full((2, 2, 3), 1 + 1e-6)
    np.testing.assert_array_equal(preserve_color(slightly_above, slightly_above), 1)


def test_mean_and_covariance_become_the_references():
    mixing = np.array([[0.2, 0.05, 0.0], [0.1, 0.1, 0.02], [0.0, 0.1, 0.2]])
    reference = 0.4 + (random_image(20, 9, seed=1) - 0.5) @ mixing
    image = random_image(high=0.3)
    result = match_color_statistics(image, reference)
    assert 0 < result.min() < result.max() < 1  # nothing is clipped
    mean, covariance = statistics(result)
    reference_mean, reference_covariance = statistics(reference)
    assert np.linalg.eigvalsh(reference_covariance).min() > 1e-4
    np.testing.assert_allclose(mean, reference_mean, atol=1e-12)
    np.testing.assert_allclose(covariance, reference_covariance, atol=1e-12)


def test_equal_statistics_change_nothing():
    image = random_image(low=0.2, high=0.8)
    np.testing.assert_allclose(match_color_statistics(image, image[::-1, ::-1]), image, atol=1e-10)


def test_axis_aligned_case_by_hand():
    """Independent channels: each is scaled by the ratio of the deviations and shifted to the new mean."""
    signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]).reshape(2, 4, 3)
    image = 0.5 + signs * [0.1, 0.2, 0.3]
    reference = [0.4, 0.5, 0.6] + signs * [0.3, 0.1, 0.2]
    np.testing.assert_allclose(match_color_statistics(image, reference), reference, atol=1e-12)


def test_singular_covariances():
    reference = random_image(seed=1, low=0.3, high=0.7)
    flat = np.full((4, 5, 3), 0.2)
    np.testing.assert_allclose(
        match_color_statistics(flat, reference), np.broadcast_to(statistics(reference)[0], (4, 5, 3)), atol=1e-12
    )
    np.testing.assert_allclose(match_color_statistics(random_image(), flat), np.full((12, 15, 3), 0.2), atol=1e-12)
    single = match_color_statistics(random_image(1, 1), reference)
    np.testing.assert_allclose(single[0, 0], statistics(reference)[0], atol=1e-12)
    grey = np.repeat(random_image()[..., :1], 3, axis=-1)
    result = match_color_statistics(grey, reference)
    assert np.linalg.matrix_rank(statistics(result)[1], tol=1e-10) == 1
    np.testing.assert_allclose(statistics(result)[0], statistics(reference)[0], atol=1e-12)


def test_rounding_noise_is_not_stretched_into_color():
    """A grey image saved with colors one step apart must not turn into colored noise."""
    grey = np.repeat(random_image(40, 40)[..., :1], 3, axis=-1)
    rounded = np.rint((grey + np.random.default_rng(2).uniform(-0.3, 0.3, grey.shape) / 255) * 255) / 255
    reference = random_image(seed=1, low=0.3, high=0.7)
    clean = match_color_statistics(grey, reference)
    assert np.abs(match_color_statistics(rounded, reference) - clean).max() < 0.05


def test_result_is_clipped_and_keeps_the_dtype():
    image = random_image(high=0.1).astype(np.float32)
    image[0, 0] = (0.9, 0.1, 0.5)  # one bright pixel lies many deviations from the mean
    reference = random_image(seed=1)
    result = match_color_statistics(image, reference)
    assert result.dtype == np.float32
    assert result.max() == 1
    assert match_color_statistics(1 - image, reference).min() == 0


def test_match_color_statistics_refuses():
    image = random_image()
    with pytest.raises(ValueError, match="`reference` must be float"):
        match_color_statistics(image, image * 255)
    with pytest.raises(ValueError, match=r"`image` must have the shape \(height, width, 3\)"):
        match_color_statistics(image[None], image)


@pytest.mark.parametrize("wrong", [[1, 2], 5, "photo.jpg", None, [[[1.0], [2.0, 3.0]]]], ids=str)
def test_what_is_no_image_is_named(wrong):
    for function, name in ((match_color_statistics, "image"), (preserve_color, "stylized")):
        with pytest.raises(ValueError, match=f"`{name}`.* must .*Received"):
            function(wrong, np.ones((4, 4, 3)))
