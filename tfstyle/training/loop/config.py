"""Settings of the trainings: frozen dataclasses, flat, with a default for every field.

The command line's flags are derived from them, and a run's folder keeps them as JSON.
"""

import dataclasses
import json
from typing import Any, TypeVar

Config = TypeVar("Config", bound="TrainingConfig")


def option(default: Any, help: str):  # noqa: A002 - the name argparse gives it
    """A field with a line of help."""
    return dataclasses.field(default=default, metadata={"help": help})


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """What every training has."""

    num_steps: int = option(10_000, "steps of the whole training")
    batch_size: int = option(4, "images in a step, over all devices together")
    learning_rate: float = option(1e-3, "of Adam, at its highest")
    warmup_steps: int = option(100, "steps in which the learning rate rises from 0")
    average_momentum: float = option(0.999, "of the moving average of the weights")
    seed: int = option(0, "of everything random")
    precision: str = option("auto", "float32, mixed_bfloat16, mixed_float16, or auto: the fastest the hardware has")
    log_every: int = option(50, "steps between two lines of progress")
    sample_every: int = option(500, "steps between two sample pictures")
    checkpoint_every: int = option(250, "steps between two checkpoints")

    def __post_init__(self):
        for name in ("num_steps", "batch_size", "log_every", "sample_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={getattr(self, name)}.")
        if not self.learning_rate > 0:
            raise ValueError(f"`learning_rate` must be positive. Received: learning_rate={self.learning_rate}.")
        if self.precision not in ("auto", "float32", "mixed_bfloat16", "mixed_float16"):
            raise ValueError(
                "`precision` must be auto, float32, mixed_bfloat16 or mixed_float16. "
                f"Received: precision={self.precision!r}."
            )

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls: type[Config], text: str) -> Config:
        values: dict[str, Any] = json.loads(text)
        for field in dataclasses.fields(cls):
            if isinstance(field.default, tuple) and field.name in values:
                values[field.name] = tuple(values[field.name])
        return cls(**values)
