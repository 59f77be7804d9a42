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
    predictions = np.array([[[[1.0, 10.0], [3.0, 10.0]]]])
    targets = np.array([[[[0.0, 10.0], [1.0, 30.0]]]])
    # Squared errors in units of the deviations 2 and 10: 1/4 and 0, then 1 and 4.
    errors = standardized_squared_error(predictions, targets, np.array([2.0, 10.0]))
    np.testing.assert_allclose(errors, [(0.25 + 0 + 1 + 4) / 4], rtol=1e-6)


def test_the_mean_of_each_channel_has_an_error_of_one():
    mean, deviation = TARGETS.mean(axis=(0, 1, 2)), TARGETS.std(axis=(0, 1, 2))
    errors = standardized_squared_error(np.broadcast_to(mean, TARGETS.shape), TARGETS, deviation)
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
    assert np.min(standardized_squared_error(moved, TARGETS, np.ones(5))) > 0.01
    assert np.min(loss(2 * TARGETS, TARGETS)) > 0.5


def test_one_value_an_image_in_float32():
    for loss in (gram_distillation_loss, moment_distillation_loss):
        values = loss(PREDICTIONS.astype("float16"), TARGETS.astype("float16"))
        assert values.shape == (2,)
        assert values.dtype == "float32"
    values = standardized_squared_error(PREDICTIONS.astype("float16"), TARGETS.astype("float16"), np.ones(5))
    assert (values.shape, values.dtype) == ((2,), "float32")
