"""Training of a generator against a discriminator."""

import contextlib
import functools
import logging
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfstyle.data.shuffle import shuffled_index
from tfstyle.images import ImageError, from_signed, image_grid, load_image, save_animation, to_signed, to_uint8
from tfstyle.metrics.features import as_rgb
from tfstyle.training.gan_config import GanConfig
from tfstyle.training.gan_monitor import GanMonitor
from tfstyle.training.gan_step import PENALTIES, SAMPLES, AdversarialStep, check_networks
from tfstyle.training.loop.fingerprint import fingerprint_of_data
from tfstyle.training.loop.run_directory import RunDirectory, TrainingError
from tfstyle.training.loop.trainer import Trainer

logger = logging.getLogger(__name__)


class GanTrainer(Trainer):
    """Trains a generator and a discriminator against each other, in steps of `AdversarialStep`.

    Args:
        generator: network that maps latents `(batch, latent_dim)`, and int32 labels if it has classes, to images
            `(batch, height, width, channels)` in [-1, 1]; with `latent_dim`, `image_shape`, `num_classes`.
        discriminator: network that maps images, and labels, to logits; with `image_shape`, `num_classes`.
        dataset: `ImageArray`, or an object with the same attributes `images`, `labels`, `label_names`, `image_shape`
            and `num_classes`.
        config: `GanConfig`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.
        measure: function from `generate` to a float, lower is better; or None. `generate(num_images)` returns images in
            [0, 1] of the averaged generator.

    Raises:
        ValueError: if networks, images and settings are incompatible.
    """

    def __init__(self, generator, discriminator, dataset, config, run_directory, strategy=None, measure=None):
        super().__init__(config, run_directory, strategy)
        check_fit(generator, discriminator, dataset, config)
        self.sample_signature = (tf.TensorSpec((config.discriminator_steps,), tf.int64), tf.TensorSpec((), tf.int64))
        self.generator, self.discriminator = generator, discriminator
        self.images = tf.constant(dataset.images)
        self.labels = tf.constant(dataset.labels, tf.int32) if generator.num_classes else None
        self.measure, self.last_measured = measure, 0
        self.monitor = GanMonitor()
        with self.strategy.scope():
            self.adversarial = AdversarialStep(generator, discriminator, config)
        self.average = self.adversarial.average
        if config.batch_size // self.strategy.num_replicas_in_sync < 2:
            logger.warning("The health of the training cannot be monitored with one image per replica.")
        networks = {"generator": description(generator), "discriminator": description(discriminator)}
        class_names = dataset.label_names if generator.num_classes else ()
        run_directory.write_model({"family": "gan", "config": networks, "class_names": class_names})
        run_directory.write_fingerprints({"images": fingerprint_of_data(dataset)})

    def load_sample(self, number) -> tuple[Any, ...]:
        """Indices of the real images in a row of the batches of a step, and the row. The images are on the device."""
        config = self.config
        step, row = divmod(int(number), config.batch_size)
        batches = step * config.discriminator_steps + np.arange(config.discriminator_steps)
        samples = batches * config.batch_size + row
        indices = [shuffled_index(sample, len(self.images), config.seed) for sample in samples]
        return np.array(indices, np.int64), np.int64(row)

    def real_batch(self, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Real images and their labels.

        Args:
            indices: int64 tensor of shape `(n,)`, indices into the dataset.

        Returns:
            float32 tensor of shape `(n, height, width, channels)` in [-1, 1]; int32 tensor of shape `(n,)`, or None.
        """
        images = to_signed(tf.cast(tf.gather(self.images, indices), tf.float32) / 255.0)
        return images, None if self.labels is None else tf.gather(self.labels, indices)

    def train_step(self, step, indices, rows) -> dict[str, tf.Tensor]:
        batches = [self.real_batch(indices[:, index]) for index in range(self.config.discriminator_steps)]
        return self.adversarial(step, rows, batches, self.config.batch_size)

    def generate(self, num_images: int, seed: int = 0) -> np.ndarray:
        """Generates images with the averaged generator, equally many of each label.

        Args:
            num_images: integer.
            seed: integer; the same seed gives the same noise.

        Returns:
            float32 array of shape `(num_images, height, width, channels)` in [0, 1].
        """
        shape = (num_images, self.generator.latent_dim)
        latents = np.random.default_rng((seed, SAMPLES)).standard_normal(shape, np.float32)
        conditions = self.sample_conditions(num_images)
        batches = []
        with self.average.applied():
            for start in range(0, num_images, 64):
                rows = slice(start, start + 64)
                images = self.generator(latents[rows], None if conditions is None else conditions[rows])
                batches.append(from_signed(images.numpy()))
        return np.concatenate(batches)

    def sample_conditions(self, num_images: int) -> np.ndarray | None:
        """What `generate` generates images of: int32 array `(num_images,)`, labels in turn; None without classes."""
        num_classes = self.generator.num_classes
        return np.arange(num_images, dtype=np.int32) % num_classes if num_classes else None

    def sample_image(self) -> np.ndarray:
        """A grid of images, always of the same noise; with classes, each column has one class, as far as they fit."""
        num_classes, num_samples = self.generator.num_classes, self.config.num_samples
        images = as_rgb(self.generate(num_samples, self.config.seed))
        return to_uint8(image_grid(images, num_columns=num_classes if 1 < num_classes <= num_samples else None))

    def checkpoint_items(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "generator_optimizer": self.adversarial.generator_optimizer,
            "discriminator_optimizer": self.adversarial.discriminator_optimizer,
            "average": self.average.variables,
            "augment_probability": [self.adversarial.augment_probability],
        }

    def look(self, step: int, losses: dict[str, float]) -> None:
        """Checks the health of the training, and regularly computes the measure."""
        if step * self.config.discriminator_steps % self.config.penalty_every:
            for name in PENALTIES:  # zeros, since this step computed none
                losses.pop(name, None)
        finding = "diversity" in losses and self.monitor.look(losses["accuracy"], losses["diversity"])
        if finding:
            logger.warning("%s: %s", finding.name, finding.words)
            tf.summary.text("health", f"**{finding.name}**: {finding.words}", step=step)
        config = self.config
        if self.measure and step // config.measure_every > self.last_measured // config.measure_every:
            self.last_measured = step
            losses["measure"] = float(self.measure(self.generate))

    def is_done(self, losses: Mapping[str, float]) -> bool:
        """Whether the measure has reached `stop_at`."""
        return "measure" in losses and self.config.stop_at > 0 and losses["measure"] <= self.config.stop_at


def train_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    dataset: Any,
    config: GanConfig,
    run_directory: RunDirectory | None = None,
    strategy: tf.distribute.Strategy | None = None,
    measure: Callable[[Callable[[int], np.ndarray]], float] | None = None,
) -> dict[str, float]:
    """Trains a generator against a discriminator. The generator has the averaged weights (EMA) afterwards.

    Args:
        generator: as for `GanTrainer`, such as a `ConvGenerator`.
        discriminator: as for `GanTrainer`, such as a `ConvDiscriminator`.
        dataset: `ImageArray`.
        config: `GanConfig`, or one of `gan_presets`.
        run_directory: started `RunDirectory`; without one, checkpoints and samples are deleted at the end.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.
        measure: as for `GanTrainer`.

    Returns:
        Dict of name -> float, the last losses.

    Raises:
        ValueError: if networks, images and settings are incompatible.
        TrainingError: if a loss is not finite, or a checkpoint does not match or cannot be written.

    Example:
        >>> dataset = tfstyle.data.load_image_array("procedural", image_size=28, channels=1)
        >>> config = tfstyle.training.GanConfig(num_steps=2, batch_size=8)
        >>> losses = train_gan(DenseGenerator(), DenseDiscriminator(), dataset, config)
    """
    make_trainer = functools.partial(GanTrainer, generator, discriminator, dataset, config, measure=measure)
    return fit_gan(make_trainer, config, run_directory, strategy)


def fit_gan(make_trainer, config, run_directory, strategy) -> dict[str, float]:
    """Trains to the end, writes the time-lapse, and assigns the averaged weights to the generator.

    Args:
        make_trainer: function of `run_directory` and `strategy` that returns a `GanTrainer`.
        config: `GanConfig`.
        run_directory: started `RunDirectory`; without one, checkpoints and samples are deleted at the end.
        strategy: `tf.distribute.Strategy` or None.

    Returns:
        Dict of name -> float, the last losses.
    """
    with contextlib.ExitStack() as stack:
        if run_directory is None:
            run_directory = RunDirectory(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "run")
            run_directory.start(config)
        trainer = make_trainer(run_directory=run_directory, strategy=strategy)
        losses = trainer.fit()
        write_film(run_directory.path)
    trainer.average.assign_to_model()
    return losses


def write_film(run_path) -> None:
    """Writes a time-lapse of the sample images of a run as `RUN/film.gif`.

    Args:
        run_path: path of the run directory.

    Raises:
        TrainingError: if the file cannot be written.
    """
    frames = [load_image(path) for path in sorted((run_path / "samples").glob("*.png"))]
    if len(frames) < 2:
        return
    durations = [150] * (len(frames) - 1) + [2000]  # milliseconds
    try:
        save_animation(run_path / "film.gif", frames, durations, overwrite=True)
    except ImageError as error:
        raise TrainingError(str(error)) from error


def description(network) -> dict[str, Any]:
    """The configuration from which to rebuild a network, without its name, which Keras numbers per process."""
    config = network.get_config()
    config.pop("name")
    return {"class": type(network).__name__, "config": config}


def check_fit(generator: keras.Model, discriminator: keras.Model, dataset: Any, config: GanConfig) -> None:
    """Raises a ValueError if networks, images and settings are incompatible."""
    check_networks(generator, discriminator, config)
    if tuple(generator.image_shape) != tuple(dataset.image_shape):
        raise ValueError(
            "Generator, discriminator and dataset must have the same image shape. "
            f"Received: {generator.image_shape}, {discriminator.image_shape} and {dataset.image_shape}."
        )
    if generator.num_classes and generator.num_classes != dataset.num_classes:
        raise ValueError(
            f"The networks have num_classes={generator.num_classes}, the dataset {dataset.num_classes}. "
            "Build the networks for the dataset's classes, or with num_classes=0."
        )
