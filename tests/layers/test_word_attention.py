"""Attention to words, against a plain loop."""

import keras
import numpy as np

from tfstyle.layers.word_attention import WordAttention


def test_each_place_attends_to_words_and_not_to_padding():
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    maps, words = random.standard_normal((2, 2, 3, 4), np.float32), random.standard_normal((2, 5, 6), np.float32)
    words[0, 3:] = 0
    layer = WordAttention(dim=8)
    outputs = layer(maps, words).numpy()
    query, bias, key, value = (weight.numpy() for weight in layer.weights)
    for image, row, column in np.ndindex(2, 2, 3):
        real = words[image, : 3 if image == 0 else 5]
        scores = (real @ key) @ (maps[image, row, column] @ query + bias) / np.sqrt(8)
        shares = np.exp(scores) / np.exp(scores).sum()
        expected = maps[image, row, column] + shares @ (real @ value)
        np.testing.assert_allclose(outputs[image, row, column], expected, rtol=1e-4, atol=1e-5)


def test_without_words_the_maps_stay():
    maps = np.ones((1, 2, 2, 3), np.float32)
    np.testing.assert_array_equal(WordAttention()(maps, np.zeros((1, 4, 5), np.float32)), maps)
