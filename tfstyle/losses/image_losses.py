"""Losses of images, measured in the features of a perceptual network, for `compile`."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from tfstyle.extractor_config import deserialize_extractor, serialize_extractor
from tfstyle.losses.perceptual import content_loss, gram_style_loss, moment_style_loss
from tfstyle.losses.wasserstein import wasserstein_style_loss, wasserstein_target
from tfstyle.statistics import channel_moments, gram_matrix


class PerceptualLoss(keras.losses.Loss):
    """Base of the losses that compare images by an extractor's features.

    Args:
        extractor: perceptual network, images -> dict of layer name -> features, such as
            `tfstyle.models.LightStyleExtractor`. It is not trained. A config tells where its weights come from, not
            what they are.
        layer_names: sequence of strings, the layers to compare; None for all that the extractor returns.
        reduction: string, as in `keras.losses.Loss`; the values to reduce are one an image.
        name: string.
        dtype: as in `keras.losses.Loss`.

    Call arguments:
        y_true: float tensor of shape `(batch or 1, height, width, 3)`, RGB in [0, 1]: the targets.
        y_pred: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1]: the generated images.
    """

    def __init__(
        self,
        extractor: keras.layers.Layer,
        layer_names: Sequence[str] | None = None,
        reduction: str = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.extractor = extractor
        self.layer_names = None if layer_names is None else tuple(layer_names)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        targets = self._select(self.extractor(ops.stop_gradient(y_true)))
        return self.compare(self._select(self.extractor(y_pred)), targets)

    def compare(self, features: Mapping[str, Any], targets: Mapping[str, Any]) -> Any:
        """Loss of each image, `(batch,)`, of the features of generated images and of targets."""
        raise NotImplementedError

    def _select(self, features: Mapping[str, Any]) -> dict[str, Any]:
        unknown = set(self.layer_names or ()) - features.keys()
        if unknown:
            raise ValueError(
                f"`layer_names` must be layers that the extractor returns: {', '.join(features)}. "
                f"Received: {', '.join(sorted(unknown))}."
            )
        return {name: features[name] for name in self.layer_names or features}

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "dtype": self.dtype,
            "extractor": serialize_extractor(self.extractor),
            "layer_names": self.layer_names,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PerceptualLoss":
        return cls(**{**config, "extractor": deserialize_extractor(config["extractor"])})


@keras.saving.register_keras_serializable(package="tfstyle")
class ContentLoss(PerceptualLoss):
    """`tfstyle.losses.content_loss`, averaged over the layers: is the same thing at the same place?

    Example:

    ```python
    extractor = tfstyle.models.LightStyleExtractor(["stage3_conv3"])
    autoencoder.compile("adam", loss=tfstyle.losses.ContentLoss(extractor))
    autoencoder.fit(images, images)
    ```
    """

    def compare(self, features: Mapping[str, Any], targets: Mapping[str, Any]) -> Any:
        errors = [content_loss(features[name], target) for name, target in targets.items()]
        return sum(errors) / len(errors)


@keras.saving.register_keras_serializable(package="tfstyle")
class GramStyleLoss(PerceptualLoss):
    """`tfstyle.losses.gram_style_loss`: do the same channels go together? The targets are paintings."""

    def compare(self, features: Mapping[str, Any], targets: Mapping[str, Any]) -> Any:
        return gram_style_loss(features, {name: gram_matrix(target) for name, target in targets.items()})


@keras.saving.register_keras_serializable(package="tfstyle")
class MomentStyleLoss(PerceptualLoss):
    """`tfstyle.losses.moment_style_loss`: are the channels as strong, and as varied? The targets are paintings."""

    def compare(self, features: Mapping[str, Any], targets: Mapping[str, Any]) -> Any:
        return moment_style_loss(features, {name: channel_moments(target) for name, target in targets.items()})


@keras.saving.register_keras_serializable(package="tfstyle")
class WassersteinStyleLoss(PerceptualLoss):
    """`tfstyle.losses.wasserstein_style_loss`: are the features spread alike? The targets are paintings."""

    def compare(self, features: Mapping[str, Any], targets: Mapping[str, Any]) -> Any:
        return wasserstein_style_loss(features, wasserstein_target(targets))
