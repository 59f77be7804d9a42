"""Stylizing arrays."""

import numpy as np
import pytest

from tfstyle.images import load_image, to_float, to_signed
from tfstyle.transfer.stylize import stylize


@pytest.fixture
def photo(photo_file):
    return load_image(photo_file)


# Arrays


def test_the_whole_style_is_what_the_bank_paints(bank, photo):
    painting = stylize(photo, bank, "waves")
    expected = np.asarray(bank(to_float(photo)[None], [[0, 1, 0]]))[0]
    assert painting.dtype == np.uint8
    assert painting.shape == photo.shape
    np.testing.assert_array_equal(painting, np.rint(expected * 255).astype(np.uint8))
    assert np.abs(painting.astype(int) - photo).mean() > 5


def test_strength_and_weights_make_one_row(bank, photo):
    painting = stylize(to_float(photo), bank, {"waves": 3, "starry_night": 1}, strength=0.4)
    expected = np.asarray(bank(to_float(photo)[None], [[0.6, 0.3, 0.1]]))[0]
    assert painting.dtype == np.float32
    np.testing.assert_allclose(painting, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda photo: photo[..., 0], "(height, width, 3)"),
        (lambda photo: photo.astype("float32"), "Received: dtype=float32, values from"),
        (lambda photo: to_signed(to_float(photo)), "float in [0, 1]. Convert other ranges with `tfstyle.images`."),
        (lambda photo: photo.astype(int), "Received: dtype=int64"),
        (lambda photo: [1, 2], "Received: photo.shape=(2,)"),
        (lambda photo: [[1, 2], [3]], "`photo` must be an array. Received: list [[1, 2], [3]]"),
        (lambda photo: None, "`photo` must be an array of numbers. Received: NoneType None"),
        (lambda photo: photo[:0], "Received: photo.shape=(0, 40, 3)"),
        (lambda photo: "photo.jpg", "tfstyle.load_image('photo.jpg')"),
    ],
)
def test_what_is_no_photograph_is_refused(bank, photo, change, message):
    with pytest.raises(ValueError) as error:
        stylize(change(photo), bank, "waves")
    assert message in str(error.value)


def test_a_name_is_no_bank(photo):
    with pytest.raises(ValueError, match=r"Pass tfstyle.load\('style_bank'\). Received: str."):
        stylize(photo, "style_bank", "waves")
    with pytest.raises(ValueError, match="`model` must be a loaded model. Received: int."):
        stylize(photo, 7, "waves")


def test_strength_zero_is_the_photograph_itself(bank, photo):
    assert stylize(photo, bank, "waves", strength=0) is photo
    assert stylize(photo, bank, "waves", strength=0, preserve_color=True) is photo


@pytest.mark.parametrize("styles", ["waves", {"waves": 1, "starry_night": 2}])
def test_colors_are_kept_also_where_styles_blend(bank, photo, styles):
    photo = to_float(photo)
    plain, kept = (stylize(photo, bank, styles, preserve_color=keep) for keep in (False, True))
    # The difference of two channels is a color without its light (in YIQ, a combination of I and Q).
    np.testing.assert_allclose(kept[..., 0] - kept[..., 1], photo[..., 0] - photo[..., 1], atol=1e-6)
    np.testing.assert_allclose(kept[..., 2] - kept[..., 1], photo[..., 2] - photo[..., 1], atol=1e-6)
    assert np.abs(plain - kept).mean() > 0.01
    assert np.abs(photo - kept).mean() > 0.01


def test_alpha_is_carried_and_hidden_colors_do_not_matter(bank, photo):
    alpha = np.full((*photo.shape[:2], 1), 255, np.uint8)
    alpha[:10] = 0
    alpha[10:12] = 100
    one = np.concatenate([photo, alpha], axis=-1)
    other = one.copy()
    other[:10, :, :3] = 77
    painting = stylize(one, bank, "waves")
    np.testing.assert_array_equal(painting[..., 3:], alpha)
    np.testing.assert_array_equal(painting, stylize(other, bank, "waves"))


def test_a_single_pixel(bank):
    assert stylize(np.zeros((1, 1, 3), np.uint8), bank, "waves").shape == (1, 1, 3)


# Networks that paint like any painting


