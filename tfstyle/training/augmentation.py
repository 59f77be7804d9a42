"""Does data augmentation help a classifier of few images: classic, by a GAN trained on the same images, or both?"""

import dataclasses
import itertools
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfstyle.atomic import write_atomically
from tfstyle.data.affine import random_affine
from tfstyle.data.image_array import ImageArray
from tfstyle.images import from_signed, to_uint8
from tfstyle.training.augmentation_config import METHODS, AugmentationStudyConfig
from tfstyle.training.augmentation_results import AugmentationStudy
from tfstyle.training.gan import train_gan
from tfstyle.training.gan_config import GanConfig
from tfstyle.training.loop.fingerprint import fingerprint_of_data, fingerprint_of_network
from tfstyle.training.loop.run_directory import RunDirectory, TrainingError

logger = logging.getLogger(__name__)

# From labels `(n,)` and a seed to images `(n, height, width, channels)` in [0, 1].
Generate = Callable[[np.ndarray, int], np.ndarray]
EVALUATION_BATCH = 500
# Settings that only say which cells there are: a study can be extended by more of them.
EXTENSIBLE = ("sizes", "methods", "num_seeds")


class GanAugmenter:
    """Trains a class-conditional GAN on a few labeled images, and generates as many as are asked for.

    Each GAN has a run directory, from which it resumes.

    Args:
        build_networks: function without arguments that returns a generator and a discriminator with the classes and the
            image shape of the images, such as a call of `create_networks`.
        config: `GanConfig`; its `seed` is replaced by that of the repetition.
        folder: path of the folder of the run directories.

    Call arguments:
        dataset: `ImageArray` with labels.
        seed: integer, of the initial weights and of the training.

    Returns:
        Function from int32 labels `(n,)` and a seed to float32 images `(n, height, width, channels)` in [0, 1].
    """

    def __init__(
        self, build_networks: Callable[[], tuple[keras.Model, keras.Model]], config: GanConfig, folder: str | Path
    ):
        self.build_networks, self.config, self.folder = build_networks, config, Path(folder)

    def __call__(self, dataset: ImageArray, seed: int) -> Generate:
        keras.utils.set_random_seed(seed)
        generator, discriminator = self.build_networks()
        config = dataclasses.replace(self.config, seed=seed)
        run = RunDirectory(self.folder / f"{len(dataset)}_images_seed_{seed}")
        run.start(config, resume=True)
        train_gan(generator, discriminator, dataset, config, run)

        def generate(labels, seed):
            shape = (len(labels), generator.latent_dim)
            latents = np.random.default_rng(seed).standard_normal(shape, np.float32)
            parts = [slice(first, first + EVALUATION_BATCH) for first in range(0, len(labels), EVALUATION_BATCH)]
            return from_signed(np.concatenate([np.asarray(generator(latents[part], labels[part])) for part in parts]))

        return generate


