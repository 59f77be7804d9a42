"""Gradients of style losses, where it is known which layer asks for what."""

import numpy as np
import pytest
import tensorflow as tf

from tests.interpret.toys import halves, is_drawn, toy_extractor, with_edges
from tfstyle.data.procedural_paintings import procedural_painting
from tfstyle.interpret.style_gradients import layer_gradients, plot_layer_gradients
from tfstyle.losses.perceptual import relative_squared_error
from tfstyle.statistics import gram_matrix

IMAGE, PAINTING = (procedural_painting(name, 32) for name in ("hatching", "tiles"))


def test_a_layer_asks_only_for_what_it_sees():
    extractor = toy_extractor(red=lambda images: images[..., :1], left=lambda images: images[:, :, :16])
    found = layer_gradients(IMAGE, PAINTING, extractor)
    assert found.layers == ("red", "left")
    red, left = found.gradients
    assert np.abs(red[..., 0]).min() > 0
    assert not red[..., 1:].any()
    assert np.abs(left[:, :16]).max() > 0
    assert not left[:, 16:].any()


def test_a_gradient_is_the_slope_of_the_loss():
    extractor = toy_extractor(all=lambda images: images)
    found = layer_gradients(IMAGE, PAINTING, extractor)
    target = gram_matrix(tf.constant(PAINTING[None] / np.float32(255)))
    direction = np.random.default_rng(0).normal(size=found.image.shape).astype(np.float32)

    def loss(share):
        return float(
            relative_squared_error(gram_matrix(tf.constant((found.image + share * direction)[None])), target)[0]
        )

    slope = (loss(1e-2) - loss(-1e-2)) / 2e-2
    assert slope == pytest.approx(float((found.gradients[0] * direction).sum()), rel=0.02)
    assert found.losses[0] == pytest.approx(loss(0), rel=1e-4)


def test_a_picture_in_the_style_already():
    found = layer_gradients(PAINTING, PAINTING, toy_extractor(all=lambda images: images))
    assert found.losses[0] == pytest.approx(0, abs=1e-9)
    assert np.abs(found.gradients).max() < 1e-9


def test_fine_layers_ask_for_fine_changes():
    def coarse(images):
        return tf.nn.avg_pool2d(images, 8, 8, "SAME")

    found = layer_gradients(halves(size=96), halves("waves", "dabs", 96), toy_extractor(fine=with_edges, coarse=coarse))
    fine, broad = found.wavelengths
    assert broad > 1.5 * fine
    assert "fine asks for the finest" in found.describe()


def test_layers_are_drawn():
    extractor = toy_extractor(red=lambda images: images[..., :1], green=lambda images: images[..., 1:2])
    found = layer_gradients(halves(), PAINTING, extractor, ["green"])
    assert found.layers == ("green",)
    assert is_drawn(plot_layer_gradients(found))
