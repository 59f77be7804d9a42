"""Training of networks for image-to-image translation and for the restoration of images."""

import math
from typing import Any

from tfstyle.training.cut import CutTrainer
from tfstyle.training.cyclegan import CycleGanTrainer
from tfstyle.training.pix2pix import Pix2PixTrainer
from tfstyle.training.restoration import RestorationTrainer
from tfstyle.training.translator_config import TRANSLATE

TRAINERS = {"pix2pix": Pix2PixTrainer, "cyclegan": CycleGanTrainer, "cut": CutTrainer, "fastcut": CutTrainer}


def train_translator(
    networks, inputs, targets, config, run_directory, strategy=None, extractor=None
) -> dict[str, float]:
    """Trains a translator with the method of its config, or a network that restores images.

    Its generators have the averaged weights (EMA) afterwards, with `keep_best` those of the best evaluation.

    Args:
        networks: dict of name -> built `keras.Model`, as returned by `create_translation_networks` or
            `create_restoration_networks`.
        inputs: `ImagePairs` for "pix2pix", or `DegradedImages` for a task of restoration; otherwise the images of the
            source domain, an `ImageFolder` or `ImageArray`.
        targets: None for "pix2pix", otherwise the images of the target domain.
        config: `TranslatorConfig`, such as one of `translator_presets` or `restoration_presets`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.
        extractor: `PerceptualExtractor`: the loss network of a restoration, and the network in whose features unpaired
            translations are measured; None for neither.

    Returns:
        Dict of name -> float, the last losses and measures. With `num_held_back`, for pairs also "held_back_l1", the
        mean absolute difference of translations from their targets, of values in [0, 1], and "held_back_input_l1",
        that of the inputs; for a restoration "held_back_psnr", "held_back_ssim" and those of the inputs.

    Raises:
        ValueError: if a network is missing.
        TrainingError: if a loss is not finite, or a checkpoint does not match or cannot be written.
    """
    kind: Any = TRAINERS[config.method] if config.task == TRANSLATE else RestorationTrainer
    trainer = kind(networks, inputs, targets, config, run_directory, strategy, extractor)
    losses = trainer.fit()
    if trainer.held_back is not None:
        losses |= trainer.measure_held_back()
    for average in trainer.averages.values():
        average.assign_to_model()
    if trainer.best and math.isfinite(float(trainer.best_badness.numpy())):
        for source, best in zip(trainer.averages["generator"].sources, trainer.best, strict=True):
            source.assign(best)
    return losses
