"""Training of a style bank."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.data.image_folder import color_jitter, random_crop
from tfstyle.data.shuffle import shuffled_index
from tfstyle.images import resize_longest_side, to_float, to_uint8
from tfstyle.metrics.periodicity import SMALLEST_IMAGE, periodicity
from tfstyle.training.loop.fingerprint import fingerprint_of_arrays, fingerprint_of_data, fingerprint_of_network
from tfstyle.training.loop.loss_window import LossWindow
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.optimizer import clip_gradients, make_optimizer
from tfstyle.training.loop.trainer import Trainer, as_grid_row
from tfstyle.training.style_losses import NUM_TARGETS, StyleLosses, tone_curve


class StyleBankTrainer(Trainer):
    """Trains a style bank on several paintings at once, by `StyleLosses`.

    Args:
        bank: `StyleBank`; its first style is the identity.
        extractor: perceptual network, a function of images with `layer_names`; its output has all style layers and the
            content layer.
        content_layer: name of the layer of the content loss.
        style_layers: names of the layers of the style loss.
        photographs: `ImageFolder`.
        paintings: mapping of style name -> uint8 array `(height, width, 3)`, one for each trained style.
        config: `StyleBankConfig`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.

    Reference:
        Johnson, Alahi, Fei-Fei 2016; Dumoulin, Shlens, Kudlur 2017.
    """

    def __init__(
        self,
        bank,
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
        trained = config.only_styles or bank.style_names[1:]
        if set(paintings) != set(trained):
            raise ValueError(
                f"A painting is needed for each of {', '.join(trained)}. Received: {', '.join(paintings) or 'none'}."
            )
        size = config.crop_size
        number = tf.TensorSpec((), tf.int32)
        self.sample_signature = (tf.TensorSpec((size, size, 3), tf.float32), number, number, number)
        self.bank = bank
        self.losses = StyleLosses(extractor, content_layer, style_layers, config)
        self.photographs = photographs
        self.periodicity: float | None = None
        self.trained_styles = [bank.style_names.index(name) for name in trained]
        smallest, largest = bank.learned_stroke_sizes[0], bank.learned_stroke_sizes[-1]
        self.stroke_sizes = tuple(size for size in config.stroke_sizes if smallest <= size <= largest) or (smallest,)
        with self.strategy.scope():
            self.style_targets, self.target_features, self.tone_curves = self._targets(paintings)
            self.variables = bank.style_variables if config.only_styles else bank.trainable_variables
            self.optimizer = make_optimizer(self.config, bank.compute_dtype)
            self.optimizer.build(self.variables)
            self.average = MovingAverage(bank, config.ema_momentum)
        run_directory.write_model({"family": "style_bank", "class": type(bank).__name__, "config": bank.get_config()})
        run_directory.write_fingerprints(
            {
                "loss network": fingerprint_of_network(extractor),
                "photographs": fingerprint_of_data(photographs),
                "paintings": fingerprint_of_arrays(paintings),
            }
        )
        self.examples = np.stack([self._photograph(number, seed=-1) for number in range(4)])

    def _targets(self, paintings):
        """Statistics and features of each style at each stroke size, and the tone curve of each style."""
        config, sizes = self.config, self.stroke_sizes
        targets, features, curves = {}, {}, {}
        for style in self.trained_styles:
            painting = paintings[self.bank.style_names[style]]
            top, left = (round(config.style_margin * side) for side in painting.shape[:2])
            painting = painting[top : painting.shape[0] - top, left : painting.shape[1] - left]
            curves[style] = tone_curve(painting, config.tone_share)
            for index, size in enumerate(sizes):
                row = style * len(sizes) + index
                resized = resize_longest_side(painting, round(config.style_size * size))
                outputs = self.losses.extractor(to_float(resized)[None])
                targets[row] = tf.nest.map_structure(lambda values: values[0], self.losses.style_targets(outputs))
                random = np.random.default_rng((config.seed, row))
                features[row] = {name: self._draw(outputs[name], random) for name in self.losses.matched_layers}
        num_rows = len(self.bank.style_names) * len(sizes)
        return (
            stack_rows(targets, num_rows),
            stack_rows(features, num_rows),
            stack_rows(curves, len(self.bank.style_names)),
        )

    @staticmethod
    def _draw(outputs, random):
        flat = tf.reshape(outputs, (-1, outputs.shape[-1]))
        return tf.gather(flat, random.choice(flat.shape[0], NUM_TARGETS, replace=flat.shape[0] < NUM_TARGETS))

    def _photograph(self, number, seed):
        config = self.config
        random = np.random.default_rng((config.seed, seed + 1, number))
        image, _ = self.photographs.load(shuffled_index(number, len(self.photographs), config.seed))
        crop = random_crop(image, config.crop_size, random, config.min_scale, config.max_scale)
        return to_float(color_jitter(crop, random, config.color_jitter))

    def load_sample(self, number) -> tuple[Any, ...]:
        style = self.trained_styles[shuffled_index(number, len(self.trained_styles), self.config.seed)]
        random = np.random.default_rng((self.config.seed, 2, number))
        stroke = random.integers(len(self.stroke_sizes))
        seed = random.integers(2**31)
        return self._photograph(number, seed=1), np.int32(style), np.int32(stroke), np.int32(seed)

    def train_step(self, step, images, styles, strokes, seeds) -> dict[str, tf.Tensor]:
        config, bank = self.config, self.bank
        rows = styles * len(self.stroke_sizes) + strokes
        style_targets, target_features = tf.nest.map_structure(
            lambda values: tf.gather(values, rows), (self.style_targets, self.target_features)
        )
        corner = self.window.corner(step)
        photographs = self.window.through(corner, images)
        style_weights = tf.one_hot(styles, len(bank.style_names))
        sizes = tf.gather(tf.constant(self.stroke_sizes, tf.float32), strokes)
        curves = tf.gather(self.tone_curves, styles)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in self.variables])
            stylized = self.window.through(corner, bank(images, style_weights, sizes, seeds, training=True))
            losses = self.losses(step, stylized, photographs, style_targets, target_features, curves)
            losses = {name: tf.reduce_sum(values) / config.batch_size for name, values in losses.items()}
            loss = self.losses.total(losses, step)
            scaled_loss = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled_loss, [variable.value for variable in self.variables])
        if config.only_styles:
            trained = tf.reduce_sum(tf.one_hot(self.trained_styles, len(bank.style_names)), axis=0)
            trained = tf.repeat(trained, len(bank.learned_stroke_sizes))
            gradients = [
                gradient * tf.reshape(tf.cast(trained, gradient.dtype), (-1,) + (1,) * (len(gradient.shape) - 1))
                for gradient in gradients
            ]
        gradients = clip_gradients(gradients, config.clip_norm, self.optimizer)
        self.optimizer.apply(gradients, self.variables)
        self.average.update(step)
        return {"loss": loss, **losses}

    def sample_image(self) -> np.ndarray:
        """Four photographs, and a row per trained style below. Also measures the periodicity of plain areas."""
        found: list[float]
        rows, found = [as_grid_row(self.examples)], []
        with self.average.applied():
            for style in self.trained_styles:
                weights = tf.one_hot([style] * len(self.examples), len(self.bank.style_names))
                stylized = np.asarray(self.bank(self.examples, weights, training=False))
                rows.append(as_grid_row(stylized))
                if self.config.crop_size >= SMALLEST_IMAGE:
                    found += map(periodicity, to_uint8(self.examples), to_uint8(stylized))
        self.periodicity = float(np.mean(found)) if found else None
        return to_uint8(np.concatenate(rows, axis=0))

    def look(self, step, losses) -> None:
        """Adds the periodicity of the newest samples to the logged losses."""
        if self.periodicity is not None:
            losses["periodicity"] = self.periodicity

    def checkpoint_items(self) -> dict[str, Any]:
        return {"model": self.bank, "optimizer": self.optimizer, "average": self.average.variables}


def stack_rows(values, num_rows) -> Any:
    """Stacks structures of arrays to one of tensors `(num_rows, ...)`, with zeros for missing rows.

    Args:
        values: dict of row -> structure of arrays, the same for each row.
        num_rows: integer.
    """
    missing = tf.nest.map_structure(tf.zeros_like, next(iter(values.values())))
    rows = [values.get(row, missing) for row in range(num_rows)]
    return tf.nest.map_structure(lambda *arrays: tf.stack(arrays), *rows)


def train_style_bank(
    bank, extractor, content_layer, style_layers, photographs, paintings, config, run_directory, strategy=None
) -> dict[str, float]:
    """Trains a style bank in place. It has the averaged weights (EMA) afterwards.

    The arguments are those of `StyleBankTrainer`.

    Returns:
        Dict of name -> float, the last losses.
    """
    trainer = StyleBankTrainer(
        bank, extractor, content_layer, style_layers, photographs, paintings, config, run_directory, strategy
    )
    losses = trainer.fit()
    trainer.average.assign_to_model()
    return losses
