"""Training to restore images: colors, resolution, or what is missing in holes."""

import numpy as np
import tensorflow as tf

from tfstyle.images import from_signed
from tfstyle.losses.perceptual import feature_loss
from tfstyle.losses.reconstruction import l1_loss, masked_l1_loss
from tfstyle.training.translator_measures import pair_measures, patch_diversity
from tfstyle.training.translator_trainer import EXAMPLES, TranslatorTrainer, accuracy


class RestorationTrainer(TranslatorTrainer):
    """Trains a generator to restore degraded copies of images, with a conditional discriminator.

        generator: adversarial_weight * adversarial + l1_weight * l1 + perceptual_weight * feature loss
        discriminator: (y, x) is real, (G(x), x) is generated

    The L1 loss of repairs counts the pixels in the holes only. Without an `adversarial_weight`, the discriminator is
    not trained.

    Args:
        networks: dict of name -> built `keras.Model`, as returned by `create_restoration_networks`.
        inputs: `DegradedImages` of the task of the config.
        targets: None.
        config: `TranslatorConfig`, such as one of `restoration_presets`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.
        extractor: `PerceptualExtractor`, the loss network; None without a `perceptual_weight`.

    Raises:
        ValueError: if a network is missing, the images have another task, or a loss network is needed.
    """

    network_names = ("generator", "discriminator")

    def __init__(self, networks, inputs, targets, config, run_directory, strategy=None, extractor=None):
        if inputs.task != config.task:
            raise ValueError(f"The images are degraded for {inputs.task!r}, the training is for {config.task!r}.")
        if config.perceptual_weight and extractor is None:
            raise ValueError("`perceptual_weight` needs an `extractor`. Pass one, or perceptual_weight=0.")
        super().__init__(networks, inputs, targets, config, run_directory, strategy, extractor)

    def make_signature(self) -> tuple[tf.TensorSpec, ...]:
        size = self.config.crop_size
        shapes = {"colorize": (size, size, 3), "upscale": (size // 4, size // 4, 3), "repair": (size, size, 4)}
        return tf.TensorSpec(shapes[self.config.task], tf.float32), tf.TensorSpec((size, size, 3), tf.float32)

    def restore(self, inputs) -> tf.Tensor:
        """The outputs of the generator.

        Args:
            inputs: float32 tensor `(batch, height, width, 3 or 4)` in [-1, 1]; a fourth channel is the mask.
        """
        generator = self.networks["generator"]
        return generator(inputs[..., :3], masks_of(inputs)) if self.config.task == "repair" else generator(inputs)

    def condition(self, inputs) -> tf.Tensor:
        """What the discriminator knows of the degraded images, in the size of their targets."""
        if self.config.task == "upscale":
            return self.networks["generator"].bicubic(inputs)
        if self.config.task == "repair":
            masks = masks_of(inputs)
            return tf.concat([inputs[..., :3] * (1.0 - masks), masks], axis=-1)
        return inputs

    def compute_losses(self, step, inputs, targets) -> dict[str, tf.Tensor]:
        config, fakes = self.config, self.restore(inputs)
        is_repair = config.task == "repair"
        losses = {"l1": masked_l1_loss(fakes, targets, masks_of(inputs)) if is_repair else l1_loss(fakes, targets)}
        if config.perceptual_weight:
            features, target_features = (self.extractor(from_signed(images)) for images in (fakes, targets))
            losses["perceptual"] = tf.reduce_mean(feature_loss(features, target_features))
        if config.adversarial_weight:
            condition = self.condition(inputs)
            real_logits = self.networks["discriminator"](targets, condition, training=True)
            fake_logits = self.networks["discriminator"](fakes, condition, training=True)
            losses |= {
                "adversarial": self.generator_loss(real_logits, fake_logits),
                "discriminator": self.discriminator_loss(real_logits, fake_logits),
                "accuracy": accuracy(real_logits, fake_logits),
                "diversity": patch_diversity(targets, fakes),
            }
        return losses

    def objectives(self, losses) -> dict[tuple[str, ...], tf.Tensor]:
        names = [name for name in ("adversarial", "l1", "perceptual") if name in losses]
        total = sum(getattr(self.config, f"{name}_weight") * losses[name] for name in names)
        objectives: dict[tuple[str, ...], tf.Tensor] = {("generator",): total}
        if "discriminator" in losses:
            objectives[("discriminator",)] = losses["discriminator"]
        return objectives

    def translate(self, images, generator="generator") -> np.ndarray:
        """Restored images: float32 array `(batch, height, width, 3)` in [-1, 1]."""
        with self.averages[generator].applied():
            return np.concatenate([self.restore(tf.constant(image[None])).numpy() for image in images])

    def measure_held_back(self) -> dict[str, float]:
        """Evaluates the averaged generator on the images held back.

        Returns:
            Dict of name -> float: "held_back_psnr" and "held_back_ssim" of the restored images, and
            "held_back_input_psnr" and "held_back_input_ssim" of the degraded ones: gray; enlarged by bicubic
            interpolation; or with gray holes.
        """
        results: dict[str, list[float]] = {}
        for number in range(len(self.held_back)):
            image, target = self._sample(number, EXAMPLES)
            images = {"": self.translate(image[None]), "input_": self.shown(image[None])}
            for name, made in images.items():
                made, targets = (from_signed(values).clip(0, 1) for values in (made, target[None]))
                for measure, value in pair_measures(made, targets).items():
                    results.setdefault(f"held_back_{name}{measure}", []).append(value)
        return {name: float(np.mean(values)) for name, values in results.items()}

    def shown(self, inputs) -> np.ndarray:
        """Degraded images as RGB in the size of their targets: float32 array in [-1, 1]. Holes are gray."""
        return self.condition(tf.constant(inputs)).numpy()[..., :3].clip(-1, 1)

    def example_columns(self) -> list[np.ndarray]:
        """Columns: degraded image, restored image, original."""
        inputs, targets = self.examples
        return [self.shown(inputs), self.translate(inputs), targets]


def masks_of(inputs) -> tf.Tensor:
    """The fourth channel of inputs in [-1, 1], as masks in [0, 1]."""
    return from_signed(inputs[..., 3:])
