"""Networks that restore images: what they change, and what they must not."""

import keras
import numpy as np
import pytest

from tfstyle.images import luma
from tfstyle.models.translation.colorizer import Colorizer, with_chrominance
from tfstyle.models.translation.inpainter import Inpainter
from tfstyle.models.translation.upscaler import Upscaler

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(-1, 1, (2, 13, 18, 3)).astype("float32")
MASKS = (RANDOM.random((2, 13, 18, 1)) < 0.3).astype("float32")


def test_an_inpainter_starts_from_diffusion_ignores_what_is_in_holes_and_keeps_the_rest():
    keras.utils.set_random_seed(0)
    inpainter = Inpainter((4, 6), 1)
    np.testing.assert_array_equal(inpainter(IMAGES, MASKS), inpainter.diffusion(IMAGES, MASKS))
    inpainter.set_weights([weight + RANDOM.normal(0, 0.1, weight.shape) for weight in inpainter.get_weights()])
    filled = inpainter(IMAGES, MASKS).numpy()
    assert np.abs(filled - inpainter.diffusion(IMAGES, MASKS)).max() > 0.01
    np.testing.assert_array_equal(np.where(MASKS, 0, filled), np.where(MASKS, 0, IMAGES))
    others = np.where(MASKS, -IMAGES, IMAGES)
    np.testing.assert_array_equal(inpainter(others, MASKS), filled)
    assert np.abs(filled).max() <= 1


def test_a_new_upscaler_is_bicubic_interpolation():
    upscaler = Upscaler(2, 4, 1)
    np.testing.assert_allclose(upscaler(IMAGES), np.clip(upscaler.bicubic(IMAGES), -1, 1), atol=1e-6)


def test_a_colorizer_keeps_the_luminance_and_sees_nothing_else():
    keras.utils.set_random_seed(0)
    colorizer = Colorizer((4, 6))
    random = np.random.default_rng(1)
    colorizer.set_weights([weight + random.normal(0, 0.3, weight.shape) for weight in colorizer.get_weights()])
    colored = colorizer(IMAGES).numpy()
    gray = luma(IMAGES)
    np.testing.assert_allclose(luma(colored), gray, atol=1e-5)
    assert np.abs(colored).max() <= 1 + 1e-6
    assert (colored.max(axis=-1) - colored.min(axis=-1)).mean() > 0.1
    np.testing.assert_allclose(colorizer(np.repeat(gray[..., None], 3, axis=-1)), colored, atol=1e-5)


def test_chrominance_is_that_of_bt_601():
    """Pillow's conversion, of a color that is inside of RGB."""
    color = np.array([0.6, 0.3, 0.5])
    y = luma(color)
    blue, red = (color[2] - y) / 1.772, (color[0] - y) / 1.402
    chrominance = np.array([[[[2 * blue, 2 * red]]]], "float32")
    rgb = with_chrominance(np.full((1, 1, 1, 1), 2 * y - 1, "float32"), chrominance)
    np.testing.assert_allclose(np.ravel(rgb), 2 * color - 1, atol=1e-3)


def test_their_default_sizes_are_light():
    sizes = {kind.__name__: 2 * kind().count_params() / 1e6 for kind in (Colorizer, Inpainter, Upscaler)}  # MB, float16
    assert max(sizes.values()) < 8


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (Inpainter, {"filters": (4,)}, r"`filters` must be at least two positive integers.* Received: filters=\(4,\)"),
        (Inpainter, {"num_residual_blocks": 0}, "`num_residual_blocks` positive. Received: .*num_residual_blocks=0"),
        (Upscaler, {"scale": 3}, "`scale` must be 2, 4, 8 or another power of two. Received: scale=3"),
        (Upscaler, {"filters": 0}, "`filters` and `num_residual_blocks` must be positive"),
    ],
)
def test_mistakes(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        kind(**arguments)
