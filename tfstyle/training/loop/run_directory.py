"""The folder of a training: its settings, checkpoints, samples and logs."""

import contextlib
import dataclasses
import json
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import filelock

from tfstyle.atomic import write_atomically
from tfstyle.errors import TfstyleError
from tfstyle.training.loop.config import Config, TrainingConfig

logger = logging.getLogger(__name__)


# What a training writes into its folder before its first step.
OWN_FILES = ("config.json", "model.json", "fingerprint.json", "data.json", "normalization.npz", ".lock")


class TrainingError(TfstyleError, RuntimeError):
    """A training cannot start or go on; the message says why and what to do."""


class RunDirectory:
    """Where a training keeps what it must not lose.

        RUN/config.json      settings          RUN/model.json   how to build the network
        RUN/checkpoints/     the newest two    RUN/samples/     pictures by step
        RUN/tensorboard/     scalars, images   RUN/losses.jsonl a line for each line of progress
        RUN/fingerprint.json the loss network and the data, by checksums
        RUN/.lock            held while a process trains; the system lets go of it when the process ends

    Args:
        path: the folder.

    Attributes:
        schedule_steps: step at which the learning rate is lowest, None before `start`.

    Example:
        >>> run = RunDirectory("runs/bank")
        >>> run.start(tfstyle.training.StyleBankConfig(), resume=False)
    """

    # Settings that do not change what a step computes. `schedule_steps` does, and is changed by its name alone.
    may_change = ("num_steps", "log_every", "sample_every", "checkpoint_every", "schedule_steps")

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        self.schedule_steps: int | None = None
        self._is_new = False

    def start(self, config: TrainingConfig, resume: bool = False) -> None:
        """Makes the folder, or finds it again. The settings of a training that goes on are kept by `write_config`.

        The learning rate of a training that goes on falls as it did at the beginning, whatever `num_steps` is now,
        unless `schedule_steps` asks for another schedule.

        Args:
            config: a `TrainingConfig`.
            resume: bool, go on from the newest checkpoint; where there is no training yet, a new one begins.

        Raises:
            TrainingError: if the folder holds another training, one that is further already, one that another process
                trains, or any without `resume`; or if it cannot be written.
        """
        file = self.path / "config.json"
        self._is_new = False
        saved = self._check_resumed(config, resume) if file.exists() else config
        self.schedule_steps = config.schedule_steps or saved.schedule_steps or saved.num_steps
        if file.exists():
            is_kept = self.schedule_steps == (saved.schedule_steps or saved.num_steps)
            if config.has_schedule and is_kept and config.num_steps != saved.num_steps:
                logger.info(
                    "The learning rate falls until step %d, as it did at the beginning. `schedule_steps` changes that.",
                    self.schedule_steps,
                )
            return
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise TrainingError(f"{self.path} exists and is no folder of a training. Name a new folder.")
        if resume:
            logger.info("%s holds no training to go on with: a new one begins.", self.path)
        self._is_new = True  # from here on, what is in the folder is ours
        self._write_config(config)

    def _check_resumed(self, config: TrainingConfig, resume: bool) -> TrainingConfig:
        """The settings of the training that is there, if it can go on with others."""
        if not resume:
            raise TrainingError(
                f"{self.path} already holds a training. Pass resume=True to go on with it, or name another folder."
            )
        saved = self.read_config(type(config))
        changed = [
            f"{name}={old!r}, now {getattr(config, name)!r}"
            for name, old in vars(saved).items()
            if name not in self.may_change and old != getattr(config, name)
        ]
        if changed:
            raise TrainingError(f"{self.path} was started with {'; '.join(changed)}. Resume with the same.")
        step = self.latest_step()
        if step > config.num_steps:
            raise TrainingError(
                f"{self.path} is at step {step} already. Received: num_steps={config.num_steps}. Ask for more steps."
            )
        with self.locked():
            return saved

    def with_schedule(self, config: Config) -> Config:
        """A config whose schedule is that of this training."""
        if not config.has_schedule:
            return config
        return dataclasses.replace(
            config, schedule_steps=self.schedule_steps or config.schedule_steps or config.num_steps
        )

    def write_config(self, config: TrainingConfig) -> None:
        """Keeps the settings, once the training really goes on with them.

        Args:
            config: a `TrainingConfig`, as `with_schedule` returns it.

        Raises:
            TrainingError: if the folder cannot be written.
        """
        self._is_new = False
        self._write_config(config)

    def _write_config(self, config: TrainingConfig) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "samples").mkdir(exist_ok=True)
            write_atomically(self.path / "config.json", self.with_schedule(config).to_json())
        except OSError as error:
            raise TrainingError(f"{self.path} cannot be written: {error.strerror}.") from error

    @contextlib.contextmanager
    def removed_if_nothing_begins(self) -> Iterator[None]:
        """A context whose errors leave no folder behind, where `start` made one and no training began in it.

        So the corrected command finds no training that it would have to resume.
        """
        try:
            yield
        except BaseException:
            if self._is_new and self.path.is_dir():
                for name in OWN_FILES:
                    (self.path / name).unlink(missing_ok=True)
                with contextlib.suppress(OSError):  # whatever else is there stays
                    (self.path / "samples").rmdir()
                    self.path.rmdir()
            raise

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """A context in which no other process trains here. A kill leaves no lock behind: the system lets go of it.

        Raises:
            TrainingError: if another one does.
        """
        lock = filelock.FileLock(self.path / ".lock")
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout as error:
            raise TrainingError(f"{self.path} is being trained by another process. Wait until it ends.") from error
        except (NotImplementedError, OSError) as error:  # some network file systems have no locks
            logger.warning("%s cannot be locked (%s): see that no other process trains there.", self.path, error)
        try:
            yield
        finally:
            lock.release()

    def read_config(self, config_class: type[Config]) -> Config:
        """The settings the training was started with.

        Raises:
            TrainingError: if the folder holds no training, or one of another kind.
        """
        file = self.path / "config.json"
        try:
            return config_class.from_json(file.read_text())
        except FileNotFoundError as error:
            raise TrainingError(f"{self.path} holds no training: {file.name} is missing.") from error
        except (TypeError, ValueError) as error:
            raise TrainingError(f"{file} is not the settings of this kind of training: {error}") from error

    def saved_config(self, config_class: type[Config]) -> Config | None:
        """`read_config`, or None where no training was started yet."""
        return self.read_config(config_class) if (self.path / "config.json").exists() else None

    def write_model(self, description: Mapping[str, Any]) -> None:
        """Keeps what it takes to build the network again.

        Args:
            description: dict that JSON can hold. What an older version did not keep may be new in it.

        Raises:
            TrainingError: if the training was started with another network.
        """
        description = json.loads(json.dumps(description))
        description["config"].pop("name", None)  # counts the networks of a process
        if (self.path / "model.json").exists() and not self.read_model().items() <= description.items():
            raise TrainingError(
                f"{self.path} was started with another network, or with other styles or classes. Resume with the same "
                "ones."
            )
        write_atomically(self.path / "model.json", json.dumps(description, indent=2) + "\n")

    def read_model(self) -> dict[str, Any]:
        """What `write_model` kept."""
        try:
            return json.loads((self.path / "model.json").read_text())
        except FileNotFoundError as error:
            raise TrainingError(f"{self.path} holds no trained model: model.json is missing.") from error

    def write_fingerprints(self, fingerprints: Mapping[str, str]) -> None:
        """Keeps of what the training depends on besides its settings, or compares it with what was kept.

        Args:
            fingerprints: what it is, in words -> its fingerprint, as `tfstyle.training.loop.fingerprint` makes them.

        Raises:
            TrainingError: if the training was started with another loss network, or with other data.
        """
        file = self.path / "fingerprint.json"
        if file.exists():
            kept = json.loads(file.read_text())
            changed = [name for name, value in fingerprints.items() if kept.get(name, value) != value]
            if changed:
                raise TrainingError(
                    "; ".join(f"the {name}: {kept[name]}, now {fingerprints[name]}" for name in changed)
                    + f". {self.path} was started with another. Resume with the same, or delete {file} to go on with "
                    "this one."
                )
            fingerprints = {**kept, **fingerprints}
        elif self.latest_step():
            logger.warning(
                "%s keeps no fingerprint, as it was started with an earlier version: see that %s are the same.",
                self.path,
                " and ".join(fingerprints),
            )
        write_atomically(file, json.dumps(dict(fingerprints), indent=2) + "\n")

    def write_data(self, description: Mapping[str, Any]) -> None:
        """Keeps, as data.json, where the data come from."""
        write_atomically(self.path / "data.json", json.dumps(dict(description), indent=2) + "\n")

    def latest_checkpoint(self) -> str | None:
        """Prefix of the newest complete checkpoint, or None."""
        import tensorflow as tf

        return tf.train.latest_checkpoint(str(self.path / "checkpoints"))

    def latest_step(self) -> int:
        """The step of the newest complete checkpoint; 0 without one."""
        number = (self.latest_checkpoint() or "").rpartition("-")[2]
        return int(number) if number.isdigit() else 0

    def append_losses(self, line: Mapping[str, Any]) -> None:
        with (self.path / "losses.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