class _ClassifierTraining:
    """Trains one classifier after the other, all of one architecture, with a single traced step."""

    def __init__(self, build_classifier, config, seed):
        self.build_classifier, self.config = build_classifier, config
        keras.utils.set_random_seed(seed)
        self.classifier = build_classifier()
        schedule = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.num_steps)
        self.optimizer = keras.optimizers.Adam(schedule)
        self.optimizer.build(self.classifier.trainable_variables)
        self.first_state = [variable.numpy() for variable in self.optimizer.variables]

    @tf.function
    def train_step(self, images, labels, seed, is_classic) -> None:
        images = tf.cast(images, tf.float32) / 255.0
        if is_classic:
            config = self.config
            images = random_affine(images, seed, config.max_shift, config.max_rotation, config.max_scale)
        variables = [variable.value for variable in self.classifier.trainable_variables]
        with tf.GradientTape() as tape:
            logits = tf.cast(self.classifier(images, training=True), tf.float32)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        self.optimizer.apply(tape.gradient(loss, variables), self.classifier.trainable_variables)

    @tf.function
    def predict(self, images) -> tf.Tensor:
        return tf.argmax(self.classifier(tf.cast(images, tf.float32) / 255.0), axis=-1)

    def train(self, dataset, generated, is_classic, seed) -> None:
        """Trains a new classifier on labeled images, or on them and generated ones; both are `ImageArray`."""
        config = self.config
        keras.utils.set_random_seed(seed)
        for variable, first in zip(self.classifier.variables, self.build_classifier().variables, strict=True):
            variable.assign(first)
        for variable, first in zip(self.optimizer.variables, self.first_state, strict=True):
            variable.assign(first)
        num_generated = 0 if generated is None else max(1, round(config.generated_share * config.batch_size))
        for step in range(config.num_steps):
            random = np.random.default_rng((seed, step))
            real = random.integers(len(dataset), size=config.batch_size)[num_generated:]
            images, labels = dataset.images[real], dataset.labels[real]
            if num_generated:
                made = random.integers(len(generated), size=num_generated)
                images = np.concatenate([images, generated.images[made]])
                labels = np.concatenate([labels, generated.labels[made]])
            self.train_step(images, labels, tf.constant([seed, step], tf.int64), is_classic)

    def accuracy(self, dataset) -> float:
        """Share of images that the classifier gives the right label."""
        right = 0
        for first in range(0, len(dataset), EVALUATION_BATCH):
            part = slice(first, first + EVALUATION_BATCH)
            right += int(np.sum(self.predict(dataset.images[part]).numpy() == dataset.labels[part]))
        return right / len(dataset)


def augmentation_study(
    images: np.ndarray,
    labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    build_classifier: Callable[[], keras.Model],
    train_generator: Callable[[ImageArray, int], Generate],
    config: AugmentationStudyConfig | None = None,
    results_file: str | Path | None = None,
) -> AugmentationStudy:
    """Trains a classifier on few images, without augmentation and with, and measures its accuracy on others.

    For each repetition and each size, the labeled images are drawn at random, as equally many of each class as
    possible; smaller sets are parts of larger ones. The classifier is trained on them by each method:

    - "nothing": the labeled images as they are;
    - "classic": each shifted, rotated and scaled at random;
    - "gan": in part images of a GAN, which was trained on the same labeled images and on no others;
    - "both": as "gan", all of them shifted, rotated and scaled.

    All methods have the same images, initial weights and number of updates, so that their accuracies can be compared
    in pairs.

    Args:
        images: uint8 array of shape `(num_images, height, width, channels)`, from which the labeled images are drawn.
        labels: integer array of shape `(num_images,)`, from 0.
        test_images: uint8 array of shape `(num_test_images, height, width, channels)`, in no training.
        test_labels: integer array of shape `(num_test_images,)`.
        build_classifier: function without arguments that returns a new `keras.Model` from float32 images in [0, 1] to
            logits `(batch, num_classes)`.
        train_generator: function from an `ImageArray` and a seed to a function that generates images: a
            `GanAugmenter`, or another one with the same call.
        config: `AugmentationStudyConfig`; None for the defaults.
        results_file: path of a JSON file, written after each classifier. A study that was interrupted, or that is
            extended by sizes, methods or repetitions, does not train again what is in it. None for no file.

    Returns:
        `AugmentationStudy`, the accuracies.

    Raises:
        ImageError: if images or labels have the wrong shape, dtype or values.
        ValueError: if there are fewer images than the largest size.
        TrainingError: if the file belongs to another study, or cannot be read or written.
    """
    config = config or AugmentationStudyConfig()
    names = tuple(str(label) for label in range(int(np.max(labels)) + 1))
    pool, test = ImageArray(images, labels, label_names=names), ImageArray(test_images, test_labels, label_names=names)
    if max(config.sizes) > len(pool):
        raise ValueError(f"{max(config.sizes)} labeled images are asked for, and there are {len(pool)}.")
    classifiers = _ClassifierTraining(build_classifier, config, config.seed)
    settings = {
        **{name: value for name, value in dataclasses.asdict(config).items() if name not in EXTENSIBLE},
        "images": fingerprint_of_data(pool),
        "test_images": fingerprint_of_data(test),
        "classifier": fingerprint_of_network(classifiers.classifier),
        "generator": str(getattr(train_generator, "config", "")),
    }
    results = _Results(results_file, settings)
    for seed, size in itertools.product(range(config.seed, config.seed + config.num_seeds), sorted(config.sizes)):
        dataset = draw_labeled(pool, size, seed)
        generated = None
        for method in METHODS:
            if method not in config.methods or (method, size, seed) in results.accuracies:
                continue
            if method in ("gan", "both") and generated is None:
                generated = _generate(train_generator(dataset, seed), pool, config.num_generated, seed)
            made = generated if method in ("gan", "both") else None
            classifiers.train(dataset, made, method in ("classic", "both"), seed)
            results.add(method, size, seed, classifiers.accuracy(test))
    return results.study(config)


