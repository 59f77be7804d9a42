"""The encoder of captions."""

from typing import Any

import keras
from keras import ops

from tfstyle.models.base_model import BaseModel
from tfstyle.tensors import Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class TextEncoder(BaseModel):
    """Encodes each word of a caption together with the words before it, and the caption as a whole.

        tokens -> embedding -> [ReLU, causal convolution, add] x n -> words; the last of them is the sentence

    Causal convolutions see what a recurrent network sees, and need a tenth of the operations for ten words.

    Args:
        num_tokens: integer, number of words of the vocabulary.
        num_words: integer, largest number of words of a caption.
        dim: integer, length of a word's vector.
        kernel_size: integer, number of words that a convolution sees.
        num_convolutions: integer.

    Call arguments:
        tokens: int32 tensor of shape `(batch, num_words)` in `[0, num_tokens]`, 0 after the last word.

    Returns:
        Tuple of two float tensors: words of shape `(batch, num_words, dim)`, zeros after the last word, and sentences
        of shape `(batch, dim)`.

    Reference:
        Gehring et al.: Convolutional Sequence to Sequence Learning, 2017, for convolutions as encoders of words.
    """

    def __init__(self, num_tokens, num_words, dim=64, kernel_size=4, num_convolutions=3, **kwargs):
        super().__init__(**kwargs)
        self.num_tokens = num_tokens
        self.num_words = num_words
        self.dim = dim
        self.kernel_size = kernel_size
        self.num_convolutions = num_convolutions
        options = {"dtype": self.dtype_policy}
        normal = keras.initializers.RandomNormal(stddev=1.0)
        self.embedding = keras.layers.Embedding(num_tokens + 1, dim, normal, name="embedding", **options)
        self.convolutions = [
            keras.layers.Conv1D(dim, kernel_size, padding="causal", name=f"convolution_{index}", **options)
            for index in range(num_convolutions)
        ]
        self.create_weights(keras.Input((num_words,), dtype="int32"))

    def call(self, tokens) -> tuple[Tensor, Tensor]:
        is_word = ops.not_equal(tokens, 0)
        words = self.embedding(tokens)
        for convolution in self.convolutions:
            words = words + convolution(ops.relu(words))
        words = words * ops.cast(is_word[..., None], words.dtype)
        follows = ops.concatenate([is_word[:, 1:], ops.zeros_like(is_word[:, :1])], axis=1)
        is_last = ops.logical_and(is_word, ops.logical_not(follows))
        return words, ops.sum(words * ops.cast(is_last[..., None], words.dtype), axis=1)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_tokens": self.num_tokens,
            "num_words": self.num_words,
            "dim": self.dim,
            "kernel_size": self.kernel_size,
            "num_convolutions": self.num_convolutions,
        }
