import json

import numpy as np
import pytest

from tfstyle.metrics import compare_features, compare_images
from tfstyle.metrics.features import FeatureExtractor
from tfstyle.metrics.kernel_distance import kernel_distance

RANDOM = np.random.default_rng(0)
PIXELS = FeatureExtractor("pixels", "none", lambda images: images.reshape(len(images), -1))
REAL, FAKE = RANDOM.normal(size=(60, 4)), RANDOM.normal(0.5, 1.0, size=(40, 4))


def test_few_images_have_a_spread_too():
    values = compare_features(REAL, FAKE, PIXELS).values
    assert (values["kernel_distance"], values["kernel_distance_spread"]) == kernel_distance(REAL, FAKE, subset_size=20)
    assert values["kernel_distance_spread"] > 1e-3


@pytest.mark.slow
def test_subsets_of_many_images_are_the_published_ones():
    real, fake = np.repeat(REAL, 50, axis=0), np.repeat(FAKE, 75, axis=0)
    values = compare_features(real[:2600], fake[:2600], PIXELS).values
    assert values["kernel_distance"] == kernel_distance(real[:2600], fake[:2600], subset_size=1000).mean


def test_only_the_inception_network_makes_it_a_fid():
    inception = FeatureExtractor("Inception 2015", "none", PIXELS.function, is_inception_2015=True)
    assert {"fid", "kid", "kid_spread"} <= compare_features(REAL, FAKE, inception).values.keys()
    assert not {"fid", "kid", "kid_spread"} & compare_features(REAL, FAKE, PIXELS).values.keys()


def test_a_report_says_what_it_was_measured_by():
    images = RANDOM.random((12, 4, 4, 1)).astype(np.float32)
    report = compare_images([images[:6], images[6:]], [images[:8]], PIXELS)
    assert "by pixels; resized: none; 8 generated images against 12 real ones" in str(report)
    assert json.loads(report.to_json())["num_real"] == 12


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_too_few_images(count):
    with pytest.raises(ValueError, match="at least"):
        compare_features(REAL[:count], FAKE[:count], PIXELS)
