"""Paired image-to-image translation (pix2pix)."""

import numpy as np
import tensorflow as tf

from tfstyle.losses.reconstruction import l1_loss
from tfstyle.training.image_pool import ImagePool
from tfstyle.training.translator_measures import patch_diversity
from tfstyle.training.translator_trainer import EXAMPLES, POOL, TranslatorTrainer, accuracy


class Pix2PixTrainer(TranslatorTrainer):
    """Trains a generator to translate inputs into their targets, with a conditional discriminator.

        generator: adversarial_weight * adversarial + l1_weight * mean |G(x) - y|
        discriminator: (x, y) is real, (x, G(x)) is generated

    The arguments are those of `TranslatorTrainer`; `inputs` are `ImagePairs`.

    Reference:
        Isola, Zhu, Zhou, Efros: Image-to-Image Translation with Conditional Adversarial Networks, 2017, section 3.
    """

    network_names = ("generator", "discriminator")

    def make_pools(self) -> dict[str, ImagePool]:
        size, side = self.config.pool_size, self.config.crop_size
        return {"pool": ImagePool(size, (side, side, 6))} if size else {}

    def compute_losses(self, step, inputs, targets) -> dict[str, tf.Tensor]:
        generator, discriminator = self.networks["generator"], self.networks["discriminator"]
        fakes = generator(inputs, training=True)
        real_logits = discriminator(targets, inputs, training=True)
        fake_logits = shown_logits = discriminator(fakes, inputs, training=True)
        if self.pools:
            shown = self.shown_to_discriminator(tf.concat([fakes, inputs], axis=-1), "pool", POOL, step)
            shown_logits = discriminator(shown[..., :3], shown[..., 3:], training=True)
        return {
            "adversarial": self.generator_loss(real_logits, fake_logits),
            "l1": l1_loss(fakes, targets),
            "discriminator": self.discriminator_loss(real_logits, shown_logits),
            "accuracy": accuracy(real_logits, fake_logits),
            "diversity": patch_diversity(targets, fakes),
        }

    def objectives(self, losses) -> dict[tuple[str, ...], tf.Tensor]:
        config = self.config
        return {
            ("generator",): config.adversarial_weight * losses["adversarial"] + config.l1_weight * losses["l1"],
            ("discriminator",): losses["discriminator"],
        }

    def measure_held_back(self) -> dict[str, float]:
        """Evaluates the averaged generator on the pairs held back.

        Returns:
            Dict of name -> float: "held_back_l1" and "held_back_input_l1", the mean absolute difference from the
            targets, of values in [0, 1], for the translations and for the inputs themselves.
        """
        distances = []
        for number in range(len(self.held_back)):
            image, target = self._sample(number, EXAMPLES)
            (translated,) = self.translate(image[None])
            distances.append([np.abs(values - target).mean() / 2 for values in (translated, image)])
        translated, untouched = np.mean(distances, axis=0)
        return {"held_back_l1": float(translated), "held_back_input_l1": float(untouched)}

    def example_columns(self) -> list[np.ndarray]:
        """Columns: input, output, target."""
        inputs, targets = self.examples
        return [inputs, self.translate(inputs), targets]
