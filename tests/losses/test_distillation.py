import numpy as np
import pytest

from tfstyle.losses.distillation import (
    gram_distillation_loss,
    moment_distillation_loss,
    peakedness_loss,
    standardized_squared_error,
)

random = np.random.default_rng(0)
TARGETS = random.random((2, 3, 4, 5)).astype("float32")
PREDICTIONS = random.random((2, 3, 4, 5)).astype("float32")


def test_standardized_squared_error_by_hand():
    targets = np.array([[[[7.0, 10.0], [1.0, 30.0]]]], "float32")
    deviations = np.array([2.0, 10.0], "float32")
    # The targets are 3.5 and 1, then 0.5 and 3, of their deviations.
    features = np.array([[[[4.0, 1.0], [0.5, 1.0]]]], "float32")
    errors = standardized_squared_error(features, targets, deviations)
    np.testing.assert_allclose(errors, [(0.25 + 0 + 0 + 4) / 4], rtol=1e-6)


def test_a_silent_channel_is_called_where_its_target_speaks():
    """And where that is silent, it may stay as far below zero as it is."""
    tf = pytest.importorskip("tensorflow")
    sums = tf.constant([[[[-3.0, -3.0]]]])
    with tf.GradientTape() as tape:
        tape.watch(sums)
        error = standardized_squared_error(sums, np.array([[[[1.0, 0.0]]]], "float32"), np.ones(2, "float32"))
    np.testing.assert_allclose(error, [(16 + 0) / 2])
    np.testing.assert_allclose(tape.gradient(error, sums), [[[[-4.0, 0.0]]]])


def test_the_mean_of_each_channel_has_an_error_of_one():
    mean, deviation = TARGETS.mean(axis=(0, 1, 2)), TARGETS.std(axis=(0, 1, 2))
    errors = standardized_squared_error(np.broadcast_to(mean / deviation, TARGETS.shape), TARGETS, deviation)
    assert np.mean(errors) == pytest.approx(1, rel=1e-5)


def gram(maps):
    return np.einsum("hwc,hwd->cd", maps, maps) / np.prod(maps.shape[:2])


def moments(maps):
    return np.concatenate([maps.mean(axis=(0, 1)), np.sqrt(maps.var(axis=(0, 1)) + 1e-5)])


@pytest.mark.parametrize(
    ("loss", "statistic"),
    [(gram_distillation_loss, gram), (moment_distillation_loss, moments)],
    ids=["gram", "moments"],
)
def test_statistics_against_numpy(loss, statistic):
    found = loss(PREDICTIONS, TARGETS)
    for error, prediction, target in zip(found, PREDICTIONS, TARGETS, strict=True):
        difference = statistic(prediction) - statistic(target)
        assert float(error) == pytest.approx(np.sum(difference**2) / np.sum(statistic(target) ** 2), rel=1e-4)


@pytest.mark.parametrize("loss", [gram_distillation_loss, moment_distillation_loss])
def test_statistics_do_not_ask_where(loss):
    moved = TARGETS[:, ::-1, ::-1]
    assert np.max(loss(moved, TARGETS)) < 1e-9
    assert np.min(standardized_squared_error(moved, TARGETS, np.ones(5, "float32"))) > 0.01
    assert np.min(loss(2 * TARGETS, TARGETS)) > 0.5


def test_one_value_an_image_in_float32():
    for loss in (gram_distillation_loss, moment_distillation_loss):
        values = loss(PREDICTIONS.astype("float16"), TARGETS.astype("float16"))
        assert values.shape == (2,)
        assert values.dtype == "float32"
    deviations = np.ones(5, "float32")
    values = standardized_squared_error(PREDICTIONS.astype("float16"), TARGETS.astype("float16"), deviations)
    assert (values.shape, values.dtype) == ((2,), "float32")


def test_peakedness_of_one_loud_position():
    """One position of a hundred: E[f^2] / E[f]^2 = 100. An even channel costs nothing, whatever its scale."""
    maps = np.zeros((1, 10, 10, 2), "float32")
    maps[0, 3, 4, 0] = 100.0
    maps[..., 1] = 0.2
    np.testing.assert_allclose(peakedness_loss(maps, limit=4.0), np.log(100 / 4) ** 2 / 2, rtol=1e-2)
    np.testing.assert_allclose(peakedness_loss(maps[..., 1:], limit=4.0), 0.0)
    both = np.concatenate([maps, np.roll(maps, 1, axis=1)])  # the expectation is over the batch
    np.testing.assert_allclose(peakedness_loss(both, limit=4.0), np.log(100 / 4) ** 2 / 2, rtol=1e-2)
