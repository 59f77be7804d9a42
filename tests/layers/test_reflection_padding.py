import keras
import numpy as np
import pytest

from tfstyle.layers.reflection_padding import ReflectionPadding2D, mirror_border, reflected_indices

IMAGES = np.random.default_rng(0).random((2, 4, 5, 3)).astype("float32")


@pytest.mark.parametrize(
    ("padding", "pair"), [(0, (0, 0)), (1, (1, 1)), (3, (3, 3)), ((2, 4), (2, 4)), ([0, 1], (0, 1))]
)
def test_padding_equals_numpy(padding, pair):
    layer = ReflectionPadding2D(padding)
    expected = np.pad(IMAGES, ((0, 0), (pair[0],) * 2, (pair[1],) * 2, (0, 0)), mode="reflect")
    np.testing.assert_array_equal(layer(IMAGES), expected)
    assert layer.compute_output_shape(IMAGES.shape) == expected.shape


def test_unknown_sizes_stay_unknown():
    assert ReflectionPadding2D((1, 2))(keras.Input((None, 8, 3))).shape == (None, None, 12, 3)


@pytest.mark.parametrize("padding", [-1, 1.5, (1, -1), (1, 2, 3), (1,), "ab"])
def test_wrong_padding(padding):
    with pytest.raises(
        ValueError, match="`padding` must be a non-negative integer or a pair of them. Received: padding="
    ):
        ReflectionPadding2D(padding)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize(("before", "after"), [(0, 0), (1, 0), (0, 6), (2, 2), (13, 29)])
def test_reflected_indices_equal_numpy(size, before, after):
    indices = keras.ops.convert_to_numpy(reflected_indices(size, before, after))
    assert indices.dtype == np.int32
    np.testing.assert_array_equal(indices, np.pad(np.arange(size), (before, after), mode="reflect"))


def test_reflected_indices_of_a_size_known_at_run_time():
    import tensorflow as tf

    function = tf.function(reflected_indices, input_signature=[tf.TensorSpec((), tf.int32)] * 3)
    for size in (1, 5):
        np.testing.assert_array_equal(function(size, 4, 3), np.pad(np.arange(size), (4, 3), mode="reflect"))


@pytest.mark.parametrize("size", [(13, 2), (16, 1), (4, 40)])
def test_a_border_is_mirrored_up_to_a_multiple_of_the_stride_and_two_strides_at_least(size):
    image = np.random.default_rng(4).random((1, *size, 3)).astype("float32")
    missing = [max(-side % 4, 8 - side) for side in size]
    expected = np.pad(image, ((0, 0), *((8, 8 + more) for more in missing), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(mirror_border(image, 8, 4), expected)
