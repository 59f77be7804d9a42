"""Settings of the trainings: frozen dataclasses, flat, with a default for every field.

The command line's flags are derived from them, and a run's folder keeps them as JSON.
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
    """Makes configs of arguments by their old names, too."""

    def __call__(cls, *args, **kwargs):
        return super().__call__(*args, **with_new_names(kwargs))


@dataclasses.dataclass(frozen=True)
class TrainingConfig(metaclass=_AcceptsOldNames):
    """What every training has.

    Raises:
        ValueError: if a value makes no sense.
    """

    # Whether the learning rate falls along a schedule, whose length must not change with `num_steps`.
    has_schedule: ClassVar[bool] = True

    num_steps: int = option(10_000, "steps of the whole training", minimum=1)
    batch_size: int = option(4, "images in a step, over all devices together", minimum=1)
    learning_rate: float = option(1e-3, "of Adam, at its highest", above=0)
    warmup_steps: int = option(100, "steps in which the learning rate rises from 0", minimum=0)
    schedule_steps: int = option(
        0, "step at which the learning rate is lowest; 0 for the `num_steps` with which the training began", minimum=0
    )
    ema_momentum: float = option(0.999, "of the exponential moving average of the weights", minimum=0, below=1)
    seed: int = option(0, "of everything random", minimum=0, maximum=MAX_SEED)
    precision: str = option(
        "auto",
        "float32, mixed_bfloat16, mixed_float16, or auto: the fastest the hardware has",
        choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    )
    log_every: int = option(50, "steps between two lines of progress", minimum=1)
    sample_every: int = option(500, "steps between two sample pictures", minimum=1)
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
