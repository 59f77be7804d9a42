"""Statistics of feature maps: what a style loss compares."""

from keras import ops


def gram_matrix(features):
    """Products of all pairs of channels, averaged over the positions.

    Args:
        features: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        float32 tensor of shape `(batch, channels, channels)`: the Gram matrix divided by `height * width`. float16
        features are multiplied in float32, since their products exceed the range of float16.

    Reference:
        Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, 2016, equation 3.
    """
    shape = ops.shape(features)
    num_positions = shape[1] * shape[2]
    if features.dtype == "float16":
        features = ops.cast(features, "float32")
    flat = ops.reshape(features, (-1, num_positions, shape[3]))
    gram = ops.matmul(ops.transpose(flat, (0, 2, 1)), flat)
    return ops.cast(gram, "float32") / ops.cast(num_positions, "float32")


def channel_moments(features, epsilon=1e-5):
    """Mean and standard deviation of each channel over the positions.

    Args:
        features: float tensor of shape `(batch, height, width, channels)`.
        epsilon: float, added to the variance: the square root has no gradient at zero.

    Returns:
        Two float32 tensors of shape `(batch, channels)`: mean, deviation.
    """
    mean, variance = ops.moments(ops.cast(features, "float32"), axes=(1, 2))
    return mean, ops.sqrt(variance + epsilon)
