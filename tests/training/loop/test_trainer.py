"""The loop that all trainings share: resuming bit for bit, stopping, complaining."""

import json
import os
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.ops import gen_summary_ops as ops

from tfstyle.training.loop.config import TrainingConfig
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.run_directory import RunDirectory, TrainingError
from tfstyle.training.loop.strategy import sample_batches
from tfstyle.training.loop.trainer import Trainer

CONFIG = TrainingConfig(
    num_steps=9, batch_size=4, log_every=1, checkpoint_every=2, sample_every=100, learning_rate=0.1, seed=3
)


class Regression(Trainer):
    """A small network with dropout, batch normalization, augmentation and an average of the weights."""

    sample_signature = (tf.TensorSpec((5,), tf.float32),)

    def __init__(self, config, run_directory, strategy=None, dropout=0.5):
        super().__init__(config, run_directory, strategy)
        keras.utils.set_random_seed(config.seed)
        with self.strategy.scope():
            self.model = keras.Sequential(
                [
                    keras.Input((5,)),
                    keras.layers.Dense(8, "relu"),
                    keras.layers.BatchNormalization(synchronized=True),
                    keras.layers.Dropout(dropout, seed=1),
                    keras.layers.Dense(1),
                ]
            )
            self.optimizer = keras.optimizers.Adam(config.learning_rate)
            self.optimizer.build(self.model.trainable_variables)
            self.average = MovingAverage(self.model, 0.9)

    def load_sample(self, number):
        return (np.random.default_rng((self.config.seed, number)).normal(size=5).astype(np.float32),)

    def train_step(self, step, inputs):
        with tf.GradientTape() as tape:
            outputs = self.model(inputs, training=True)
            targets = tf.reduce_sum(inputs, axis=-1, keepdims=True)
            loss = tf.reduce_sum(tf.square(outputs - targets)) / self.config.batch_size
        variables = self.model.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        self.average.update(step)
        return {"loss": loss}

    def sample_image(self):
        return np.zeros((4, 4, 3), np.uint8)

    def checkpoint_items(self):
        return {"model": self.model, "optimizer": self.optimizer, "average": self.average.variables}

    def state(self):
        items = [*self.model.variables, *self.optimizer.variables, *self.average.variables]
        return [np.asarray(item) for item in items]


def start(folder, config=CONFIG, resume=False, **kwargs):
    run = RunDirectory(folder)
    run.start(config, resume=resume)
    return Regression(config, run, **kwargs)


def assert_same_state(first, second):
    for one, other in zip(first.state(), second.state(), strict=True):
        np.testing.assert_array_equal(one, other)


class Killed(Exception):
    pass


def die_in(trainer, method, call):
    """Lets the `call`-th call of a method end the training as a kill would: nothing after it happens."""
    original, count = getattr(trainer, method), 0

    def replacement(*args):
        nonlocal count
        count += 1
        if count == call:
            raise Killed
        return original(*args)

    setattr(trainer, method, replacement)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    trainer = start(tmp_path_factory.mktemp("whole") / "run")
    trainer.fit()
    return trainer


@pytest.mark.parametrize(
    ("method", "call"), [("_check_finite", 1), ("_check_finite", 3), ("_check_finite", 6), ("_save", 1), ("_save", 3)]
)
def test_killed_and_resumed_is_bit_for_bit_the_uninterrupted_training(tmp_path, uninterrupted, method, call):
    first = start(tmp_path / "run")
    die_in(first, method, call)
    with pytest.raises(Killed):
        first.fit()
    second = start(tmp_path / "run", resume=True)
    second.fit()
    assert_same_state(second, uninterrupted)


def test_kill_amid_the_writing_of_a_checkpoint_leaves_the_one_before(tmp_path, uninterrupted):
    first = start(tmp_path / "run")
    die_in(first, "_save", 3)
    with pytest.raises(Killed):
        first.fit()
    checkpoints = tmp_path / "run" / "checkpoints"
    newest = max(checkpoints.glob("*.data-*"), key=lambda path: path.stat().st_mtime)
    # What a kill leaves behind: the data of the next checkpoint cut short, without an index.
    (checkpoints / newest.name.replace("ckpt-4", "ckpt-6")).write_bytes(newest.read_bytes()[:100])
    second = start(tmp_path / "run", resume=True)
    second.fit()
    assert_same_state(second, uninterrupted)


# What TensorFlow says where the disk is full.
FULL = (
    "{{function_node __wrapped__SaveV2_dtypes_20_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
    "run/checkpoints/ckpt-4_temp/part-00000-of-00001; No space left on device [Op:SaveV2]"
)


def fill_disk(monkeypatch, owner, name, call):
    """From its `call`-th call on, a method finds no room."""
    original, count = getattr(owner, name), 0

    def replacement(*args, **kwargs):
        nonlocal count
        count += 1
        if count >= call:
            raise tf.errors.ResourceExhaustedError(None, None, FULL)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, replacement)


@pytest.mark.parametrize(("call", "step", "earlier"), [(1, 2, "There is none before"), (2, 4, "The one before")])
def test_a_full_disk_is_reported_and_the_last_checkpoint_still_loads(
    tmp_path, monkeypatch, uninterrupted, call, step, earlier
):
    first = start(tmp_path / "run")
    fill_disk(monkeypatch, tf.train.CheckpointManager, "save", call)
    # TensorBoard's writer finds no room either, and comes last.
    fill_disk(monkeypatch, ops, "flush_summary_writer", 1)
    with pytest.raises(TrainingError) as caught:
        first.fit()
    message = f"checkpoint of step {step} could not be written (No space left on device). {earlier} it"
    assert message in str(caught.value)
    assert "make room on the disk, then go on with --resume" in str(caught.value)
    monkeypatch.undo()
    second = start(tmp_path / "run", resume=True)
    second.fit()
    assert_same_state(second, uninterrupted)


