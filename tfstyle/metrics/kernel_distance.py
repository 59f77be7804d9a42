"""Kernel distance of two sets of features."""

from typing import NamedTuple

import numpy as np

from tfstyle.metrics.frechet_distance import check_sets


class KernelDistance(NamedTuple):
    """The mean and the standard deviation of a distance over subsets."""

    mean: float
    spread: float


def polynomial_kernel(first, second) -> np.ndarray:
    """`(x . y / dim + 1)^3` for all pairs.

    Args:
        first: float array of shape `(m, dim)`.
        second: float array of shape `(n, dim)`.

    Returns:
        float64 array of shape `(m, n)`.

    Reference:
        Bińkowski et al.: Demystifying MMD GANs, 2018, section 4.
    """
    base = first @ second.T / first.shape[1] + 1.0
    return base * base * base  # NumPy's power takes six times as long


def squared_mmd(real_features, fake_features) -> float:
    """Unbiased estimate of the squared maximum mean discrepancy, with the polynomial kernel.

    Args:
        real_features: float array of shape `(num_real, dim)`.
        fake_features: float array of shape `(num_fake, dim)`.

    Returns:
        Float; about 0 for equal distributions, and possibly negative.

    Raises:
        ValueError: if shapes do not match, there are fewer than 2 samples, or a value is not finite.

    Reference:
        Gretton et al.: A Kernel Two-Sample Test, 2012, equation 3.
    """
    real, fake = check_sets(real_features, fake_features)
    if min(len(real), len(fake)) < 2:
        raise ValueError(f"Both sets need at least 2 samples. Received: {len(real)} and {len(fake)}.")
    return _mean_of_pairs(real) + _mean_of_pairs(fake) - 2.0 * float(polynomial_kernel(real, fake).mean())


def _mean_of_pairs(features):
    """Mean of the kernel over all pairs of different samples."""
    kernel = polynomial_kernel(features, features)
    count = len(features)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))


def kernel_distance(real_features, fake_features, num_subsets=100, subset_size=1000, seed=0) -> KernelDistance:
    """Kernel distance: the squared maximum mean discrepancy, averaged over random subsets.

    Unlike the Fréchet distance it is unbiased, so values for different numbers of samples can be compared. It is called
    KID only if the features are those of the 2015 Inception network.

    Args:
        real_features: float array of shape `(num_real, dim)`.
        fake_features: float array of shape `(num_fake, dim)`.
        num_subsets: integer.
        subset_size: integer, number of samples of each set in a subset.
        seed: integer, for the choice of the subsets.

    Returns:
        `KernelDistance`: the mean over the subsets, and their standard deviation.

    Raises:
        ValueError: as in `squared_mmd`, or if `num_subsets` is not positive.

    Reference:
        Bińkowski et al.: Demystifying MMD GANs, 2018.
    """
    real, fake = check_sets(real_features, fake_features)
    if num_subsets < 1:
        raise ValueError(f"`num_subsets` must be at least 1. Received: num_subsets={num_subsets}.")
    size = min(subset_size, len(real), len(fake))
    random = np.random.default_rng(seed)
    distances = [
        squared_mmd(
            real[random.choice(len(real), size, replace=False)], fake[random.choice(len(fake), size, replace=False)]
        )
        for _ in range(num_subsets)
    ]
    return KernelDistance(float(np.mean(distances)), float(np.std(distances)))
