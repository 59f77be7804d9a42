"""The folder of a training: its settings, checkpoints, samples and logs."""

import json
import os
from pathlib import Path

from tfstyle.errors import TfstyleError


class TrainingError(TfstyleError, RuntimeError):
    """A training cannot start or go on; the message says why and what to do."""


def write_text_atomically(path, text):
    """Writes a file that a reader sees either whole or not at all."""
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_text(text)
    os.replace(temporary, path)


class RunDirectory:
    """Where a training keeps what it must not lose.

        RUN/config.json      settings          RUN/model.json   how to build the network
        RUN/checkpoints/     the newest two    RUN/samples/     pictures by step
        RUN/tensorboard/     scalars, images   RUN/losses.jsonl a line for each line of progress

    Args:
        path: the folder.

    Example:
        >>> run = RunDirectory("runs/bank")
        >>> run.start(StyleBankConfig(), resume=False)
    """

    def __init__(self, path):
        self.path = Path(path)

    def start(self, config, resume=False):
        """Makes the folder, or finds it again.

        Args:
            config: a `TrainingConfig`.
            resume: bool, go on from the newest checkpoint; where there is no training yet, it says so and begins one.

        Raises:
            TrainingError: if the folder holds another training, or cannot be written.
        """
        file = self.path / "config.json"
        if file.exists():
            if not resume:
                raise TrainingError(
                    f"{self.path} already holds a training. Add --resume to go on with it, or name another folder."
                )
            saved = self.read_config(type(config))
            changed = [
                f"{name}={old!r}, now {getattr(config, name)!r}"
                for name, old in vars(saved).items()
                if name not in self.may_change and old != getattr(config, name)
            ]
            if changed:
                raise TrainingError(f"{self.path} was started with {'; '.join(changed)}. Resume with the same.")
        elif self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise TrainingError(f"{self.path} exists and is no folder of a training. Name a new folder.")
        elif resume:
            print(f"{self.path} holds no training to go on with: a new one begins.", flush=True)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "samples").mkdir(exist_ok=True)
            write_text_atomically(file, config.to_json())
        except OSError as error:
            raise TrainingError(f"{self.path} cannot be written: {error.strerror}.") from error

    # Settings that do not change what a step computes.
    may_change = ("num_steps", "log_every", "sample_every", "checkpoint_every")

    def read_config(self, config_class):
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

    def saved_config(self, config_class):
        """`read_config`, or None where no training was started yet."""
        return self.read_config(config_class) if (self.path / "config.json").exists() else None

    def write_model(self, description):
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
        write_text_atomically(self.path / "model.json", json.dumps(description, indent=2) + "\n")

    def read_model(self):
        """What `write_model` kept."""
        try:
            return json.loads((self.path / "model.json").read_text())
        except FileNotFoundError as error:
            raise TrainingError(f"{self.path} holds no trained model: model.json is missing.") from error

    def latest_checkpoint(self):
        """Prefix of the newest complete checkpoint, or None."""
        import tensorflow as tf

        return tf.train.latest_checkpoint(str(self.path / "checkpoints"))

    def append_losses(self, line):
        with (self.path / "losses.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
