"""Endless shuffled streams of a set of images, each a function of its arguments alone."""

import functools

import numpy as np

# A training reads from a few streams at once, and several threads may stand at the turn of an epoch.
NUM_KEPT = 32


@functools.lru_cache(maxsize=NUM_KEPT)
def epoch_order(num_images: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the images in an epoch, kept for the next who asks: 118,000 take 2.4 ms to shuffle.

    Args:
        num_images: integer.
        seed: integer.
        epoch: integer.

    Returns:
        Integer array of shape `(num_images,)`, a permutation. Not to be written to.
    """
    order = np.random.default_rng((seed, epoch)).permutation(num_images)
    order = order.astype(np.uint32 if num_images <= 2**32 else np.int64)
    order.flags.writeable = False
    return order


def shuffled_index(sample: int, size: int, seed: int) -> int:
    """Which of `size` images is the `sample`-th of an endless shuffled stream.

    Every image comes once in each epoch. The answer depends on its arguments alone, so a training that resumes at any
    sample sees the images that it would have seen.

    Args:
        sample: integer, number of the sample since the beginning of the training.
        size: integer, number of images.
        seed: integer.

    Returns:
        Integer in `[0, size)`.
    """
    epoch, position = divmod(int(sample), size)
    return int(epoch_order(size, seed, epoch)[position])
