"""Image-to-image translation learned from pairs."""

import tensorflow as tf

from tfstyle.losses.reconstruction import l1_loss
from tfstyle.training.image_pool import ImagePool
from tfstyle.training.translator_trainer import POOL, TranslatorTrainer, accuracy


class Pix2PixTrainer(TranslatorTrainer):
    """Teaches a generator to make of each input its target, as a discriminator that is shown both would accept it.

        generator: adversarial_weight * adversarial + l1_weight * mean |G(x) - y|
        discriminator: (x, y) is real, (x, G(x)) is made

    The arguments are those of `TranslatorTrainer`; `inputs` are `ImagePairs`.

    Reference:
        Isola, Zhu, Zhou, Efros: Image-to-Image Translation with Conditional Adversarial Networks, 2017, section 3.
    """

    network_names = ("generator", "discriminator")

    def make_pools(self):
        size, side = self.config.pool_size, self.config.crop_size
        return {"pool": ImagePool(size, (side, side, 6))} if size else {}

    def compute_losses(self, step, inputs, targets):
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
        }

    def objectives(self, losses):
        config = self.config
        return {
            ("generator",): config.adversarial_weight * losses["adversarial"] + config.l1_weight * losses["l1"],
            ("discriminator",): losses["discriminator"],
        }

    def example_columns(self):
        """Input, output, target."""
        inputs, targets = self.examples
        return [inputs, self.translate(inputs), targets]
