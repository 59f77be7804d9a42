"""Inception-style score of a classifier's answers."""

import numpy as np

from tfstyle.metrics.frechet_distance import check_features


class ClassStatistics:
    """What the score needs of a classifier's answers, gathered batch by batch.

    Args:
        num_classes: integer.

    Attributes:
        num_samples: integer.
    """

    def __init__(self, num_classes):
        self.num_samples = 0
        self._sum = np.zeros(num_classes)
        self._negative_entropy = 0.0

    def update(self, probabilities):
        """Adds the answers on more images.

        Args:
            probabilities: float array of shape `(batch, num_classes)`, each row in [0, 1] and with the sum 1.

        Raises:
            ValueError: if the shape differs or rows are no probabilities (logits, for instance).
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
    def class_shares(self):
        """float64 array of shape `(num_classes,)`: the share of each class in all images."""
        return self._sum / self.num_samples

    @property
    def score(self):
        """`exp(E[KL(p(y|x) | p(y))])`: from 1, all alike or all unclear, to the number of classes."""
        return float(np.exp(self._negative_entropy / self.num_samples - _sum_p_log_p(self.class_shares)))


def inception_score(probabilities):
    """How sure a classifier is of single images, and how evenly the images are spread over the classes.

    Args:
        probabilities: float array of shape `(num_images, num_classes)`, each row in [0, 1] and with the sum 1.

    Returns:
        Float in [1, num_classes]. The name belongs to Inception's 1,000 ImageNet classes; of another classifier it is
        a score over that one's classes.

    Raises:
        ValueError: if rows are no probabilities.

    Reference:
        Salimans et al.: Improved Techniques for Training GANs, 2016, section 4.
    """
    statistics = ClassStatistics(np.shape(probabilities)[-1])
    statistics.update(probabilities)
    return statistics.score


def _sum_p_log_p(probabilities):
    positive = probabilities[probabilities > 0]
    return float(np.sum(positive * np.log(positive)))
