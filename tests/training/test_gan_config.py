import dataclasses

import pytest

from tfstyle.data.augment import KINDS
from tfstyle.losses.adversarial import adversarial_losses
from tfstyle.training.gan_config import AUGMENTATIONS, LOSSES, GanConfig, gan_preset, gan_presets


def test_names_are_those_of_the_losses_and_of_the_augmentations():
    """They are repeated in the config, which imports nothing heavy."""
    assert set(LOSSES) == adversarial_losses.keys()
    assert AUGMENTATIONS == KINDS


def test_every_field_has_a_default_and_a_line_of_help():
    for field in dataclasses.fields(GanConfig):
        assert field.metadata["help"], field.name


@pytest.mark.parametrize("name", gan_presets)
def test_presets_survive_json(name):
    assert GanConfig.from_json(gan_presets[name].to_json()) == gan_preset(name)


def test_the_articles_recipes():
    dense = gan_preset("dense_least_squares")
    assert (dense.loss, dense.batch_size, dense.learning_rate) == ("least_squares", 64, 2e-4)
    assert gan_preset("convolutional_64").learning_rate == 1e-4
    folder = gan_preset("folder_256")
    assert (folder.batch_size, folder.learning_rate, folder.beta_1, folder.beta_2) == (32, 2e-4, 0.5, 0.999)
    for name, preset in gan_presets.items():
        assert preset.discriminator_learning_rate == preset.learning_rate
        assert preset.has_penalty == (name in ("recommended", "small_set", "wgan_gp"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"loss": "mse"}, "one of minimax, .*Received: loss='mse'"),
        ({"augment": ("rotation",)}, r"geometry, color, cutout. Received: augment=\('rotation',\)"),
        ({"real_label": 1.1}, r"\(0.5, 1\].*not bounded below"),
        ({"penalty_every": 0}, "penalty_every=0"),
        ({"r1_weight": -1.0}, "r1_weight=-1.0"),
        ({"beta_1": 1.0}, "beta_1=1.0"),
        ({"augment_probability": 1.5}, "augment_probability=1.5"),
        ({"discriminator_learning_rate": 0.0}, "discriminator_learning_rate=0.0"),
        ({"batch_size": 0}, "batch_size=0"),
    ],
)
def test_settings_that_make_no_sense(values, message):
    with pytest.raises(ValueError, match=message):
        GanConfig(**values)


def test_unknown_preset():
    with pytest.raises(ValueError, match="no preset 'best'. Presets: recommended, "):
        gan_preset("best")
