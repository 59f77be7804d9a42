"""Distances batch by batch: equal to those of whole sets."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.metrics.frechet_distance import frechet_distance
from tfstyle.metrics.kernel_distance import squared_mmd
from tfstyle.metrics.streaming import BatchKernelDistance, FrechetDistance

RANDOM = np.random.default_rng(0)
REAL = RANDOM.normal(3.0, 1.0, (50, 5))
FAKE = RANDOM.normal(3.5, 1.5, (40, 5))


def batches(features, size):
    return [features[start : start + size] for start in range(0, len(features), size)]


def test_frechet_distance_is_that_of_the_whole_sets():
    distance = FrechetDistance(dim=5)
    assert np.isnan(distance.result())
    for real, fake in zip(batches(REAL, 10), batches(FAKE, 8), strict=True):
        distance.update_state(real, fake)
    assert float(distance.result()) == pytest.approx(frechet_distance(REAL, FAKE), rel=1e-9)
    distance.reset_state()
    assert np.isnan(distance.result())
    distance.update_state(REAL, REAL)
    assert float(distance.result()) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_large_features():
    """Sums of squares of 1e4 with a variance of 1: float32 would have no digit left."""
    distance = FrechetDistance(dim=5)
    distance.update_state(REAL + 1e4, FAKE + 1e4)
    assert float(distance.result()) == pytest.approx(frechet_distance(REAL, FAKE), rel=1e-5)


def test_kernel_distance_is_the_mean_over_batches():
    distance = BatchKernelDistance()
    assert float(distance.result()) == 0
    expected = []
    for real, fake in zip(batches(REAL, 10), batches(FAKE, 8), strict=True):
        distance.update_state(real, fake)
        expected.append(squared_mmd(real, fake))
    assert len(set(expected)) == 5
    assert float(distance.result()) == pytest.approx(np.mean(expected), rel=1e-9)
    distance.update_state(REAL[:1], FAKE[:1])  # of one image nothing can be told
    assert float(distance.result()) == pytest.approx(np.mean(expected), rel=1e-9)


def test_states_of_two_workers_add_up():
    workers = FrechetDistance(dim=5), FrechetDistance(dim=5)
    for worker, half in zip(workers, (slice(0, 20), slice(20, None)), strict=True):
        worker.update_state(REAL[half], FAKE[half])
    for mine, other in zip(workers[0].variables, workers[1].variables, strict=True):
        assert mine.aggregation == "sum"
        mine.assign_add(other)
    assert float(workers[0].result()) == pytest.approx(frechet_distance(REAL, FAKE), rel=1e-9)


def test_in_fit_with_an_extractor(tmp_path):
    """Real images are the targets; the features are the means of a map, and the name says whose."""
    images = RANDOM.random((12, 6, 6, 3)).astype("float32")
    model = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Conv2D(3, 1)])
    extractor = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Rescaling(2.0)], name="colors")
    model.compile("sgd", "mse", metrics=[FrechetDistance(3, extractor), BatchKernelDistance(extractor)])
    model.fit(images, images, batch_size=4, epochs=1, verbose=0)
    values = model.evaluate(images, images, batch_size=4, verbose=0, return_dict=True)
    colors = [2 * np.mean(batch, axis=(1, 2), dtype=np.float64) for batch in (images, model.predict(images, verbose=0))]
    assert values["frechet_distance_colors"] == pytest.approx(frechet_distance(*colors), rel=1e-4)
    expected = np.mean([squared_mmd(*pair) for pair in zip(*(batches(each, 4) for each in colors), strict=True)])
    assert values["batch_kernel_distance_colors"] == pytest.approx(expected, rel=1e-4)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.evaluate(images, images, batch_size=4, verbose=0, return_dict=True) == values


@pytest.mark.parametrize("metric", [FrechetDistance(5, name="distance"), BatchKernelDistance(dtype="float32")])
def test_round_trip(metric):
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()
    assert (again.name, again.dtype) == (metric.name, metric.dtype)


def test_one_trace_serves_all_batches():
    distance = BatchKernelDistance()
    update = tf.function(distance.update_state, input_signature=[tf.TensorSpec((None, 5), tf.float64)] * 2)
    for start in (0, 10):
        update(REAL[start:30], FAKE[start:30])
    expected = np.mean([squared_mmd(REAL[start:30], FAKE[start:30]) for start in (0, 10)])
    assert float(distance.result()) == pytest.approx(expected, rel=1e-9)


def test_errors():
    with pytest.raises(ValueError, match="length dim=4. Received: 5"):
        FrechetDistance(4).update_state(REAL, FAKE)
    with pytest.raises(ValueError, match=r"\(batch, dim\). Received: shape=\(5,\)"):
        BatchKernelDistance().update_state(REAL[0], FAKE[0])
    with pytest.raises(ValueError, match="does not support sample weights"):
        FrechetDistance(5).update_state(REAL, FAKE, sample_weight=np.ones(50))
