"""Base class of the trainers of image-to-image translation."""

import logging
import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfstyle.data.image_folder import random_crop
from tfstyle.data.shuffle import shuffled_index
from tfstyle.images import from_signed, image_grid, to_float, to_signed, to_uint8
from tfstyle.losses.adversarial import adversarial_losses
from tfstyle.training.adaptive_augmentation import AdaptiveAugmentation
from tfstyle.training.gan_monitor import GanMonitor
from tfstyle.training.image_pool import ImagePool
from tfstyle.training.loop.fingerprint import fingerprint_of_data
from tfstyle.training.loop.fused_adam import FusedAdam
from tfstyle.training.loop.linear_decay import LinearDecay
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.trainer import Trainer
from tfstyle.training.translator_measures import ADVICE, DomainMeasure, pair_measures

logger = logging.getLogger(__name__)

# Purposes of random numbers. Each purpose has its own stream, so that no two are correlated.
TRAINING, EXAMPLES, POOL, BACKWARD_POOL, POSITIONS, MIRROR, MEASURED = range(7)
# Of the augmentation: reals and fakes, and those of the backward discriminator.
REAL_AUGMENTATION, FAKE_AUGMENTATION, BACKWARD_REAL_AUGMENTATION, BACKWARD_FAKE_AUGMENTATION = range(10, 14)
NUM_EXAMPLES = 4
NUM_MEASURED = 32  # images of each kind per evaluation


