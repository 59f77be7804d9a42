"""Settings of trainings: flat frozen dataclasses with a default for every field.

The flags of the command line are derived from them, and the run directory stores them as JSON.
"""

import dataclasses
import json
from typing import Any, ClassVar, TypeVar

from tfstyle.settings import check_options, option

Config = TypeVar("Config", bound="TrainingConfig")

MAX_SEED = 2**32 - 1  # of NumPy's legacy generator, which Keras seeds too
# Field -> its name in earlier versions. Deprecated: to be dropped in the version after the next.
OLD_NAMES = {"ema_momentum": "average_momentum"}


def with_new_names(values: dict[str, Any]) -> dict[str, Any]:
    """Values of a config's fields by name, where those of an earlier version have their names of today."""
    renamed = {new: values[old] for new, old in OLD_NAMES.items() if old in values}
    return {name: value for name, value in values.items() if name not in OLD_NAMES.values()} | renamed


class _AcceptsOldNames(type):
    """Accepts the old names of arguments, too."""

    def __call__(cls, *args, **kwargs):
        return super().__call__(*args, **with_new_names(kwargs))


@dataclasses.dataclass(frozen=True)
class TrainingConfig(metaclass=_AcceptsOldNames):
    """Settings of every training.

    Raises:
        ValueError: if a value is invalid.
    """

    # Whether the learning rate has a schedule, whose length must not change with `num_steps`.
    has_schedule: ClassVar[bool] = True

    num_steps: int = option(10_000, "total number of training steps", minimum=1)
    batch_size: int = option(4, "images per step, over all devices", minimum=1)
    learning_rate: float = option(1e-3, "maximum learning rate of Adam", above=0)
    warmup_steps: int = option(100, "number of steps in which the learning rate rises from 0", minimum=0)
    schedule_steps: int = option(
        0, "step at which the learning rate is minimal; 0 for the initial number of steps", minimum=0
    )
    ema_momentum: float = option(
        0.999, "momentum of the moving average (EMA) of the weights; 0 for none", minimum=0, below=1
    )
    seed: int = option(0, "random seed", minimum=0, maximum=MAX_SEED)
    precision: str = option(
        "auto",
        "float32, mixed_bfloat16, mixed_float16, or auto: the fastest on this hardware",
        choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    )
    log_every: int = option(50, "steps between two progress lines", minimum=1)
    sample_every: int = option(500, "steps between two sample images", minimum=1)
    checkpoint_every: int = option(250, "steps between two checkpoints", minimum=1)

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def average_momentum(self) -> float:
        """Deprecated name of `ema_momentum`."""
        return self.ema_momentum

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls: type[Config], text: str) -> Config:
        values = with_new_names(json.loads(text))
        for field in dataclasses.fields(cls):
            if isinstance(field.default, tuple) and field.name in values:
                values[field.name] = tuple(values[field.name])
        return cls(**values)
