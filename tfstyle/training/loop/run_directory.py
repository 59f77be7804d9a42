"""The run directory of a training: settings, checkpoints, samples and logs."""

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


# Files that a training writes before its first step.
OWN_FILES = ("config.json", "model.json", "fingerprint.json", "data.json", "normalization.npz", ".lock")


class TrainingError(TfstyleError, RuntimeError):
    """A training cannot start or continue; the message says why and what to do."""


class RunDirectory:
    """The files of a training.

        RUN/config.json      settings          RUN/model.json   configuration of the network
        RUN/checkpoints/     the newest two    RUN/samples/     sample images by step
        RUN/tensorboard/     scalars, images   RUN/losses.jsonl one line per progress line
        RUN/fingerprint.json checksums of the loss network and the data
        RUN/.lock            held while a process trains; the system releases it when the process ends

    Args:
        path: path of the folder.

    Attributes:
        schedule_steps: step at which the learning rate reaches its minimum, None before `start`.

    Example:
        >>> run = RunDirectory("runs/bank")
        >>> run.start(tfstyle.training.StyleBankConfig(), resume=False)
    """

    # Settings that do not change the computation of a step. `schedule_steps` does, but only changes if it is passed.
    may_change = ("num_steps", "log_every", "sample_every", "checkpoint_every", "schedule_steps")

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        self.schedule_steps: int | None = None
        self._is_new = False

    def start(self, config: TrainingConfig, resume: bool = False) -> None:
        """Creates the folder, or opens an existing one. `write_config` stores the settings of a resumed training.

        A resumed training keeps its learning rate schedule, whatever `num_steps` is now, unless `schedule_steps`
        changes it.

        Args:
            config: a `TrainingConfig`.
            resume: bool, whether to resume from the newest checkpoint; without a training in the folder, a new one
                starts.

        Raises:
            TrainingError: if the folder contains a different training, one that has more steps already, one that
                another process is running, or any training without `resume`; or if it cannot be written.
        """
        file = self.path / "config.json"
        self._is_new = False
        saved = self._check_resumed(config, resume) if file.exists() else config
        self.schedule_steps = config.schedule_steps or saved.schedule_steps or saved.num_steps
        if file.exists():
            is_kept = self.schedule_steps == (saved.schedule_steps or saved.num_steps)
            if config.has_schedule and is_kept and config.num_steps != saved.num_steps:
                logger.info(
                    "The learning rate schedule still ends at step %d, as at the start. `schedule_steps` changes it.",
                    self.schedule_steps,
                )
            return
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise TrainingError(f"{self.path} exists and is not a run directory. Name a new folder.")
        if resume:
            logger.info("%s contains no training to resume: a new one starts.", self.path)
        self._is_new = True  # from now on, the files in the folder belong to this run
        self._write_config(config)

    def _check_resumed(self, config: TrainingConfig, resume: bool) -> TrainingConfig:
        """The settings of the existing training, if it can be resumed with these."""
        if not resume:
            raise TrainingError(
                f"{self.path} already contains a training. Pass resume=True to resume it, or name another folder."
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
        """The config with the learning rate schedule of this training."""
        if not config.has_schedule:
            return config
        return dataclasses.replace(
            config, schedule_steps=self.schedule_steps or config.schedule_steps or config.num_steps
        )

    def write_config(self, config: TrainingConfig) -> None:
        """Stores the settings, when the training really continues with them.

        Args:
            config: a `TrainingConfig`, as returned by `with_schedule`.

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
        """Context that removes the folder after an error, if `start` created it and no training has started in it.

        The corrected command then finds no training that it would have to resume.
        """
        try:
            yield
        except BaseException:
            if self._is_new and self.path.is_dir():
                for name in OWN_FILES:
                    (self.path / name).unlink(missing_ok=True)
                with contextlib.suppress(OSError):  # other files stay
                    (self.path / "samples").rmdir()
                    self.path.rmdir()
            raise

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Context in which no other process can train in this folder. The system releases the lock of a killed process.

        Raises:
            TrainingError: if another process is training.
        """
        lock = filelock.FileLock(self.path / ".lock")
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout as error:
            raise TrainingError(f"{self.path} is being trained by another process. Wait until it ends.") from error
        except (NotImplementedError, OSError) as error:  # some network file systems have no locks
            logger.warning("%s cannot be locked (%s): make sure that no other process trains there.", self.path, error)
        try:
            yield
        finally:
            lock.release()

    def read_config(self, config_class: type[Config]) -> Config:
        """The settings with which the training was started.

        Raises:
            TrainingError: if the folder contains no training, or one of another kind.
        """
        file = self.path / "config.json"
        try:
            return config_class.from_json(file.read_text())
        except FileNotFoundError as error:
            raise TrainingError(f"{self.path} holds no training: {file.name} is missing.") from error
        except (TypeError, ValueError) as error:
            raise TrainingError(f"{file} is not the settings of this kind of training: {error}") from error

    def saved_config(self, config_class: type[Config]) -> Config | None:
        """`read_config`, or None if no training was started yet."""
        return self.read_config(config_class) if (self.path / "config.json").exists() else None

    def write_model(self, description: Mapping[str, Any]) -> None:
        """Stores the configuration from which to rebuild the network.

        Args:
            description: dict that JSON can represent. It may have keys that an older version did not store.

        Raises:
            TrainingError: if the training was started with another network.
        """
        description = json.loads(json.dumps(description))
        description["config"].pop("name", None)  # Keras numbers it per process
        if (self.path / "model.json").exists() and not self.read_model().items() <= description.items():
            raise TrainingError(
                f"{self.path} was started with another network, or with other styles or classes. Resume with the same "
                "ones."
            )
        write_atomically(self.path / "model.json", json.dumps(description, indent=2) + "\n")

    def read_model(self) -> dict[str, Any]:
        """The configuration stored by `write_model`."""
        try:
            return json.loads((self.path / "model.json").read_text())
        except FileNotFoundError as error:
            raise TrainingError(f"{self.path} holds no trained model: model.json is missing.") from error

    def write_fingerprints(self, fingerprints: Mapping[str, str]) -> None:
        """Stores the fingerprints of the loss network and the data, or compares them with the stored ones.

        Args:
            fingerprints: dict of description -> fingerprint from `tfstyle.training.loop.fingerprint`.

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
                    + f". {self.path} was started with another. Resume with the same, or delete {file} to continue "
                    "with this one."
                )
            fingerprints = {**kept, **fingerprints}
        elif self.latest_step():
            logger.warning(
                "%s has no fingerprint because an earlier version started it: make sure that %s are the same.",
                self.path,
                " and ".join(fingerprints),
            )
        write_atomically(file, json.dumps(dict(fingerprints), indent=2) + "\n")

    def write_data(self, description: Mapping[str, Any]) -> None:
        """Stores the source of the data as data.json."""
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
