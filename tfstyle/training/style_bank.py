"""Training of a style bank."""

import numpy as np
import tensorflow as tf

from tfstyle.data.image_folder import color_jitter, random_crop
from tfstyle.data.shuffle import shuffled_index
from tfstyle.images import resize_longest_side, to_float, to_uint8
from tfstyle.losses.perceptual import content_loss, gram_style_loss, total_variation_loss
from tfstyle.statistics import gram_matrix
from tfstyle.training.loop.fingerprint import fingerprint_of_arrays, fingerprint_of_data, fingerprint_of_network
from tfstyle.training.loop.loss_window import LossWindow
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.optimizer import make_optimizer
from tfstyle.training.loop.trainer import Trainer, as_grid_row


class StyleBankTrainer(Trainer):
    """Teaches a transform network to paint like each of several paintings.

        loss = content + style + total variation

    Args:
        bank: `StyleBank`; its first style is the identity.
        extractor: perceptual network, a function of images with `layer_names`; its output has all style layers and the
            content layer.
        content_layer: name of the layer whose maps shall stay.
        style_layers: names of the layers whose Gram matrices shall become the painting's.
        photographs: `ImageFolder`.
        paintings: mapping of style name -> uint8 array `(height, width, 3)`, for each style that is trained.
        config: `StyleBankConfig`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` under whose scope the networks were made, or None.

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
        self.sample_signature = (tf.TensorSpec((size, size, 3), tf.float32), tf.TensorSpec((), tf.int32))
        self.bank, self.extractor = bank, extractor
        self.content_layer, self.style_layers = content_layer, tuple(style_layers)
        self.photographs = photographs
        self.trained_styles = [bank.style_names.index(name) for name in trained]
        with self.strategy.scope():
            self.target_grams = self._target_grams(paintings)
            self.variables = bank.style_variables if config.only_styles else bank.trainable_variables
            self.optimizer = make_optimizer(self.config, bank.compute_dtype)
            self.optimizer.build(self.variables)
            self.average = MovingAverage(bank, config.ema_momentum)
        run_directory.write_model({"family": "style_bank", "config": bank.get_config()})
        run_directory.write_fingerprints(
            {
                "loss network": fingerprint_of_network(extractor),
                "photographs": fingerprint_of_data(photographs),
                "paintings": fingerprint_of_arrays(paintings),
            }
        )
        self.examples = np.stack([self._photograph(number, seed=-1) for number in range(4)])

    def _target_grams(self, paintings):
        """Layer -> `(num_styles, channels, channels)`; zeros for the styles that are not trained."""
        targets = {}
        for style in self.trained_styles:
            painting = resize_longest_side(paintings[self.bank.style_names[style]], self.config.style_size)
            top, left = (round(self.config.style_margin * side) for side in painting.shape[:2])
            painting = painting[top : painting.shape[0] - top, left : painting.shape[1] - left]
            features = self.extractor(to_float(painting)[None])
            targets[style] = {name: gram_matrix(features[name])[0] for name in self.style_layers}
        nothing = {name: tf.zeros_like(gram) for name, gram in targets[self.trained_styles[0]].items()}
        rows = [targets.get(style, nothing) for style in range(len(self.bank.style_names))]
        return {name: tf.stack([row[name] for row in rows]) for name in self.style_layers}

    def _photograph(self, number, seed):
        config = self.config
        random = np.random.default_rng((config.seed, seed + 1, number))
        image, _ = self.photographs.load(shuffled_index(number, len(self.photographs), config.seed))
        crop = random_crop(image, config.crop_size, random, config.min_scale, config.max_scale)
        return to_float(color_jitter(crop, random, config.color_jitter))

    def load_sample(self, number):
        style = self.trained_styles[shuffled_index(number, len(self.trained_styles), self.config.seed)]
        return self._photograph(number, seed=1), np.int32(style)

    def train_step(self, step, images, styles):
        config, bank = self.config, self.bank
        targets = {name: tf.gather(grams, styles) for name, grams in self.target_grams.items()}
        corner = self.window.corner(step)
        content = self.extractor(self.window.through(corner, images))[self.content_layer]
        style_weights = tf.one_hot(styles, len(bank.style_names))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in self.variables])
            stylized = self.window.through(corner, bank(images, style_weights, training=True))
            features = self.extractor(stylized)
            losses = {
                "content": content_loss(features[self.content_layer], content),
                "style": gram_style_loss(features, targets),
                "variation": total_variation_loss(stylized),
            }
            losses = {name: tf.reduce_sum(values) / config.batch_size for name, values in losses.items()}
            loss = (
                config.content_weight * losses["content"]
                + config.style_weight * losses["style"]
                + config.variation_weight * losses["variation"]
            )
            scaled_loss = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled_loss, [variable.value for variable in self.variables])
        if config.only_styles:
            rows = tf.reduce_sum(tf.one_hot(self.trained_styles, len(bank.style_names)), axis=0)[:, None]
            gradients = [gradient * tf.cast(rows, gradient.dtype) for gradient in gradients]
        self.optimizer.apply(gradients, self.variables)
        self.average.update(step)
        return {"loss": loss, **losses}

    def sample_image(self):
        """Four photographs, and below them each trained style on all four."""
        rows = [as_grid_row(self.examples)]
        with self.average.applied():
            for style in self.trained_styles:
                weights = tf.one_hot([style] * len(self.examples), len(self.bank.style_names))
                rows.append(as_grid_row(self.bank(self.examples, weights, training=False)))
        return to_uint8(np.concatenate(rows, axis=0))

    def checkpoint_items(self):
        return {"model": self.bank, "optimizer": self.optimizer, "average": self.average.variables}


def train_style_bank(
    bank, extractor, content_layer, style_layers, photographs, paintings, config, run_directory, strategy=None
):
    """Trains a style bank, and leaves the averaged weights in it.

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
