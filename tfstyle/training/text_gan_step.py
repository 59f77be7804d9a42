"""Train step of a text-conditional GAN."""

from typing import Any, NamedTuple

import tensorflow as tf

from tfstyle.losses.adversarial import RELATIVISTIC
from tfstyle.losses.captions import caption_loss
from tfstyle.losses.diversity import mode_seeking_loss
from tfstyle.losses.penalties import zero_centered_penalty
from tfstyle.training.gan_step import GENERATOR_AUGMENTATION, OTHER_LATENTS, AdversarialStep, Batch
from tfstyle.training.text_gan_config import TextGanConfig


class Captions(NamedTuple):
    """The captions of a batch of real images, in the place of labels.

    Attributes:
        right: int32 tensor of shape `(n, num_words)`, numbers of the words of each image's caption.
        wrong: int32 tensor of that shape: captions that do not fit.
    """

    right: Any
    wrong: Any


class TextAdversarialStep(AdversarialStep):
    """The train step of `TextGanTrainer`: the adversarial step with captions.

    The discriminator tells a real image with its caption from two others: the same image with a wrong caption, and a
    generated image with the caption it is made for. It tells real from generated patches, whatever the caption. It also
    learns to read the captions off real images, word by word, and the generator to make images off which they can be
    read.

    Reference:
        Reed et al.: Generative Adversarial Text to Image Synthesis, 2016, algorithm 1: matching-aware discriminator.
        Xu et al.: AttnGAN, 2018, equation 8: one loss with the caption and one without.
        Qiao et al.: MirrorGAN: Learning Text-to-image Generation by Redescription, 2019.
        Mao et al.: Mode Seeking Generative Adversarial Networks for Diverse Image Synthesis, 2019, section 3. Differs
        from the paper: one of two images is held constant, which saves a backward pass.
    """

    config: TextGanConfig

    @property
    def loss_names(self) -> list[str]:
        return [*super().loss_names, "caption_loss"]

    def generate(self, latents: tf.Tensor, labels: Captions) -> tf.Tensor:
        return self.generator(latents, labels.right, training=True)

    def logits_and_penalties(
        self, batch: Batch, real_images, fake_images, labels: Captions, with_penalties
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor], None]:
        """Logits of what is real and fits, and of what is not; penalties, and the loss of captions among them.

        A match counts as much as all patches of an image. Nothing is reconstructed.
        """
        discriminator, config = self.discriminator, self.config
        words, sentences = discriminator.text_encoder(labels.right)
        _, wrong_sentences = discriminator.text_encoder(labels.wrong)
        penalties, zero = {}, tf.constant(0.0)
        features, fake_features = discriminator.features(real_images), discriminator.features(fake_images)
        matches, patches = self.verdicts(features, sentences)
        real_logits = [matches, matches, patches]
        other_logits = [
            self.spread(discriminator.match(features, wrong_sentences)),
            *self.verdicts(fake_features, sentences),
        ]
        for name, weight, images in (("r1", config.r1_weight, real_images), ("r2", config.r2_weight, fake_images)):
            if weight:
                penalties[name] = self.penalty(images, sentences) if with_penalties else zero
        penalties["caption_loss"] = caption_loss(discriminator.word_logits(features, words), labels.right)
        return tf.concat(real_logits, 0), tf.concat(other_logits, 0), penalties, None

    def verdicts(self, features, sentences) -> list[tf.Tensor]:
        """Logits of the match and of the patches, each of shape `(n, num_patches)`."""
        matches = self.discriminator.match(features, sentences)
        return [self.spread(matches), self.discriminator.realness(features)]

    def spread(self, matches) -> tf.Tensor:
        """One logit an image, repeated for each of its patches."""
        return tf.tile(matches, (1, self.discriminator.patches[0]))

    def penalty(self, images, sentences) -> tf.Tensor:
        """The zero-centered gradient penalty at images with their captions."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            logits = self.verdicts(self.discriminator.features(images), sentences)
            total = tf.reduce_sum(tf.add_n(logits)) / self.discriminator.patches[0]
        return zero_centered_penalty(tape.gradient(total, images))

    def weighted(self, penalties) -> tf.Tensor:
        """Weighted sum of the penalties. The loss of captions is not multiplied by `penalty_every`."""
        share = self.config.caption_weight / self.config.penalty_every
        return super().weighted({name: value for name, value in penalties.items() if name != "caption_loss"}) + (
            share * penalties["caption_loss"]
        )

    def generator_gradient(self, batch: Batch, real_seen, fake_images, labels: Captions) -> tuple[tf.Tensor, tf.Tensor]:
        """The generator's loss with those of captions and of diversity, and its scaled gradient by the images.

        The gradient of the mode-seeking loss passes through one of the two images of a caption.
        """
        discriminator, config = self.discriminator, self.config
        words, sentences = discriminator.text_encoder(labels.right)
        real_logits = None
        if config.mode_seeking_weight:
            other_latents = self.latents(batch, OTHER_LATENTS)
            other_images = self.generate(other_latents, labels)
        if config.loss in RELATIVISTIC:
            real_logits = tf.concat(self.verdicts(discriminator.features(real_seen), sentences), 0)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake_images)
            features = discriminator.features(self.as_seen(fake_images, GENERATOR_AUGMENTATION, batch))
            loss = self.generator_loss(real_logits, tf.concat(self.verdicts(features, sentences), 0))
            reading = caption_loss(discriminator.word_logits(features, words), labels.right)
            loss += config.caption_weight * reading
            if config.mode_seeking_weight:
                pair = (fake_images, other_images, self.latents(batch), other_latents)
                loss += config.mode_seeking_weight * mode_seeking_loss(*pair)
            scaled_loss = self.scaled(loss, self.generator_optimizer)
        return loss, tape.gradient(scaled_loss, fake_images)
