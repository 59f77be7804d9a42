"""Settings of all trainings: every value is checked, and names of earlier versions are understood."""

import dataclasses
import json
import math

import pytest

from tfstyle.training.adain_config import AdaINConfig
from tfstyle.training.gan_config import GanConfig
from tfstyle.training.loop.config import TrainingConfig
from tfstyle.training.perceptual_config import PerceptualConfig
from tfstyle.training.semantic_style_config import SemanticStyleConfig
from tfstyle.training.style_bank_config import StyleBankConfig

CONFIGS = (AdaINConfig, GanConfig, PerceptualConfig, SemanticStyleConfig, StyleBankConfig)


@pytest.mark.parametrize("config_class", CONFIGS)
def test_every_number_has_bounds_and_is_finite(config_class):
    """No number of any training may be negative, but for those that say so."""
    for field in dataclasses.fields(config_class):
        assert field.metadata["help"], field.name
        if type(field.default) in (int, float):
            for value in (-5, math.nan):
                with pytest.raises(ValueError, match=f"`{field.name}`"):
                    config_class(**{field.name: value})


@pytest.mark.parametrize(
    "values", [{"ema_momentum": 2}, {"seed": -1}, {"seed": 2**32}, {"learning_rate": 0}, {"precision": "float64"}]
)
def test_settings_that_all_trainings_have(values):
    (name,) = values
    with pytest.raises(ValueError, match=f"`{name}` must .*Received: {name}="):
        TrainingConfig(**values)


def test_the_momentum_by_its_old_name():
    config = GanConfig(average_momentum=0.9)
    assert config.ema_momentum == config.average_momentum == 0.9
    assert dataclasses.replace(config, average_momentum=0.8).ema_momentum == 0.8
    old = json.loads(config.to_json())
    old["average_momentum"] = old.pop("ema_momentum")
    del old["schedule_steps"]  # which no earlier version had
    assert GanConfig.from_json(json.dumps(old)) == config


def test_the_learning_rate_of_a_gan_has_no_schedule():
    with pytest.raises(ValueError, match="constant after the warm-up. Received: schedule_steps=9"):
        GanConfig(schedule_steps=9)
