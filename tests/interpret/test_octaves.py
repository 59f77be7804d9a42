"""Noise of one grid size at a time, in a bank whose other noise is silent."""

import numpy as np
import pytest

from tests.conftest import draw_photo
from tests.interpret.toys import is_drawn
from tfstyle.interpret.octaves import noise_octaves, noises_of, plot_noise_octaves
from tfstyle.models.style.plain_style_bank import PlainStyleBank
from tfstyle.models.style.style_bank import StyleBank

PHOTO = draw_photo(48, 64)[None] / np.float32(255)
STYLE = np.array([[0.0, 1.0]], np.float32)


@pytest.fixture(scope="module")
def new_bank():
    return StyleBank(("identity", "waves"), (4, 6, 4), 1, learned_stroke_sizes=(1.0,))


@pytest.fixture
def bank(new_bank):
    random = np.random.default_rng(0)
    new_bank.set_weights([random.normal(0, 0.3, weight.shape) for weight in new_bank.weights])
    return new_bank


def test_grids_of_a_bank(bank):
    assert list(noises_of(bank)) == [2, 4, 8]
    assert len(noises_of(bank)[4]) == 2  # of the residual block, and of the half


def test_only_the_noise_that_has_a_weight_has_an_effect(bank):
    for layer in (bank.noise_half, *bank.noises):
        layer.weight.assign(np.zeros(layer.weight.shape))
    noise = bank.noises[0]
    values = np.zeros(noise.weight.shape)
    values[:, 1] = 1.0  # the second octave at a quarter: a grid of 8 pixels
    noise.weight.assign(values)
    found = noise_octaves(bank, lambda: bank(PHOTO, STYLE))
    has_effect = dict(zip(found.grid_sizes, found.changes > 0, strict=True))
    assert has_effect == {2: False, 4: False, 8: True}
    np.testing.assert_array_equal(found.images[2], found.without_noise)
    np.testing.assert_array_equal(noise.weight, values)  # it is back
    assert "grid of 8 pixels does most" in found.describe()
    assert is_drawn(plot_noise_octaves(found))


def test_noise_without_effect_is_said_to_have_none(bank):
    for layer in (bank.noise_half, *bank.noises):
        layer.weight.assign(np.zeros(layer.weight.shape))
    found = noise_octaves(bank, lambda: bank(PHOTO, STYLE))
    assert found.total_change == 0
    assert "no effect" in found.describe()


def test_a_bank_without_noise():
    with pytest.raises(ValueError, match="PlainStyleBank has no noise"):
        noises_of(PlainStyleBank(("identity", "waves"), (4, 6, 4), 1))
