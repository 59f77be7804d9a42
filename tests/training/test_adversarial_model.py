"""A GAN trained by `compile` and `fit`, with the step of `GanTrainer`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.data.procedural import procedural_images
from tfstyle.models.gan.dense_gan import DenseDiscriminator, DenseGenerator
from tfstyle.training.adversarial_model import AdversarialModel
from tfstyle.training.gan import GanTrainer
from tfstyle.training.gan_config import GanConfig
from tfstyle.training.loop.run_directory import RunDirectory

SHAPE = (8, 8, 3)
DATASET = procedural_images(24, 8)
IMAGES = DATASET.images.astype(np.float32) / 127.5 - 1.0
CONFIG = GanConfig(batch_size=6, augment=("color",), augment_probability=0.3, augment_images=100, flip=True, seed=4)


def networks(num_classes=0):
    keras.utils.set_random_seed(1)
    return DenseGenerator(SHAPE, 5, (12,), num_classes, 3), DenseDiscriminator(SHAPE, (12,), num_classes)


def make(config=CONFIG, num_classes=0, **kwargs):
    model = AdversarialModel(*networks(num_classes), config)
    model.compile(**kwargs)
    return model


def values(*networks):
    return [np.asarray(variable) for network in networks for variable in network.variables]


def batches(num_images, size=6):
    return tf.data.Dataset.from_tensor_slices(IMAGES[:num_images]).batch(size)


def test_fit_moves_both_networks_and_the_average():
    model = make()
    before = values(model.generator, model.discriminator, model.average)
    history = model.fit(batches(12), epochs=1, verbose=0)
    moved = [np.any(old != new) for old, new in zip(before, values(model.generator, model.discriminator, model.average),
                                                    strict=True)]  # fmt: skip
    assert sum(moved) >= len(moved) - 1  # by the last bias a loss of differences has no gradient
    assert int(model.num_steps) == 2
    names = {"loss", "generator_loss", "discriminator_loss", "r1", "r2", "accuracy", "diversity", "augment_probability"}
    assert history.history.keys() == names
    logs = {name: values[0] for name, values in history.history.items()}
    assert logs["loss"] == pytest.approx(logs["generator_loss"] + logs["discriminator_loss"], rel=1e-5)
    assert model.predict(np.zeros((3, 5), np.float32), verbose=0).shape == (3, *SHAPE)


@pytest.mark.parametrize("discriminator_steps", [1, 2])
def test_its_steps_are_those_of_the_trainer(tmp_path, discriminator_steps):
    config = GanConfig(**{**vars(CONFIG), "discriminator_steps": discriminator_steps})
    model = make(config)
    run = RunDirectory(tmp_path / "run")
    run.start(config)
    trainer = GanTrainer(*networks(), DATASET, config, run)
    for step in range(2):
        samples = [trainer.load_sample(step * 6 + row) for row in range(6)]
        indices, rows = (np.stack(parts) for parts in zip(*samples, strict=True))
        expected = trainer.train_step(tf.constant(step, tf.int64), tf.constant(indices), tf.constant(rows))
        model.reset_metrics()
        losses = model.train_on_batch(IMAGES[indices.T.ravel()], return_dict=True)
        for name in expected:
            np.testing.assert_allclose(losses[name], expected[name], rtol=1e-4, atol=1e-5, err_msg=name)
    ours = values(model.generator, model.discriminator)
    for one, other in zip(ours, values(trainer.generator, trainer.discriminator), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


class Killed(Exception):
    pass


class KillAfter(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise Killed


def test_a_fit_that_was_killed_goes_on_by_backup_and_restore(tmp_path):
    whole = make()
    whole.fit(batches(12), epochs=3, verbose=0)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(Killed):
        make().fit(batches(12), epochs=3, verbose=0, callbacks=[backup, KillAfter()])
    again = make()
    again.fit(batches(12), epochs=3, verbose=0, callbacks=[keras.callbacks.BackupAndRestore(tmp_path / "backup")])
    assert int(again.num_steps) == 6
    parts = [
        values(model.generator, model.discriminator, model.average, model.generator_optimizer)
        for model in (again, whole)
    ]
    for one, other in zip(*parts, strict=True):
        np.testing.assert_array_equal(one, other)
    assert float(again.adversarial.augment_probability) == float(whole.adversarial.augment_probability) != 0.3


def test_callbacks_of_keras(tmp_path):
    callbacks = [keras.callbacks.TensorBoard(tmp_path / "logs"), keras.callbacks.TerminateOnNaN()]
    model = make()
    history = model.fit(batches(12), epochs=2, verbose=0, callbacks=callbacks)
    assert len(history.epoch) == 2 and list((tmp_path / "logs").rglob("events*"))
    broken = tf.data.Dataset.from_tensor_slices(np.full_like(IMAGES[:12], np.nan)).batch(6)
    assert len(model.fit(broken, epochs=3, verbose=0, callbacks=callbacks[1:]).epoch) == 1


def test_it_is_saved_and_loaded_with_all_that_changes(tmp_path):
    model = make(num_classes=5)
    dataset = tf.data.Dataset.from_tensor_slices((IMAGES[:12], DATASET.labels[:12])).batch(6)
    model.fit(dataset, verbose=0)
    model.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.config == CONFIG
    for one, other in zip(*(values(m.generator, m.average, m.discriminator_optimizer) for m in (model, again)),
                          strict=True):  # fmt: skip
        np.testing.assert_array_equal(one, other)
    inputs = np.ones((2, 5), np.float32), np.array([0, 3])
    np.testing.assert_array_equal(again(inputs), model(inputs))


def test_two_logical_devices_take_the_same_step(mirrored_strategy):
    config = GanConfig(batch_size=6, flip=True)
    one = make(config)
    with mirrored_strategy.scope():
        two = make(config)
    for model in (one, two):
        model.fit(batches(12), verbose=0)
    for left, right in zip(values(one.generator, one.average), values(two.generator, two.average), strict=True):
        np.testing.assert_allclose(left, right, atol=2e-3)  # batch normalization sees half as many images


def test_optimizers_of_ones_own():
    model = make(generator_optimizer="sgd", discriminator_optimizer=keras.optimizers.Adam(1e-2))
    assert isinstance(model.generator_optimizer, keras.optimizers.SGD)
    model.fit(batches(6), verbose=0)
    assert int(model.generator_optimizer.iterations) == int(model.discriminator_optimizer.iterations) == 1


def test_what_does_not_fit():
    with pytest.raises(ValueError, match="the same image shape"):
        AdversarialModel(networks()[0], DenseDiscriminator())
    with pytest.raises(ValueError, match="not compiled yet"):
        AdversarialModel(*networks()).average  # noqa: B018 - reading it is the test
    with pytest.raises(ValueError, match=r"floats in \[-1, 1\]. Received: dtype=uint8"):
        make().fit(tf.data.Dataset.from_tensor_slices(DATASET.images).batch(6), verbose=0)
    with pytest.raises(ValueError, match="must yield"):
        make(num_classes=5).fit(batches(6), verbose=0)
