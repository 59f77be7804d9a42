"""PSNR, SSIM and structure, against numbers worked by hand and what they must not depend on."""

import numpy as np
import pytest

from tfstyle.metrics import peak_signal_to_noise_ratio, structural_similarity, structure_kept

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((2, 12, 14, 3))


def test_psnr_by_hand():
    targets = IMAGES.copy()
    targets[0] += 0.1  # 20 dB
    targets[1] += 0.01  # 40 dB
    assert peak_signal_to_noise_ratio(IMAGES, targets) == pytest.approx(30)
    assert peak_signal_to_noise_ratio(IMAGES, IMAGES) == pytest.approx(100)


def test_ssim_of_equal_and_of_other_images():
    assert structural_similarity(IMAGES, IMAGES) == pytest.approx(1, abs=1e-6)
    assert structural_similarity(IMAGES, RANDOM.random(IMAGES.shape)) < 0.2
    with pytest.raises(ValueError, match="at least 11 pixels"):
        structural_similarity(IMAGES[:, :8], IMAGES[:, :8])
    with pytest.raises(ValueError, match="must have one shape"):
        peak_signal_to_noise_ratio(IMAGES, IMAGES[:1])


def test_structure_depends_on_where_things_are_and_not_on_how_they_look():
    features = RANDOM.normal(size=(6, 7, 8))
    rotation, _ = np.linalg.qr(RANDOM.normal(size=(8, 8)))
    assert structure_kept(features, features) == pytest.approx(1)
    assert structure_kept(features, 3 * features @ rotation + 5) == pytest.approx(1)
    shuffled = RANDOM.permutation(features.reshape(-1, 8)).reshape(features.shape)
    assert abs(structure_kept(features, shuffled)) < 0.2
    assert structure_kept(features, np.ones_like(features)) == 0
    with pytest.raises(ValueError, match="must have one shape"):
        structure_kept(features, features[:2])