@pytest.mark.parametrize(
    ("owner", "name"), [(tf.summary, "scalar"), (ops, "flush_summary_writer"), (RunDirectory, "append_losses")]
)
def test_a_disk_full_of_logs_is_reported(tmp_path, monkeypatch, owner, name):
    fill_disk(monkeypatch, owner, name, 1)
    with pytest.raises(TrainingError, match=r"^No space is left on the disk\. Make room, then go on with --resume"):
        start(tmp_path / "run").fit()


def test_two_logical_devices_compute_the_same_losses(tmp_path, mirrored_strategy):
    # Dropout draws other numbers on another replica, so this comparison is without it.
    one = start(tmp_path / "one", dropout=0.0)
    two = start(tmp_path / "two", dropout=0.0, strategy=mirrored_strategy)
    one.fit()
    two.fit()
    lines = [(tmp_path / name / "losses.jsonl").read_text().splitlines() for name in ("one", "two")]
    losses = np.array([[json.loads(line)["loss"] for line in part] for part in lines])
    assert losses.shape == (2, CONFIG.num_steps)
    np.testing.assert_allclose(losses[0], losses[1], rtol=2e-5)


def test_samples_are_numbered_through_and_divided_among_replicas():
    strategy = tf.distribute.get_strategy()
    signature = (tf.TensorSpec((), tf.int64),)
    batches = sample_batches(strategy, lambda number: (number,), signature, 3, first_step=2, num_steps=4)
    assert [batch[0].numpy().tolist() for batch in batches] == [[6, 7, 8], [9, 10, 11]]


def test_nan_ends_the_training_before_it_reaches_a_checkpoint(tmp_path):
    trainer = start(tmp_path / "run")
    healthy = trainer.load_sample
    trainer.load_sample = lambda number: (healthy(number)[0] * np.float32(np.nan if number >= 20 else 1),)
    with pytest.raises(TrainingError, match=r"'loss' is nan at step 6.*ckpt-4.*learning_rate"):
        trainer.fit()
    assert trainer.run_directory.latest_checkpoint().endswith("ckpt-4")


def test_interrupt_stops_after_the_step_with_a_checkpoint(tmp_path, uninterrupted):
    first = start(tmp_path / "run")
    load = first.load_sample

    def load_and_interrupt(number):
        if number == 20:
            os.kill(os.getpid(), signal.SIGINT)
        return load(number)

    first.load_sample = load_and_interrupt
    with pytest.raises(KeyboardInterrupt, match="--resume"):
        first.fit()
    second = start(tmp_path / "run", resume=True)
    second.fit()
    assert_same_state(second, uninterrupted)


def test_finished_training_resumed_does_nothing(tmp_path, uninterrupted):
    again = Regression(CONFIG, uninterrupted.run_directory)
    again.fit()
    assert_same_state(again, uninterrupted)


def test_resuming_where_there_is_nothing_says_so(tmp_path, capsys):
    RunDirectory(tmp_path / "run").start(CONFIG, resume=True)
    assert "holds no training to go on with: a new one begins" in capsys.readouterr().out
    RunDirectory(tmp_path / "run").start(CONFIG, resume=True)
    assert capsys.readouterr().out == ""


def test_run_directory_refuses_what_would_lose_something(tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.start(CONFIG)
    with pytest.raises(TrainingError, match="already holds a training"):
        run.start(CONFIG)
    with pytest.raises(TrainingError, match=r"learning_rate=0\.1, now 0\.2"):
        run.start(TrainingConfig(**{**vars(CONFIG), "learning_rate": 0.2}), resume=True)
    run.start(TrainingConfig(**{**vars(CONFIG), "num_steps": 20}), resume=True)  # a longer training is no other one
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("precious")
    with pytest.raises(TrainingError, match="no folder of a training"):
        RunDirectory(tmp_path / "other").start(CONFIG)
    (tmp_path / "file").write_text("x")
    with pytest.raises(TrainingError):
        RunDirectory(tmp_path / "file" / "run").start(CONFIG)


def test_checkpoint_of_another_network_is_refused(tmp_path, uninterrupted):
    trainer = Regression(CONFIG, uninterrupted.run_directory)
    trainer.model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
    with pytest.raises(TrainingError, match="does not fit"):
        trainer.fit()


def test_moving_average_against_numpy():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    average = MovingAverage(model, 0.9)
    expected = np.zeros((2, 1))
    for step in range(30):
        value = np.full((2, 1), step**2, np.float32)
        model.layers[-1].kernel.assign(value)
        average.update(tf.constant(step))
        momentum = min(0.9, (1 + step) / (10 + step))
        expected = momentum * expected + (1 - momentum) * value
    np.testing.assert_allclose(average.variables[0].numpy(), expected, rtol=1e-5)
    with average.applied():
        np.testing.assert_array_equal(model.layers[-1].kernel.numpy(), average.variables[0].numpy())
    np.testing.assert_array_equal(model.layers[-1].kernel.numpy(), value)
    with pytest.raises(ValueError, match="momentum"):
        MovingAverage(model, 1.0)
