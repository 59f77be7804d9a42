"""The optimization baseline of style models, with a small random extractor."""

import keras
import numpy as np
import pytest

from tfstyle.images import resize_image
from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
from tfstyle.transfer.evaluate import OptimizationBaseline


@pytest.fixture(scope="module")
def setting():
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    photograph = resize_image(random.random((5, 6, 3)).astype(np.float32), 40, 48)
    painting = random.random((36, 30, 3)).astype(np.float32)
    extractor = SqueezeNetExtractor(("conv1", "fire2"))
    return OptimizationBaseline(extractor, "fire2", ("conv1", "fire2")), photograph, painting


def test_the_photograph_itself_closes_nothing_and_the_baseline_all(setting):
    baseline, photograph, painting = setting
    untouched = baseline.score("noise", "clouds", photograph, painting, photograph)
    assert untouched.closed == pytest.approx(0, abs=1e-5)
    assert untouched.content_ratio == pytest.approx(0, abs=1e-5)
    content = baseline.extractor(photograph[None])["fire2"]
    best = np.asarray(baseline.optimize(photograph, content, baseline.grams(painting)))[0]
    assert best.min() >= 0 and best.max() <= 1
    optimized = baseline.score("noise", "clouds", photograph, painting, best)
    assert optimized.closed == pytest.approx(1, abs=1e-3)
    assert optimized.content_ratio == pytest.approx(1, abs=1e-3)


def test_the_painting_itself_has_the_style_but_not_the_content(setting):
    baseline, photograph, painting = setting
    score = baseline.score("noise", "clouds", photograph, painting, resize_image(painting, 40, 48))
    assert score.closed > 0.2
    assert score.content_ratio > 1


@pytest.mark.parametrize("wrong", [[1, 2], "photo.jpg", None, np.ones((2, 2))], ids=str)
def test_what_is_no_image_is_named(setting, wrong):
    baseline, photograph, painting = setting
    with pytest.raises(ValueError, match="`photograph` must .*Received"):
        baseline.score("noise", "clouds", wrong, painting, photograph)
    with pytest.raises(ValueError, match="`stylized` must .*Received"):
        baseline.score("noise", "clouds", photograph, painting, wrong)
    with pytest.raises(ValueError, match="`stylized` must have the shape of `photograph`"):
        baseline.score("noise", "clouds", photograph, painting, painting)
