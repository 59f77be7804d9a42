"""The mode-seeking loss, against numbers worked by hand."""

import numpy as np
import pytest

from tfstyle.losses.diversity import mode_seeking_loss

IMAGES = np.float32([[0.5, 0.3], [0.0, 0.2]]).reshape(2, 1, 2, 1)
OTHERS = np.float32([[0.1, 0.7], [0.6, 0.2]]).reshape(2, 1, 2, 1)
LATENTS = np.float32([[1, 0, 2, 0], [1, 1, 1, 1]])
OTHER_LATENTS = np.float32([[0, 1, 1, 1], [0, 1, 1, 2]])


def test_the_inverse_of_the_mean_ratio():
    """Images differ by 0.4 and 0.3, their latents by 1 and 0.5: ratios of 0.4 and 0.6."""
    for epsilon, expected in ((0.1, 1 / 0.6), (0.5, 1.0)):
        loss = mode_seeking_loss(IMAGES, OTHERS, LATENTS, OTHER_LATENTS, epsilon)
        assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_it_is_bounded_where_latents_are_ignored():
    assert float(mode_seeking_loss(IMAGES, IMAGES, LATENTS, OTHER_LATENTS)) == pytest.approx(10.0)
    assert np.isfinite(float(mode_seeking_loss(IMAGES, OTHERS, LATENTS, LATENTS)))
