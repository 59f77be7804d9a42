"""The training loop of all trainers."""

import contextlib
import logging
import math
import re
import shutil
import signal
import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfstyle.backend import require_tensorflow
from tfstyle.images import save_image
from tfstyle.training.loop.run_directory import TrainingError
from tfstyle.training.loop.strategy import sample_batches

logger = logging.getLogger(__name__)

NO_SPACE = "No space left on device"  # in the messages of the system and of TensorFlow for a full disk


class Trainer:
    """The training loop.

    A subclass defines its `train_step`, its samples, and the content of a checkpoint. This class does the rest:
    resuming, batches for every replica, progress with speed and time left, TensorBoard, sample images, checkpoints, a
    clear error on NaN, and a checkpoint when Ctrl-C stops the training.

    A training that is killed at any time and resumed has bit for bit the result of an uninterrupted one: all random
    numbers depend only on (seed, number of the step or the sample), and all state is in the checkpoint.

    Args:
        config: `TrainingConfig`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy`, or None for the current one.
    """

    sample_signature: tuple[tf.TensorSpec, ...]  # of one sample, without the batch axis

    def __init__(self, config, run_directory, strategy=None):
        require_tensorflow("Training")
        self.config = run_directory.with_schedule(config)
        self.run_directory = run_directory
        self.strategy = strategy or tf.distribute.get_strategy()
        with self.strategy.scope():
            self.step = tf.Variable(0, dtype=tf.int64, trainable=False)

    def load_sample(self, number: int) -> tuple[Any, ...]:
        """The `number`-th sample of the training: a tuple of NumPy arrays that match `sample_signature`."""
        raise NotImplementedError

    def train_step(self, step: tf.Tensor, *batch: tf.Tensor) -> dict[str, tf.Tensor]:
        """One update on one replica's share of a batch.

        Args:
            step: scalar int64 tensor, number of updates before this one.
            *batch: tensors of `batch_size / num_replicas` samples.

        Returns:
            Dict of name -> scalar tensor: this replica's share of each loss, to be summed over the replicas.
        """
        raise NotImplementedError

    def sample_image(self) -> np.ndarray:
        """A sample image of the current network: uint8 array of shape `(height, width, 3)`."""
        raise NotImplementedError

    def checkpoint_items(self) -> dict[str, Any]:
        """The complete state: dict of name -> model, optimizer, or list or dict of `tf.Variable`."""
        raise NotImplementedError

    def look(self, step: int, losses: dict[str, float]) -> None:
        """Called with the losses of each progress line, to which it may add values.

        Args:
            step: integer, number of completed steps.
            losses: dict of name -> float.
        """

    def is_done(self, losses: Mapping[str, float]) -> bool:
        """Whether to stop early, given the losses of a progress line."""
        return False

    def fit(self) -> dict[str, float]:
        """Trains until `config.num_steps`, from the newest checkpoint of the run if there is one.

        Returns:
            Dict of name -> float, the last losses.

        Raises:
            TrainingError: if a loss is not finite, a checkpoint does not match, another process trains in the same
                folder, or a file cannot be written.
        """
        with self.run_directory.locked():
            return self._fit()

    def _fit(self):
        checkpoints = self._checkpoint_manager()
        first_step = int(self.step.numpy())
        self.run_directory.write_config(self.config)
        batches = sample_batches(
            self.strategy,
            self.load_sample,
            self.sample_signature,
            self.config.batch_size,
            first_step,
            self.config.num_steps,
        )
        progress: Progress | None = None
        losses: dict[str, float] = {}
        with _summaries(self.run_directory.path / "tensorboard"), _StopRequest() as stop:
            if first_step == 0:
                self._write_sample()
            for step, batch in enumerate(batches, start=first_step + 1):
                tensors = self._distributed_step(batch)
                progress = progress or Progress(step, self.config.num_steps)
                last = step == self.config.num_steps or stop.requested
                at_checkpoint = step % self.config.checkpoint_every == 0
                if step % self.config.log_every == 0 or at_checkpoint or last:
                    losses = {name: float(tensor) for name, tensor in tensors.items()}
                    self._check_finite(losses, checkpoints)
                    self.look(step, losses)
                    for name, value in losses.items():
                        tf.summary.scalar(name, value, step=step)
                    self.run_directory.append_losses({"step": step, **losses})
                    progress.report(step, losses)
                    last = last or self.is_done(losses)
                if at_checkpoint or last:
                    self._save(checkpoints)
                if step % self.config.sample_every == 0 or last:
                    self._write_sample()
                if stop.requested and step < self.config.num_steps:
                    raise KeyboardInterrupt(f"Stopped after step {step}; pass resume=True to continue from here.")
                if last:
                    break
        return losses

    @tf.function(reduce_retracing=True)
    def _distributed_step(self, batch):
        shares = self.strategy.run(self.train_step, args=(tf.identity(self.step), *batch))
        self.step.assign_add(1)
        return {
            name: self.strategy.reduce(tf.distribute.ReduceOp.SUM, share, axis=None) for name, share in shares.items()
        }

    def _checkpoint_manager(self):
        """The checkpoint manager, after restoring the newest checkpoint."""
        items = {name: _variables(item) for name, item in self.checkpoint_items().items()}
        checkpoint = tf.train.Checkpoint(step=self.step, **items)
        folder = self.run_directory.path / "checkpoints"
        for unfinished in folder.glob("*_temp"):  # of a checkpoint for which the disk was too small, or a kill
            shutil.rmtree(unfinished, ignore_errors=True)
        manager = tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=2)
        if manager.latest_checkpoint:
            leftovers = _leftovers(manager.latest_checkpoint, items)
            if leftovers:
                checkpoint = tf.train.Checkpoint(step=self.step, **items | leftovers)
            try:
                checkpoint.restore(manager.latest_checkpoint).assert_consumed()
            except (AssertionError, ValueError, tf.errors.OpError) as error:
                raise TrainingError(
                    f"The checkpoint {manager.latest_checkpoint} does not fit this training: {_reason(error)}"
                ) from error
        return manager

    def _save(self, checkpoints):
        has_earlier = checkpoints.latest_checkpoint is not None
        try:
            checkpoints.save(checkpoint_number=self.step)
        except (tf.errors.OpError, OSError) as error:
            raise TrainingError(
                f"The checkpoint of step {int(self.step.numpy())} could not be written ({_reason(error)}). "
                + ("The one before it is still good" if has_earlier else "There is none before it")
                + ": free some disk space, then pass resume=True to continue."
            ) from error

    def _check_finite(self, losses, checkpoints):
        broken = [name for name, value in losses.items() if not math.isfinite(value)]
        if broken:
            kept = checkpoints.latest_checkpoint
            raise TrainingError(
                f"The loss {broken[0]!r} is {losses[broken[0]]} at step {int(self.step.numpy())}. "
                + (f"The checkpoint {kept} is from before. " if kept else "")
                + "Try a lower learning_rate, or precision float32."
            )

    def _write_sample(self):
        step = int(self.step.numpy())
        picture = self.sample_image()
        tf.summary.image("samples", picture[None], step=step)
        save_image(self.run_directory.path / "samples" / f"{step:07d}.png", picture, overwrite=True)


