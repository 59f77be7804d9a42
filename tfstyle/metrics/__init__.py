"""How near generated images are to real ones: functions of features in float64, and `keras.metrics.Metric` classes."""

from tfstyle.metrics.features import (
    FeatureExtractor,
    from_function,
    from_inception_2015,
    from_perceptual_extractor,
)
from tfstyle.metrics.frechet_distance import FeatureStatistics, frechet_distance, gaussian_frechet_distance
from tfstyle.metrics.inception_score import ClassStatistics, inception_score
from tfstyle.metrics.kernel_distance import KernelDistance, kernel_distance
from tfstyle.metrics.manifold import (
    DensityAndCoverage,
    PrecisionAndRecall,
    density_and_coverage,
    nearest_neighbors,
    precision_and_recall,
)
from tfstyle.metrics.periodicity import periodicity
from tfstyle.metrics.reconstruction import peak_signal_to_noise_ratio, structural_similarity
from tfstyle.metrics.report import MetricReport, compare_features, compare_images
from tfstyle.metrics.resize import antialiased_resize
from tfstyle.metrics.streaming import BatchKernelDistance, FrechetDistance
from tfstyle.metrics.structure import self_similarity, structure_kept
from tfstyle.metrics.warping_error import ClipReport, measure_clip, texture_energy, warping_error

__all__ = [
    "BatchKernelDistance",
    "ClassStatistics",
    "ClipReport",
    "DensityAndCoverage",
    "FeatureExtractor",
    "FeatureStatistics",
    "FrechetDistance",
    "KernelDistance",
    "MetricReport",
    "PrecisionAndRecall",
    "antialiased_resize",
    "compare_features",
    "compare_images",
    "density_and_coverage",
    "frechet_distance",
    "from_function",
    "from_inception_2015",
    "from_perceptual_extractor",
    "gaussian_frechet_distance",
    "inception_score",
    "kernel_distance",
    "measure_clip",
    "nearest_neighbors",
    "peak_signal_to_noise_ratio",
    "periodicity",
    "precision_and_recall",
    "self_similarity",
    "structural_similarity",
    "structure_kept",
    "texture_energy",
    "warping_error",
]
