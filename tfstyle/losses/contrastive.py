"""Losses that tell a patch of an image from all other patches."""

from keras import ops

TEMPERATURE = 0.07  # Park et al. 2020, section 3


def gather_patches(features, positions):
    """The features at some places.

    Args:
        features: float tensor of shape `(batch, height, width, channels)`.
        positions: int tensor of shape `(num_patches,)` in `[0, height * width)`, row by row.

    Returns:
        Tensor of the features' dtype and of shape `(batch, num_patches, channels)`.
    """
    batch, height, width, channels = ops.shape(features)
    return ops.take(ops.reshape(features, (batch, height * width, channels)), positions, axis=1)


def patch_nce_loss(queries, keys, temperature=TEMPERATURE, use_external_negatives=False):
    """Cross-entropy of finding each patch's own key among the keys of other places.

        -log( exp(q . k / t) / (exp(q . k / t) + sum over the negatives of exp(q . k' / t)) )

    A patch of a translated image shall be most like the patch of the input at the same place. The keys are constants:
    no gradient passes through them.

    Args:
        queries: float tensor of shape `(batch, num_patches, dim)`, vectors of length 1 of the translated images.
        keys: float tensor of the same shape, of the inputs; row i is the same place as row i of the queries.
        temperature: float, t.
        use_external_negatives: bool. The negatives of a patch are the other patches of its own image; with True the
            patches of all images of the batch, too.

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
