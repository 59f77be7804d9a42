"""Unpaired image-to-image translation with cycle consistency (CycleGAN)."""

import numpy as np
import tensorflow as tf

from tfstyle.losses.reconstruction import cycle_loss, identity_loss
from tfstyle.training.image_pool import ImagePool
from tfstyle.training.translator_measures import patch_diversity
from tfstyle.training.translator_trainer import (
    BACKWARD_FAKE_AUGMENTATION,
    BACKWARD_POOL,
    BACKWARD_REAL_AUGMENTATION,
    FAKE_AUGMENTATION,
    POOL,
    REAL_AUGMENTATION,
    TranslatorTrainer,
    accuracy,
)


class CycleGanTrainer(TranslatorTrainer):
    """Trains two generators, G from the source to the target domain and F back, to invert each other.

        generators: adversarial_weight * (adversarial of G and of F)
                    + cycle_weight * (mean |F(G(x)) - x| + mean |G(F(y)) - y|)
                    + cycle_weight * identity_weight * (mean |G(y) - y| + mean |F(x) - x|)
        discriminators: y is real and G(x) is generated; x is real and F(y) is generated

    Both cycle losses train both generators. The arguments are those of `TranslatorTrainer`.

    Reference:
        Zhu, Park, Isola, Efros: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, 2017,
        sections 3, 4 and 5.2.
    """

    network_names = ("generator", "discriminator", "backward_generator", "backward_discriminator")
    generator_names = ("generator", "backward_generator")

    def make_pools(self) -> dict[str, ImagePool]:
        size, side = self.config.pool_size, self.config.crop_size
        names = ("pool", "backward_pool") if size else ()
        return {name: ImagePool(size, (side, side, 3)) for name in names}

    def compute_losses(self, step, inputs, targets) -> dict[str, tf.Tensor]:
        forward, backward = self.networks["generator"], self.networks["backward_generator"]
        fake_targets = forward(inputs, training=True)
        fake_inputs = backward(targets, training=True)
        losses = {
            "cycle": cycle_loss(inputs, backward(fake_targets, training=True)),
            "backward_cycle": cycle_loss(targets, forward(fake_inputs, training=True)),
        }
        if self.config.identity_weight:
            losses["identity"] = identity_loss(targets, forward(targets, training=True))
            losses["backward_identity"] = identity_loss(inputs, backward(inputs, training=True))
        losses |= self.judge("", targets, fake_targets, POOL, step)
        losses["diversity"] = patch_diversity(targets, fake_targets)
        return losses | self.judge("backward_", inputs, fake_inputs, BACKWARD_POOL, step)

    def judge(self, direction, reals, fakes, purpose, step) -> dict[str, tf.Tensor]:
        """The adversarial losses of one direction."""
        discriminator = self.networks[f"{direction}discriminator"]
        real_augmentation, fake_augmentation = (
            (BACKWARD_REAL_AUGMENTATION, BACKWARD_FAKE_AUGMENTATION)
            if direction
            else (REAL_AUGMENTATION, FAKE_AUGMENTATION)
        )
        real_logits = discriminator(self.augmented(reals, real_augmentation, step), training=True)
        fake_logits = discriminator(self.augmented(fakes, fake_augmentation, step), training=True)
        shown_logits = fake_logits
        if self.pools:
            shown = self.shown_to_discriminator(fakes, f"{direction}pool", purpose, step)
            shown_logits = discriminator(self.augmented(shown, fake_augmentation, step), training=True)
        return {
            f"{direction}adversarial": self.generator_loss(real_logits, fake_logits),
            f"{direction}discriminator": self.discriminator_loss(real_logits, shown_logits),
            f"{direction}accuracy": accuracy(real_logits, fake_logits),
        }

    def objectives(self, losses) -> dict[tuple[str, ...], tf.Tensor]:
        config = self.config
        total = config.adversarial_weight * (losses["adversarial"] + losses["backward_adversarial"])
        total += config.cycle_weight * (losses["cycle"] + losses["backward_cycle"])
        if config.identity_weight:
            identity = losses["identity"] + losses["backward_identity"]
            total += config.cycle_weight * config.identity_weight * identity
        return {
            ("generator", "backward_generator"): total,
            ("discriminator",): losses["discriminator"],
            ("backward_discriminator",): losses["backward_discriminator"],
        }

    def example_columns(self) -> list[np.ndarray]:
        """Columns: input, output and reconstruction of the source domain, then those of the target domain."""
        inputs, targets = self.examples
        there, back = self.translate(inputs), self.translate(targets, "backward_generator")
        return [
            np.concatenate([inputs, targets]),
            np.concatenate([there, back]),
            np.concatenate([self.translate(there, "backward_generator"), self.translate(back)]),
        ]
