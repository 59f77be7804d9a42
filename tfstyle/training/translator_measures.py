"""Measures of translators on what is held back, and the diagnosis of their training."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.metrics.kernel_distance import squared_mmd
from tfstyle.metrics.manifold import density_and_coverage
from tfstyle.metrics.reconstruction import peak_signal_to_noise_ratio, structural_similarity
from tfstyle.metrics.structure import structure_kept
from tfstyle.training.gan_diversity import relative_diversity
from tfstyle.training.gan_monitor import BLIND, COLLAPSE, OVERPOWERED, SWINGING

GRID = 4  # patches per side, for the diversity
NUM_NEIGHBORS = 5  # of the coverage

# Finding of the `GanMonitor` -> what to try with a translator, whose settings are others than those of a GAN.
ADVICE = {
    COLLAPSE.name: "The translations are nearly plain. Try a lower learning_rate, or higher weights of other losses.",
    OVERPOWERED.name: "The discriminator recognizes every translated patch. Try fewer discriminator_filters, a lower "
    "learning_rate, or, without pairs, augment.",
    BLIND.name: "The discriminator only guesses, though the translations are far less varied than the targets. Try a "
    "larger discriminator_filters or receptive_field.",
    SWINGING.name: "Generator and discriminator oscillate. Try a lower learning_rate, or a pool_size of 50.",
}


def patch_diversity(targets, translations) -> tf.Tensor:
    """`relative_diversity` of patches: 16 per image, so that a batch of one image has a diversity, too.

    Args:
        targets: float tensor of shape `(batch, height, width, channels)`; both sides at least 4.
        translations: float tensor of the same shape.

    Returns:
        float32 scalar: 0 if all patches of the translations are equal, about 1 if they are as diverse as the targets'.
    """
    return relative_diversity(_patches(targets), _patches(tf.stop_gradient(translations)))


def _patches(images):
    height, width, channels = (int(size) for size in images.shape[1:])
    rows, columns = height // GRID, width // GRID
    images = tf.reshape(images[:, : GRID * rows, : GRID * columns], (-1, GRID, rows, GRID, columns, channels))
    return tf.reshape(tf.transpose(images, (0, 1, 3, 2, 4, 5)), (-1, rows, columns, channels))


def pair_measures(translations, targets) -> dict[str, float]:
    """PSNR and SSIM, each the mean over the images.

    Args:
        translations: float array of shape `(num_images, height, width, 3)` in [0, 1].
        targets: float array of the same shape.

    Returns:
        Dict of "psnr" and "ssim" -> float; without "ssim" for images of less than 11 pixels.
    """
    measures = {"psnr": peak_signal_to_noise_ratio(translations, targets)}
    if min(np.shape(targets)[1:3]) >= 11:
        measures["ssim"] = structural_similarity(translations, targets)
    return measures


class DomainMeasure:
    """Measures translations against images of the target domain, and against their inputs.

    Args:
        extractor: `PerceptualExtractor` that returns the layer.
        layer_name: string, layer of the features: their means over positions are compared with the target domain, and
            the maps with those of the inputs.
        inputs: float array of shape `(num_inputs, height, width, 3)` in [0, 1].
        targets: float array of shape `(num_targets, height, width, 3)` in [0, 1], of the target domain; at least 2.
    """

    def __init__(self, extractor: Any, layer_name: str, inputs: np.ndarray, targets: np.ndarray):
        self.extractor, self.layer_name = extractor, layer_name
        self.input_maps = self._maps(inputs)
        self.target_features = self._maps(targets).mean(axis=(1, 2))
        self.input_distance = squared_mmd(self.target_features, self.input_maps.mean(axis=(1, 2)))

    def _maps(self, images):
        maps = [np.asarray(tf.cast(self.extractor(image[None])[self.layer_name], tf.float32)) for image in images]
        return np.concatenate(maps).astype(np.float64)

    def __call__(self, translations: np.ndarray) -> dict[str, float]:
        """Measures the translations of the inputs.

        Args:
            translations: float array of the shape of the inputs, in [0, 1].

        Returns:
            Dict of name -> float: "kernel_distance" to the target domain, "coverage" of it if there are enough images,
            and "structure", the mean `structure_kept` of the inputs.
        """
        maps = self._maps(translations)
        features = maps.mean(axis=(1, 2))
        structures = [structure_kept(first, second) for first, second in zip(self.input_maps, maps, strict=True)]
        measures = {
            "kernel_distance": squared_mmd(self.target_features, features),
            "structure": float(np.mean(structures)),
        }
        if len(self.target_features) > NUM_NEIGHBORS:
            measures["coverage"] = density_and_coverage(self.target_features, features, NUM_NEIGHBORS).coverage
        return measures

    def badness(self, measures: Mapping[str, float]) -> float:
        """What the best weights minimize: the share of the inputs' distance that is left, plus the structure lost."""
        return measures["kernel_distance"] / max(self.input_distance, 1e-12) + 1.0 - measures["structure"]
