"""Endless shuffled streams that are functions of their arguments only."""

import functools

import numpy as np

# A training reads a few streams at once, and its threads may be in two epochs at the same time.
NUM_KEPT = 32


@functools.lru_cache(maxsize=NUM_KEPT)
def epoch_order(num_images: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the images in an epoch. It is cached, since shuffling 118,000 images takes 2.4 ms.

    Args:
        num_images: integer.
        seed: integer.
        epoch: integer.

    Returns:
        Integer array of shape `(num_images,)`, a permutation. It must not be modified.
    """
    order = np.random.default_rng((seed, epoch)).permutation(num_images)
    order = order.astype(np.uint32 if num_images <= 2**32 else np.int64)
    order.flags.writeable = False
    return order


def shuffled_index(sample: int, size: int, seed: int) -> int:
    """The index of a sample in an endless shuffled stream of images.

    Every image occurs once per epoch. The index depends on the arguments only, so a run that resumes at any sample sees
    the same images as an uninterrupted one.

    Args:
        sample: integer, number of the sample since the start of the training.
        size: integer, number of images.
        seed: integer.

    Returns:
        Integer in `[0, size)`.
    """
    epoch, position = divmod(int(sample), size)
    return int(epoch_order(size, seed, epoch)[position])
