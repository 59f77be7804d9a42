import numpy as np
import pytest

from tfstyle.losses.distillation import (
    gram_distillation_loss,
    moment_distillation_loss,
    standardized_squared_error,
)

random = np.random.default_rng(0)
TARGETS = random.random((2, 3, 4, 5)).astype("float32")
PREDICTIONS = random.random((2, 3, 4, 5)).astype("float32")


def test_standardized_squared_error_by_hand():
    targets = np.array([[[[7.0, 10.0], [1.0, 30.0]]]], "float32")
    means, deviations = np.array([5.0, 10.0], "float32"), np.array([2.0, 10.0], "float32")
    # The scores are 1 and 0, then -2 and 2.
    predictions = np.array([[[[1.5, 0.0], [-2.0, 0.0]]]], "float32")
    errors = standardized_squared_error(predictions, targets, means, deviations)
    np.testing.assert_allclose(errors, [(0.25 + 0 + 0 + 4) / 4], rtol=1e-6)


def test_the_mean_of_each_channel_has_an_error_of_one():
    mean, deviation = TARGETS.mean(axis=(0, 1, 2)), TARGETS.std(axis=(0, 1, 2))
    errors = standardized_squared_error(np.zeros_like(TARGETS), TARGETS, mean, deviation)
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
    zero, one = np.zeros(5, "float32"), np.ones(5, "float32")
    assert np.min(standardized_squared_error(moved, TARGETS, zero, one)) > 0.01
    assert np.min(loss(2 * TARGETS, TARGETS)) > 0.5


def test_one_value_an_image_in_float32():
    for loss in (gram_distillation_loss, moment_distillation_loss):
        values = loss(PREDICTIONS.astype("float16"), TARGETS.astype("float16"))
        assert values.shape == (2,)
        assert values.dtype == "float32"
    zero, one = np.zeros(5, "float32"), np.ones(5, "float32")
    values = standardized_squared_error(PREDICTIONS.astype("float16"), TARGETS.astype("float16"), zero, one)
    assert (values.shape, values.dtype) == ((2,), "float32")