class Progress:
    """Logs the progress of a training, its speed and the time left.

    It is created after the first step of a session, which takes many times as long, because TensorFlow compiles it.

    Args:
        step: integer, number of completed steps.
        num_steps: integer, total number of steps.
    """

    def __init__(self, step, num_steps):
        self.num_steps = num_steps
        self.last_step = step
        self.last_time = time.monotonic()

    def report(self, step: int, values: Mapping[str, float]) -> None:
        """Logs one line.

        Args:
            step: integer, number of completed steps.
            values: dict of name -> float.
        """
        now = time.monotonic()
        rate = (step - self.last_step) / max(now - self.last_time, 1e-9)
        self.last_step, self.last_time = step, now
        speed = "speed not known yet"
        if rate:
            speed = f"{rate:.2f} steps/s  {_duration((self.num_steps - step) / rate)} left"
        numbers = "  ".join(f"{name} {value:.4g}" for name, value in values.items())
        logger.info("step %d/%d  %s  %s", step, self.num_steps, speed, numbers)


class _StopRequest:
    """Turns the first Ctrl-C or termination signal into a request to stop after the current step."""

    def __enter__(self):
        self.requested = False
        self._previous = {}
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._previous[number] = signal.signal(number, self._request)
            except ValueError:  # not in the main thread: the caller handles signals
                break
        return self

    def _request(self, number, frame):
        self.requested = True
        logger.warning("Stopping after this step; press Ctrl-C again to stop immediately.")
        signal.signal(number, self._previous[number])

    def __exit__(self, *exception):
        for number, handler in self._previous.items():
            signal.signal(number, handler)


def _variables(item):
    """The `tf.Variable`s of a Keras model or optimizer in order, including the states of seed generators."""
    if isinstance(item, keras.Model | keras.optimizers.Optimizer):
        return [variable.value for variable in item.variables]
    return dict(item) if isinstance(item, Mapping) else list(item)


def _leftovers(path, items):
    """Adds unused variables for the additional entries that a checkpoint has in items that are dicts.

    Earlier versions also saved averages of frozen weights.
    """
    saved = dict(tf.train.list_variables(path))
    found = {}
    for name, item in items.items():
        if not isinstance(item, dict):
            continue
        unread = {key.split("/")[1] for key in saved if key.startswith(f"{name}/")} - item.keys()
        if unread:
            values = (tf.train.load_variable(path, f"{name}/{key}/.ATTRIBUTES/VARIABLE_VALUE") for key in unread)
            found[name] = {**item, **dict(zip(unread, map(tf.Variable, values), strict=True))}
    return found


@contextlib.contextmanager
def _summaries(folder):
    """Context with TensorBoard's writer as default. A full disk raises a TrainingError.

    The writer flushes also after an error, and its own error on a full disk would hide the first one.
    """
    first = None
    try:
        with tf.summary.create_file_writer(str(folder)).as_default():
            try:
                yield
            except BaseException as error:
                first = error
                raise
    except BaseException as last:
        cause = first or last
        if NO_SPACE in str(cause) and not isinstance(cause, TrainingError):
            raise TrainingError(
                "No space left on the disk. Free some, then pass resume=True to continue from the newest checkpoint."
            ) from cause
        raise cause  # noqa: B904 - the writer's own error is irrelevant


def _reason(error):
    """The reason of an error, without the operation and the file that TensorFlow adds."""
    text = getattr(error, "strerror", None) or (str(error) or type(error).__name__).splitlines()[0]
    if isinstance(error, tf.errors.OpError):
        text = re.sub(r"\{\{.*?\}\}|\[Op:.*|\[\[.*", "", text).rpartition("; ")[-1]
    return text.strip()


def _duration(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"


def as_grid_row(images: Any) -> np.ndarray:
    """Images side by side: float `(n, height, width, 3)` in [0, 1] -> `(height, n * width, 3)`."""
    return np.concatenate(list(np.asarray(images)), axis=1)
