"""Measures of generated images against real ones, with the names of what they were measured by."""

import dataclasses
import json

import numpy as np

from tfstyle.metrics.features import FeatureExtractor
from tfstyle.metrics.frechet_distance import frechet_distance
from tfstyle.metrics.kernel_distance import kernel_distance
from tfstyle.metrics.manifold import density_and_coverage, precision_and_recall

SUBSET_SIZE = 1000  # of the kernel distance, as published KIDs have it


@dataclasses.dataclass(frozen=True)
class MetricReport:
    """Numbers, and what they were measured with: no number without its protocol.

    Args:
        values: dict of metric -> float.
        extractor: string, name of the feature extractor.
        resizer: string, how images came to its size.
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
    """All measures of two sets of features.

    Args:
        real_features: float array of shape `(num_real, dim)`.
        fake_features: float array of shape `(num_fake, dim)`.
        extractor: the `FeatureExtractor` that they come from; it names them.

    Returns:
        `MetricReport`. The Fréchet and kernel distances are called `fid` and `kid` only for the 2015 Inception network.

    Raises:
        ValueError: if shapes do not fit, there are fewer than 6 samples, or a value is not finite.
    """
    frechet, kernel = ("fid", "kid") if extractor.is_inception_2015 else ("frechet_distance", "kernel_distance")
    # Subsets that differ: of whole sets there is but one, and no spread.
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
    """All measures of two sets of images, of which only the features are kept.

    Args:
        real_batches: iterable of float arrays `(batch, height, width, channels)` in [0, 1].
        fake_batches: iterable of the same kind; sizes and numbers may differ.
        extractor: `FeatureExtractor`.

    Returns:
        `MetricReport`.

    Raises:
        ValueError: as `compare_features`, or if images are not in [0, 1].
    """
    real, fake = (np.concatenate([extractor(batch) for batch in batches]) for batches in (real_batches, fake_batches))
    return compare_features(real, fake, extractor)
