"""The loss of captions, against numbers worked by hand."""

import numpy as np
import pytest

from tfstyle.losses.captions import caption_loss


def test_the_mean_over_words_without_padding():
    probabilities = np.array([[[0.1, 0.5, 0.4], [0.7, 0.1, 0.2]], [[0.1, 0.65, 0.25], [0.1, 0.1, 0.8]]], np.float32)
    tokens = np.array([[1, 0], [2, 2]], np.int32)
    expected = -(np.log(0.5) + np.log(0.25) + np.log(0.8)) / 3
    assert float(caption_loss(np.log(probabilities), tokens)) == pytest.approx(expected, rel=1e-5)


def test_captions_without_words():
    assert float(caption_loss(np.ones((2, 3, 4), np.float32), np.zeros((2, 3), np.int32))) == 0
