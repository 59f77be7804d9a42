"""Training of a generator for arbitrary style transfer with a style-conditional discriminator."""

import logging
from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.data.image_folder import color_jitter, random_crop
from tfstyle.data.shuffle import shuffled_index
from tfstyle.images import to_float, to_uint8
from tfstyle.losses.adversarial import critic_generator_loss, hinge_discriminator_loss
from tfstyle.training.loop.fingerprint import fingerprint_of_data, fingerprint_of_network
from tfstyle.training.loop.loss_window import LossWindow
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.optimizer import clip_gradients, make_optimizer
from tfstyle.training.loop.trainer import Trainer, as_grid_row
from tfstyle.training.style_losses import NUM_KNOTS, NUM_TARGETS, StyleLosses, tone_curve

logger = logging.getLogger(__name__)

NUM_EXAMPLES = 4
NUM_ADAPTED = 256  # crops of paintings that `adapt_to_paintings` looks at
MAX_PHOTOGRAPH_SCALE = 1.3  # maximum of a photograph's shorter side, as a multiple of the crop size


class SemanticStyleTrainer(Trainer):
    """Trains a styler and a patch discriminator in turns.

        styler:         content + style + matching + tone + accent + total variation + adversarial
        discriminator:  hinge;  real: another crop of the painting of the style embedding
                                fake: the styler's output, and a crop of another painting (Reed et al. 2016)

    The losses are those of a style bank (`StyleLosses`), with targets from a crop of a painting that the styler sees,
    too. The style term is log(1 + style loss). The style loss is relative to the energy of the painting, and nearly
    plain paintings would otherwise dominate it: any other image is ten times as far from them as features of 0.

    Args:
        styler: `SemanticStyler`.
        discriminator: `StylePatchDiscriminator` of the styler's `style_dim`.
        extractor: loss network, a function of images; its output has all style layers and the content
            layer. It can differ from the extractor of the styler.
        content_layer: name of the layer of the content loss.
        style_layers: names of the layers of the style losses, from shallow to deep.
        photographs: `ImageFolder`.
        paintings: `ImageFolder`, of many styles.
        config: `SemanticStyleConfig`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.

    Raises:
        ValueError: if the style embeddings of the networks differ in length.
    """

    def __init__(
        self,
        styler,
        discriminator,
        extractor,
        content_layer,
        style_layers,
        photographs,
        paintings,
        config,
        run_directory,
        strategy=None,
    ):
        super().__init__(config, run_directory, strategy)
        self.window = LossWindow(config)
        if styler.style_dim != discriminator.style_dim:
            raise ValueError(
                "Styler and discriminator must have style embeddings of the same length. "
                f"Received: {styler.style_dim} and {discriminator.style_dim}."
            )
        self.styler, self.discriminator = styler, discriminator
        self.losses = StyleLosses(extractor, content_layer, style_layers, config)
        self.photographs, self.paintings = photographs, paintings
        if config.adversarial_weight and (
            config.batch_size // self.strategy.num_replicas_in_sync < 2 or len(paintings) < 2
        ):
            logger.warning(
                "The discriminator does not learn from mismatched styles: that needs two images per replica and two "
                "paintings. Received: batch_size=%d on %d replicas, %d paintings.",
                config.batch_size,
                self.strategy.num_replicas_in_sync,
                len(paintings),
            )
        sizes = (config.crop_size, config.style_size, config.crop_size)
        crops = (tf.TensorSpec((size, size, 3), tf.float32) for size in sizes)
        curve, number = tf.TensorSpec((NUM_KNOTS,), tf.float32), tf.TensorSpec((), tf.int32)
        self.sample_signature = (*crops, curve, number, number)
        with self.strategy.scope():
            self.optimizer = make_optimizer(self.config, styler.compute_dtype)
            self.optimizer.build(styler.trainable_variables)
            self.discriminator_optimizer = make_optimizer(
                self.config, discriminator.compute_dtype, config.discriminator_learning_rate
            )
            self.discriminator_optimizer.build(discriminator.trainable_variables)
            self.average = MovingAverage(styler, config.ema_momentum)
        run_directory.write_model(
            {"family": styler.family, "class": type(styler).__name__, "config": styler.get_config()}
        )
        run_directory.write_fingerprints(
            {
                "loss network": fingerprint_of_network(extractor),
                "photographs": fingerprint_of_data(photographs),
                "paintings": fingerprint_of_data(paintings),
            }
        )
        samples = [self.load_sample(number - NUM_EXAMPLES) for number in range(NUM_EXAMPLES)]
        self.examples, self.example_paintings, *_ = (np.stack(parts) for parts in zip(*samples, strict=True))

    def load_sample(self, number) -> tuple[Any, ...]:
        """Loads the crops and numbers of a training image.

        Returns:
            A crop of a photograph; two crops of a painting, at the same scale and in the same colors; the tone curve of
            the painting; its index; and a seed of the noise.
        """
        config = self.config
        seed = (config.seed, number + NUM_EXAMPLES)
        random = np.random.default_rng(seed)
        photograph, _ = self.photographs.load(shuffled_index(abs(number), len(self.photographs), config.seed))
        photograph = random_crop(photograph, config.crop_size, random, 1.0, MAX_PHOTOGRAPH_SCALE)
        index = shuffled_index(abs(number), len(self.paintings), config.seed + 1)
        painting, _ = self.paintings.load(index)
        scale = config.style_size * np.exp(random.uniform(0.0, np.log(config.max_style_scale)))
        order = random.permutation(3) if random.random() < config.recolored else np.arange(3)
        crops = [color_jitter(photograph, random, config.color_jitter)]
        for size in (config.style_size, config.crop_size):
            crop = random_crop(painting, size, random, max(scale / size, 1.0), max(scale / size, 1.0))
            crops.append(color_jitter(crop[..., order], np.random.default_rng(seed), config.color_jitter))
        curve = tone_curve(crops[1], config.tone_share)
        return *(to_float(crop) for crop in crops), curve, np.int32(index), np.int32(random.integers(2**31))

    def train_step(self, step, photographs, paintings, other_crops, curves, indices, seeds) -> dict[str, tf.Tensor]:
        config, styler = self.config, self.styler
        corner = self.window.corner(step)
        painting_features = self.losses.extractor(paintings)
        style_targets = self.losses.style_targets(painting_features)
        target_features = self.losses.drawn(painting_features, NUM_TARGETS, step)
        seen = self.window.through(corner, photographs)
        variables = [variable.value for variable in styler.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            style_vectors = styler.encode_style(paintings)
            strength = tf.ones(tf.shape(photographs)[:1])
            painted = self.window.through(corner, styler(photographs, style_vectors, strength, seeds, training=True))
            losses = self.losses(step, painted, seen, style_targets, target_features, curves)
            losses["style"] = tf.math.log1p(losses["style"])
            losses = {name: tf.reduce_sum(values) / config.batch_size for name, values in losses.items()}
            loss = self.losses.total(losses, step)
            condition = tf.stop_gradient(style_vectors)  # a vector is not to say what the discriminator likes
            if config.adversarial_weight:
                losses["adversarial"] = self.share * critic_generator_loss(None, self.discriminator(painted, condition))
                loss += config.adversarial_weight * losses["adversarial"]
            scaled_loss = self.optimizer.scale_loss(loss)
        gradients = clip_gradients(tape.gradient(scaled_loss, variables), config.clip_norm, self.optimizer)
        self.optimizer.apply(gradients, styler.trainable_variables)
        if config.adversarial_weight:
            losses["discriminator"] = self.update_discriminator(other_crops, painted, condition, indices)
        self.average.update(step)
        return {"loss": loss, **losses}

    @property
    def share(self) -> float:
        """This replica's share of a loss in the mean over all images, given its mean over the replica's images."""
        return 1.0 / self.strategy.num_replicas_in_sync

    def update_discriminator(self, other_crops, painted, style_vectors, indices) -> tf.Tensor:
        """Updates the discriminator and returns its loss.

        If all images of a replica have the same painting, the loss has no mismatched pairs.
        """
        discriminator, optimizer = self.discriminator, self.discriminator_optimizer
        variables = [variable.value for variable in discriminator.trainable_variables]
        style_vectors, painted = tf.stop_gradient(style_vectors), tf.stop_gradient(painted)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            real, fake = discriminator.see(other_crops, training=True), discriminator.see(painted)
            real_logits = discriminator.judge(real, style_vectors, training=True)
            partners, differ = other_paintings(indices)
            mismatched_logits = discriminator.judge(real, tf.gather(style_vectors, partners))
            fake_logits = discriminator.judge(fake, style_vectors)
            fake_loss, mismatched_loss = (
                hinge_discriminator_loss(real_logits, logits) for logits in (fake_logits, mismatched_logits)
            )
            loss = self.share * (fake_loss + tf.where(differ, mismatched_loss, fake_loss)) / 2
            scaled_loss = optimizer.scale_loss(loss)
        optimizer.apply(tape.gradient(scaled_loss, variables), discriminator.trainable_variables)
        return loss

    def sample_image(self) -> np.ndarray:
        """Photographs in the first row; below, each row has a painting and the photographs in its style."""
        size = self.config.crop_size
        paintings = tf.image.resize(self.example_paintings, (size, size), antialias=True)
        rows = [np.concatenate([np.ones((size, size, 3), np.float32), as_grid_row(self.examples)], axis=1)]
        with self.average.applied():
            vectors = self.styler.encode_style(self.example_paintings)
            for painting, vector in zip(paintings, vectors, strict=True):
                painted = self.styler(self.examples, vector[None], tf.ones((1,)))
                rows.append(np.concatenate([painting, as_grid_row(painted)], axis=1))
        return to_uint8(np.clip(np.concatenate(rows, axis=0), 0.0, 1.0))

    def checkpoint_items(self) -> dict[str, Any]:
        return {
            "model": self.styler,
            "discriminator": self.discriminator,
            "optimizer": self.optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
            "average": self.average.items,
        }


def other_paintings(indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Finds for each image of a batch another one with a different painting.

    Args:
        indices: integer tensor of shape `(n,)`, index of the painting of each image.

    Returns:
        int32 tensor of shape `(n,)`, index of the nearest such image before it in the batch, cyclically; and a bool
        scalar, false if all images have the same painting.
    """
    count = tf.shape(indices)[0]
    positions = tf.range(count)
    before = (positions[:, None] - 1 - positions) % count  # the previous image, ..., finally the image itself
    differs = tf.not_equal(tf.gather(indices, before), indices[:, None])
    nearest = tf.argmax(tf.cast(differs, tf.int32), axis=1, output_type=tf.int32)
    return tf.gather(before, nearest, batch_dims=1), tf.reduce_any(differs)


def adapt_to_paintings(styler, paintings, config) -> None:
    """Standardizes the statistics that a new styler sees, by crops of paintings. A trained one must stay as it is.

    Args:
        styler: `SemanticStyler`.
        paintings: `ImageFolder`, of many styles.
        config: `SemanticStyleConfig`.
    """

    def crops():
        for number in range(0, NUM_ADAPTED, config.batch_size):
            random = np.random.default_rng((config.seed, number, 1))
            indices = random.integers(len(paintings), size=config.batch_size)
            images = (paintings.load(int(index))[0] for index in indices)
            scales = 1.0, config.max_style_scale
            yield to_float(np.stack([random_crop(image, config.style_size, random, *scales) for image in images]))

    styler.adapt(crops())


def train_semantic_style(
    styler,
    discriminator,
    extractor,
    content_layer,
    style_layers,
    photographs,
    paintings,
    config,
    run_directory,
    strategy=None,
) -> dict[str, float]:
    """Trains a semantic styler in place. It has the averaged weights (EMA) afterwards.

    The arguments are those of `SemanticStyleTrainer`. Call `adapt_to_paintings` before, if the styler is new.

    Returns:
        Dict of name -> float, the last losses.
    """
    loss_network = extractor, content_layer, style_layers
    trainer = SemanticStyleTrainer(
        styler, discriminator, *loss_network, photographs, paintings, config, run_directory, strategy
    )
    losses = trainer.fit()
    trainer.average.assign_to_model()
    return losses
