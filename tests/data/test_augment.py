import numpy as np
import pytest
import tensorflow as tf

from tfstyle.data.augment import KINDS, augment, draw_augmentations, resampling_matrix

IMAGES = np.random.default_rng(0).uniform(-1, 1, (6, 12, 10, 3)).astype("float32")
SEED = np.array([1, 2])


def neutral(num_images=6):
    return {
        "shift": tf.zeros((num_images, 2)),
        "scale": tf.ones((num_images, 2)),
        "brightness": tf.zeros(num_images),
        "contrast": tf.ones(num_images),
        "saturation": tf.ones(num_images),
        "cutout_center": tf.zeros((num_images, 2)),
        "cutout_size": tf.zeros(num_images),
    }


def test_probability_0_changes_nothing():
    draws = draw_augmentations(6, KINDS, 0.0, SEED)
    np.testing.assert_allclose(augment(IMAGES, draws), IMAGES, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_changes_about_as_many_images_as_asked(kind):
    images = tf.tile(IMAGES[:1], (400, 1, 1, 1))
    draws = draw_augmentations(400, [kind], 0.3, SEED)
    changed = np.any(np.abs(augment(images, draws) - images) > 1e-4, axis=(1, 2, 3)).mean()
    num_changes = {"geometry": 3, "color": 3, "cutout": 1}[kind]
    assert abs(changed - (1 - 0.7**num_changes)) < 0.08


def test_a_shift_by_whole_pixels_moves_them():
    draws = neutral() | {"shift": tf.constant([[2 / 12, -3 / 10]] * 6)}
    moved = augment(IMAGES, draws)
    np.testing.assert_allclose(moved[:, 2:, :-3], IMAGES[:, :-2, 3:], atol=1e-5)
    # The border is mirrored, without repeating the pixel at the edge.
    np.testing.assert_allclose(moved[:, :2, :-3], IMAGES[:, 2:0:-1, 3:], atol=1e-5)


def test_a_zoom_is_about_the_center_and_linear():
    ramp = tf.constant(np.linspace(-1, 1, 9)[None, None, :, None] * np.ones((1, 9, 1, 1)), tf.float32)
    draws = neutral(1) | {"scale": tf.constant([[1.0, 2.0]])}
    np.testing.assert_allclose(augment(ramp, draws)[0, :, :, 0], np.tile(np.linspace(-0.5, 0.5, 9), (9, 1)), atol=1e-6)


def test_rows_of_the_matrices_are_means():
    random = np.random.default_rng(0)
    matrices = resampling_matrix(
        7, random.normal(0, 2, 50).astype("float32"), random.uniform(0.2, 4, 50).astype("float32")
    )
    np.testing.assert_allclose(tf.reduce_sum(matrices, axis=-1), 1.0, atol=1e-4)
    assert np.min(matrices) >= 0


def test_colors_against_numpy():
    draws = neutral() | {
        "brightness": tf.fill([6], 0.1),
        "contrast": tf.fill([6], 0.5),
        "saturation": tf.fill([6], 0.0),
    }
    grey = np.asarray(IMAGES) @ np.array([0.299, 0.587, 0.114])
    expected = np.repeat(0.5 * grey[..., None] + 0.1, 3, axis=-1)
    np.testing.assert_allclose(augment(IMAGES, draws), expected, atol=1e-5)


def test_alpha_is_no_color():
    images = tf.concat([IMAGES, IMAGES[..., :1]], axis=-1)
    draws = draw_augmentations(6, ["color"], 1.0, SEED)
    changed = augment(images, draws)
    np.testing.assert_array_equal(changed[..., 3], images[..., 3])
    np.testing.assert_allclose(changed[..., :3], augment(IMAGES, draws), atol=1e-6)
    assert augment(images[..., :1], draws).shape == (6, 12, 10, 1)


def test_cutout_hides_a_quarter():
    draws = neutral() | {"cutout_center": tf.fill((6, 2), 0.5), "cutout_size": tf.fill([6], 0.5)}
    hidden = np.asarray(augment(IMAGES, draws)) == 0
    assert hidden[:, 3:9, 3:7].all()
    assert not hidden[:, :3].any() and not hidden[:, :, 8:].any()


def test_replicas_that_take_their_rows_see_what_one_worker_sees():
    draws = draw_augmentations(6, KINDS, 0.8, SEED)
    whole = augment(IMAGES, draws)
    halves = [
        augment(IMAGES[rows], {name: value[rows] for name, value in draws.items()}) for rows in (slice(3), slice(3, 6))
    ]
    np.testing.assert_allclose(np.concatenate(halves), whole, atol=1e-6)
    again = augment(IMAGES, draw_augmentations(6, KINDS, 0.8, SEED))
    np.testing.assert_array_equal(again, whole)
    other = augment(IMAGES, draw_augmentations(6, KINDS, 0.8, SEED + 1))
    assert np.abs(other - whole).max() > 0.1


def test_gradients_pass_back_exactly():
    """The changes are affine in the images: the gradient of `w . augment(x)` by `x` gives back `augment`'s slope."""
    draws = draw_augmentations(6, KINDS, 0.8, SEED)
    weights = tf.random.stateless_normal(IMAGES.shape, (0, 0))
    direction = tf.random.stateless_normal(IMAGES.shape, (0, 1))
    images = tf.constant(IMAGES)
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = tf.reduce_sum(weights * augment(images, draws))
    slope = tf.reduce_sum(tape.gradient(value, images) * direction)
    step = tf.reduce_sum(weights * (augment(IMAGES + direction, draws) - augment(IMAGES, draws)))
    np.testing.assert_allclose(slope, step, rtol=1e-3)


def test_unknown_kind():
    with pytest.raises(ValueError, match="geometry, color, cutout. Received: rotation"):
        draw_augmentations(2, ["rotation"], 0.5, SEED)
