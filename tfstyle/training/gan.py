"""Training of a generator against a discriminator."""

import contextlib
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from tfstyle.data.augment import augment, draw_augmentations
from tfstyle.data.shuffle import shuffled_index
from tfstyle.images import from_signed, image_grid, to_signed, to_uint8
from tfstyle.losses.adversarial import RELATIVISTIC, WITH_REAL_LABEL, adversarial_losses
from tfstyle.losses.penalties import gradient_penalty, mix_images, zero_centered_penalty
from tfstyle.metrics.features import as_rgb
from tfstyle.training.gan_monitor import GanMonitor
from tfstyle.training.loop.fingerprint import fingerprint_of_data
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.run_directory import RunDirectory, TrainingError
from tfstyle.training.loop.trainer import Trainer

logger = logging.getLogger(__name__)

# What random numbers are for. Each purpose has its own stream, so that no two are correlated.
LATENTS, SAMPLES, FLIPS, MIXES, REAL_AUGMENTATION, FAKE_AUGMENTATION, GENERATOR_AUGMENTATION = range(7)
MAX_AUGMENT_PROBABILITY = 0.8  # beyond, augmentations begin to show in what is made (Karras et al. 2020, figure 3)
NUM_COMPARED = 64  # images of a batch among which the most similar ones are looked for