def test_a_painting_or_its_vector(styler, photo):
    painting = np.full((9, 5, 3), 200, np.uint8)
    vector = styler.encode_style(painting)[0]
    expected = styler(to_float(photo)[None], vector, 0.6)[0]
    for style in (painting, to_float(painting), vector, [(painting, 2.0)], [(vector, 1), (painting, 3)]):
        painted = stylize(to_float(photo), styler, style, strength=0.6)
        np.testing.assert_allclose(painted, expected, atol=1e-5)
    assert np.abs(expected - to_float(photo)).mean() > 0.05
    assert stylize(photo, styler, vector, strength=0) is photo
    assert stylize(photo, styler, vector).dtype == np.uint8


def test_what_is_no_style_is_refused(styler, bank, photo):
    with pytest.raises(ValueError, match=r"tfstyle.load_image\('monet.jpg'\)"):
        stylize(photo, styler, "monet.jpg")
    with pytest.raises(
        ValueError, match="The styles of tiny_bank have names. Received: ndarray. The styles are: ident"
    ):
        stylize(photo, bank, photo)
    with pytest.raises(ValueError, match=r"a list of \(style, weight\)"):
        stylize(photo, bank, ["waves", "starry_night"])


def test_pairs_of_a_bank(bank, photo):
    pairs = [("waves", 1), ("starry_night", 1), ("waves", 2)]
    expected = stylize(photo, bank, {"waves": 3, "starry_night": 1})
    np.testing.assert_array_equal(stylize(photo, bank, pairs), expected)


# Masks


def test_each_region_in_its_style(bank, styler, photo):
    masks = np.zeros((2, *photo.shape[:2]), np.float32)
    masks[0, :, :10] = 1
    masks[1, :, 20:] = 1
    masks[0, 0, :4] = 0.25  # a soft edge to the photograph
    vectors = np.eye(4, dtype=np.float32)[:2]
    for model, styles in ((bank, ["waves", {"starry_night": 1}]), (styler, list(vectors))):
        painted = stylize(photo, model, styles, masks=masks)
        left, right = (stylize(photo, model, style) for style in styles)
        np.testing.assert_array_equal(painted[1:, :10], left[1:, :10])
        np.testing.assert_array_equal(painted[:, 20:], right[:, 20:])
        np.testing.assert_array_equal(painted[:, 10:20], photo[:, 10:20])
        mixture = 0.25 * left[0, :4] + 0.75 * photo[0, :4]
        np.testing.assert_allclose(painted[0, :4], mixture, atol=1.1)


def test_masks_that_overlap_share(bank, photo):
    masks = np.ones((2, *photo.shape[:2]), np.float32)
    photo = to_float(photo)
    painted = stylize(photo, bank, ["waves", "starry_night"], masks=masks)
    expected = (stylize(photo, bank, "waves") + stylize(photo, bank, "starry_night")) / 2
    np.testing.assert_allclose(painted, expected, atol=1e-6)


def test_masks_with_colors_and_alpha_kept(bank, photo):
    rgba = to_float(np.dstack([photo, np.full(photo.shape[:2], 90, np.uint8)]))
    masks = np.zeros((1, *photo.shape[:2]), np.float32)
    masks[0, :9] = 1
    painted = stylize(rgba, bank, ["waves"], preserve_color=True, masks=masks)
    np.testing.assert_allclose(painted[9:], rgba[9:], atol=1e-6)
    whole = stylize(rgba, bank, "waves", preserve_color=True)
    np.testing.assert_allclose(painted[:9], whole[:9], atol=1e-6)


@pytest.mark.parametrize(
    ("styles", "masks", "message"),
    [
        ("waves", np.ones((1, 28, 40)), r"list of one style for each mask. Received: a str, masks.shape=\(1, 28, 40\)"),
        (["waves"], np.ones((2, 28, 40)), r"Received: a list of length 1, masks.shape=\(2, 28, 40\)"),
        (["waves"], [1, 2], r"Received: masks.shape=\(2,\)"),
        (["waves"], 5, r"Received: masks.shape=\(\)"),
        (["waves"], ["sky.png"], r"`masks` must be an array of numbers. Received: list \['sky.png'\]"),
        (["waves"], np.ones((1, 40, 28)), r"height and width.*masks.shape=\(1, 40, 28\), photo.shape=\(28, 40, 3\)"),
        (["waves"], np.full((1, 28, 40), 255, np.uint8), r"float in \[0, 1\]. Received: dtype=uint8"),
        (["waves"], np.full((1, 28, 40), 1.5), "values from 1.5 to 1.5"),
        (["waves"], np.full((1, 28, 40), np.nan), "values from nan to nan"),
    ],
)
def test_masks_that_do_not_fit(bank, photo, styles, masks, message):
    with pytest.raises(ValueError, match=message):
        stylize(photo, bank, styles, masks=masks)
