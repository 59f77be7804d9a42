"""Attention of the places of an image to the words of its caption."""

from typing import Any

import keras
from keras import ops

from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class WordAttention(keras.layers.Layer):
    """Adds to each place of feature maps what it attends to in the words of a caption.

        maps + softmax(Q K^T / sqrt(dim)) V,   Q of the maps, K and V of the words

    Args:
        dim: integer, length of queries and keys.

    Call arguments:
        maps: float tensor of shape `(batch, height, width, channels)`.
        words: float tensor of shape `(batch, num_words, word_dim)`. Words of zeros are padding and get no attention.

    Returns:
        Tensor of the shape and dtype of `maps`.

    Reference:
        Xu et al.: AttnGAN: Fine-Grained Text to Image Generation with Attentional Generative Adversarial Networks,
        2018, section 3.1. Differs from the paper: the context is added to the maps instead of joined with them.
    """

    def __init__(self, dim=32, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.query = keras.layers.Dense(dim, name="query", dtype=self.dtype_policy)
        # A bias of the keys would change all scores of a place by one number, which the softmax ignores.
        self.key = keras.layers.Dense(dim, use_bias=False, name="key", dtype=self.dtype_policy)

    def build(self, maps_shape, words_shape) -> None:
        channels = maps_shape[-1]
        self.value = keras.layers.Dense(channels, use_bias=False, name="value", dtype=self.dtype_policy)
        self.query.build(maps_shape)
        self.key.build(words_shape)
        self.value.build(words_shape)

    def call(self, maps, words) -> Tensor:
        scores = ops.einsum("bhwd,bnd->bhwn", self.query(maps), self.key(words)) / self.dim**0.5
        is_word = ops.any(ops.not_equal(words, 0), axis=-1)[:, None, None]
        shares = ops.softmax(ops.where(is_word, ops.cast(scores, "float32"), -1e9))
        return maps + ops.einsum("bhwn,bnc->bhwc", ops.cast(shares, self.compute_dtype), self.value(words))

    def compute_output_shape(self, maps_shape, words_shape=None) -> Shape:
        return maps_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dim": self.dim}
