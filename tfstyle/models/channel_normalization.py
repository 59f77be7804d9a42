"""Channels of one scale, without changing what a network computes."""

import numpy as np
from keras import ops

# A channel that is almost silent on the images, with a mean below this share of its layer's, is scaled as if it had
# this mean: scaled to 1, its rare peaks would drown all others.
SILENT = 0.02


def normalize_channels(extractor, images, batch_size=8):
    """Rescales an extractor's kernels so that each channel's mean over images is 1.

    One set of loss weights then serves every layer. Features change by these factors alone.

    Args:
        extractor: `PerceptualExtractor` with a method `divide_channels`; in place.
        images: array of shape `(n, height, width, 3)`, uint8, or float in [0, 1]: natural images.
        batch_size: integer, images at a time.

    Returns:
        Dict of layer name -> float array `(channels,)`: what each channel was divided by.

    Reference:
        Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, 2016, section 2.
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
            sums[name] = sums[name] + ops.convert_to_numpy(ops.mean(features, axis=(1, 2))).sum(axis=0, dtype="float64")
    means = {name: sums[name] / len(images) for name in names}
    factors = {name: np.maximum(mean, SILENT * mean.mean() or 1.0) for name, mean in means.items()}
    extractor.divide_channels(factors)
    return factors