class TranslatorTrainer(Trainer):
    """Trains networks for image-to-image translation. A subclass defines the losses of its method.

    A step computes all losses first, and then updates every network with its own optimizer. All random numbers depend
    only on (seed, purpose, step or number of the sample).

    Differs from the papers' code, which updates one network after the other: here all updates use the same logits,
    which saves a forward pass of the discriminator, as in TensorFlow's tutorials.

    Args:
        networks: dict of name -> built `keras.Model`, as returned by `create_translation_networks`.
        inputs: `ImagePairs` for a paired method, otherwise the `ImageFolder` of the source domain.
        targets: `ImageFolder` of the target domain, or None with pairs.
        config: `TranslatorConfig`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.
        extractor: `PerceptualExtractor` for the measures of unpaired translation, whose last layer is used, or None for
            no such measures. A subclass may need it for its losses.

    Raises:
        ValueError: if a network is missing, or `keep_best` is set without an extractor.
    """

    network_names: tuple[str, ...]  # of the networks that the method trains
    generator_names: tuple[str, ...] = ("generator",)  # of those whose weights are averaged

    def __init__(self, networks, inputs, targets, config, run_directory, strategy=None, extractor=None):
        super().__init__(config, run_directory, strategy)
        if set(networks) != set(self.network_names):
            raise ValueError(
                f"The method {config.method} trains the networks {', '.join(self.network_names)}. "
                f"Received: {', '.join(networks)}."
            )
        if config.keep_best and extractor is None:
            raise ValueError("`keep_best` needs an `extractor`, in whose features translations are measured.")
        self.sample_signature = self.make_signature()
        self.networks = {name: networks[name] for name in self.network_names}
        self.extractor = extractor
        self.monitor, self.finding = GanMonitor(), None
        self.held_back = self.held_back_targets = None
        if config.num_held_back and targets is None:
            inputs, self.held_back = inputs.split(config.num_held_back, config.seed)
        elif config.num_held_back:
            targets, self.held_back_targets = targets.split(config.num_held_back, config.seed)
        self.inputs, self.targets = inputs, targets
        self.generator_loss, self.discriminator_loss = adversarial_losses[config.loss]
        with self.strategy.scope():
            self.optimizers = {name: make_adam(self.config, network) for name, network in self.networks.items()}
            self.averages = {name: MovingAverage(networks[name], config.ema_momentum) for name in self.generator_names}
            self.pools = self.make_pools()
            self.augmentation = None
            if config.augment:
                self.augmentation = AdaptiveAugmentation(
                    config.augment, config.augment_target, config.augment_images, config.batch_size
                )
            # The weights of the best evaluation, its badness, and the step of the last evaluation.
            options = {"trainable": False, "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA}
            kept = self.averages["generator"].variables if config.keep_best else []
            self.best = [tf.Variable(variable, **options) for variable in kept]
            self.best_badness = tf.Variable(math.inf, **options)
            self.last_measured = tf.Variable(0, dtype=tf.int64, **options)
        self._domain_measure = None
        run_directory.write_model(
            {
                "family": networks["generator"].family,
                "config": {name: description(network) for name, network in self.networks.items()},
                "method": config.method,
            }
        )
        data = {"inputs": inputs} if targets is None else {"inputs": inputs, "targets": targets}
        run_directory.write_fingerprints({name: fingerprint_of_data(folder) for name, folder in data.items()})
        num_examples = min(NUM_EXAMPLES, len(self.held_back or inputs))
        examples = [self._sample(number, EXAMPLES) for number in range(num_examples)]
        self.examples = tuple(np.stack(images) for images in zip(*examples, strict=True))

    # What a method defines

    def make_signature(self) -> tuple[tf.TensorSpec, ...]:
        """The shapes of an input and a target."""
        crop = tf.TensorSpec((self.config.crop_size, self.config.crop_size, 3), tf.float32)
        return crop, crop

    def make_pools(self) -> dict[str, ImagePool]:
        """Dict of name -> `ImagePool`."""
        return {}

    def compute_losses(self, step, inputs, targets) -> dict[str, tf.Tensor]:
        """Computes the unweighted losses of a method.

        Args:
            step: scalar int64 tensor, number of updates before this one.
            inputs: float32 tensor of shape `(batch, crop_size, crop_size, 3)` in [-1, 1].
            targets: float32 tensor of the same shape: the targets of the inputs with pairs, otherwise any images of the
                target domain.

        Returns:
            Dict of name -> float32 scalar.
        """
        raise NotImplementedError

    def objectives(self, losses) -> dict[tuple[str, ...], tf.Tensor]:
        """The objectives of the networks.

        Args:
            losses: return value of `compute_losses`.

        Returns:
            Dict of tuple of network names -> float32 scalar, the weighted sum of losses that these networks minimize
            together. Each network is in one of the tuples.
        """
        raise NotImplementedError

    def example_columns(self) -> list[np.ndarray]:
        """The columns of the sample grid: list of float arrays of shape `(num_rows, crop_size, crop_size, 3)`."""
        raise NotImplementedError

    # The samples

    def load_sample(self, number) -> tuple[np.ndarray, ...]:
        return self._sample(int(number), TRAINING)

    def _sample(self, number, stream):
        """Crops of an input and a target; those of examples are as large as possible."""
        config = self.config
        max_scale, flip = (config.max_scale, config.flip) if stream == TRAINING else (1.0, False)
        inputs = (stream == EXAMPLES and self.held_back) or self.inputs
        index = shuffled_index(number, len(inputs), config.seed)
        seed = (config.seed, stream, number)
        if self.targets is None:
            pair = inputs.load_crops(index, config.crop_size, seed, max_scale, flip)
        else:
            random = np.random.default_rng(seed)
            target_index = shuffled_index(number, len(self.targets), config.seed + 1)
            target_scale = (stream == TRAINING and config.target_max_scale) or max_scale
            folders = ((inputs, index, max_scale), (self.targets, target_index, target_scale))
            pair = (
                random_crop(folder.load(place)[0], config.crop_size, random, 1.0, scale, flip)
                for folder, place, scale in folders
            )
        return tuple(to_signed(to_float(image)) for image in pair)

    def seed(self, purpose, step) -> tf.Tensor:
        """Seed for one purpose in one step: int64 tensor of shape `(2,)`."""
        seed = tf.constant([self.config.seed, purpose], tf.int64)
        return tf.random.experimental.stateless_fold_in(seed, tf.cast(step, tf.int64))

    # The step

    def train_step(self, step, inputs, targets) -> dict[str, tf.Tensor]:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch([variable for network in self.networks.values() for variable in values_of(network)])
            losses = self.compute_losses(step, inputs, targets)
            shares = {name: loss / self.strategy.num_replicas_in_sync for name, loss in losses.items()}
            objectives = self.objectives(shares)
        # All gradients are computed before the first update, so that they belong to the same state.
        gradients: dict[str, list[tf.Tensor]] = {}
        for names, objective in objectives.items():
            gradients |= self.gradients_of(objective, names, tape)
        for name, gradient in gradients.items():
            self.optimizers[name].apply(gradient, self.networks[name].trainable_variables)
        for average in self.averages.values():
            average.update(step)
        if self.augmentation is not None:
            context = tf.distribute.get_replica_context()
            self.augmentation.adapt(context.all_reduce(tf.distribute.ReduceOp.SUM, shares["accuracy"]))
            probability = tf.identity(self.augmentation.probability)
            shares["augment_probability"] = probability / self.strategy.num_replicas_in_sync
        return shares

    def gradients_of(self, objective, names, tape) -> dict[str, list[tf.Tensor]]:
        """Gradients with respect to the weights of some networks, scaled for their optimizers.

        Returns:
            Dict of network name -> list of tensors.
        """
        scales = [self.optimizers[name].scale_loss(tf.constant(1.0)) for name in names]
        variables = {name: values_of(self.networks[name]) for name in names}
        gradients = tape.gradient(objective, variables, output_gradients=scales[0])
        for name, scale in zip(names[1:], scales[1:], strict=True):
            if isinstance(self.optimizers[name], keras.optimizers.LossScaleOptimizer):  # each has its own scale
                gradients[name] = [gradient * (scale / scales[0]) for gradient in gradients[name]]
        return gradients

    def augmented(self, images, purpose, step) -> tf.Tensor:
        """The inputs of a discriminator, augmented if the config asks for it."""
        return images if self.augmentation is None else self.augmentation(images, self.seed(purpose, step))

    def shown_to_discriminator(self, images, pool, purpose, step) -> tf.Tensor:
        """Generated images as inputs of a discriminator, mixed with those of earlier steps if there is a pool."""
        if pool not in self.pools:
            return tf.stop_gradient(images)
        return self.pools[pool].exchange(images, self.seed(purpose, step))

    # Samples and evaluation

    def look(self, step, losses) -> None:
        """Diagnoses the training, and evaluates what is held back at regular steps and at the last one."""
        finding = self.monitor.look(losses["accuracy"], losses["diversity"]) if "accuracy" in losses else None
        if finding and finding != self.finding:
            logger.warning("%s: %s", finding.name, ADVICE[finding.name])
            tf.summary.text("health", f"**{finding.name}**: {ADVICE[finding.name]}", step=step)
        self.finding = finding
        every, last = self.config.measure_every, int(self.last_measured.numpy())
        if step // every > last // every or step == self.config.num_steps:
            self.last_measured.assign(step)
            losses |= self.measure()

    def measure(self) -> dict[str, float]:
        """Evaluates the averaged generator, and keeps its weights if `keep_best` is set and they are the best so far.

        Returns:
            Dict of name -> float: "psnr" and "ssim" of pairs that are held back; without pairs, the values of
            `DomainMeasure`; empty if there is nothing to compare with.
        """
        if self.held_back is not None:
            numbers = range(min(NUM_MEASURED, len(self.held_back)))
            samples = [self._sample(number, EXAMPLES) for number in numbers]
            made = np.stack([self.translate(image[None])[0] for image, _ in samples])
            targets = np.stack([target for _, target in samples])
            return pair_measures(*(from_signed(images).clip(0, 1) for images in (made, targets)))
        if self.extractor is None or self.targets is None:
            return {}
        inputs = np.stack([self._sample(number, EXAMPLES)[0] for number in range(NUM_MEASURED)])
        if self._domain_measure is None:
            layer_name = self.extractor.layer_names[-1]
            judged = [to_float(self._judged(number)) for number in range(2 * NUM_MEASURED)]
            self._domain_measure = DomainMeasure(self.extractor, layer_name, from_signed(inputs), np.stack(judged))
        measures = self._domain_measure(from_signed(self.translate(inputs)))
        badness = self._domain_measure.badness(measures)
        if self.best and badness < float(self.best_badness.numpy()):
            self.best_badness.assign(badness)
            for variable, average in zip(self.best, self.averages["generator"].variables, strict=True):
                variable.assign(average)
        return measures

    def _judged(self, number):
        """A crop of the images of the target domain that are held back, or of all if there are none."""
        config, folder = self.config, self.held_back_targets or self.targets
        random = np.random.default_rng((config.seed, MEASURED, number))
        scale = config.target_max_scale or config.max_scale
        return random_crop(folder.load(number % len(folder))[0], config.crop_size, random, 1.0, scale, config.flip)

    def translate(self, images, generator="generator") -> np.ndarray:
        """Output of an averaged generator for images in [-1, 1]: float32 array of the same shape."""
        with self.averages[generator].applied():
            return np.concatenate([self.networks[generator](image[None]).numpy() for image in images])

    def sample_image(self) -> np.ndarray:
        """A row for each example: input, output, and target or reconstruction."""
        columns = self.example_columns()
        images = [column[row] for row in range(len(columns[0])) for column in columns]
        return to_uint8(image_grid(from_signed(np.stack(images)), num_columns=len(columns)))

    def checkpoint_items(self) -> dict[str, Any]:
        items = {**self.networks}
        items |= {f"{name}_optimizer": optimizer for name, optimizer in self.optimizers.items()}
        items |= {name: pool.variables for name, pool in self.pools.items()}
        for name, average in self.averages.items():
            items[name.replace("generator", "average")] = average.variables
        if self.augmentation is not None:
            items["augment_probability"] = [self.augmentation.probability]
        if self.best:
            items |= {"best": self.best, "best_badness": [self.best_badness], "last_measured": [self.last_measured]}
        return items


def accuracy(real_logits, fake_logits) -> tf.Tensor:
    """Share of patches where the real image has a higher logit than the generated one: 0.5 is guessing, 1 perfect."""
    return tf.reduce_mean(tf.cast(real_logits > fake_logits, tf.float32))


def make_adam(config, network) -> keras.optimizers.Optimizer:
    """Adam for one network, with a constant and then decaying learning rate, and with loss scaling for float16.

    Args:
        config: `TranslatorConfig`.
        network: built `keras.Model`.
    """
    last_step = config.schedule_steps or config.num_steps
    schedule = LinearDecay(config.learning_rate, round(config.decay_from * last_step), last_step)
    optimizer = FusedAdam(schedule, config.beta_1, config.beta_2, epsilon=1e-8)
    if network.compute_dtype == "float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(network.trainable_variables)
    return optimizer


def values_of(network) -> list[tf.Variable]:
    """The trainable `tf.Variable`s of a network, for the tape."""
    return [variable.value for variable in network.trainable_variables]


def description(network) -> dict[str, Any]:
    """The configuration from which to rebuild a network, without its name."""
    config = network.get_config()
    config.pop("name")
    return {"class": type(network).__name__, "config": config}
