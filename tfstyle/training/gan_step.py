"""Adversarial train step of a generator and a discriminator: losses, gradients and random numbers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tfstyle.data.augment import augment, draw_augmentations
from tfstyle.losses.adversarial import RELATIVISTIC, WITH_REAL_LABEL, adversarial_losses
from tfstyle.losses.penalties import gradient_penalty, mix_images, zero_centered_penalty
from tfstyle.losses.reconstruction import l1_loss
from tfstyle.network_pairs import check_network_pair
from tfstyle.training.gan_config import GanConfig
from tfstyle.training.gan_diversity import relative_diversity
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.optimizer import clip_gradients

# Purposes of random numbers. Each purpose has its own stream, so that no two are correlated.
LATENTS, SAMPLES, FLIPS, MIXES, REAL_AUGMENTATION, FAKE_AUGMENTATION, GENERATOR_AUGMENTATION, QUADRANTS = range(8)
OTHER_LATENTS = 8
PENALTIES = ("r1", "r2", "gradient_penalty")
MAX_AUGMENT_PROBABILITY = 0.8  # above, generated images start to show the augmentations (Karras et al. 2020, figure 3)


class Batch(NamedTuple):
    """The position of a batch in the training, and a replica's part of it. All random numbers depend on it.

    Attributes:
        number: scalar int64 tensor, number of batches before this one.
        rows: int64 tensor of shape `(n,)`, indices of this replica's samples in the whole batch.
        size: integer or scalar tensor, number of samples of the whole batch.
    """

    number: Any
    rows: Any
    size: Any


class AdversarialStep:
    """The train step of `GanTrainer` and `AdversarialModel`.

    A step takes `discriminator_steps` batches of real images. For each batch, the generator generates equally many
    images and the discriminator is updated. Then the generator is updated with the logits of the updated discriminator
    for the last generated images (with `simultaneous`: with their logits before the update). All random numbers depend
    only on (seed, step, number of the sample).

    Create it in the scope of the strategy under which it is called.

    Args:
        generator: network that maps latents, and labels if it has classes, to images in [-1, 1].
        discriminator: network that maps images, and labels, to logits.
        config: `GanConfig`.
        generator_optimizer: Keras optimizer; by default Adam with the settings of the config.
        discriminator_optimizer: Keras optimizer; by default Adam with the settings of the config.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        config: GanConfig,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | None = None,
    ):
        self.generator, self.discriminator, self.config = generator, discriminator, config
        self.generator_loss, self.discriminator_loss = adversarial_losses[config.loss]
        self.loss_options = {"real_label": config.real_label} if config.loss in WITH_REAL_LABEL else {}
        if config.loss == "least_squares":
            self.loss_options["fake_weight"] = config.fake_weight
        self.generator_optimizer = generator_optimizer or make_adam(config, config.learning_rate, generator)
        self.discriminator_optimizer = discriminator_optimizer or make_adam(
            config, config.discriminator_learning_rate, discriminator
        )
        self.average = MovingAverage(generator, config.ema_momentum)
        self.augment_probability = tf.Variable(
            config.augment_probability, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
        )

    @property
    def num_replicas(self) -> int:
        return tf.distribute.get_strategy().num_replicas_in_sync

    @property
    def is_self_supervised(self) -> bool:
        """Whether the discriminator reconstructs real images, as `FastGANDiscriminator` does."""
        return getattr(self.discriminator, "is_self_supervised", False)

    @property
    def loss_names(self) -> list[str]:
        """Names of the values that a step returns, except the diversity."""
        names = ["discriminator_loss", "generator_loss", *filter(self.penalty_weight, PENALTIES)]
        names += ["reconstruction"] if self.is_self_supervised else []
        return [*names, "accuracy", *(["augment_probability"] if self.config.augment else [])]

    def __call__(
        self, step: tf.Tensor, rows: tf.Tensor, batches: Sequence[tuple[tf.Tensor, tf.Tensor | None]], size: Any
    ) -> dict[str, tf.Tensor]:
        """Updates both networks.

        Args:
            step: scalar int64 tensor, number of steps before this one.
            rows: as in `Batch`.
            batches: for each of the `discriminator_steps`, the real images, float32 `(n, height, width, channels)` in
                [-1, 1], and their labels, int32 `(n,)` or None.
            size: as in `Batch`.

        Returns:
            Dict of name -> scalar tensor: this replica's share of each loss, to be summed over the replicas. If a
            replica has a single image, there is no "diversity".
        """
        for index, (real_images, labels) in enumerate(batches):
            batch = Batch(step * self.config.discriminator_steps + index, rows, size)
            real_images = self.mirrored(real_images, batch)
            real_seen = self.as_seen(real_images, REAL_AUGMENTATION, batch)
            latents = self.latents(batch)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(values_of(self.generator))
                fake_images = self.generate(latents, labels)
            losses, by_images = self.update_discriminator(batch, real_seen, fake_images, labels)
        # The generator is updated with the images of the last batch, which are on the tape already.
        if not self.config.simultaneous:
            losses["generator_loss"], by_images = self.generator_gradient(batch, real_seen, fake_images, labels)
        self.update_generator(tape, fake_images, by_images)
        self.average.update(step)
        if real_images.shape[0] != 1:
            losses["diversity"] = relative_diversity(real_images, fake_images)
        return {name: value / self.num_replicas for name, value in losses.items()}

    def generate(self, latents: tf.Tensor, labels: Any) -> tf.Tensor:
        """Generated images of latents and of the labels of a batch."""
        return self.generator(latents, labels, training=True)

    # Random numbers

    def seed(self, purpose, number) -> tf.Tensor:
        """Seed for one purpose in one batch: int64 tensor of shape `(2,)`."""
        seed = tf.constant([self.config.seed, purpose], tf.int64)
        return tf.random.experimental.stateless_fold_in(seed, tf.cast(number, tf.int64))

    def latents(self, batch: Batch, purpose: int = LATENTS) -> tf.Tensor:
        """The generator's noise: float32 tensor of shape `(n, latent_dim)`."""
        shape = (batch.size, self.generator.latent_dim)
        return tf.gather(tf.random.stateless_normal(shape, self.seed(purpose, batch.number)), batch.rows)

    def mirrored(self, images: tf.Tensor, batch: Batch) -> tf.Tensor:
        """Mirrors half of the images if the config asks for it."""
        if not self.config.flip:
            return images
        coins = tf.random.stateless_uniform((batch.size,), self.seed(FLIPS, batch.number))
        return tf.where(tf.gather(coins, batch.rows)[:, None, None, None] < 0.5, images[:, :, ::-1], images)

    def quadrants(self, batch: Batch) -> tf.Tensor:
        """The quarters of real images that a self-supervised discriminator reconstructs: int32 tensor `(n,)`."""
        seed = self.seed(QUADRANTS, batch.number)
        return tf.gather(tf.random.stateless_uniform((batch.size,), seed, 0, 4, tf.int32), batch.rows)

    def as_seen(self, images: tf.Tensor, purpose: int, batch: Batch) -> tf.Tensor:
        """Augments the discriminator's inputs if the config asks for it."""
        if not self.config.augment:
            return images
        seed = self.seed(purpose, batch.number)
        draws = draw_augmentations(batch.size, self.config.augment, self.augment_probability, seed)
        return augment(images, {name: tf.gather(values, batch.rows) for name, values in draws.items()})

    # Both networks, one after the other

    def update_discriminator(
        self, batch: Batch, real_images, fake_images, labels
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor | None]:
        """One step of the discriminator.

        Returns:
            Dict of name -> scalar; and with `simultaneous` the gradient of the generator's loss with respect to
            `fake_images`, from before the update.
        """
        config, optimizer = self.config, self.discriminator_optimizer

        def compare(with_penalties):
            with tf.GradientTape(watch_accessed_variables=False, persistent=config.simultaneous) as tape:
                tape.watch(values_of(self.discriminator))
                if config.simultaneous:
                    tape.watch(fake_images)
                fake_seen = self.as_seen(fake_images, FAKE_AUGMENTATION, batch)
                real_logits, fake_logits, penalties, reconstruction = self.logits_and_penalties(
                    batch, real_images, fake_seen, labels, with_penalties
                )
                losses = {"discriminator_loss": self.discriminator_loss(real_logits, fake_logits, **self.loss_options)}
                loss = losses["discriminator_loss"] + config.penalty_every * self.weighted(penalties)
                if reconstruction is not None:
                    losses["reconstruction"] = reconstruction
                    loss += config.reconstruction_weight * reconstruction
                scaled_loss = self.scaled(loss, optimizer)
                if config.simultaneous:
                    losses["generator_loss"] = self.generator_loss(real_logits, fake_logits)
                    scaled_generator_loss = self.scaled(losses["generator_loss"], self.generator_optimizer)
            results = {"gradients": tape.gradient(scaled_loss, values_of(self.discriminator))}
            if config.simultaneous:
                results["by_images"] = tape.gradient(scaled_generator_loss, fake_images)
            accuracy = tf.reduce_mean(tf.cast(real_logits > fake_logits, tf.float32))
            return results | {"losses": {**losses, **penalties, "accuracy": accuracy}}

        if config.has_penalty and config.penalty_every > 1:
            now = (batch.number + 1) % config.penalty_every == 0  # in steps that progress lines can be about
            results = tf.cond(now, lambda: compare(True), lambda: compare(False))
        else:
            results = compare(config.has_penalty)
        optimizer.apply(self.shortened(results["gradients"], optimizer), self.discriminator.trainable_variables)
        losses = results["losses"]
        if config.augment:
            if config.adaptive_augment:
                self.adapt_augmentation(losses["accuracy"], batch.size)
            losses["augment_probability"] = tf.identity(self.augment_probability)
        return losses, results.get("by_images")

    def logits_and_penalties(
        self, batch: Batch, real_images, fake_images, labels, with_penalties
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor], tf.Tensor | None]:
        """Logits of real and of generated images, gradient penalties (zeros without them), and the reconstruction loss.

        Only real images are reconstructed. Without self-supervision the reconstruction loss is None.
        """
        config, zero = self.config, tf.constant(0.0)
        quadrants = self.quadrants(batch) if self.is_self_supervised else None
        real_logits, real_slopes, reconstruction = self.judge(
            real_images, labels, with_penalties and config.r1_weight > 0, quadrants
        )
        fake_logits, fake_slopes, _ = self.judge(fake_images, labels, with_penalties and config.r2_weight > 0)
        penalties = {}
        if config.r1_weight:
            penalties["r1"] = zero_centered_penalty(real_slopes) if with_penalties else zero
        if config.r2_weight:
            penalties["r2"] = zero_centered_penalty(fake_slopes) if with_penalties else zero
        if config.gradient_penalty_weight:
            penalties["gradient_penalty"] = zero
            if with_penalties:
                shares = tf.random.stateless_uniform((batch.size,), self.seed(MIXES, batch.number))
                mixed = mix_images(real_images, fake_images, tf.gather(shares, batch.rows))
                _, slopes, _ = self.judge(mixed, labels, True)
                penalties["gradient_penalty"] = gradient_penalty(slopes)
        return real_logits, fake_logits, penalties, reconstruction

    def judge(
        self, images, labels, with_slopes, quadrants=None
    ) -> tuple[tf.Tensor, tf.Tensor | None, tf.Tensor | None]:
        """The discriminator's logits, their gradient with respect to the images, and the reconstruction loss.

        The gradient is None without slopes, the loss without quadrants. The images are the augmented ones.
        StyleGAN2-ADA penalizes the gradient with respect to the images before augmentation.
        """

        def call():
            if quadrants is None:
                return self.discriminator(images, labels, training=True), None
            logits, reconstructions, targets = self.discriminator(images, labels, quadrants, training=True)
            return logits, l1_loss(reconstructions, targets)

        if not with_slopes:
            logits, reconstruction = call()
            return logits, None, reconstruction
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            logits, reconstruction = call()
            total = tf.reduce_sum(logits)
        return logits, tape.gradient(total, images), reconstruction

    def generator_gradient(self, batch: Batch, real_seen, fake_images, labels) -> tuple[tf.Tensor, tf.Tensor]:
        """The generator's loss, and its scaled gradient with respect to the generated images."""
        real_logits = None
        if self.config.loss in RELATIVISTIC:
            real_logits = self.discriminator(real_seen, labels, training=True)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake_images)
            fake_seen = self.as_seen(fake_images, GENERATOR_AUGMENTATION, batch)
            loss = self.generator_loss(real_logits, self.discriminator(fake_seen, labels, training=True))
            scaled_loss = self.scaled(loss, self.generator_optimizer)
        return loss, tape.gradient(scaled_loss, fake_images)

    def update_generator(self, tape, fake_images, by_images) -> None:
        """One step of the generator, given the tape of its images and the gradient of the loss with respect to them."""
        gradients = tape.gradient(fake_images, values_of(self.generator), output_gradients=by_images)
        gradients = self.shortened(gradients, self.generator_optimizer)
        self.generator_optimizer.apply(gradients, self.generator.trainable_variables)

    def weighted(self, penalties) -> tf.Tensor:
        """Weighted sum of the penalties."""
        return sum(self.penalty_weight(name) * value for name, value in penalties.items())

    def penalty_weight(self, name) -> float:
        """The weight of a penalty in the config."""
        return getattr(self.config, f"{name}_weight")

    def scaled(self, loss, optimizer) -> tf.Tensor:
        """This replica's share of a loss, scaled for the optimizer."""
        return optimizer.scale_loss(loss / self.num_replicas)

    def shortened(self, gradients, optimizer) -> list[tf.Tensor]:
        """Clips gradients so that the norm of their sum over the replicas is at most `clip_norm`."""
        if not self.config.clip_norm:
            return gradients
        return clip_gradients(gradients, self.config.clip_norm, optimizer)

    def adapt_augmentation(self, accuracy, size) -> None:
        """Raises the augmentation probability if the discriminator overfits, and lowers it otherwise.

        Reference:
            Karras et al. 2020, section 3.1. Differs from the paper: it measures overfitting by the sign of the logits
            of real images; here it is the share of correctly ordered pairs, as relativistic logits have no zero point.
        """
        config = self.config
        context = tf.distribute.get_replica_context()
        accuracy = context.all_reduce(tf.distribute.ReduceOp.SUM, accuracy / self.num_replicas)
        change = (
            tf.sign(2.0 * accuracy - 1.0 - config.augment_target) * tf.cast(size, tf.float32) / config.augment_images
        )
        self.augment_probability.assign(
            tf.clip_by_value(self.augment_probability + change, 0.0, MAX_AUGMENT_PROBABILITY)
        )


