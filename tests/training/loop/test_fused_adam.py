"""The fused update is Adam's."""

import functools

import keras
import numpy as np
import tensorflow as tf

from tfstyle.training.loop.fused_adam import FusedAdam
from tfstyle.training.loop.linear_decay import LinearDecay


def apply(optimizer, variables, *gradients):
    optimizer.apply(gradients, variables)


def test_it_is_adam_with_its_state():
    random = np.random.default_rng(0)
    start = [random.normal(size=shape).astype("float32") for shape in ((3, 4), (5,))]
    gradients = [[random.normal(size=array.shape).astype("float32") for array in start] for _ in range(5)]
    results = []
    for kind in (keras.optimizers.Adam, FusedAdam):
        optimizer = kind(LinearDecay(0.1, 2, 6), 0.5, 0.9, epsilon=1e-6)
        variables = [keras.Variable(array) for array in start]
        optimizer.build(variables)
        step = tf.function(functools.partial(apply, optimizer, variables))
        for parts in gradients:
            step(*map(tf.constant, parts))
        results.append([np.asarray(item) for item in (*variables, *optimizer.variables)])
        assert [variable.path.rpartition("/")[2] for variable in optimizer.variables]
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(other, one, rtol=2e-5, atol=1e-7)
    assert np.abs(results[1][0] - start[0]).max() > 0.1


def test_its_config_makes_it_again():
    optimizer = FusedAdam(0.3, beta_1=0.5)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert type(again) is FusedAdam and again.get_config() == optimizer.get_config()
