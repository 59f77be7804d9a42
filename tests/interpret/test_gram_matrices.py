"""Spectra of Gram matrices of a known rank, and textures from their first components."""

import numpy as np
import pytest
import tensorflow as tf

from tests.interpret.toys import is_drawn, toy_extractor, with_edges
from tfstyle.data.procedural_paintings import procedural_painting
from tfstyle.interpret.gram_matrices import (
    gram_spectrum,
    gram_textures,
    plot_gram_spectrum,
    plot_gram_textures,
    truncated,
)

PAINTING = procedural_painting("tiles", 32)


def test_channels_that_say_the_same_are_one_component():
    extractor = toy_extractor(
        one=lambda images: tf.repeat(images[..., :1], 5, axis=-1),
        three=lambda images: tf.concat([images, images], axis=-1),
    )
    spectrum = gram_spectrum(PAINTING, extractor)
    np.testing.assert_allclose(spectrum.eigenvalues["one"], [1, 0, 0, 0, 0], atol=1e-6)
    assert (spectrum.eigenvalues["three"] > 1e-6).sum() == 3
    assert spectrum.num_for(0.99)["one"] == 1 and 1 <= spectrum.num_for(0.9999)["three"] <= 3
    assert "1 of 5 in one" in spectrum.describe()
    red = PAINTING[..., 0] / 255
    assert spectrum.mean_shares["one"] == pytest.approx(red.mean() ** 2 / np.square(red).mean(), rel=1e-4)
    assert is_drawn(plot_gram_spectrum(spectrum))


def test_the_nearest_matrix_of_a_lower_rank():
    gram = np.diag([3.0, 1.0, 2.0])
    np.testing.assert_allclose(truncated(gram, 2), np.diag([3, 0, 2]), atol=1e-6)
    np.testing.assert_allclose(truncated(gram, 9), gram, atol=1e-6)
    assert truncated(np.stack([gram, gram]), 1).shape == (2, 3, 3)
    assert not truncated(gram, 0).any()


def test_more_components_make_a_nearer_texture():
    textures = gram_textures(PAINTING, toy_extractor(edges=with_edges), (0, 1, 9), size=24, num_steps=60)
    alone, some, whole = textures.errors
    assert whole < 0.8 * some and some < 0.8 * alone
    assert textures.missing[0] == 1 > textures.missing[1] > textures.missing[2]
    assert textures.missing[2] == pytest.approx(0, abs=1e-5)
    plain, _, texture = textures.images.std(axis=(1, 2)).mean(axis=-1)
    assert plain < 0.7 * texture
    assert textures.images.shape == (3, 24, 24, 3) and textures.images.min() >= 0 and textures.images.max() <= 1
    assert "With 0 components beside the mean, 100% of the covariance is missing" in textures.describe()
    assert is_drawn(plot_gram_textures(textures))
