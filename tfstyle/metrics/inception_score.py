"""Inception score for any classifier."""

import numpy as np

from tfstyle.metrics.frechet_distance import check_features


class ClassStatistics:
    """Statistics of class probabilities for the Inception score, accumulated over batches.

    Args:
        num_classes: integer.

    Attributes:
        num_samples: integer.
    """

    def __init__(self, num_classes):
        self.num_samples = 0
        self._sum = np.zeros(num_classes)
        self._negative_entropy = 0.0

    def update(self, probabilities) -> None:
        """Adds the predictions of a batch.

        Args:
            probabilities: float array of shape `(batch, num_classes)`, rows of values in [0, 1] that sum to 1.

        Raises:
            ValueError: if the shape differs or rows are not probabilities (logits, for instance).
        """
        probabilities = check_features(probabilities, "probabilities", len(self._sum))
        if probabilities.min() < -1e-6 or np.abs(probabilities.sum(axis=1) - 1.0).max() > 1e-3:
            raise ValueError(
                "`probabilities` must be at least 0 and sum to 1 in each row; apply a softmax to logits. Received: "
                f"minimum={probabilities.min():.3g}, sums from {probabilities.sum(axis=1).min():.3g} to "
                f"{probabilities.sum(axis=1).max():.3g}."
            )
        self.num_samples += len(probabilities)
        self._sum += probabilities.sum(axis=0)
        self._negative_entropy += _sum_p_log_p(probabilities)

    @property
    def class_shares(self) -> np.ndarray:
        """float64 array of shape `(num_classes,)`: the mean probability of each class."""
        return self._sum / self.num_samples

    @property
    def score(self) -> float:
        """`exp(E[KL(p(y|x) | p(y))])`, from 1 to the number of classes."""
        return float(np.exp(self._negative_entropy / self.num_samples - _sum_p_log_p(self.class_shares)))


def inception_score(probabilities) -> float:
    """Inception score: high if predictions are confident and evenly distributed over the classes.

    Args:
        probabilities: float array of shape `(num_images, num_classes)`, rows of values in [0, 1] that sum to 1.

    Returns:
        Float in [1, num_classes]. It is called Inception score only for Inception's 1,000 ImageNet classes, and
        classifier score for any other classifier.

    Raises:
        ValueError: if rows are not probabilities.

    Reference:
        Salimans et al.: Improved Techniques for Training GANs, 2016, section 4.
    """
    statistics = ClassStatistics(np.shape(probabilities)[-1])
    statistics.update(probabilities)
    return statistics.score


def _sum_p_log_p(probabilities):
    positive = probabilities[probabilities > 0]
    return float(np.sum(positive * np.log(positive)))
