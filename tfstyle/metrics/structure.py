"""How much of an image's structure a translation keeps, whatever its colors and textures."""

import numpy as np

MAX_PLACES = 1024  # positions to compare: their similarities are a square matrix


def self_similarity(features) -> np.ndarray:
    """Cosine similarity of the features of every pair of positions.

    Args:
        features: float array of shape `(height, width, channels)`. Of more than 1,024 positions, every n-th is used.

    Returns:
        float64 array of shape `(num_places, num_places)`.
    """
    vectors = np.asarray(features, np.float64).reshape(-1, np.shape(features)[-1])
    vectors = vectors[:: -(-len(vectors) // MAX_PLACES)]
    vectors = vectors - vectors.mean(axis=0)  # otherwise what all positions share hides their differences
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors @ vectors.T


def structure_kept(features, translated_features) -> float:
    """Correlation of the self-similarities of an image and its translation.

    Patches that are alike in the image should be alike in the translation, and different ones different, whatever they
    look like.

    Args:
        features: float array of shape `(height, width, channels)`, features of the image.
        translated_features: float array of the same shape, of the translation, from the same network and layer.

    Returns:
        Float in [-1, 1]: 1 for the same structure, about 0 for an unrelated image or a plain one.

    Raises:
        ValueError: if the shapes differ.

    Reference:
        Kolkin, Salavon, Shakhnarovich: Style Transfer by Relaxed Optimal Transport and Self-Similarity, 2019, section
        2.3. Differs from the paper: a correlation, whose value does not depend on the network.
    """
    if np.shape(features) != np.shape(translated_features):
        raise ValueError(
            f"Features must have one shape. Received: {np.shape(features)} and {np.shape(translated_features)}."
        )
    first, second = self_similarity(features), self_similarity(translated_features)
    pairs = np.triu_indices(len(first), 1)
    first, second = first[pairs], second[pairs]
    if not len(first) or min(first.std(), second.std()) < 1e-9:
        return float(np.array_equal(first, second))
    return float(np.corrcoef(first, second)[0, 1])
