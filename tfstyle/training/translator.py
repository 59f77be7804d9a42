"""Training of networks that make one image of another."""

from tfstyle.training.cut import CutTrainer
from tfstyle.training.cyclegan import CycleGanTrainer
from tfstyle.training.pix2pix import Pix2PixTrainer

TRAINERS = {"pix2pix": Pix2PixTrainer, "cyclegan": CycleGanTrainer, "cut": CutTrainer, "fastcut": CutTrainer}


def train_translator(networks, inputs, targets, config, run_directory, strategy=None):
    """Trains a translator by the method of its config, and leaves the averaged weights in its generators.

    Args:
        networks: dict of name -> built `keras.Model`, as `create_translation_networks` makes them.
        inputs: `ImagePairs` for "pix2pix", else the `ImageFolder` of the source domain.
        targets: None for "pix2pix", else the `ImageFolder` of the target domain.
        config: `TranslatorConfig`, such as one of `translator_presets`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` under whose scope the networks were made, or None.

    Returns:
        Dict of name -> float, the last losses.

    Raises:
        ValueError: if a network is missing.
        TrainingError: if a loss is not finite, or a checkpoint does not fit or cannot be written.
    """
    trainer = TRAINERS[config.method](networks, inputs, targets, config, run_directory, strategy)
    losses = trainer.fit()
    for average in trainer.averages.values():
        average.assign_to_model()
    return losses