def make_adam(config, learning_rate, network) -> keras.optimizers.Optimizer:
    """Adam for one network, with an optional warm-up of the learning rate, and with loss scaling for float16.

    Args:
        config: `GanConfig`.
        learning_rate: float.
        network: built `keras.Model`.
    """
    if config.warmup_steps:
        learning_rate = keras.optimizers.schedules.PolynomialDecay(0.0, config.warmup_steps, learning_rate)
    optimizer = keras.optimizers.Adam(learning_rate, config.beta_1, config.beta_2, epsilon=1e-8)
    if network.compute_dtype == "float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(network.trainable_variables)
    return optimizer


def values_of(network) -> list[tf.Variable]:
    """The trainable `tf.Variable`s of a network, for the tape."""
    return [variable.value for variable in network.trainable_variables]


def has_batch_normalization(network) -> bool:
    return any(isinstance(layer, keras.layers.BatchNormalization) for layer in network._flatten_layers())


def check_networks(generator: keras.Model, discriminator: keras.Model, config: GanConfig) -> None:
    """Raises a ValueError if networks and settings are incompatible."""
    check_network_pair(generator, discriminator)
    if config.has_penalty and has_batch_normalization(discriminator):
        raise ValueError(
            "A gradient penalty and batch normalization in the discriminator exclude each other, since it mixes the "
            "images of a batch. Build the discriminator with normalization='none' or 'spectral', or set r1_weight, "
            "r2_weight and gradient_penalty_weight to 0."
        )
    if config.real_label != 1.0 and config.loss not in WITH_REAL_LABEL:
        raise ValueError(
            f"`real_label` is only for the losses {', '.join(sorted(WITH_REAL_LABEL))}. "
            f"Received: real_label={config.real_label} with loss={config.loss!r}."
        )
