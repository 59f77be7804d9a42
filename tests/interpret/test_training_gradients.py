"""Gradients of layers, among them one that learns nothing."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.interpret.toys import is_drawn
from tfstyle.interpret.training_gradients import gradient_norms, plot_gradient_norms


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(3, name=name) for name in ("first", "second", "last")]
    return keras.Sequential([keras.Input((2,)), *layers], name="net")


def test_the_gradient_is_that_of_the_formula(network):
    inputs = tf.constant([[1.0, 2.0]])
    found = gradient_norms(network, lambda: tf.reduce_sum(network(inputs)))
    assert found.layers == ("first", "second", "last")
    hidden = network.layers[1](network.layers[0](inputs)).numpy()[0]
    # of the last layer: the kernel's is its input in each column, the bias' is 1
    expected = np.concatenate([np.repeat(hidden, 3), np.ones(3)])
    assert found.norms[2] == pytest.approx(np.sqrt(np.mean(expected**2)), rel=1e-5)
    assert not found.dead
    assert "Every layer learns" in found.describe("network")


def test_a_layer_behind_which_nothing_passes_is_dead(network):
    network.layers[1].set_weights([np.zeros((3, 3)), np.zeros(3)])
    inputs = tf.constant([[1.0, 2.0]])
    found = gradient_norms(network, lambda: tf.reduce_sum(network(inputs)))
    assert found.dead == ("first",)
    assert "Next to nothing arrives at first" in found.describe("network")
    assert is_drawn(plot_gradient_norms({"network": found}))


def test_a_loss_that_does_not_depend_on_the_network(network):
    found = gradient_norms(network, lambda: tf.constant(1.0))
    assert not found.norms.any()
    assert "it does not learn" in found.describe("network")
    assert is_drawn(plot_gradient_norms({"network": found}))


def test_an_embedding_has_its_gradient():
    embedding = keras.Sequential([keras.Input((1,), dtype="int32"), keras.layers.Embedding(3, 2, name="labels")])
    found = gradient_norms(embedding, lambda: tf.reduce_sum(embedding(tf.constant([[1]]))))
    assert found.norms[0] == pytest.approx((2 / 6) ** 0.5)  # one row of three


def test_frozen_layers_are_left_out(network):
    network.layers[0].trainable = False
    assert gradient_norms(network, lambda: tf.reduce_sum(network(tf.ones((1, 2))))).layers == ("second", "last")
