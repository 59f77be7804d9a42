"""What all perceptual networks have in common."""

import numpy as np
import pytest

from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor

IMAGE = np.random.default_rng(0).random((1, 32, 48, 3), np.float32)


@pytest.mark.parametrize(
    ("extractor_class", "options"),
    [
        (LightStyleExtractor, {}),
        (SqueezeNetExtractor, {}),
        (VGG19StyleExtractor, {"layer_names": ("block2_conv1",), "pooling": "average"}),
    ],
)
def test_a_copy_in_another_dtype(extractor_class, options):
    extractor = extractor_class(weights=None, dtype="mixed_bfloat16", **options)
    copy = extractor.copy_as("float32")
    assert (extractor.compute_dtype, copy.compute_dtype) == ("bfloat16", "float32")
    assert copy.layer_names == extractor.layer_names
    rough, exact = extractor(IMAGE), copy(IMAGE)
    for name, features in exact.items():
        assert (rough[name].dtype, features.dtype) == ("bfloat16", "float32")
        error = np.abs(features - np.asarray(rough[name], np.float32)).mean() / np.abs(features).mean()
        assert 0 < error < 0.05, name
    copy.weights[0].assign(copy.weights[0] + 1.0)
    assert not np.array_equal(copy.weights[0], extractor.weights[0])