def draw_labeled(pool: ImageArray, size: int, seed: int) -> ImageArray:
    """Draws labeled images at random, as equally many of each class as possible.

    Args:
        pool: `ImageArray` with labels.
        size: integer, number of images, at most those of the pool.
        seed: integer; with the same seed, fewer images are a part of more.

    Returns:
        `ImageArray`.
    """
    order = np.random.default_rng(seed).permutation(len(pool))
    labels = pool.labels[order]
    ranks = np.empty(len(pool), np.int64)  # within its class
    for label in range(pool.num_classes):
        ranks[labels == label] = np.arange(np.sum(labels == label))
    chosen = order[np.argsort(ranks, kind="stable")[:size]]
    return ImageArray(pool.images[chosen], pool.labels[chosen], pool.label_names)


def _generate(generate, pool, count, seed):
    """Generated images of all classes."""
    labels = np.arange(count, dtype=np.int32) % pool.num_classes
    return ImageArray(to_uint8(np.clip(generate(labels, seed), 0.0, 1.0)), labels, pool.label_names)


class _Results:
    """The accuracies that are known, and their file."""

    def __init__(self, file, settings):
        self.file, self.settings = None if file is None else Path(file), settings
        self.accuracies: dict[tuple[str, int, int], float] = {}
        if self.file is None or not self.file.exists():
            return
        try:
            content = json.loads(self.file.read_text(encoding="utf-8"))
            cells, saved = content["cells"], content["settings"]
            self.accuracies = {(cell["method"], cell["num_images"], cell["seed"]): cell["accuracy"] for cell in cells}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrainingError(f"{self.file} holds no results of a study. Name another file.") from error
        changed = [
            f"{name}={saved.get(name)!r}, now {value!r}" for name, value in settings.items() if saved.get(name) != value
        ]
        if changed:
            raise TrainingError(f"{self.file} was started with {'; '.join(changed)}. Name another file.")

    def add(self, method: str, size: int, seed: int, accuracy: float) -> None:
        self.accuracies[method, size, seed] = accuracy
        logger.info("%d images, seed %d, %s: accuracy %.4f", size, seed, method, accuracy)
        if self.file is None:
            return
        names = ("method", "num_images", "seed", "accuracy")
        cells = [dict(zip(names, (*key, value), strict=True)) for key, value in self.accuracies.items()]
        lines = ",\n".join(f"  {json.dumps(cell)}" for cell in cells)
        text = f'{{"settings": {json.dumps(self.settings, indent=2)},\n"cells": [\n{lines}\n]}}\n'
        try:
            write_atomically(self.file, text)
        except OSError as error:
            raise TrainingError(f"{self.file} cannot be written: {error.strerror}.") from error

    def study(self, config: Any) -> AugmentationStudy:
        """The accuracies of the cells of this config."""
        seeds = range(config.seed, config.seed + config.num_seeds)
        return AugmentationStudy(
            {
                (method, size): tuple(self.accuracies[method, size, seed] for seed in seeds)
                for size in sorted(config.sizes)
                for method in METHODS
                if method in config.methods
            }
        )
