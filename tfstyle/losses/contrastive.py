"""Contrastive losses of patches."""

from keras import ops

from tfstyle.tensors import Tensor

TEMPERATURE = 0.07  # Park et al. 2020, section 3


def gather_patches(features, positions) -> Tensor:
    """Gathers the features at the given positions.

    Args:
        features: float tensor of shape `(batch, height, width, channels)`.
        positions: int tensor of shape `(num_patches,)` in `[0, height * width)`, row by row.

    Returns:
        Tensor of the features' dtype and of shape `(batch, num_patches, channels)`.
    """
    batch, height, width, channels = ops.shape(features)
    return ops.take(ops.reshape(features, (batch, height * width, channels)), positions, axis=1)


def patch_nce_loss(queries, keys, temperature=TEMPERATURE, use_external_negatives=False) -> Tensor:
    """Patchwise InfoNCE: cross-entropy of identifying the key of each patch among the keys of other positions.

        -log( exp(q . k / t) / (exp(q . k / t) + sum over the negatives of exp(q . k' / t)) )

    A patch of a translated image should be more similar to the patch of the input at the same position than to any
    other. The keys are constants: no gradient passes through them.

    Args:
        queries: float tensor of shape `(batch, num_patches, dim)`, vectors of length 1 of the translated images.
        keys: float tensor of the same shape, of the inputs; row i is the same position as row i of the queries.
        temperature: float, t.
        use_external_negatives: bool, whether patches of the other images of the batch are negatives, in addition to the
            other patches of the same image.

    Returns:
        float32 scalar, the mean over all patches.

    Reference:
        Park, Efros, Zhang, Zhu: Contrastive Learning for Unpaired Image-to-Image Translation, 2020, equations 1 to 3;
        there internal negatives were better than external ones (section 4.2).
    """
    queries, keys = ops.cast(queries, "float32"), ops.stop_gradient(ops.cast(keys, "float32"))
    batch, num_patches, dim = ops.shape(queries)
    if use_external_negatives:
        batch, num_patches = 1, batch * num_patches
        queries, keys = (ops.reshape(vectors, (batch, num_patches, dim)) for vectors in (queries, keys))
    logits = ops.matmul(queries, ops.transpose(keys, (0, 2, 1))) / temperature
    own = ops.sum(queries * keys, axis=-1) / temperature
    return ops.mean(ops.logsumexp(logits, axis=-1) - own)
