"""Training of a text-conditional GAN."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.images import image_grid, to_signed, to_uint8
from tfstyle.network_pairs import check_network_pair
from tfstyle.training.gan import GanTrainer, description, fit_gan
from tfstyle.training.gan_monitor import GanMonitor
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.loop.trainer import Trainer
from tfstyle.training.text_gan_config import TextGanConfig
from tfstyle.training.text_gan_step import Captions, TextAdversarialStep


class TextGanTrainer(GanTrainer):
    """Trains a generator of images from captions, in steps of `TextAdversarialStep`.

    Args:
        generator: `TextConditionalGenerator`.
        discriminator: `MatchingDiscriminator`.
        dataset: `DrawnScenes`, `CaptionedImages`, or an object with the same `image_shape`, `vocabulary`, `num_words`
            and `load`.
        config: `TextGanConfig`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.

    Raises:
        ValueError: if networks and captions are incompatible.
    """

    def __init__(self, generator, discriminator, dataset, config, run_directory, strategy=None):
        Trainer.__init__(self, config, run_directory, strategy)  # GanTrainer's has the images of a dataset in memory
        check_text_networks(generator, discriminator, dataset)
        self.generator, self.discriminator, self.dataset = generator, discriminator, dataset
        num_batches, tokens = config.discriminator_steps, (config.discriminator_steps, dataset.num_words)
        self.sample_signature = (
            tf.TensorSpec((num_batches, *dataset.image_shape), tf.uint8),
            tf.TensorSpec(tokens, tf.int32),
            tf.TensorSpec(tokens, tf.int32),
            tf.TensorSpec((), tf.int64),
        )
        self.measure, self.monitor = None, GanMonitor()
        with self.strategy.scope():
            self.adversarial = TextAdversarialStep(generator, discriminator, config)
        self.average = self.adversarial.average
        networks = {"generator": description(generator), "discriminator": description(discriminator)}
        run_directory.write_model({"family": "text_gan", "config": networks})

    def load_sample(self, number) -> tuple[Any, ...]:
        """The images in a row of the batches of a step, their captions, wrong captions, and the row."""
        config, dataset = self.config, self.dataset
        step, row = divmod(int(number), config.batch_size)
        batches = step * config.discriminator_steps + np.arange(config.discriminator_steps)
        samples = [dataset.load(int(batch) * config.batch_size + row, config.seed) for batch in batches]
        images, right, wrong = zip(*samples, strict=True)
        tokens = [dataset.vocabulary.encode(captions, dataset.num_words) for captions in (right, wrong)]
        return np.stack(images), *tokens, np.int64(row)

    def train_step(self, step, *batch) -> dict[str, tf.Tensor]:
        images, right, wrong, rows = batch
        real_images = to_signed(tf.cast(images, tf.float32) / 255.0)
        batches = [
            (real_images[:, index], Captions(right[:, index], wrong[:, index]))
            for index in range(self.config.discriminator_steps)
        ]
        return self.adversarial(step, rows, batches, self.config.batch_size)

    def sample_conditions(self, num_images: int) -> np.ndarray:
        """The captions of the first samples: int32 array `(num_images, num_words)`, numbers of words."""
        captions = [self.dataset.load(number, self.config.seed)[1] for number in range(num_images)]
        return self.dataset.vocabulary.encode(captions, self.dataset.num_words)

    def sample_image(self) -> np.ndarray:
        """Pairs of a real image and, at its right, an image of the same caption, always of the same noise."""
        num_samples = self.config.num_samples
        images = self.generate(num_samples, self.config.seed)
        real = [self.dataset.load(number, self.config.seed)[0] / np.float32(255) for number in range(num_samples)]
        pairs = np.stack([np.stack(real), images], axis=1).reshape(-1, *images.shape[1:])
        return to_uint8(image_grid(pairs, num_columns=8))


def train_text_gan(
    generator: Any,
    discriminator: Any,
    dataset: Any,
    config: TextGanConfig,
    run_directory: RunDirectory | None = None,
    strategy: tf.distribute.Strategy | None = None,
) -> dict[str, float]:
    """Trains a generator of images from captions. It has the averaged weights (EMA) afterwards.

    Args:
        generator: `TextConditionalGenerator`.
        discriminator: `MatchingDiscriminator`.
        dataset: `DrawnScenes` or `CaptionedImages`, as for `TextGanTrainer`.
        config: `TextGanConfig`.
        run_directory: started `RunDirectory`; without one, checkpoints and samples are deleted at the end.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.

    Returns:
        Dict of name -> float, the last losses.

    Raises:
        ValueError: if networks and captions are incompatible.
        TrainingError: if a loss is not finite, or a checkpoint does not match or cannot be written.

    Example:
        ```python
        scenes = tfstyle.data.DrawnScenes(32)
        generator, discriminator = tfstyle.models.create_text_networks(scenes.vocabulary.words, scenes.num_words)
        train_text_gan(generator, discriminator, scenes, TextGanConfig(num_steps=20_000))
        ```
    """
    make_trainer = functools.partial(TextGanTrainer, generator, discriminator, dataset, config)
    return fit_gan(make_trainer, config, run_directory, strategy)


def check_text_networks(generator: Any, discriminator: Any, dataset: Any) -> None:
    """Raises a ValueError if networks and captions are incompatible."""
    check_network_pair(generator, discriminator)
    if tuple(generator.image_shape) != tuple(dataset.image_shape):
        raise ValueError(
            "Networks and dataset must have the same image shape. "
            f"Received: {generator.image_shape} and {dataset.image_shape}."
        )
    words, lengths = dataset.vocabulary.words, (generator.num_words, discriminator.num_words, dataset.num_words)
    if generator.vocabulary != words or discriminator.num_tokens != len(words) or len(set(lengths)) > 1:
        raise ValueError(
            "Networks and captions must have the same words. Received: "
            f"{len(generator.vocabulary)}, {discriminator.num_tokens} and {len(words)} words; "
            f"captions of up to {lengths[0]}, {lengths[1]} and {lengths[2]} words."
        )
