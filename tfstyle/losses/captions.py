"""The loss of captions that are read off images."""

from keras import ops

from tfstyle.tensors import Tensor


def caption_loss(word_logits, tokens) -> Tensor:
    """Cross-entropy of the words of captions, `-log p(word | image, words before)`.

    Args:
        word_logits: float tensor of shape `(batch, num_words, num_tokens + 1)`.
        tokens: int32 tensor of shape `(batch, num_words)`, 0 after the last word.

    Returns:
        float32 scalar, the mean over the words of all captions; padding does not count.

    Reference:
        Qiao et al.: MirrorGAN: Learning Text-to-image Generation by Redescription, 2019, equation 8.
    """
    losses = ops.sparse_categorical_crossentropy(tokens, ops.cast(word_logits, "float32"), from_logits=True)
    is_word = ops.cast(ops.not_equal(tokens, 0), "float32")
    return ops.sum(losses * is_word) / ops.maximum(ops.sum(is_word), 1.0)
