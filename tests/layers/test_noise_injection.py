import numpy as np
import pytest
from keras import ops

from tfstyle.layers.noise_injection import NoiseInjection, layered_noise, octave_noise, position_noise


def noise(corner=(0, 0), height=64, width=48, octave=0, seed=3, channel=1):
    seeds = np.array([seed], np.int32)
    values = octave_noise(seeds, [channel], np.array(corner, np.int32), height, width, octave)
    return ops.convert_to_numpy(values)[0, ..., 0]


def test_noise_is_nearly_standard_normal():
    values = noise(height=300, width=300)
    assert abs(values.mean()) < 0.01
    assert abs(values.std() - 1) < 0.01
    assert abs(np.mean(values**4) - 3) < 0.4  # of a sum of four bytes 2.7; of one byte 1.8


@pytest.mark.parametrize("shift", [(0, 1), (1, 0), (1, 1), (0, 64), (64, 0), (7, 13)])
def test_noise_is_not_correlated_with_itself(shift):
    values = noise(height=400, width=400)
    there = values[shift[0] :, shift[1] :]
    here = values[: there.shape[0], : there.shape[1]]
    assert abs(np.corrcoef(here.ravel(), there.ravel())[0, 1]) < 0.015


@pytest.mark.parametrize("octave", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("corner", [(0, 0), (-5, 3), (40, -17), (1_000_003, 77)])
def test_a_tile_is_cut_from_one_endless_plane(octave, corner):
    whole = noise(corner, height=50, width=60, octave=octave)
    tile = noise((corner[0] + 13, corner[1] + 22), height=20, width=30, octave=octave)
    np.testing.assert_array_equal(tile, whole[13:33, 22:52])


def test_other_seeds_and_channels_are_other_noise():
    one = noise(height=200, width=200)
    for other in (noise(height=200, width=200, seed=4), noise(height=200, width=200, channel=2)):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.02


def test_octaves_are_coarser_and_smooth():
    for octave, least in ((1, 0.65), (2, 0.85), (3, 0.95)):
        values = noise(height=256, width=256, octave=octave)
        neighbors = np.corrcoef(values[:, :-1].ravel(), values[:, 1:].ravel())[0, 1]
        far = np.corrcoef(values[:, : -4 * 2**octave].ravel(), values[:, 4 * 2**octave :].ravel())[0, 1]
        assert neighbors > least
        assert abs(far) < 0.1


def test_an_octave_goes_through_the_coarse_values_between_its_pixels():
    # Of octave 1 no pixel lies on a coarse one: the mean of the cubic's values a quarter off either side is near to it.
    fine = noise((0, 0), 64, 64, octave=1)
    coarse = ops.convert_to_numpy(
        position_noise(np.array([3], np.int32), [1], np.arange(32, dtype=np.int32), np.arange(32, dtype=np.int32))
    )[0, ..., 0]
    means = fine.reshape(32, 2, 32, 2).mean(axis=(1, 3))
    assert np.corrcoef(means.ravel(), coarse.ravel())[0, 1] > 0.98


def test_each_layer_has_octaves_of_its_own():
    first, second = layered_noise(np.array([3], np.int32), 2, 3, np.array([-2, 3], np.int32), 8, 6, first_channel=10)
    assert first.shape == second.shape == (1, 8, 6, 3)
    for octave in range(3):
        np.testing.assert_array_equal(first[0, ..., octave], noise((-2, 3), 8, 6, octave, channel=10 + octave))
        np.testing.assert_array_equal(second[0, ..., octave], noise((-2, 3), 8, 6, octave, channel=13 + octave))


def test_each_style_has_its_own_amounts():
    random = np.random.default_rng(0)
    layer = NoiseInjection(num_styles=2)
    inputs = random.normal(size=(2, 8, 6, 4)).astype("float32")
    noise = random.normal(size=(1, 8, 6, 3)).astype("float32")
    outputs = ops.convert_to_numpy(layer(inputs, noise, np.array([[1, 0], [0.25, 0.75]], np.float32)))
    weight = ops.convert_to_numpy(layer.weight)
    assert weight.shape == (2, 3, 4)
    np.testing.assert_allclose(outputs[0], inputs[0] + noise[0] @ weight[0], atol=1e-5)
    np.testing.assert_allclose(outputs[1], inputs[1] + noise[0] @ (0.25 * weight[0] + 0.75 * weight[1]), atol=1e-5)


def test_there_must_be_a_style():
    with pytest.raises(ValueError, match="num_styles=0"):
        NoiseInjection(num_styles=0)
