"""Rescaling of the layers of a loss network to a common scale."""

import numpy as np
from keras import ops


def normalize_layers(extractor, images, batch_size=8) -> dict[str, float]:
    """Rescales an extractor's kernels so that the mean of each layer over natural images is 1.

    The same loss weights then work for every layer. Channels keep their relative scale within a layer: a Gram matrix
    weights a channel by its energy, so rescaling channels separately would change the measure of style, and channels
    with rare peaks would dominate it.

    Args:
        extractor: `PerceptualExtractor` with a method `divide_channels`; modified in place.
        images: array of shape `(n, height, width, 3)`, uint8, or float in [0, 1]: natural images.
        batch_size: integer.

    Returns:
        Dict of layer name -> float, the divisor of the layer.

    Reference:
        Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, 2016, section 2.
        Differs from the paper: a mean of 1 for each layer, not for each channel.
    """
    names = extractor.needed_layer_names
    config = {**extractor.get_config(), "layer_names": names, "dtype": "float32"}
    complete = type(extractor).from_config(config)
    complete.set_weights(extractor.get_weights())
    sums = dict.fromkeys(names, 0.0)
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        scale = 255.0 if batch.dtype == np.uint8 else 1.0
        for name, features in complete(np.asarray(batch, "float32") / scale).items():
            sums[name] += float(ops.sum(ops.mean(features, axis=(1, 2, 3))))
    means = {name: total / len(images) or 1.0 for name, total in sums.items()}
    channels = {name: layer.filters for name, layer in extractor.returned_layers.items()}
    extractor.divide_channels({name: np.full(channels[name], mean) for name, mean in means.items()})
    return means