class GanTrainer(Trainer):
    """Trains a generator and a discriminator against each other.

    A step takes `discriminator_steps` batches of real images. For each the generator makes as many, and the
    discriminator learns to tell them apart; then the generator learns from what the discriminator, just updated, says
    of the last ones (with `simultaneous`: from what it said of them before it was updated). All that is random depends
    on (seed, step, number of the sample), on nothing else.

    Args:
        generator: network of latents `(batch, latent_dim)`, and int32 labels if it has classes, to images
            `(batch, height, width, channels)` in [-1, 1]; with `latent_dim`, `image_shape`, `num_classes`.
        discriminator: network of images, and labels, to logits; with `image_shape`, `num_classes`.
        dataset: `ImageArray`, or an object with `images`, `labels`, `label_names`, `image_shape` and `num_classes` like
            its own.
        config: `GanConfig`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` under whose scope the networks were made, or None.
        measure: function that takes a function `generate(num_images)`, which returns images in [0, 1] of the averaged
            generator, and returns a float, smaller for better ones; or None.

    Raises:
        ValueError: if networks, images and settings do not fit together.
    """

    def __init__(self, generator, discriminator, dataset, config, run_directory, strategy=None, measure=None):
        super().__init__(config, run_directory, strategy)
        check_fit(generator, discriminator, dataset, config)
        self.sample_signature = (tf.TensorSpec((config.discriminator_steps,), tf.int64), tf.TensorSpec((), tf.int64))
        self.generator, self.discriminator = generator, discriminator
        self.generator_loss, self.discriminator_loss = adversarial_losses[config.loss]
        self.loss_options = {"real_label": config.real_label} if config.loss in WITH_REAL_LABEL else {}
        if config.loss == "least_squares":
            self.loss_options["fake_weight"] = config.fake_weight
        self.images = tf.constant(dataset.images)
        self.labels = tf.constant(dataset.labels, tf.int32) if generator.num_classes else None
        self.measure, self.last_measured = measure, 0
        self.monitor = GanMonitor()
        with self.strategy.scope():
            self.generator_optimizer = make_adam(config, config.learning_rate, generator)
            self.discriminator_optimizer = make_adam(config, config.discriminator_learning_rate, discriminator)
            self.average = MovingAverage(generator, config.ema_momentum)
            self.augment_probability = tf.Variable(
                config.augment_probability, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
            )
        networks = {"generator": description(generator), "discriminator": description(discriminator)}
        class_names = dataset.label_names if generator.num_classes else ()
        run_directory.write_model({"family": "gan", "config": networks, "class_names": class_names})
        run_directory.write_fingerprints({"images": fingerprint_of_data(dataset)})

    def load_sample(self, number):
        """Which real images a row of the step's batches holds, and the row; the images lie on the device already."""
        config = self.config
        step, row = divmod(int(number), config.batch_size)
        batches = step * config.discriminator_steps + np.arange(config.discriminator_steps)
        samples = batches * config.batch_size + row
        indices = [shuffled_index(sample, len(self.images), config.seed) for sample in samples]
        return np.array(indices, np.int64), np.int64(row)

    # Everything random

    def seed(self, purpose, number):
        """Seed for one purpose in one batch: int64 tensor of shape `(2,)`."""
        seed = tf.constant([self.config.seed, purpose], tf.int64)
        return tf.random.experimental.stateless_fold_in(seed, tf.cast(number, tf.int64))

    def latents(self, batch, rows):
        """The generator's noise: float32 tensor of shape `(n, latent_dim)`, for `rows` `(n,)` of a batch."""
        shape = (self.config.batch_size, self.generator.latent_dim)
        return tf.gather(tf.random.stateless_normal(shape, self.seed(LATENTS, batch)), rows)

    def real_batch(self, batch, rows, indices):
        """Real images and their labels.

        Args:
            batch: scalar int64 tensor, number of the batch since the beginning of the training.
            rows: int64 tensor of shape `(n,)`, which images of the batch.
            indices: int64 tensor of shape `(n,)`, which images of the dataset.

        Returns:
            float32 tensor of shape `(n, height, width, channels)` in [-1, 1]; int32 tensor of shape `(n,)`, or None.
        """
        images = to_signed(tf.cast(tf.gather(self.images, indices), tf.float32) / 255.0)
        if self.config.flip:
            coins = tf.random.stateless_uniform((self.config.batch_size,), self.seed(FLIPS, batch))
            mirrored = tf.gather(coins, rows)[:, None, None, None] < 0.5
            images = tf.where(mirrored, images[:, :, ::-1], images)
        return images, None if self.labels is None else tf.gather(self.labels, indices)

    def as_seen(self, images, purpose, batch, rows):
        """Images as the discriminator sees them: changed at random, where the settings ask for it."""
        config = self.config
        if not config.augment:
            return images
        draws = draw_augmentations(
            config.batch_size, config.augment, self.augment_probability, self.seed(purpose, batch)
        )
        return augment(images, {name: tf.gather(values, rows) for name, values in draws.items()})

    # The step

    def train_step(self, step, indices, rows):
        config = self.config
        for index in range(config.discriminator_steps):
            batch = step * config.discriminator_steps + index
            real_images, labels = self.real_batch(batch, rows, indices[:, index])
            real_seen = self.as_seen(real_images, REAL_AUGMENTATION, batch, rows)
            latents = self.latents(batch, rows)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(values_of(self.generator))
                fake_images = self.generator(latents, labels, training=True)
            losses, by_images = self.update_discriminator(batch, rows, real_seen, fake_images, labels)
        # The generator learns from the images of the last batch, which are on the tape already.
        if not config.simultaneous:
            losses["generator_loss"], by_images = self.judge_for_generator(batch, rows, real_seen, fake_images, labels)
        self.update_generator(tape, fake_images, by_images)
        self.average.update(step)
        losses["diversity"] = relative_diversity(real_images, fake_images)
        return {name: value / self.strategy.num_replicas_in_sync for name, value in losses.items()}

    def update_discriminator(self, batch, rows, real_images, fake_images, labels):
        """One step of the discriminator.

        Returns:
            Dict of name -> scalar; and with `simultaneous` the gradient of the generator's loss by `fake_images`, from
            before the step.
        """
        config, optimizer = self.config, self.discriminator_optimizer

        def judge(with_penalties):
            with tf.GradientTape(watch_accessed_variables=False, persistent=config.simultaneous) as tape:
                tape.watch(values_of(self.discriminator))
                if config.simultaneous:
                    tape.watch(fake_images)
                fake_seen = self.as_seen(fake_images, FAKE_AUGMENTATION, batch, rows)
                real_logits, fake_logits, penalties = self.logits_and_penalties(
                    batch, rows, real_images, fake_seen, labels, with_penalties
                )
                losses = {"discriminator_loss": self.discriminator_loss(real_logits, fake_logits, **self.loss_options)}
                loss = losses["discriminator_loss"] + config.penalty_every * self.weighted(penalties)
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
            now = batch % config.penalty_every == 0
            results = tf.cond(now, lambda: judge(True), lambda: judge(False))
        else:
            results = judge(config.has_penalty)
        optimizer.apply(self.shortened(results["gradients"], optimizer), self.discriminator.trainable_variables)
        losses = results["losses"]
        if config.augment:
            if config.adaptive_augment:
                self.adapt_augmentation(losses["accuracy"])
            losses["augment_probability"] = tf.identity(self.augment_probability)
        return losses, results.get("by_images")

    def logits_and_penalties(self, batch, rows, real_images, fake_images, labels, with_penalties):
        """Logits of real and of made images, and the penalties on the discriminator's slope (zeros without them)."""
        config, zero = self.config, tf.constant(0.0)
        real_logits, real_slopes = self.logits_and_slopes(real_images, labels, with_penalties and config.r1_weight > 0)
        fake_logits, fake_slopes = self.logits_and_slopes(fake_images, labels, with_penalties and config.r2_weight > 0)
        penalties = {}
        if config.r1_weight:
            penalties["r1"] = zero_centered_penalty(real_slopes) if with_penalties else zero
        if config.r2_weight:
            penalties["r2"] = zero_centered_penalty(fake_slopes) if with_penalties else zero
        if config.gradient_penalty_weight:
            penalties["gradient_penalty"] = zero
            if with_penalties:
                shares = tf.random.stateless_uniform((config.batch_size,), self.seed(MIXES, batch))
                mixed = mix_images(real_images, fake_images, tf.gather(shares, rows))
                _, slopes = self.logits_and_slopes(mixed, labels, True)
                penalties["gradient_penalty"] = gradient_penalty(slopes)
        return real_logits, fake_logits, penalties

    def logits_and_slopes(self, images, labels, with_slopes):
        """The discriminator's logits, and their gradient by the images (None without slopes).

        The images are those that the discriminator sees: differs from StyleGAN2-ADA, which penalizes the gradient by
        the images before they were augmented.
        """
        if not with_slopes:
            return self.discriminator(images, labels, training=True), None
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            logits = self.discriminator(images, labels, training=True)
            total = tf.reduce_sum(logits)
        return logits, tape.gradient(total, images)

    def judge_for_generator(self, batch, rows, real_seen, fake_images, labels):
        """The generator's loss, and its scaled gradient by the made images."""
        real_logits = None
        if self.config.loss in RELATIVISTIC:
            real_logits = self.discriminator(real_seen, labels, training=True)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake_images)
            fake_seen = self.as_seen(fake_images, GENERATOR_AUGMENTATION, batch, rows)
            loss = self.generator_loss(real_logits, self.discriminator(fake_seen, labels, training=True))
            scaled_loss = self.scaled(loss, self.generator_optimizer)
        return loss, tape.gradient(scaled_loss, fake_images)

    def update_generator(self, tape, fake_images, by_images):
        """One step of the generator, whose images are on the tape, by the gradient of its loss by these."""
        gradients = tape.gradient(fake_images, values_of(self.generator), output_gradients=by_images)
        gradients = self.shortened(gradients, self.generator_optimizer)
        self.generator_optimizer.apply(gradients, self.generator.trainable_variables)

    def weighted(self, penalties):
        """Sum of the penalties, each with its weight."""
        weights = {
            "r1": self.config.r1_weight,
            "r2": self.config.r2_weight,
            "gradient_penalty": self.config.gradient_penalty_weight,
        }
        return sum(weights[name] * value for name, value in penalties.items())

    def scaled(self, loss, optimizer):
        """This replica's share of a loss, as large as its optimizer wants it."""
        return optimizer.scale_loss(loss / self.strategy.num_replicas_in_sync)

    def shortened(self, gradients, optimizer):
        """Gradients whose sum over the replicas is no longer than `clip_norm`."""
        if not self.config.clip_norm:
            return gradients
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]  # embeddings' are sparse
        whole = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        whole, _ = tf.clip_by_global_norm(whole, self.config.clip_norm * optimizer.scale_loss(1.0))
        return [gradient / self.strategy.num_replicas_in_sync for gradient in whole]

    def adapt_augmentation(self, accuracy):
        """Moves the probability up where the discriminator is too sure of itself, else down.

        Reference:
            Karras et al. 2020, section 3.1. Differs from the paper: there the sign of the real images' logits says how
            sure, here the share of pairs told apart: logits of relativistic losses have no zero.
        """
        config = self.config
        context = tf.distribute.get_replica_context()
        accuracy = context.all_reduce(tf.distribute.ReduceOp.SUM, accuracy / self.strategy.num_replicas_in_sync)
        change = tf.sign(2.0 * accuracy - 1.0 - config.augment_target) * config.batch_size / config.augment_images
        self.augment_probability.assign(
            tf.clip_by_value(self.augment_probability + change, 0.0, MAX_AUGMENT_PROBABILITY)
        )

    # What is to be seen of it

    def generate(self, num_images, seed=0):
        """Images of the averaged generator, each label as often as the others.

        Args:
            num_images: integer.
            seed: integer; the same seed gives the same noise.

        Returns:
            float32 array of shape `(num_images, height, width, channels)` in [0, 1].
        """
        shape = (num_images, self.generator.latent_dim)
        latents = np.random.default_rng((seed, SAMPLES)).standard_normal(shape, np.float32)
        labels = np.arange(num_images, dtype=np.int32) % max(self.generator.num_classes, 1)
        batches = []
        with self.average.applied():
            for start in range(0, num_images, 64):
                rows = slice(start, start + 64)
                images = self.generator(latents[rows], labels[rows] if self.generator.num_classes else None)
                batches.append(from_signed(images.numpy()))
        return np.concatenate(batches)

    def sample_image(self):
        """A grid of images of the same noise every time; with classes, one in each column as far as they fit."""
        num_classes, num_samples = self.generator.num_classes, self.config.num_samples
        images = as_rgb(self.generate(num_samples, self.config.seed))
        return to_uint8(image_grid(images, num_columns=num_classes if 1 < num_classes <= num_samples else None))

    def checkpoint_items(self):
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
            "average": self.average.variables,
            "augment_probability": [self.augment_probability],
        }

    def look(self, step: int, losses: dict[str, float]) -> None:
        """Looks at the health, and now and then at the measure."""
        finding = self.monitor.look(losses["accuracy"], losses["diversity"])
        if finding:
            logger.warning("%s: %s", finding.name, finding.words)
            tf.summary.text("health", f"**{finding.name}**: {finding.words}", step=step)
        config = self.config
        if self.measure and step // config.measure_every > self.last_measured // config.measure_every:
            self.last_measured = step
            losses["measure"] = float(self.measure(self.generate))

    def is_done(self, losses: Mapping[str, float]) -> bool:
        """Whether the measure is as small as asked for."""
        return "measure" in losses and self.config.stop_at > 0 and losses["measure"] <= self.config.stop_at


