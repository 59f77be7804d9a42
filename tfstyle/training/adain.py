"""Training of AdaIN, a network for arbitrary style transfer."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.data.image_folder import color_jitter, random_crop
from tfstyle.data.shuffle import shuffled_index
from tfstyle.images import to_float, to_uint8
from tfstyle.losses.perceptual import content_loss, moment_style_loss, relative_squared_error, total_variation_loss
from tfstyle.statistics import channel_moments
from tfstyle.training.loop.fingerprint import fingerprint_of_data
from tfstyle.training.loop.loss_window import LossWindow
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.optimizer import make_optimizer
from tfstyle.training.loop.trainer import Trainer, as_grid_row

# Streams of random numbers.
TRAINING, EXAMPLES = 0, 1
NUM_EXAMPLES = 4


class AdaINTrainer(Trainer):
    """Trains the decoder of AdaIN to invert features with the moments of a painting.

        content = | encoder(stylized) - AdaIN(encoder(photograph), painting) |^2
        style = mean over the layers of | moments of encoder(stylized) - moments of encoder(painting) |^2
        loss = content + style + total variation

    In the first `inversion_steps` steps, each block of the decoder learns to invert its block of the encoder:

        content = mean over the blocks | block of the decoder(output of the encoder's block) - its input |^2

    Nine randomly initialized layers would learn this far more slowly together, through the gradient of the encoder.

    The encoder is frozen. Photographs and paintings are crops. The folders of paintings are sampled in turn, so a small
    one counts as much as a large one.

    Differs from the paper: the losses are relative to their targets. They see the photograph and its stylization
    through the same window, which excludes the border and shifts by a few pixels from step to step, because a network
    that knows the phase of the encoder's strides learns to hatch plain areas.

    Args:
        styler: `AdaINStyler`.
        photographs: `ImageFolder`.
        paintings: sequence of `ImageFolder`.
        config: `AdaINConfig`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` in whose scope the styler was created, or None.

    Raises:
        ValueError: if the decoder of the styler differs from the config.

    Reference:
        Huang, Belongie: Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization, 2017, equations 11
        to 13.
    """

    def __init__(self, styler, photographs, paintings, config, run_directory, strategy=None):
        super().__init__(config, run_directory, strategy)
        self.window = LossWindow(config)
        if styler.decoder_filters != config.decoder_filters:
            raise ValueError(
                "The decoder of the styler must have the `decoder_filters` of the config. "
                f"Received: {styler.decoder_filters} and {config.decoder_filters}."
            )
        crop = tf.TensorSpec((config.crop_size, config.crop_size, 3), tf.float32)
        self.sample_signature = (crop, crop)
        self.styler, self.photographs, self.paintings = styler, photographs, list(paintings)
        self.content_layer = styler.style_layers[-1]
        with self.strategy.scope():
            self.variables = styler.decoder.trainable_variables
            self.optimizer = make_optimizer(self.config, styler.compute_dtype, clip_norm=config.clip_norm)
            self.optimizer.build(self.variables)
            self.average = MovingAverage(styler, config.ema_momentum)
        run_directory.write_model({"family": styler.family, "config": styler.get_config()})
        run_directory.write_fingerprints(
            {
                "photographs": fingerprint_of_data(photographs),
                "paintings": fingerprint_of_data(self.paintings),
            }
        )
        examples = [self._sample(number, EXAMPLES) for number in range(NUM_EXAMPLES)]
        self.examples, self.example_styles = (np.stack(images) for images in zip(*examples, strict=True))

    def load_sample(self, number) -> tuple[np.ndarray, np.ndarray]:
        return self._sample(int(number), TRAINING)

    def _sample(self, number, stream):
        """A crop of a photograph and one of a painting."""
        seed = self.config.seed
        turn, which = divmod(number, len(self.paintings))
        random = np.random.default_rng((seed, stream, number))
        folder = self.paintings[which]
        photograph, _ = self.photographs.load(shuffled_index(number, len(self.photographs), seed))
        painting, _ = folder.load(shuffled_index(turn, len(folder), seed + 1))
        if random.random() < self.config.recolored:
            painting = painting[..., random.permutation(3)]
        return self._crop(photograph, random), self._crop(painting, random)

    def _crop(self, image, random):
        config = self.config
        largest = max(1.0, min(config.max_scale, min(image.shape[:2]) / config.crop_size))
        return to_float(
            color_jitter(random_crop(image, config.crop_size, random, 1.0, largest), random, config.color_jitter)
        )

    def train_step(self, step, photographs, paintings) -> dict[str, tf.Tensor]:
        config = self.config
        variables = [variable.value for variable in self.variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            if config.inversion_steps == 0:  # a decoder with other channels has no corresponding blocks
                losses = self._painting_losses(step, photographs, paintings)
            else:
                losses = tf.cond(
                    step < config.inversion_steps,
                    lambda: self._inversion_losses(tf.concat([photographs, paintings], axis=0)),
                    lambda: self._painting_losses(step, photographs, paintings),
                )
            losses = {name: tf.reduce_sum(values) / config.batch_size for name, values in losses.items()}
            loss = (
                config.content_weight * losses["content"]
                + config.style_weight * losses["style"]
                + config.variation_weight * losses["variation"]
            )
            scaled_loss = self.optimizer.scale_loss(loss)
        self.optimizer.apply(tape.gradient(scaled_loss, variables), self.variables)
        self.average.update(step)
        return {"loss": loss, **losses}

    def _inversion_losses(self, images):
        """Errors of inverting each block of the encoder with its block of the decoder."""
        encoder, decoder = self.styler.encoder, self.styler.decoder
        inputs = {block: encoder.layer_input(f"{block}_conv1", images) for block in decoder.blocks[:-1]}
        inputs["block1"] = images
        outputs = [encoder(images)[self.content_layer], *inputs.values()]
        errors = [
            relative_squared_error(decoder.invert(block, tf.stop_gradient(features)), inputs[block])
            for block, features in zip(decoder.blocks, outputs, strict=False)
        ]
        error = sum(errors) / len(errors)
        content = sum(tf.split(error, 2)) / 2  # of photographs and paintings
        return {"content": content, "style": tf.zeros_like(content), "variation": tf.zeros_like(content)}

    def _painting_losses(self, step, photographs, paintings):
        styler = self.styler
        style_features = styler.encoder(paintings)
        style_vectors = styler.style_vectors(style_features[self.content_layer])
        style_moments = {name: channel_moments(features) for name, features in style_features.items()}
        corner = self.window.corner(step)
        target = self._target(photographs, style_vectors)
        seen_target = self._target(self.window.through(corner, photographs), style_vectors)
        stylized = self.window.through(corner, styler.decoder(target))
        features = styler.encoder(stylized)
        return {
            "content": content_loss(features[self.content_layer], seen_target),
            "style": moment_style_loss(features, style_moments),
            "variation": total_variation_loss(stylized),
        }

    def _target(self, photographs, style_vectors):
        """The target features of the stylized image."""
        return self.styler.adaptive_normalization(self.styler.features(photographs), style_vectors)

    def sample_image(self) -> np.ndarray:
        """Photographs in the first row; below, each row has a painting and the photographs in its style."""
        blank = np.ones((1, *self.examples.shape[1:]), np.float32)
        rows = [as_grid_row(np.concatenate([blank, self.examples]))]
        with self.average.applied():
            for painting in self.example_styles:
                style_vectors = self.styler.encode_style(painting[None])
                painted = self.styler(self.examples, style_vectors, tf.ones(1), training=False)
                rows.append(as_grid_row(np.concatenate([painting[None], painted])))
        return to_uint8(np.concatenate(rows, axis=0))

    def checkpoint_items(self) -> dict[str, Any]:
        return {"model": self.styler, "optimizer": self.optimizer, "average": self.average.items}


def train_adain(styler, photographs, paintings, config, run_directory, strategy=None) -> dict[str, float]:
    """Trains the decoder of an AdaIN styler in place. It has the averaged weights (EMA) afterwards.

    The arguments are those of `AdaINTrainer`.

    Returns:
        Dict of name -> float, the last losses.
    """
    trainer = AdaINTrainer(styler, photographs, paintings, config, run_directory, strategy)
    losses = trainer.fit()
    trainer.average.assign_to_model()
    return losses
