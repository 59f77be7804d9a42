"""The common parts of all trainers: the loop, settings, run directory, moving averages and devices."""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # for editors and type checkers: the same as the table below
    from tfstyle.training.loop.config import TrainingConfig
    from tfstyle.training.loop.moving_average import MovingAverage
    from tfstyle.training.loop.run_directory import RunDirectory, TrainingError
    from tfstyle.training.loop.trainer import Trainer

__all__ = [
    "MovingAverage",
    "RunDirectory",
    "Trainer",
    "TrainingConfig",
    "TrainingError",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "config": ["TrainingConfig"],
        "moving_average": ["MovingAverage"],
        "run_directory": ["RunDirectory", "TrainingError"],
        "trainer": ["Trainer"],
    },
)
