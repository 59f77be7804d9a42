"""Value ranges and sizes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.images.pictures import largest_difference, noise, smooth_rgb
from tfstyle import images
from tfstyle.images import ImageError


def test_uint8_to_float_and_back():
    values = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    floats = images.to_float(values)
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(floats, (np.arange(256) / 255).astype(np.float32).reshape(16, 16, 1))
    for dtype in (np.float16, np.float32, np.float64):
        np.testing.assert_array_equal(images.to_uint8(floats.astype(dtype)), values)
    np.testing.assert_array_equal(images.to_uint8(values), values)
    np.testing.assert_array_equal(images.to_float(floats), floats)


def test_to_uint8_rounds_and_clips():
    values = np.array([0.4, 0.6, 1.4, 1.6, 254.4, 254.6, -300.0, 300.0, np.inf, -np.inf]) / 255
    np.testing.assert_array_equal(images.to_uint8(values), [0, 1, 1, 2, 254, 255, 0, 255, 255, 0])


def test_bfloat16():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = np.array([0, 0.5, 1]).astype(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(images.to_uint8(values), [0, 128, 255])
    np.testing.assert_array_equal(images.to_float(values), [0, 0.5, 1])


def test_conversions_refuse_what_they_cannot_convert():
    with pytest.raises(ImageError, match="1 of 3 values are NaN"):
        images.to_uint8(np.array([0, np.nan, 1]))
    for convert in (images.to_uint8, images.to_float):
        for dtype in (np.int64, np.bool_, np.uint16):
            with pytest.raises(ImageError, match=f"dtype={np.dtype(dtype)}"):
                convert(np.zeros((2, 2, 3), dtype))
    for convert in (images.to_signed, images.from_signed):
        with pytest.raises(ImageError, match="dtype=uint8"):  # would wrap around silently
            convert(noise())


@pytest.mark.parametrize("wrong", [None, "photo.jpg", object(), [[1.0, 2.0], [3.0]], {"a": 1}], ids=type)
def test_what_is_no_array_is_named(wrong):
    for function in (images.to_float, images.to_uint8, lambda image: images.resize_image(image, 2, 2)):
        with pytest.raises(ImageError, match=f"`image` must be an array.*Received: {type(wrong).__name__}"):
            function(wrong)


def test_short_values_are_shown_and_long_ones_are_not():
    with pytest.raises(ImageError, match=r"Received: str 'photo\.jpg'\."):
        images.to_float("photo.jpg")
    with pytest.raises(ImageError, match=r"Received: a list\."):
        images.to_float([[1.0] * 50, [2.0]])


def test_luma():
    assert images.luma(np.eye(3)).tolist() == [0.299, 0.587, 0.114]
    assert images.luma(np.ones((2, 1, 3), np.float32)).dtype == np.float32


def test_signed_range():
    values = np.array([0, 0.25, 0.5, 1], np.float32)
    signed = images.to_signed(values)
    assert signed.dtype == np.float32
    np.testing.assert_array_equal(signed, [-1, -0.5, 0, 1])
    np.testing.assert_array_equal(images.from_signed(signed), values)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64])
def test_resize_shape_dtype_and_constant(channels, dtype):
    image = np.full((7, 9, channels), 51, np.uint8)
    image = image if dtype == np.uint8 else images.to_float(image).astype(dtype)
    for height, width in [(1, 1), (3, 20), (14, 2), (7, 9)]:
        resized = images.resize_image(image, height, width)
        assert resized.shape == (height, width, channels)
        assert resized.dtype == dtype
        np.testing.assert_allclose(resized.astype(float), float(image[0, 0, 0]), rtol=1e-3)


def test_resize_is_antialiased():
    checkerboard = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]
    for image, grey in ((checkerboard, 127.5), (images.to_float(checkerboard), 0.5)):
        small = images.resize_image(image, 13, 13)  # no divisor of 64: picking pixels gives 0 and 255
        assert np.abs(small.astype(float) - grey).max() < 0.05 * 2 * grey


def test_resize_of_floats_agrees_with_uint8():
    image = smooth_rgb(20, 30)
    for size in ((7, 11), (33, 50)):
        floats = images.resize_image(images.to_float(image), *size)
        assert largest_difference(images.to_uint8(floats), images.resize_image(image, *size)) <= 1


def test_resize_of_floats_stays_in_range():
    edge = np.zeros((16, 16, 3), np.float32)
    edge[:, 8:] = 1
    for height, width in ((40, 40), (7, 7)):
        resized = images.resize_image(edge, height, width)
        assert resized.min() >= 0
        assert resized.max() <= 1
    signed = images.resize_image(images.to_signed(edge), 7, 7)
    assert signed.min() < -0.9


@pytest.mark.parametrize("as_float", [False, True])
def test_transparent_colors_do_not_bleed(as_float):
    image = np.zeros((8, 8, 4), np.uint8)
    image[:, :4] = (200, 100, 50, 255)
    image[:, 4:] = (0, 255, 0, 0)  # green, but invisible
    resized = images.resize_image(images.to_float(image) if as_float else image, 3, 3)
    resized = images.to_uint8(resized)
    assert 0 < resized[1, 1, 3] < 255
    assert largest_difference(resized[:, :2, :3], np.broadcast_to([200, 100, 50], (3, 2, 3))) <= 2


@pytest.mark.parametrize(
    ("height", "width", "size", "expected"),
    [
        (100, 200, 50, (25, 50)),
        (200, 100, 50, (50, 25)),
        (3, 400, 40, (1, 40)),
        (3, 400, 800, (6, 800)),
        (1, 400, 10, (1, 10)),
        (1, 1, 64, (64, 64)),
        (33, 50, 25, (16, 25)),  # 16.5
        (34, 50, 24, (16, 24)),  # 16.32
        (35, 50, 24, (17, 24)),  # 16.8
    ],
)
def test_resize_longest_side(height, width, size, expected):
    assert images.resize_longest_side(noise(height, width), size).shape == (*expected, 3)


def test_resize_refuses():
    for height, width in ((0, 5), (5, 0), (-1, 5)):
        with pytest.raises(ImageError, match=f"height={height}, width={width}"):
            images.resize_image(noise(), height, width)
    with pytest.raises(ImageError, match="size=0"):
        images.resize_longest_side(noise(), 0)
    with pytest.raises(ImageError, match=r"images\[0\]"):
        images.resize_image(noise()[None], 4, 4)


def test_module_needs_neither_tensorflow_nor_keras():
    program = (
        "import sys; sys.modules.update(tensorflow=None, keras=None); import numpy as np; "
        "from tfstyle import images; print(images.to_uint8(np.ones((1, 1, 3)))[0, 0, 0])"
    )
    root = Path(__file__).parents[2]
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=False)
    assert (result.stdout.strip(), result.stderr) == ("255", "")
