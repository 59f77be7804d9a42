"""The loop that all trainings share: resuming bit for bit, stopping, complaining."""

import dataclasses
import json
import logging
import os
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.ops import gen_summary_ops as ops

from tfstyle.training.loop.config import TrainingConfig
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.optimizer import make_optimizer
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
    unfinished = checkpoints / "ckpt-6_temp"  # where TensorFlow writes before it gives the file its name
    unfinished.mkdir()
    (unfinished / "part-00000-of-00001.data-00000-of-00001.tempstate1").write_bytes(bytes(100))
    second = start(tmp_path / "run", resume=True)
    second.fit()
    assert_same_state(second, uninterrupted)
    assert not unfinished.exists()


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
    assert "free some disk space, then pass resume=True" in str(caught.value)
    monkeypatch.undo()
    second = start(tmp_path / "run", resume=True)
    second.fit()
    assert_same_state(second, uninterrupted)


@pytest.mark.parametrize(
    ("owner", "name"), [(tf.summary, "scalar"), (ops, "flush_summary_writer"), (RunDirectory, "append_losses")]
)
def test_a_disk_full_of_logs_is_reported(tmp_path, monkeypatch, owner, name):
    fill_disk(monkeypatch, owner, name, 1)
    with pytest.raises(TrainingError, match=r"^No space left on the disk\. Free some, then pass resume=True"):
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
    with pytest.raises(KeyboardInterrupt, match="resume=True"):
        first.fit()
    second = start(tmp_path / "run", resume=True)
    second.fit()
    assert_same_state(second, uninterrupted)


def test_a_training_says_how_far_it_is(tmp_path, caplog):
    caplog.set_level(logging.INFO, "tfstyle")
    start(tmp_path / "run").fit()
    lines = [record.getMessage() for record in caplog.records if record.name == "tfstyle.training.loop.trainer"]
    assert len(lines) == CONFIG.num_steps
    assert lines[0].startswith("step 1/9  speed not known yet  loss ")  # TensorFlow compiled it
    assert lines[-1].startswith("step 9/9  ") and "  0 min 00 s left  loss " in lines[-1]


def test_a_training_that_is_done_before_its_last_step_ends_with_all_it_has(tmp_path):
    trainer = start(tmp_path / "run")

    def look(step, losses):
        losses["measure"] = 1.0 / step

    trainer.look, trainer.is_done = look, lambda losses: losses["measure"] < 0.21
    losses = trainer.fit()
    assert losses["measure"] == 0.2
    lines = [json.loads(line) for line in (tmp_path / "run" / "losses.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[-1]["measure"] == 0.2  # the measure that ended it is told, too
    assert trainer.run_directory.latest_checkpoint().endswith("ckpt-5")
    assert (tmp_path / "run" / "samples" / "0000005.png").exists()


def test_a_training_cannot_be_resumed_to_a_step_that_is_past(tmp_path, uninterrupted):
    file = uninterrupted.run_directory.path / "config.json"
    before = file.read_text()
    with pytest.raises(TrainingError, match="is at step 9 already. Received: num_steps=3"):
        start(uninterrupted.run_directory.path, dataclasses.replace(CONFIG, num_steps=3), resume=True)
    assert file.read_text() == before


def rates(folder, config=CONFIG, resume=False):
    run = RunDirectory(folder)
    run.start(config, resume=resume)
    optimizer = make_optimizer(run.with_schedule(config), "float32")
    steps = []
    for step in range(40):
        optimizer.iterations.assign(step)
        steps.append(float(optimizer.learning_rate))
    return steps


def test_the_learning_rate_falls_as_at_the_beginning_however_long_the_training_becomes(tmp_path, caplog):
    caplog.set_level(logging.INFO, "tfstyle")
    config = dataclasses.replace(CONFIG, num_steps=20, warmup_steps=0)
    first = rates(tmp_path / "run", config)
    longer = dataclasses.replace(config, num_steps=40)
    assert rates(tmp_path / "run", longer, resume=True) == first
    assert "The learning rate schedule still ends at step 20, as at the start. `schedule_steps` changes" in caplog.text
    assert first[20] == pytest.approx(0.01 * CONFIG.learning_rate) and first[39] == first[20]
    # Another schedule is asked for by its name, and is that of the training from then on.
    asked = rates(tmp_path / "run", dataclasses.replace(longer, schedule_steps=40), resume=True)
    assert asked[20] == pytest.approx(0.505 * CONFIG.learning_rate)
    # A run of an earlier version, which did not keep the schedule, has that of its number of steps.
    kept = json.loads((tmp_path / "run" / "config.json").read_text())
    assert kept["num_steps"] == kept.pop("schedule_steps") == 20
    (tmp_path / "run" / "config.json").write_text(json.dumps(kept))
    assert rates(tmp_path / "run", longer, resume=True) == first


def test_the_settings_of_a_longer_training_are_kept_when_it_goes_on(tmp_path):
    start(tmp_path / "run", dataclasses.replace(CONFIG, num_steps=2)).fit()
    longer = start(tmp_path / "run", dataclasses.replace(CONFIG, num_steps=4), resume=True)
    read = longer.run_directory.read_config
    assert read(TrainingConfig).num_steps == 2
    longer.fit()
    assert (read(TrainingConfig).num_steps, read(TrainingConfig).schedule_steps) == (4, 2)


def test_finished_training_resumed_does_nothing(tmp_path, uninterrupted):
    again = Regression(CONFIG, uninterrupted.run_directory)
    again.fit()
    assert_same_state(again, uninterrupted)


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


def test_an_average_without_momentum_keeps_no_copy():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
    average = MovingAverage(model, 0.0)
    average.update(tf.constant(5))
    assert all(one is other for one, other in zip(average.variables, average.sources, strict=True))
    model.layers[0].kernel.assign([[3.0], [4.0]])
    with average.applied():
        np.testing.assert_array_equal(average.items["0"], [[3.0], [4.0]])
    np.testing.assert_array_equal(model.layers[0].kernel, [[3.0], [4.0]])
