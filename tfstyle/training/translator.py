"""Training of networks for image-to-image translation."""

from typing import Any

from tfstyle.training.cut import CutTrainer
from tfstyle.training.cyclegan import CycleGanTrainer
from tfstyle.training.pix2pix import Pix2PixTrainer

TRAINERS = {"pix2pix": Pix2PixTrainer, "cyclegan": CycleGanTrainer, "cut": CutTrainer, "fastcut": CutTrainer}


def train_translator(networks, inputs, targets, config, run_directory, strategy=None) -> dict[str, float]:
    """Trains a translator with the method of its config. Its generators have the averaged weights (EMA) afterwards.

    Args:
        networks: dict of name -> built `keras.Model`, as returned by `create_translation_networks`.
        inputs: `ImagePairs` for "pix2pix", otherwise the `ImageFolder` of the source domain.
        targets: None for "pix2pix", otherwise the `ImageFolder` of the target domain.
        config: `TranslatorConfig`, such as one of `translator_presets`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.

    Returns:
        Dict of name -> float, the last losses. With `num_held_back` also "held_back_l1", the mean absolute difference
        of translations from their targets, of values in [0, 1], and "held_back_input_l1", that of the inputs.

    Raises:
        ValueError: if a network is missing.
        TrainingError: if a loss is not finite, or a checkpoint does not match or cannot be written.
    """
    trainer: Any = TRAINERS[config.method](networks, inputs, targets, config, run_directory, strategy)
    losses = trainer.fit()
    if trainer.held_back is not None:
        losses |= trainer.measure_held_back()
    for average in trainer.averages.values():
        average.assign_to_model()
    return losses