def train_gan(generator, discriminator, dataset, config, run_directory=None, strategy=None, measure=None):
    """Trains a generator against a discriminator, and leaves the averaged weights in the generator.

    Args:
        generator: as for `GanTrainer`, such as a `ConvGenerator`.
        discriminator: such as a `ConvDiscriminator` for the same images and labels.
        dataset: `ImageArray`.
        config: `GanConfig`, or one of `gan_presets`.
        run_directory: started `RunDirectory`; without one, checkpoints and samples are thrown away at the end.
        strategy: `tf.distribute.Strategy` under whose scope the networks were made, or None.
        measure: as for `GanTrainer`.

    Returns:
        Dict of name -> float, the last losses.

    Raises:
        ValueError: if networks, images and settings do not fit together.
        TrainingError: if a loss is not finite, or a checkpoint does not fit or cannot be written.

    Example:
        >>> dataset = tfstyle.data.load_image_array("procedural", image_size=28, channels=1)
        >>> config = tfstyle.training.GanConfig(num_steps=2, batch_size=8)
        >>> losses = train_gan(DenseGenerator(), DenseDiscriminator(), dataset, config)
    """
    with contextlib.ExitStack() as stack:
        if run_directory is None:
            run_directory = RunDirectory(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "run")
            run_directory.start(config)
        trainer = GanTrainer(generator, discriminator, dataset, config, run_directory, strategy, measure)
        losses = trainer.fit()
        write_film(run_directory.path)
    trainer.average.assign_to_model()
    return losses


