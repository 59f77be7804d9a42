"""Base class of the trainers of image-to-image translation."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfstyle.data.image_folder import random_crop
from tfstyle.data.pairs import random_crop_pair
from tfstyle.data.shuffle import shuffled_index
from tfstyle.images import from_signed, image_grid, to_float, to_signed, to_uint8
from tfstyle.losses.adversarial import adversarial_losses
from tfstyle.training.image_pool import ImagePool
from tfstyle.training.loop.fingerprint import fingerprint_of_data
from tfstyle.training.loop.linear_decay import LinearDecay
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.trainer import Trainer

# Purposes of random numbers. Each purpose has its own stream, so that no two are correlated.
TRAINING, EXAMPLES, POOL, BACKWARD_POOL, POSITIONS, MIRROR = range(6)
NUM_EXAMPLES = 4


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

    Raises:
        ValueError: if a network is missing.
    """

    network_names: tuple[str, ...]  # of the networks that the method trains
    generator_names: tuple[str, ...] = ("generator",)  # of those whose weights are averaged

    def __init__(self, networks, inputs, targets, config, run_directory, strategy=None):
        super().__init__(config, run_directory, strategy)
        if set(networks) != set(self.network_names):
            raise ValueError(
                f"The method {config.method} trains the networks {', '.join(self.network_names)}. "
                f"Received: {', '.join(networks)}."
            )
        crop = tf.TensorSpec((config.crop_size, config.crop_size, 3), tf.float32)
        self.sample_signature = (crop, crop)
        self.networks = {name: networks[name] for name in self.network_names}
        self.held_back = None
        if config.num_held_back:
            inputs, self.held_back = inputs.split(config.num_held_back, config.seed)
        self.inputs, self.targets = inputs, targets
        self.generator_loss, self.discriminator_loss = adversarial_losses[config.loss]
        with self.strategy.scope():
            self.optimizers = {name: make_adam(self.config, network) for name, network in self.networks.items()}
            self.averages = {name: MovingAverage(networks[name], config.ema_momentum) for name in self.generator_names}
            self.pools = self.make_pools()
        run_directory.write_model(
            {
                "family": "translator",
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
            pair = random_crop_pair(*inputs.load_pair(index), config.crop_size, seed, max_scale, flip)
        else:
            random = np.random.default_rng(seed)
            target_index = shuffled_index(number, len(self.targets), config.seed + 1)
            folders = ((inputs, index), (self.targets, target_index))
            pair = (
                random_crop(folder.load(place)[0], config.crop_size, random, 1.0, max_scale, flip)
                for folder, place in folders
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
        for name, network in self.networks.items():
            self.optimizers[name].apply(gradients[name], network.trainable_variables)
        for average in self.averages.values():
            average.update(step)
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

    def shown_to_discriminator(self, images, pool, purpose, step) -> tf.Tensor:
        """Generated images as inputs of a discriminator, mixed with those of earlier steps if there is a pool."""
        if pool not in self.pools:
            return tf.stop_gradient(images)
        return self.pools[pool].exchange(images, self.seed(purpose, step))

    # Samples and evaluation

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
    optimizer = keras.optimizers.Adam(schedule, config.beta_1, config.beta_2, epsilon=1e-8)
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
