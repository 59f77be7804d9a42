import numpy as np
import pytest
from keras import ops

from tfstyle.layers.carried_noise import carry_noise
from tfstyle.layers.noise_injection import layered_noise
from tfstyle.models.style.style_bank import StyleBank

HEIGHT, WIDTH = 24, 32


def noises(stride=4, num_layers=2, num_octaves=2):
    corner = np.zeros(2, np.int32)
    return layered_noise(np.array([3], np.int32), num_layers, num_octaves, corner, HEIGHT, WIDTH)


def moved(rows, columns, stride):
    displacements = np.zeros((1, stride * HEIGHT, stride * WIDTH, 2), np.float32)
    displacements[...] = (rows, columns)
    return displacements


def test_without_displacement_it_is_the_same_bit_for_bit():
    for before, after in zip(noises(), carry_noise(noises(), moved(0, 0, 4), 4), strict=True):
        np.testing.assert_array_equal(after, before)


def test_whole_steps_move_it():
    for before, after in zip(noises(), carry_noise(noises(), moved(8, -12, 4), 4), strict=True):
        # What is at row 0 and column 3 was at row 2 and column 0.
        np.testing.assert_array_equal(after[:, :-2, 3:], before[:, 2:, :-3])
        np.testing.assert_array_equal(after[:, -1, 3:], before[:, -1, :-3])  # beyond the border: that of the border


@pytest.mark.parametrize("part", [0.25, 0.5, 0.9])
def test_between_two_places_it_keeps_its_contrast_and_is_near_to_both(part):
    (before,) = layered_noise(np.array([3], np.int32), 1, 2, np.zeros(2, np.int32), 200, 200)
    displacements = np.full((1, 200, 200, 2), part, np.float32)
    (after,) = carry_noise([before], displacements, 1)
    before, after = np.asarray(before)[0, :-1, :-1], np.asarray(after)[0, :-1, :-1]
    assert abs(after[..., 0].std() - 1) < 0.03
    assert 0.6 < after[..., 1].std() / before[..., 1].std() < 1.05
    weight = (1 - part) / np.hypot(part, 1 - part)
    assert abs(np.corrcoef(before[..., 0].ravel(), after[..., 0].ravel())[0, 1] - weight**2) < 0.03


def test_a_bank_paints_what_moved_with_the_noise_that_it_had():
    bank = StyleBank(["identity", "waves"], filters=(4, 4, 4), num_residual_blocks=1)
    random = np.random.default_rng(0)
    bank.set_weights([random.normal(0, 0.3, weight.shape) for weight in bank.weights])
    image, weights = np.full((1, 64, 96, 3), 0.5, np.float32), np.array([[0, 1]], np.float32)
    still = bank(image, weights)
    zeros = np.zeros((64, 96, 2), np.float32)
    np.testing.assert_array_equal(bank(image, weights, displacements=zeros), still)
    carried = ops.convert_to_numpy(bank(image, weights, displacements=zeros + np.array([0, -16], np.float32)))
    still = ops.convert_to_numpy(still)
    # On a plain image the texture is that of the noise alone; by multiples of 8 pixels it moves exactly.
    error = np.abs(carried[:, 8:-8, 56:-8] - still[:, 8:-8, 40:-24]).mean()
    assert error < 0.3 * np.abs(still[:, 8:-8, 56:-8] - still[:, 8:-8, 40:-24]).mean()


def test_a_bank_without_noise_takes_displacements_too():
    from tfstyle.models.style.plain_style_bank import PlainStyleBank

    bank = PlainStyleBank(["identity", "waves"], (4, 4, 4), 1)
    image, weights = np.random.default_rng(0).random((1, 16, 24, 3), np.float32), np.array([[0.5, 0.5]], np.float32)
    expected = bank(image, weights)
    np.testing.assert_array_equal(bank(image, weights, displacements=np.ones((16, 24, 2), np.float32)), expected)
