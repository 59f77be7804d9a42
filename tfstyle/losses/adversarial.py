"""Adversarial losses, in pairs.

Every loss takes the logits of real and of generated images, of the same shape: `(batch, 1)`, or a map of patches
`(batch, height, width, 1)`. Logits are the outputs of a discriminator without a sigmoid. Every loss returns a float32
scalar, the mean over all logits, and is minimized. The softplus, `log(1 + e^x)`, computes the cross-entropy of
`sigmoid(-x)` without overflow.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import keras
from keras import ops

from tfstyle.tensors import Tensor

Loss = Callable[..., Any]


def _mean(values):
    return ops.mean(ops.cast(values, "float32"))


def _softplus(logits):
    return ops.softplus(ops.cast(logits, "float32"))


def cross_entropy_discriminator_loss(real_logits, fake_logits, real_label=1.0) -> Tensor:
    """`-log D(x) - log(1 - D(G(z)))`, with `D` the sigmoid of a logit.

    Args:
        real_logits: float tensor.
        fake_logits: float tensor of the same shape.
        real_label: float in (0.5, 1], target of the discriminator for real images; a value below 1 is one-sided label
            smoothing (Salimans et al. 2016, section 3.4).

    Reference:
        Goodfellow et al.: Generative Adversarial Networks, 2014, equation 1.
    """
    real = real_label * _softplus(-real_logits) + (1.0 - real_label) * _softplus(real_logits)
    return _mean(real) + _mean(_softplus(fake_logits))


def minimax_generator_loss(real_logits, fake_logits) -> Tensor:
    """`log(1 - D(G(z)))`: maximized by the discriminator. Its gradient vanishes for a confident discriminator.

    Reference:
        Goodfellow et al., 2014, equation 1.
    """
    return -_mean(_softplus(fake_logits))


def non_saturating_generator_loss(real_logits, fake_logits) -> Tensor:
    """`-log D(G(z))`: the same fixed point as minimax, with a strong gradient for a confident discriminator.

    Reference:
        Goodfellow et al., 2014, section 3.
    """
    return _mean(_softplus(-fake_logits))


def least_squares_discriminator_loss(real_logits, fake_logits, real_label=1.0, fake_weight=1.0) -> Tensor:
    """`1/2 (D(x) - 1)^2 + lambda/2 D(G(z))^2`; here `D` is the logit itself.

    Args:
        real_logits: float tensor.
        fake_logits: float tensor of the same shape.
        real_label: float, target of the discriminator for real images.
        fake_weight: float, the lambda.

    Reference:
        Mao et al.: Least Squares Generative Adversarial Networks, 2017, equation 9, which has `lambda = 1`.
    """
    real = ops.square(ops.cast(real_logits, "float32") - real_label)
    return 0.5 * _mean(real) + 0.5 * fake_weight * _mean(ops.square(ops.cast(fake_logits, "float32")))


def least_squares_generator_loss(real_logits, fake_logits) -> Tensor:
    """`1/2 (D(G(z)) - 1)^2`.

    Reference:
        Mao et al., 2017, equation 9.
    """
    return 0.5 * _mean(ops.square(ops.cast(fake_logits, "float32") - 1.0))


def wasserstein_discriminator_loss(real_logits, fake_logits) -> Tensor:
    """`D(G(z)) - D(x)`: the negative Wasserstein distance for a Lipschitz critic. It needs a gradient penalty.

    Reference:
        Arjovsky, Chintala, Bottou: Wasserstein GAN, 2017.
    """
    return _mean(fake_logits) - _mean(real_logits)


def hinge_discriminator_loss(real_logits, fake_logits) -> Tensor:
    """`max(0, 1 - D(x)) + max(0, 1 + D(G(z)))`.

    Reference:
        Lim, Ye: Geometric GAN, 2017; Miyato et al. 2018, equation 16.
    """
    return _mean(ops.relu(1.0 - real_logits)) + _mean(ops.relu(1.0 + fake_logits))


def critic_generator_loss(real_logits, fake_logits) -> Tensor:
    """`-D(G(z))`, the generator loss of the Wasserstein and the hinge pair."""
    return -_mean(fake_logits)


def relativistic_discriminator_loss(real_logits, fake_logits) -> Tensor:
    """`log(1 + e^(D(G(z)) - D(x)))`: a real image should get a higher logit than the generated one paired with it.

    Without zero-centered penalties on real and on generated images (R1 and R2) it may not converge.

    Reference:
        Jolicoeur-Martineau: The Relativistic Discriminator, 2018.
        Huang, Gokaslan, Kuleshov, Tompkin: The GAN is dead; long live the GAN! (R3GAN), 2024, equation 2.
    """
    return _mean(_softplus(fake_logits - real_logits))


def relativistic_generator_loss(real_logits, fake_logits) -> Tensor:
    """`log(1 + e^(D(x) - D(G(z))))`.

    Reference:
        As `relativistic_discriminator_loss`.
    """
    return _mean(_softplus(real_logits - fake_logits))


class LossPair(NamedTuple):
    """A generator loss and its discriminator loss, each a function of real and fake logits."""

    generator: Loss
    discriminator: Loss


adversarial_losses: dict[str, LossPair] = {
    "minimax": LossPair(minimax_generator_loss, cross_entropy_discriminator_loss),
    "non_saturating": LossPair(non_saturating_generator_loss, cross_entropy_discriminator_loss),
    "least_squares": LossPair(least_squares_generator_loss, least_squares_discriminator_loss),
    "wasserstein": LossPair(critic_generator_loss, wasserstein_discriminator_loss),
    "hinge": LossPair(critic_generator_loss, hinge_discriminator_loss),
    "relativistic": LossPair(relativistic_generator_loss, relativistic_discriminator_loss),
}
# Those whose generator's loss depends on the real images' logits, too; for the others a trainer need not compute these.
RELATIVISTIC = frozenset({"relativistic"})
# Those whose discriminator takes a `real_label`.
WITH_REAL_LABEL = frozenset({"minimax", "non_saturating", "least_squares"})


class _AdversarialLoss(keras.losses.Loss):
    """One side of an adversarial pair, with one value an image: the mean over its logits."""

    def __init__(self, kind, reduction, name, dtype):
        if kind not in adversarial_losses:
            raise ValueError(f"`kind` must be one of {', '.join(adversarial_losses)}. Received: kind={kind!r}.")
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.kind = kind

    def _of_each_image(self, function, real_logits, fake_logits):
        real_logits, fake_logits = ops.convert_to_tensor(real_logits), ops.convert_to_tensor(fake_logits)  # of lists
        if len(real_logits.shape) < 2 or len(real_logits.shape) != len(fake_logits.shape):
            raise ValueError(
                "Logits must have one shape, (batch, 1) or (batch, height, width, 1). "
                f"Received: {tuple(real_logits.shape)} and {tuple(fake_logits.shape)}."
            )
        return ops.vectorized_map(lambda logits: function(*logits), (real_logits, fake_logits))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dtype": self.dtype, "kind": self.kind}


@keras.saving.register_keras_serializable(package="tfstyle")
class GeneratorLoss(_AdversarialLoss):
    """The generator's side of a pair of `adversarial_losses` as a Keras loss, such as for `compile`.

    Args:
        kind: string, a key of `adversarial_losses`.
        reduction: string, as in `keras.losses.Loss`; the values to reduce are one an image.
        name: string.
        dtype: as in `keras.losses.Loss`.

    Call arguments:
        y_true: logits of real images. Only a relativistic loss looks at them; others may be given any of that shape.
        y_pred: logits of generated images.

    Example:
        >>> float(GeneratorLoss("wasserstein")([[1.0]], [[3.0]]))
        -3.0
    """

    def __init__(
        self,
        kind: str = "non_saturating",
        reduction: str = "sum_over_batch_size",
        name: str = "generator_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(kind, reduction, name, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._of_each_image(adversarial_losses[self.kind].generator, y_true, y_pred)


@keras.saving.register_keras_serializable(package="tfstyle")
class DiscriminatorLoss(_AdversarialLoss):
    """The discriminator's side of a pair of `adversarial_losses` as a Keras loss, such as for `compile`.

    Args:
        kind: string, a key of `adversarial_losses`.
        real_label: float in (0.5, 1], below 1 for label smoothing; for the kinds `WITH_REAL_LABEL`.
        reduction: string, as in `keras.losses.Loss`; the values to reduce are one an image.
        name: string.
        dtype: as in `keras.losses.Loss`.

    Call arguments:
        y_true: logits of real images, `(batch, 1)` or `(batch, height, width, 1)`.
        y_pred: logits of generated images, of the same shape.

    Example:
        >>> float(DiscriminatorLoss("wasserstein")([[1.0]], [[3.0]]))
        2.0
    """

    def __init__(
        self,
        kind: str = "non_saturating",
        real_label: float = 1.0,
        reduction: str = "sum_over_batch_size",
        name: str = "discriminator_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(kind, reduction, name, dtype)
        if real_label != 1.0 and kind not in WITH_REAL_LABEL:
            raise ValueError(
                f"`real_label` must be 1 unless `kind` is one of {', '.join(sorted(WITH_REAL_LABEL))}. "
                f"Received: real_label={real_label}, kind={kind!r}."
            )
        self.real_label = real_label

    def call(self, y_true: Any, y_pred: Any) -> Any:
        loss = adversarial_losses[self.kind].discriminator
        if self.kind in WITH_REAL_LABEL:
            loss = partial(loss, real_label=self.real_label)
        return self._of_each_image(loss, y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "real_label": self.real_label}
