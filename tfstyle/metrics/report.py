"""Metrics of generated images relative to real ones, reported together with their protocol."""

import dataclasses
import json

import numpy as np

from tfstyle.metrics.features import FeatureExtractor
from tfstyle.metrics.frechet_distance import frechet_distance
from tfstyle.metrics.kernel_distance import kernel_distance
from tfstyle.metrics.manifold import density_and_coverage, precision_and_recall

SUBSET_SIZE = 1000  # of the kernel distance, as in published KIDs


@dataclasses.dataclass(frozen=True)
class MetricReport:
    """Metric values together with their protocol.

    Args:
        values: dict of metric -> float.
        extractor: string, name of the feature extractor.
        resizer: string, how images are resized for it.
        num_real: integer, number of real images.
        num_fake: integer, number of generated images.
    """

    values: dict[str, float]
    extractor: str
    resizer: str
    num_real: int
    num_fake: int

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    def __str__(self):
        lines = [f"{name:24} {value:.4g}" for name, value in self.values.items()]
        return "\n".join(
            [
                *lines,
                f"by {self.extractor}; resized: {self.resizer}; "
                f"{self.num_fake} generated images against {self.num_real} real ones",
            ]
        )


def compare_features(real_features, fake_features, extractor) -> MetricReport:
    """Computes all metrics of two sets of features.

    Args:
        real_features: float array of shape `(num_real, dim)`.
        fake_features: float array of shape `(num_fake, dim)`.
        extractor: the `FeatureExtractor` of the features; it names the metrics.

    Returns:
        `MetricReport`. The Fréchet and kernel distances are called `fid` and `kid` only for the 2015 Inception network.

    Raises:
        ValueError: if the shapes do not match, there are fewer than 6 samples, or a value is not finite.
    """
    frechet, kernel = ("fid", "kid") if extractor.is_inception_2015 else ("frechet_distance", "kernel_distance")
    # Subsets smaller than the sets: otherwise all subsets are the same and there is no spread.
    half = max(min(len(real_features), len(fake_features)) // 2, 2)
    distance = kernel_distance(real_features, fake_features, subset_size=min(SUBSET_SIZE, half))
    values = {
        frechet: frechet_distance(real_features, fake_features),
        kernel: distance.mean,
        f"{kernel}_spread": distance.spread,
        **precision_and_recall(real_features, fake_features)._asdict(),
        **density_and_coverage(real_features, fake_features)._asdict(),
    }
    return MetricReport(values, extractor.name, extractor.resizer, len(real_features), len(fake_features))


def compare_images(real_batches, fake_batches, extractor: FeatureExtractor) -> MetricReport:
    """Computes all metrics of two sets of images. Only their features are kept in memory.

    Args:
        real_batches: iterable of float arrays `(batch, height, width, channels)` in [0, 1].
        fake_batches: iterable of the same kind; batch sizes, image sizes and numbers of images may differ.
        extractor: `FeatureExtractor`.

    Returns:
        `MetricReport`.

    Raises:
        ValueError: as `compare_features`, or if images are not in [0, 1].
    """
    real, fake = (np.concatenate([extractor(batch) for batch in batches]) for batches in (real_batches, fake_batches))
    return compare_features(real, fake, extractor)
