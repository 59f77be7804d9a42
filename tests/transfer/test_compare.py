"""One network in place of another, on noise and with small random networks."""

import keras
import numpy as np
import pytest

from tfstyle.images import resize_image
from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
from tfstyle.transfer import evaluate
from tfstyle.transfer.compare import ExtractorScore, score_extractor
from tfstyle.transfer.evaluate import OptimizationBaseline


def baseline(seed):
    keras.utils.set_random_seed(seed)
    return OptimizationBaseline(SqueezeNetExtractor(("conv1", "fire2")), "fire2", ("conv1", "fire2"))


@pytest.fixture
def images(monkeypatch):
    monkeypatch.setattr(evaluate, "BASELINE_STEPS", 30)
    random = np.random.default_rng(0)
    photograph = resize_image(random.random((5, 6, 3)).astype(np.float32), 40, 48)
    return photograph, random.random((36, 30, 3)).astype(np.float32)


def test_the_reference_itself_knows_all_and_random_weights_nothing(images):
    reference, random = baseline(0), baseline(1)
    score, pictures = score_extractor(reference, reference, random, "noise", "clouds", *images)
    assert score.closed == pytest.approx(1, abs=1e-3)
    assert score.content_ratio == pytest.approx(1, abs=1e-3)
    assert score.learned == pytest.approx(1, abs=1e-2)
    assert set(pictures) == {"random", "trained", "reference"}
    assert {picture.shape for picture in pictures.values()} == {(40, 48, 3)}
    np.testing.assert_allclose(pictures["trained"], pictures["reference"], atol=1e-3)

    score, _ = score_extractor(reference, random, random, "noise", "clouds", *images)
    assert score.closed == pytest.approx(score.closed_by_random, abs=1e-3)
    assert score.learned == pytest.approx(0, abs=1e-2)
    assert score.closed < 0.9


def test_learned_is_the_share_between_random_and_reference():
    assert ExtractorScore("s", "p", closed=0.8, closed_by_random=0.5, content_ratio=1).learned == pytest.approx(0.6)
