"""A generator and its discriminator as one Keras model, for `compile`, `fit` and Keras' callbacks."""

from typing import Any

import keras
import tensorflow as tf

from tfstyle.training.gan_config import GanConfig
from tfstyle.training.gan_step import AdversarialStep, check_networks
from tfstyle.training.loop.moving_average import MovingAverage


@keras.saving.register_keras_serializable(package="tfstyle")
class AdversarialModel(keras.Model):
    """Trains a generator and a discriminator with `fit`, with the same train step as `GanTrainer`.

    A batch of the dataset contains the real images of all `discriminator_steps` of a step. `num_steps`, `batch_size`
    and the other settings of the training loop are not used: the dataset and `fit` define them. To load a saved model
    with `keras.saving.load_model`, import this class first.

    Args:
        generator: network that maps latents `(batch, latent_dim)`, and int32 labels if it has classes, to images
            `(batch, height, width, channels)` in [-1, 1]; with `latent_dim`, `image_shape`, `num_classes`.
        discriminator: network that maps images, and labels, to logits; with `image_shape`, `num_classes`.
        config: `GanConfig`, or None for the recommended recipe.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        inputs: latents, or a tuple of latents and labels.
        training: bool.

    Returns:
        Generated images in [-1, 1].

    Raises:
        ValueError: if networks and settings are incompatible.

    Example:

    ```python
    model = AdversarialModel(DenseGenerator(), DenseDiscriminator())
    model.compile()
    images = tf.data.Dataset.from_tensor_slices(real_images)  # float32 in [-1, 1]
    model.fit(images.shuffle(1000).batch(64, drop_remainder=True), epochs=10)
    model.average.assign_to_model()
    generated = model.predict(tf.random.normal((16, 100)))
    ```
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        config: GanConfig | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.generator, self.discriminator, self.config = generator, discriminator, config or GanConfig()
        check_networks(generator, discriminator, self.config)
        self.adversarial: AdversarialStep | None = None
        self.num_steps = self.add_weight(
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="steps",
        )
        self.built = True

    @property
    def average(self) -> MovingAverage:
        """The moving average of the generator's weights."""
        return self._compiled().average

    def _compiled(self) -> AdversarialStep:
        if self.adversarial is None:
            raise ValueError("The model is not compiled yet. Call `compile()` first.")
        return self.adversarial

    def compile(
        self,
        generator_optimizer: Any = None,
        discriminator_optimizer: Any = None,
        jit_compile: bool = False,
        **kwargs: Any,
    ) -> None:
        """Configures the optimizers.

        Args:
            generator_optimizer: Keras optimizer or its name; by default Adam with the learning rate of the config.
            discriminator_optimizer: Keras optimizer or its name; by default Adam with the learning rate of the config.
            jit_compile: bool, whether to compile with XLA.
            **kwargs: arguments of `keras.Model.compile`, except optimizer, loss and metrics.
        """
        super().compile(optimizer=None, jit_compile=jit_compile, **kwargs)
        with self.distribute_strategy.scope():
            self.adversarial = AdversarialStep(
                self.generator,
                self.discriminator,
                self.config,
                _optimizer(generator_optimizer, self.generator),
                _optimizer(discriminator_optimizer, self.discriminator),
            )
            # As attributes, so that Keras saves their state.
            self.generator_optimizer = self.adversarial.generator_optimizer
            self.discriminator_optimizer = self.adversarial.discriminator_optimizer
            names = ["loss", *self.adversarial.loss_names, "diversity"]
            self.means = {name: keras.metrics.Mean(name=name) for name in names}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self.means.values()) if self.compiled else []

    def call(self, inputs, training=False) -> tf.Tensor:
        latents, labels = inputs if isinstance(inputs, list | tuple) else (inputs, None)
        return self.generator(latents, labels, training=training)

    def train_step(self, data) -> dict[str, tf.Tensor]:
        """One step of each network.

        Args:
            data: real images, float tensor `(batch, height, width, channels)` in [-1, 1]; or a tuple of images and
                labels, int32 `(batch,)`.

        Returns:
            Dict of name -> scalar tensor. "loss", which some callbacks read, is the sum of both losses.
        """
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if not images.dtype.is_floating:
            raise ValueError(f"Real images must be floats in [-1, 1]. Received: dtype={images.dtype.name}.")
        if self.generator.num_classes and labels is None:
            raise ValueError("The networks have classes: the dataset must yield (images, labels).")
        count = self.config.discriminator_steps
        image_parts = tf.split(tf.cast(images, tf.float32), count)
        label_parts = tf.split(labels, count) if self.generator.num_classes else [None] * count
        num_images = image_parts[0].shape[0] or tf.shape(image_parts[0])[0]
        context = tf.distribute.get_replica_context()
        rows = context.replica_id_in_sync_group * num_images + tf.range(num_images)
        losses = self._compiled()(
            self.num_steps.value,
            tf.cast(rows, tf.int64),
            list(zip(image_parts, label_parts, strict=True)),
            num_images * context.num_replicas_in_sync,
        )
        self.num_steps.assign_add(1)
        losses["loss"] = losses["generator_loss"] + losses["discriminator_loss"]
        for name, value in losses.items():
            self.means[name].update_state(value * context.num_replicas_in_sync)
        return {name: self.means[name].result() for name in self.means if name in losses}

    def _own_state(self):
        """State that is not in Keras variables: name -> `tf.Variable`."""
        if self.adversarial is None:
            return {}
        averages = {f"average_{index}": variable for index, variable in enumerate(self.average.variables)}
        return {"augment_probability": self.adversarial.augment_probability, **averages}

    def save_own_variables(self, store) -> None:
        super().save_own_variables(store)
        for name, variable in self._own_state().items():
            store[name] = variable.numpy()

    def load_own_variables(self, store) -> None:
        own = self._own_state()
        names = set(store.keys())  # the store cannot be iterated
        super().load_own_variables({name: store[name] for name in names if name.isdigit()})
        for name, variable in own.items():
            if name in names:
                variable.assign(store[name])

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "config": self.config.to_json(),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "AdversarialModel":
        deserialize = keras.saving.deserialize_keras_object
        networks = {name: deserialize(config[name], custom_objects) for name in ("generator", "discriminator")}
        return cls(**{**config, **networks, "config": GanConfig.from_json(config["config"])})

    def get_compile_config(self) -> dict[str, Any]:
        optimizers = {
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
        return {name: keras.saving.serialize_keras_object(optimizer) for name, optimizer in optimizers.items()}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**{name: keras.saving.deserialize_keras_object(value) for name, value in config.items()})


def _optimizer(optimizer, network):
    """A Keras optimizer, given as itself or by name, built for a network; None for None."""
    optimizer = keras.optimizers.get(optimizer)
    if optimizer is not None and not optimizer.built:
        optimizer.build(network.trainable_variables)
    return optimizer
