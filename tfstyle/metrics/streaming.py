"""Distances between two streams of images as Keras metrics, for `compile` and for custom loops."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from tfstyle.extractor_config import deserialize_extractor, serialize_extractor
from tfstyle.statistics import covariance, symmetric_sqrt


class _FeatureMetric(keras.metrics.Metric):
    """Base class of metrics on features, which are passed directly or computed from images by an extractor."""

    def __init__(self, extractor, name, dtype):
        # Sums of squares cancel in float32. Backends without float64 (JAX by default) use float32 nevertheless.
        super().__init__(name=name if extractor is None else f"{name}_{extractor.name}", dtype=dtype or "float64")
        self.extractor = extractor
        self._own_name = name

    def _features(self, inputs, sample_weight):
        if sample_weight is not None:
            raise ValueError(
                f"{type(self).__name__} does not support sample weights. Pass it in `metrics`, not `weighted_metrics`."
            )
        features = inputs if self.extractor is None else self.extractor(inputs)
        if isinstance(features, Mapping):
            if len(features) != 1:
                raise ValueError(f"The extractor must return one layer. Received: {', '.join(features)}.")
            (features,) = features.values()
        features = ops.cast(features, self.dtype)
        if len(features.shape) == 4:
            features = ops.mean(features, axis=(1, 2))
        if len(features.shape) != 2:
            raise ValueError(f"Features must have the shape (batch, dim). Received: shape={tuple(features.shape)}.")
        return features

    def get_config(self) -> dict[str, Any]:
        extractor = None if self.extractor is None else serialize_extractor(self.extractor)
        return {"name": self._own_name, "dtype": self.dtype, "extractor": extractor}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "_FeatureMetric":
        if config["extractor"] is not None:
            config = {**config, "extractor": deserialize_extractor(config["extractor"])}
        return cls(**config)


@keras.saving.register_keras_serializable(package="tfstyle")
class FrechetDistance(_FeatureMetric):
    """Streaming version of `frechet_distance`, between all real and all generated images so far.

    The metric keeps only sums: sets can have any size, and the sums of several workers can be added. It is not an FID,
    whatever the extractor: an FID uses the 2015 Inception network with its resizer
    (`tfstyle.metrics.from_inception_2015`). The distance decreases with the number of samples: compare only values of
    equally many samples. The time of a result is cubic in `dim`, and `fit` computes one after every batch: use a `dim`
    of at most a few hundred there.

    Args:
        dim: integer, length of a feature vector.
        extractor: layer or model that maps images to features `(batch, dim)`, or to one feature map (also as a dict of
            one layer), which is averaged over the positions. Its name is appended to that of the metric. None if the
            metric gets features.
        name: string, name of the metric.
        dtype: string, dtype of the sums.

    Call arguments:
        y_true: float tensor `(batch, ...)`, real images in the range of the extractor, or features.
        y_pred: float tensor `(batch, ...)`, generated images or their features; they need not be paired with `y_true`.

    Returns:
        Scalar, at least 0; NaN with fewer than two samples of each set.

    Example:
        >>> distance = FrechetDistance(dim=1)
        >>> distance.update_state([[0.0], [2.0]], [[5.0], [7.0]])
        >>> float(distance.result())
        25.0

    Reference:
        Heusel et al.: GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium, 2017, eq. 6.
    """

    def __init__(
        self,
        dim: int,
        extractor: keras.layers.Layer | None = None,
        name: str = "frechet_distance",
        dtype: str | None = None,
    ) -> None:
        super().__init__(extractor, name, dtype)
        self.dim = dim
        self._sums = {
            kind: (
                self.add_weight((), "zeros", self.dtype, name=f"{kind}_count"),
                self.add_weight((dim,), "zeros", self.dtype, name=f"{kind}_sum"),
                self.add_weight((dim, dim), "zeros", self.dtype, name=f"{kind}_products"),
            )
            for kind in ("real", "fake")
        }

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        for inputs, (count, total, products) in zip((y_true, y_pred), self._sums.values(), strict=True):
            features = self._features(inputs, sample_weight)
            if features.shape[1] != self.dim:
                raise ValueError(f"Features must have length dim={self.dim}. Received: {features.shape[1]}.")
            count.assign_add(ops.cast(ops.shape(features)[0], self.dtype))
            total.assign_add(ops.sum(features, axis=0))
            products.assign_add(ops.matmul(ops.transpose(features), features))

    def result(self) -> Any:
        means, covariances = [], []
        for count, total, products in self._sums.values():
            # At least two, which avoids a division by zero; the result is NaN in that case.
            number = ops.maximum(ops.convert_to_tensor(count), 2.0)
            means.append(total / number)
            centered = covariance(means[-1][None], (products / number)[None])[0]
            covariances.append(centered * number / (number - 1.0))
        first, second = (symmetric_sqrt(each[None])[0] for each in covariances)
        # The trace of (C1 C2)^(1/2), as in `gaussian_frechet_distance`.
        cross = ops.sum(ops.svd(ops.matmul(first, second), compute_uv=False))
        distance = ops.sum(ops.square(means[0] - means[1])) + sum(ops.trace(each) for each in covariances) - 2.0 * cross
        fewest = ops.minimum(*(ops.convert_to_tensor(count) for count, _, _ in self._sums.values()))
        return ops.where(fewest < 2, float("nan"), ops.maximum(distance, 0.0))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dim": self.dim}


@keras.saving.register_keras_serializable(package="tfstyle")
class BatchKernelDistance(_FeatureMetric):
    """Mean over the batches of the squared maximum mean discrepancy between real and generated images of a batch.

    It equals `kernel_distance` with the batches as subsets. It is unbiased, so that values of different numbers of
    batches can be compared; larger batches have a smaller variance. It is not a KID, whatever the extractor.

    Args:
        extractor: as in `FrechetDistance`.
        name: string, name of the metric.
        dtype: string, dtype of the sums.

    Call arguments:
        y_true: float tensor `(batch, ...)`, real images in the range of the extractor, or features; at least 2.
        y_pred: float tensor `(batch, ...)`, generated images or their features; they need not be paired with `y_true`.

    Returns:
        Scalar, about 0 for equal distributions, and possibly negative. 0 before the first batch. Batches of fewer than
        2 images are ignored.

    Reference:
        Bińkowski et al.: Demystifying MMD GANs, 2018. Zaremba, Gretton, Blaschko: B-tests, 2013, for the blocks.
    """

    def __init__(
        self,
        extractor: keras.layers.Layer | None = None,
        name: str = "batch_kernel_distance",
        dtype: str | None = None,
    ) -> None:
        super().__init__(extractor, name, dtype)
        self.total = self.add_weight((), "zeros", self.dtype, name="total")
        self.num_batches = self.add_weight((), "zeros", self.dtype, name="num_batches")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        real, fake = self._features(y_true, sample_weight), self._features(y_pred, sample_weight)
        distance = _mean_of_pairs(real) + _mean_of_pairs(fake) - 2.0 * ops.mean(_polynomial_kernel(real, fake))
        counts = ops.minimum(ops.shape(real)[0], ops.shape(fake)[0]) >= 2
        self.total.assign_add(ops.where(counts, distance, 0.0))
        self.num_batches.assign_add(ops.cast(counts, self.dtype))

    def result(self) -> Any:
        return ops.divide_no_nan(self.total, self.num_batches)


def _polynomial_kernel(first, second):
    """Tensor version of `tfstyle.metrics.kernel_distance.polynomial_kernel`."""
    return ops.power(ops.matmul(first, ops.transpose(second)) / first.shape[1] + 1.0, 3)


def _mean_of_pairs(features):
    """Mean of the kernel over all pairs of distinct samples."""
    kernel = _polynomial_kernel(features, features)
    count = ops.cast(ops.maximum(ops.shape(features)[0], 2), kernel.dtype)
    return (ops.sum(kernel) - ops.trace(kernel)) / (count * (count - 1.0))
