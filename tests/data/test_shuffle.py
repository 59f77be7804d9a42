import time

import numpy as np
import pytest

from tfstyle.data.shuffle import epoch_order, shuffled_index


@pytest.mark.parametrize("size", [1, 2, 7])
def test_every_image_comes_once_in_each_epoch(size):
    for epoch in range(3):
        indices = [shuffled_index(sample, size, seed=5) for sample in range(epoch * size, (epoch + 1) * size)]
        assert sorted(indices) == list(range(size))


def test_the_order_depends_on_epoch_and_seed_alone():
    orders = [
        tuple(shuffled_index(sample, 20, seed) for sample in range(start, start + 20))
        for seed, start in [(0, 0), (0, 20), (1, 0)]
    ]
    assert len(set(orders)) == 3
    assert orders[0] != tuple(range(20))
    epoch_order.cache_clear()
    backwards = [shuffled_index(np.int64(sample), 20, 0) for sample in reversed(range(20))]
    assert tuple(reversed(backwards)) == orders[0]


def test_the_order_is_that_of_earlier_versions():
    """So that a training which an earlier version started goes on with the images that it would have seen."""
    for sample in (0, 7, 23):
        epoch, position = divmod(sample, 10)
        assert shuffled_index(sample, 10, 3) == np.random.default_rng((3, epoch)).permutation(10)[position]


def test_a_large_set_is_shuffled_once_an_epoch():
    """2.4 ms a sample would take 5 s here; a few streams at once do not push each other out."""
    start = time.perf_counter()
    for sample in range(1000):
        assert shuffled_index(sample, 118_000, 1) < 118_000
        assert shuffled_index(sample, 118_001, 2) < 118_001
    assert time.perf_counter() - start < 1.0
    with pytest.raises(ValueError, match="read-only"):
        epoch_order(118_000, 1, 0)[0] = 0