def write_film(run_path):
    """Puts the sample pictures of a run one after the other, as `RUN/film.gif`.

    Args:
        run_path: path of the run's folder.

    Raises:
        TrainingError: if it cannot be written.
    """
    frames = [Image.open(path) for path in sorted((run_path / "samples").glob("*.png"))]
    if len(frames) < 2:
        return
    durations = [150] * (len(frames) - 1) + [2000]  # milliseconds
    try:
        frames[0].save(run_path / "film.gif", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    except OSError as error:
        raise TrainingError(f"{run_path / 'film.gif'} cannot be written: {error.strerror or error}.") from error


def relative_diversity(real_images, fake_images):
    """How far made images are from the most similar one beside them, compared with real images.

    Args:
        real_images: float tensor of shape `(batch, height, width, channels)`.
        fake_images: float tensor of the same shape.

    Returns:
        float32 scalar: 0 where all are alike, about 1 where they are as varied as the real ones. It is 1 where there is
        nothing to compare with: fewer real images than a batch stand beside copies of themselves.
    """
    real, fake = nearest_distance(real_images[:NUM_COMPARED]), nearest_distance(fake_images[:NUM_COMPARED])
    return tf.where(real < 1e-2 * fake, 1.0, tf.math.divide_no_nan(fake, real))


def nearest_distance(images):
    """Mean distance of an image from the nearest other one of its batch, a float32 scalar."""
    flat = tf.reshape(tf.cast(images, tf.float32), (tf.shape(images)[0], -1))
    norms = tf.reduce_sum(tf.square(flat), axis=1)
    squared = norms[:, None] + norms - 2.0 * tf.matmul(flat, flat, transpose_b=True)
    itself = tf.eye(tf.shape(flat)[0]) * tf.reduce_max(squared)
    return tf.reduce_mean(tf.sqrt(tf.maximum(tf.reduce_min(squared + itself, axis=1), 0.0)))


def make_adam(config, learning_rate, network):
    """Adam for one network, with a warm-up where the settings ask for it, and with a scaled loss for float16.

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


def values_of(network):
    """What a tape watches of a network: its trainable `tf.Variable`s."""
    return [variable.value for variable in network.trainable_variables]


def has_batch_normalization(network):
    return any(isinstance(layer, keras.layers.BatchNormalization) for layer in network._flatten_layers())


def description(network):
    """What it takes to build a network again, but for its name, which counts the networks of a process."""
    config = network.get_config()
    config.pop("name")
    return {"class": type(network).__name__, "config": config}


def check_fit(generator, discriminator, dataset, config):
    """Raises a ValueError where networks, images and settings do not fit together."""
    shapes = [tuple(item.image_shape) for item in (generator, discriminator, dataset)]
    if len(set(shapes)) > 1:
        raise ValueError(
            "Generator, discriminator and dataset must have images of one shape. "
            f"Received: {shapes[0]}, {shapes[1]} and {shapes[2]}."
        )
    if generator.num_classes != discriminator.num_classes:
        raise ValueError(
            "Generator and discriminator must have the same number of classes. "
            f"Received: num_classes={generator.num_classes} and {discriminator.num_classes}."
        )
    if generator.num_classes and generator.num_classes != dataset.num_classes:
        raise ValueError(
            f"The networks have num_classes={generator.num_classes}, the dataset {dataset.num_classes}. "
            "Build the networks for the dataset's classes, or with num_classes=0."
        )
    if config.has_penalty and has_batch_normalization(discriminator):
        raise ValueError(
            "A penalty on the discriminator's gradient and batch normalization in it exclude each other: it mixes the "
            "images of a batch. Build the discriminator with normalization='none' or 'spectral', or set r1_weight, "
            "r2_weight and gradient_penalty_weight to 0."
        )
    if config.real_label != 1.0 and config.loss not in WITH_REAL_LABEL:
        raise ValueError(
            f"`real_label` is for the losses {', '.join(sorted(WITH_REAL_LABEL))}. "
            f"Received: real_label={config.real_label} with loss={config.loss!r}."
        )
