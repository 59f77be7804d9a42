"""Unpaired image-to-image translation with a contrastive loss on patches (CUT)."""

import numpy as np
import tensorflow as tf

from tfstyle.losses.contrastive import gather_patches, patch_nce_loss
from tfstyle.training.image_pool import ImagePool
from tfstyle.training.translator_measures import patch_diversity
from tfstyle.training.translator_trainer import (
    FAKE_AUGMENTATION,
    MIRROR,
    POOL,
    POSITIONS,
    REAL_AUGMENTATION,
    TranslatorTrainer,
    accuracy,
)


class CutTrainer(TranslatorTrainer):
    """Trains a generator of images of the target domain, each patch of which identifies the input patch there.

        generator: adversarial_weight * adversarial + nce_weight * (nce(x, G(x)) + nce(y, G(y))) / 2
        projector: the same contrastive losses
        discriminator: y is real, G(x) is generated

    Patches are features of the generator's own encoder, embedded by the projector. Without `nce_identity` the
    contrastive loss is computed only for the inputs, and not halved. With `flip_equivariance`, half of the steps
    translate mirrored inputs, and mirror the features of the translations back (FastCUT).

    The arguments are those of `TranslatorTrainer`.

    Reference:
        Park, Efros, Zhang, Zhu: Contrastive Learning for Unpaired Image-to-Image Translation, 2020, sections 3 and 4.
    """

    network_names = ("generator", "discriminator", "projector")

    def make_pools(self) -> dict[str, ImagePool]:
        size, side = self.config.pool_size, self.config.crop_size
        return {"pool": ImagePool(size, (side, side, 3))} if size else {}

    def compute_losses(self, step, inputs, targets) -> dict[str, tf.Tensor]:
        generator, discriminator = self.networks["generator"], self.networks["discriminator"]
        images = tf.concat([inputs, targets], axis=0) if self.config.nce_identity else inputs
        is_mirrored = None
        if self.config.flip_equivariance:
            is_mirrored = tf.random.stateless_uniform((), self.seed(MIRROR, step)) < 0.5
        made = generator(mirrored_if(is_mirrored, images), training=True)
        fakes = made[: inputs.shape[0]]
        real_logits = discriminator(self.augmented(targets, REAL_AUGMENTATION, step), training=True)
        fake_logits = discriminator(self.augmented(fakes, FAKE_AUGMENTATION, step), training=True)
        shown_logits = fake_logits
        if self.pools:
            shown = self.shown_to_discriminator(fakes, "pool", POOL, step)
            shown_logits = discriminator(self.augmented(shown, FAKE_AUGMENTATION, step), training=True)
        losses = {
            "adversarial": self.generator_loss(real_logits, fake_logits),
            "discriminator": self.discriminator_loss(real_logits, shown_logits),
            "accuracy": accuracy(real_logits, fake_logits),
            "diversity": patch_diversity(targets, fakes),
        }
        queries, keys = self.projections(step, images, made, is_mirrored)
        num_inputs = inputs.shape[0]
        losses["nce"] = self.contrast(
            [values[:num_inputs] for values in queries], [values[:num_inputs] for values in keys]
        )
        if self.config.nce_identity:
            losses["nce_identity"] = self.contrast(
                [values[num_inputs:] for values in queries], [values[num_inputs:] for values in keys]
            )
        return losses

    def projections(self, step, images, made, is_mirrored) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """Embeddings of the same patches of outputs and inputs, the latter without a gradient."""
        encoder, projector = self.networks["generator"].features, self.networks["projector"]
        queries = [mirrored_if(is_mirrored, features) for features in encoder(made)]
        keys = [tf.stop_gradient(features) for features in encoder(images)]
        seed = self.seed(POSITIONS, step)
        patches: tuple[list, list] = ([], [])
        for number, (query, key) in enumerate(zip(queries, keys, strict=True)):
            num_places = query.shape[1] * query.shape[2]
            order = tf.random.stateless_uniform((num_places,), tf.random.experimental.stateless_fold_in(seed, number))
            positions = tf.argsort(order)[: self.config.num_patches]
            patches[0].append(gather_patches(query, positions))
            patches[1].append(gather_patches(key, positions))
        return projector(*patches[0]), projector(*patches[1])

    def contrast(self, queries, keys) -> tf.Tensor:
        """The contrastive loss, averaged over the layers."""
        config = self.config
        losses = [
            patch_nce_loss(query, key, config.temperature, config.external_negatives)
            for query, key in zip(queries, keys, strict=True)
        ]
        return sum(losses) / len(losses)

    def objectives(self, losses) -> dict[tuple[str, ...], tf.Tensor]:
        config = self.config
        nce = losses["nce"]
        if config.nce_identity:
            nce = (nce + losses["nce_identity"]) / 2
        return {
            ("generator", "projector"): config.adversarial_weight * losses["adversarial"] + config.nce_weight * nce,
            ("discriminator",): losses["discriminator"],
        }

    def example_columns(self) -> list[np.ndarray]:
        """Columns: input, output."""
        inputs, _ = self.examples
        return [inputs, self.translate(inputs)]


def mirrored_if(is_mirrored, images) -> tf.Tensor:
    """Mirrors images or features from left to right if a scalar bool tensor is true; None for never."""
    return images if is_mirrored is None else tf.where(is_mirrored, images[:, :, ::-1], images)
