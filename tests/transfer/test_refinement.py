"""Style vectors that are refined before they are used."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.losses.perceptual import content_loss, gram_style_loss
from tfstyle.models.perceptual.light_extractor import CONTENT_LAYER, STYLE_LAYERS
from tfstyle.models.style.semantic_style import SemanticStyler
from tfstyle.statistics import gram_matrix
from tfstyle.transfer.refinement import CONTENT_WEIGHT, STYLE_WEIGHT, refine_style

RANDOM = np.random.default_rng(0)
PHOTOGRAPHS = RANDOM.random((3, 32, 32, 3)).astype("float32")
OTHERS = RANDOM.random((2, 40, 48, 3)).astype("float32")
# Of coarse grains, where the photographs have fine ones.
PAINTINGS = np.stack([RANDOM.random((36 // n, 40 // n, 3)).repeat(n, 0).repeat(n, 1) for n in (4, 2)]).astype("float32")


@pytest.fixture(scope="module")
def styler():
    keras.utils.set_random_seed(2)
    return SemanticStyler(None, style_dim=40, hidden_dim=8, filters=(4, 8, 4), num_residual_blocks=1)


def loss_of(styler, vectors):
    """What the refinement lowers, on photographs that it has not seen: an array `(num_styles,)`."""
    losses = []
    for vector, painting in zip(vectors, PAINTINGS, strict=True):
        features = styler.extractor(styler(OTHERS, vector[None], tf.ones(1)))
        painting_features = styler.extractor(painting[None])
        grams = {name: gram_matrix(painting_features[name]) for name in STYLE_LAYERS}
        content = content_loss(features[CONTENT_LAYER], styler.extractor(OTHERS)[CONTENT_LAYER])
        losses.append(np.mean(CONTENT_WEIGHT * content + STYLE_WEIGHT * np.log1p(gram_style_loss(features, grams))))
    return np.array(losses)


def test_other_photographs_come_nearer_to_the_painting_too(styler):
    vectors = styler.encode_style(PAINTINGS)
    refined = refine_style(styler, PAINTINGS, vectors, PHOTOGRAPHS, num_steps=15)
    assert np.all(loss_of(styler, refined) < 0.97 * loss_of(styler, vectors))


def test_more_steps_come_nearer(styler):
    vectors = styler.encode_style(PAINTINGS)
    few, many = (
        loss_of(styler, refine_style(styler, PAINTINGS, vectors, PHOTOGRAPHS, num_steps)) for num_steps in (2, 20)
    )
    assert np.all(many < few)


def test_each_painting_is_refined_alone_and_a_graph_does_the_same(styler):
    vectors = styler.encode_style(PAINTINGS)
    both = tf.function(refine_style)(styler, PAINTINGS, vectors, PHOTOGRAPHS, 4)
    for index in range(2):
        rows = slice(index, index + 1)
        alone = refine_style(styler, PAINTINGS[rows], vectors[rows], PHOTOGRAPHS, 4)
        np.testing.assert_allclose(both[rows], alone, atol=2e-3)  # Adam divides, also roundings
