"""The losses of stylized images, shared by the trainings of style networks."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.images import luma, to_float
from tfstyle.losses.matching import matching_style_loss
from tfstyle.losses.perceptual import check_layer_weights, content_loss, total_variation_loss
from tfstyle.losses.tone import accent_loss, fringe_loss, tone_loss
from tfstyle.losses.wasserstein import wasserstein_style_loss, wasserstein_target

NUM_TARGETS = 2048  # positions of a painting in the matching loss
NUM_MATCHED = 1024  # positions of a stylized crop in the matching loss
NUM_KNOTS = 17
FIRST_SHARE = 0.25  # of the weight of the style loss, at the first step


def tone_curve(painting, share) -> np.ndarray:
    """The tone curve of a style: interpolates between the luminance quantiles of its painting and the identity.

    Args:
        painting: uint8 array `(height, width, 3)`.
        share: float in [0, 1], weight of the quantiles of the painting; the knots themselves have the weight
            `1 - share`.

    Returns:
        float32 array `(17,)`, ascending: the luminances that evenly spaced luminances of a photograph are mapped to.
    """
    luminance = luma(to_float(painting))
    knots = np.linspace(0, 1, NUM_KNOTS)
    return (share * np.quantile(luminance, 0.02 + 0.96 * knots) + (1 - share) * knots).astype(np.float32)


class StyleLosses:
    """Compares stylized images with their photographs and with the targets of their styles.

        loss = content + style + matching + tone + accent + fringe + total variation

    each times its weight in the config. Losses with the weight 0 are not computed.

    The style loss is the Wasserstein distance of Gaussians that are fitted to the features. Gram matrices, which the
    papers compare, are mostly products of means: they are nearly matched by a painting's colors and relief, before its
    strokes are.

    Args:
        extractor: perceptual network, a function of images with `layer_names`; its output has all style layers and the
            content layer.
        content_layer: name of the layer of the content loss.
        style_layers: names of the layers of the style losses, from shallow to deep. The matching loss leaves out the
            first, since a single pixel's color is matched to nothing.
        config: config with `content_weight`, `style_weight`, `layer_weights`, `matching_weight`, `tone_weight`,
            `accent_weight`, `fringe_weight`, `variation_weight` and `seed`.

    Raises:
        ValueError: if the number of layer weights is not that of the style layers.
    """

    NAMES = ("content", "style", "matching", "tone", "accent", "fringe", "variation")

    def __init__(self, extractor, content_layer, style_layers, config):
        check_layer_weights(config.layer_weights, style_layers)
        self.extractor, self.config = extractor, config
        self.content_layer, self.style_layers = content_layer, tuple(style_layers)
        self.matched_layers = self.style_layers[1:] if config.matching_weight else ()

    def style_targets(self, features) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        """`wasserstein_target` of the style layers: means and square roots of covariances."""
        return wasserstein_target({name: features[name] for name in self.style_layers})

    def drawn(self, features, num_positions, seed) -> dict[str, tf.Tensor]:
        """Features of the matched layers at random positions, each `(batch, num_positions or all, channels)`.

        Args:
            features: dict of layer name -> float tensor `(batch, height, width, channels)`.
            num_positions: integer.
            seed: integer tensor, of the positions, which are the same for all images of a batch.
        """
        drawn = {}
        for index, name in enumerate(self.matched_layers):
            batch, height, width, _ = tf.unstack(tf.shape(features[name]))
            flat = tf.reshape(features[name], (batch, height * width, features[name].shape[3]))
            pair = tf.stack([tf.constant(self.config.seed + index, tf.int64), tf.cast(seed, tf.int64)])
            shape = (tf.minimum(height * width, num_positions),)
            drawn[name] = tf.gather(flat, tf.random.stateless_uniform(shape, pair, 0, height * width, tf.int32), axis=1)
        return drawn

    def __call__(self, step, stylized, photographs, style_targets, target_features, tone_curves) -> dict[str, Any]:
        """Computes the losses of a batch.

        Args:
            step: integer tensor, which the positions of the matching loss depend on.
            stylized: float tensor `(batch, height, width, 3)`, RGB in [0, 1].
            photographs: float tensor of the same shape.
            style_targets: from `style_targets` of the paintings.
            target_features: from `drawn` of the paintings.
            tone_curves: float tensor `(batch, 17)`, from `tone_curve`.

        Returns:
            Dict of name -> float32 tensor `(batch,)`, not weighted, of the losses with a weight.
        """
        content = tf.stop_gradient(self.extractor(photographs)[self.content_layer])
        features = self.extractor(stylized)
        losses = {
            "content": lambda: content_loss(features[self.content_layer], content),
            "style": lambda: wasserstein_style_loss(features, style_targets, self.config.layer_weights),
            "matching": lambda: matching_style_loss(self.drawn(features, NUM_MATCHED, step), target_features),
            "tone": lambda: tone_loss(stylized, photographs, tone_curves),
            "accent": lambda: accent_loss(stylized, photographs),
            "fringe": lambda: fringe_loss(stylized),
            "variation": lambda: total_variation_loss(stylized),
        }
        return {name: loss() for name, loss in losses.items() if self.weight(name)}

    def total(self, losses, step) -> tf.Tensor:
        """The weighted sum of losses: a scalar for scalars. The style's weight rises linearly to its full value.

        Args:
            losses: dict of name -> float tensor, as returned by a call.
            step: integer tensor.
        """
        shares = {"style": self.style_share(step)}
        return sum(self.weight(name) * shares.get(name, 1.0) * loss for name, loss in losses.items())

    def weight(self, name) -> float:
        """The weight of a loss in the config."""
        return getattr(self.config, f"{name}_weight")

    def style_share(self, step) -> tf.Tensor:
        """The share of the style loss's weight at a step: from 0.25 to 1 in the first `style_ramp_steps`."""
        num_steps = self.config.style_ramp_steps
        progress = tf.minimum(tf.cast(step, tf.float32) / num_steps, 1.0) if num_steps else tf.constant(1.0)
        return FIRST_SHARE + (1 - FIRST_SHARE) * progress
