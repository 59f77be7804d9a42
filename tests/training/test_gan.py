"""The training of GANs: one step against a loop written out, resuming, replicas, health."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfstyle
from tfstyle.data.image_array import ImageArray
from tfstyle.data.procedural import SHAPES, procedural_images
from tfstyle.losses.adversarial import adversarial_losses
from tfstyle.models.gan.dcgan import ConvDiscriminator, ConvGenerator
from tfstyle.models.gan.dense_gan import DenseDiscriminator, DenseGenerator
from tfstyle.models.gan.fastgan import FastGANDiscriminator, FastGANGenerator
from tfstyle.saved.registry import export_run
from tfstyle.training.gan import GanTrainer, check_fit, train_gan
from tfstyle.training.gan_config import AUGMENTATIONS, GanConfig
from tfstyle.training.gan_diversity import relative_diversity
from tfstyle.training.gan_step import MAX_AUGMENT_PROBABILITY, Batch, values_of
from tfstyle.training.loop.run_directory import RunDirectory, TrainingError

SHAPE = (8, 8, 3)
DATASET = procedural_images(50, 8)
SMALL = {"num_steps": 4, "batch_size": 6, "log_every": 1, "sample_every": 100, "checkpoint_every": 2, "num_samples": 10}


def networks(num_classes=0, dropout=0.0, **kwargs):
    keras.utils.set_random_seed(1)
    generator = DenseGenerator(SHAPE, 5, (12, 16), num_classes, 3, **kwargs)
    return generator, DenseDiscriminator(SHAPE, (16, 12), num_classes, dropout=dropout, **kwargs)


def make(folder, config=None, pair=None, resume=False, dataset=DATASET, strategy=None, **kwargs):
    config = config or GanConfig(**{**SMALL, **kwargs})
    run = RunDirectory(folder)
    run.start(config, resume=resume)
    return GanTrainer(*(pair or networks()), dataset, config, run, strategy)


def arguments(trainer, step=0):
    """What the pipeline would feed to a step."""
    size = trainer.config.batch_size
    samples = [trainer.load_sample(step * size + row) for row in range(size)]
    indices, rows = (np.stack(parts) for parts in zip(*samples, strict=True))
    return tf.constant(step, tf.int64), tf.constant(indices), tf.constant(rows)


def first_batch(trainer):
    """The first batch, and its real images."""
    _, indices, rows = arguments(trainer)
    images, _ = trainer.real_batch(indices[:, 0])
    return Batch(tf.constant(0, tf.int64), rows, trainer.config.batch_size), images


def latents_of(trainer, step, rows):
    return trainer.adversarial.latents(Batch(step, rows, trainer.config.batch_size))


def weights(network):
    return [variable.numpy() for variable in network.trainable_variables]


def moved(before, network):
    return [bool(np.any(one != other)) for one, other in zip(before, weights(network), strict=True)]


# One step


@pytest.mark.parametrize("loss", adversarial_losses)
def test_a_step_with_every_loss(tmp_path, loss):
    trainer = make(tmp_path / "run", loss=loss, gradient_penalty_weight=10.0 if loss == "wasserstein" else 0.0)
    generator, discriminator = weights(trainer.generator), weights(trainer.discriminator)
    losses = trainer.train_step(*arguments(trainer))
    assert all(np.isfinite(value) for value in losses.values())
    assert {"generator_loss", "discriminator_loss", "r1", "r2", "accuracy", "diversity"} <= losses.keys()
    assert all(moved(generator, trainer.generator))
    # The real and the made images' shares of the last bias's gradient cancel for losses of differences.
    assert all(moved(discriminator, trainer.discriminator)[:-1])


def test_each_update_moves_its_own_network_alone(tmp_path):
    trainer = make(tmp_path / "run", loss="least_squares")
    batch, real = first_batch(trainer)
    adversarial = trainer.adversarial
    with tf.GradientTape() as tape:
        fake = trainer.generator(adversarial.latents(batch), training=True)
    generator, discriminator = weights(trainer.generator), weights(trainer.discriminator)
    adversarial.update_discriminator(batch, real, fake, None)
    assert not any(moved(generator, trainer.generator)) and all(moved(discriminator, trainer.discriminator))
    discriminator = weights(trainer.discriminator)
    _, by_images = adversarial.generator_gradient(batch, real, fake, None)
    adversarial.update_generator(tape, fake, by_images)
    assert all(moved(generator, trainer.generator)) and not any(moved(discriminator, trainer.discriminator))


def test_three_steps_against_the_loop_written_out(tmp_path):
    """The recommended recipe as its paper has it: relativistic, R1 and R2, one update of each network a step."""
    trainer = make(tmp_path / "run", r1_weight=0.3, r2_weight=0.7)
    generator, discriminator = networks()
    adams = [keras.optimizers.Adam(2e-4, 0.0, 0.99, epsilon=1e-8) for _ in range(2)]
    for step in range(3):
        number, indices, rows = arguments(trainer, step)
        real = tf.constant(DATASET.images[indices[:, 0]] / 127.5 - 1.0, tf.float32)
        latents = latents_of(trainer, number, rows)
        with tf.GradientTape() as outer:
            fake = tf.stop_gradient(generator(latents, training=True))
            with tf.GradientTape(persistent=True) as inner:
                inner.watch([real, fake])
                real_logits, fake_logits = discriminator(real, training=True), discriminator(fake, training=True)
            r1, r2 = (
                tf.reduce_mean(tf.reduce_sum(inner.gradient(logits, images) ** 2, axis=(1, 2, 3)))
                for logits, images in ((real_logits, real), (fake_logits, fake))
            )
            adversarial = tf.reduce_mean(tf.math.log(1 + tf.exp(fake_logits - real_logits)))
            loss = adversarial + 0.3 / 2 * r1 + 0.7 / 2 * r2
        variables = discriminator.trainable_variables
        # By the last bias the difference of logits has no gradient: none moves it.
        gradients = outer.gradient(loss, [v.value for v in variables], unconnected_gradients="zero")
        adams[0].apply(gradients, variables)
        # The first pass of the generator has moved its moving statistics; the trainer makes one pass a step.
        state = [variable.numpy() for variable in generator.non_trainable_variables]
        with tf.GradientTape() as tape:
            fake_logits = discriminator(generator(latents, training=True), training=True)
            loss = tf.reduce_mean(tf.math.log(1 + tf.exp(discriminator(real, training=True) - fake_logits)))
        variables = generator.trainable_variables
        adams[1].apply(tape.gradient(loss, [v.value for v in variables]), variables)
        for variable, value in zip(generator.non_trainable_variables, state, strict=True):
            variable.assign(value)
        losses = trainer.train_step(number, indices, rows)
        np.testing.assert_allclose(losses["discriminator_loss"], adversarial, rtol=1e-4)
        np.testing.assert_allclose(losses["generator_loss"], loss, rtol=1e-4)
        np.testing.assert_allclose(losses["r1"], r1 / 2, rtol=1e-3)
        np.testing.assert_allclose(losses["r2"], r2 / 2, rtol=1e-3)
    for ours, theirs in ((trainer.generator, generator), (trainer.discriminator, discriminator)):
        for one, other in zip(ours.variables, theirs.variables, strict=True):
            # The last bias has no gradient but rounding errors, which Adam scales to steps of its rate.
            atol = 1e-3 if one.path.endswith("logit/linear/bias") else 2e-5
            np.testing.assert_allclose(one, other, atol=atol, err_msg=one.path)


def test_three_simultaneous_steps_against_the_tutorials_loop(tmp_path):
    """Both gradients at the same weights, with one pass of the discriminator over the made images."""
    trainer = make(tmp_path / "run", loss="non_saturating", r1_weight=0.0, r2_weight=0.0, simultaneous=True)
    generator, discriminator = networks()
    adams = [keras.optimizers.Adam(2e-4, 0.0, 0.99, epsilon=1e-8) for _ in range(2)]
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    for step in range(3):
        number, indices, rows = arguments(trainer, step)
        real = tf.constant(DATASET.images[indices[:, 0]] / 127.5 - 1.0, tf.float32)
        with tf.GradientTape(persistent=True) as tape:
            fake_logits = discriminator(generator(latents_of(trainer, number, rows), training=True), training=True)
            real_logits = discriminator(real, training=True)
            ones, zeros = tf.ones_like(fake_logits), tf.zeros_like(fake_logits)
            generator_loss = cross_entropy(ones, fake_logits)
            discriminator_loss = cross_entropy(ones, real_logits) + cross_entropy(zeros, fake_logits)
        pairs = [(discriminator, discriminator_loss), (generator, generator_loss)]
        gradients = [tape.gradient(loss, [v.value for v in network.trainable_variables]) for network, loss in pairs]
        for adam, (network, _), values in zip(adams, pairs, gradients, strict=True):
            adam.apply(values, network.trainable_variables)
        losses = trainer.train_step(number, indices, rows)
        np.testing.assert_allclose(losses["discriminator_loss"], discriminator_loss, rtol=1e-4)
        np.testing.assert_allclose(losses["generator_loss"], generator_loss, rtol=1e-4)
    for ours, theirs in ((trainer.generator, generator), (trainer.discriminator, discriminator)):
        for one, other in zip(ours.variables, theirs.variables, strict=True):
            np.testing.assert_allclose(one, other, atol=2e-5, err_msg=one.path)


def discriminator_gradients(trainer, batch):
    """What an update of the discriminator hands to its optimizer, for the same images each time."""
    first, real = first_batch(trainer)
    given = []
    adversarial = trainer.adversarial
    adversarial.discriminator_optimizer.apply = lambda gradients, variables: given.extend(gradients)
    number = tf.constant(batch, tf.int64)
    losses, _ = adversarial.update_discriminator(first._replace(number=number), real, -0.5 * real, None)
    return given, losses


def test_penalties_now_and_then_count_for_all_batches(tmp_path):
    lazy = make(tmp_path / "lazy", r1_weight=5.0, r2_weight=0.0, penalty_every=2, loss="hinge")
    always = make(tmp_path / "always", r1_weight=10.0, r2_weight=0.0, loss="hinge")
    never = make(tmp_path / "never", r1_weight=0.0, r2_weight=0.0, loss="hinge")
    without, _ = discriminator_gradients(never, 0)
    for batch, other in ((0, never), (1, always), (2, never)):
        gradients, losses = discriminator_gradients(lazy, batch)
        expected, _ = discriminator_gradients(other, batch)
        for one, two in zip(gradients, expected, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-6)
        assert (losses["r1"] > 0) == (other is always)
        assert np.allclose(gradients[0], without[0], rtol=1e-3) == (other is never)


def test_progress_lines_have_penalties_only_of_steps_that_computed_them(tmp_path):
    trainer = make(tmp_path / "run", r1_weight=5.0, penalty_every=2, log_every=1, num_steps=4)
    trainer.fit()
    lines = [json.loads(line) for line in (tmp_path / "run" / "losses.jsonl").read_text().splitlines()]
    assert ["r1" in line for line in lines] == [False, True, False, True]
    assert all(line.get("r1", 1) > 0 for line in lines)


def test_several_discriminator_steps_see_images_of_their_own(tmp_path):
    trainer = make(tmp_path / "run", discriminator_steps=3, dataset=procedural_images(36, 8))
    seen = []
    for step in range(2):
        _, indices, _ = arguments(trainer, step)
        assert indices.shape == (6, 3)
        seen += indices.numpy().ravel().tolist()
        trainer.train_step(*arguments(trainer, step))
    assert sorted(seen) == list(range(36))  # two steps of three batches of six: an epoch
    assert int(trainer.adversarial.discriminator_optimizer.iterations) == 6
    assert int(trainer.adversarial.generator_optimizer.iterations) == 2


def test_labels_go_with_their_images(tmp_path):
    trainer = make(tmp_path / "run", pair=networks(5))
    _, indices, _ = arguments(trainer)
    images, labels = trainer.real_batch(indices[:, 0])
    np.testing.assert_array_equal(labels, DATASET.labels[indices[:, 0]])
    np.testing.assert_allclose(images, DATASET.images[indices[:, 0]] / 127.5 - 1, atol=1e-6)
    trainer.train_step(*arguments(trainer))


def test_flips_mirror_about_half(tmp_path):
    trainer = make(tmp_path / "run", flip=True, dataset=procedural_images(6, 8))
    mirrored = 0
    for step in range(20):
        _, indices, rows = arguments(trainer, step)
        images, _ = trainer.real_batch(indices[:, 0])
        images = trainer.adversarial.mirrored(images, Batch(tf.constant(step, tf.int64), rows, 6))
        originals = trainer.images.numpy()[indices[:, 0]] / 127.5 - 1
        for image, original in zip(images.numpy(), originals, strict=True):
            is_mirrored = np.allclose(image, original[:, ::-1], atol=1e-6)
            assert is_mirrored or np.allclose(image, original, atol=1e-6)
            mirrored += is_mirrored
    assert 40 < mirrored < 80


def test_clip_norm_bounds_the_gradient(tmp_path):
    trainer = make(tmp_path / "run", clip_norm=0.5)
    gradients = [tf.constant([3.0, 0.0]), tf.constant([[4.0]])]
    adversarial = trainer.adversarial
    shortened = adversarial.shortened(gradients, adversarial.generator_optimizer)
    np.testing.assert_allclose(tf.linalg.global_norm(shortened), 0.5, rtol=1e-6)
    np.testing.assert_allclose(shortened[0], [0.3, 0.0], rtol=1e-6)
    small = adversarial.shortened([gradient / 100 for gradient in gradients], adversarial.generator_optimizer)
    np.testing.assert_allclose(small[0], [0.03, 0.0], rtol=1e-6)
    trainer.train_step(*arguments(trainer))


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_takes_about_the_same_step(tmp_path, precision):
    full, mixed = make(tmp_path / "full"), make(tmp_path / "mixed", pair=networks(dtype=precision))
    expected, losses = full.train_step(*arguments(full)), mixed.train_step(*arguments(mixed))
    for name in ("generator_loss", "discriminator_loss", "r1", "r2"):
        np.testing.assert_allclose(losses[name], expected[name], rtol=0.05, atol=1e-3)
    scaled = isinstance(mixed.adversarial.generator_optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == (precision == "mixed_float16")


def test_warm_up_raises_the_learning_rate(tmp_path):
    trainer = make(tmp_path / "run", warmup_steps=4, learning_rate=0.4)
    assert [round(float(trainer.adversarial.generator_optimizer.learning_rate), 6)] == [0.0]
    for _ in range(5):
        trainer.adversarial.generator_optimizer.iterations.assign_add(1)
    np.testing.assert_allclose(float(trainer.adversarial.generator_optimizer.learning_rate), 0.4)


def test_the_augmentation_follows_how_sure_the_discriminator_is(tmp_path):
    trainer = make(tmp_path / "run", augment=("color",), augment_probability=0.2, augment_images=60)
    adversarial = trainer.adversarial
    for accuracy, expected in ((0.9, 0.3), (0.75, 0.2), (0.5, 0.1), (0.5, 0.0), (0.5, 0.0)):
        adversarial.adapt_augmentation(tf.constant(accuracy), trainer.config.batch_size)
        np.testing.assert_allclose(adversarial.augment_probability.numpy(), expected, atol=1e-6)
    for _ in range(20):
        adversarial.adapt_augmentation(tf.constant(1.0), trainer.config.batch_size)
    np.testing.assert_allclose(adversarial.augment_probability.numpy(), MAX_AUGMENT_PROBABILITY)


def test_the_discriminator_sees_real_and_made_images_augmented(tmp_path, monkeypatch):
    trainer = make(tmp_path / "run", augment=AUGMENTATIONS, augment_probability=0.5, adaptive_augment=False)
    seen, judge = [], trainer.discriminator.call

    def call(images, labels=None, training=False):
        seen.append(np.array(images))
        return judge(images, labels, training)

    monkeypatch.setattr(trainer.discriminator, "call", call)
    _, real = first_batch(trainer)
    trainer.train_step(*arguments(trainer))
    real_seen, fake_seen, real_again, fake_again = seen
    assert np.mean(np.any(real_seen != real, axis=(1, 2, 3))) > 0.4
    np.testing.assert_array_equal(real_seen, real_again)
    assert np.any(fake_seen != fake_again)  # the generator is judged by other changes than the discriminator learned by


# The whole training

RESUMED = {
    **SMALL,
    "num_steps": 7,
    "augment": AUGMENTATIONS,
    "augment_probability": 0.3,
    "augment_images": 200,
    "flip": True,
    "discriminator_steps": 2,
    "r2_weight": 0.0,
    "seed": 5,
}


class Killed(Exception):
    pass


def state(trainer):
    items = [value for item in trainer.checkpoint_items().values()
             for value in (item.variables if hasattr(item, "variables") else item)]  # fmt: skip
    return [item.numpy() for item in items]


def test_killed_and_resumed_is_bit_for_bit_the_uninterrupted_training(tmp_path):
    """With dropout, classes, flips and augmentation that adapts, killed within an epoch and between checkpoints."""
    config = GanConfig(**RESUMED)
    whole = make(tmp_path / "whole", config, networks(5, dropout=0.3))
    whole.fit()
    first = make(tmp_path / "run", config, networks(5, dropout=0.3))
    look = first._check_finite

    def die(losses, checkpoints):
        look(losses, checkpoints)
        if int(first.step.numpy()) == 5:
            raise Killed

    first._check_finite = die
    with pytest.raises(Killed):
        first.fit()
    assert first.run_directory.latest_checkpoint().endswith("ckpt-4")
    keras.utils.set_random_seed(77)  # another process begins with other weights
    pair = DenseGenerator(SHAPE, 5, (12, 16), 5, 3), DenseDiscriminator(SHAPE, (16, 12), 5, dropout=0.3)
    second = make(tmp_path / "run", config, pair, resume=True)
    second.fit()
    for one, other in zip(state(second), state(whole), strict=True):
        np.testing.assert_array_equal(one, other)
    assert float(whole.adversarial.augment_probability.numpy()) != 0.3


def read_losses(folder):
    return [json.loads(line) for line in (folder / "losses.jsonl").read_text().splitlines()]


def assert_same_losses(one, other):
    assert len(one) == len(other) == CONV.num_steps
    for first, second in zip(one, other, strict=True):
        for name in ("generator_loss", "discriminator_loss", "r1", "r2", "augment_probability"):
            np.testing.assert_allclose(first[name], second[name], rtol=2e-3, atol=1e-5, err_msg=name)


CONV = GanConfig(**SMALL, augment=AUGMENTATIONS, augment_probability=0.4, clip_norm=1.0, flip=True, learning_rate=1e-3)


def convolutional():
    keras.utils.set_random_seed(3)
    return ConvGenerator(16, 3, 6, (8, 6), 5), ConvDiscriminator(
        16, 3, (6, 8), 5, normalization="spectral", dropout=0.0
    )


def test_two_logical_devices_compute_the_same_losses(tmp_path, mirrored_strategy):
    dataset = procedural_images(50, 16)
    make(tmp_path / "one", CONV, convolutional(), dataset=dataset).fit()
    with mirrored_strategy.scope():
        pair = convolutional()
    make(tmp_path / "two", CONV, pair, dataset=dataset, strategy=mirrored_strategy).fit()
    assert_same_losses(read_losses(tmp_path / "one"), read_losses(tmp_path / "two"))


# Self-supervision


def fastgan():
    keras.utils.set_random_seed(3)
    generator = FastGANGenerator(32, latent_dim=6, filters=(8, 6, 4, 4), num_classes=5)
    return generator, FastGANDiscriminator(32, filters=(4, 8), num_classes=5, decoder_filters=4)


FASTGAN = GanConfig(**{**SMALL, "num_steps": 2}, loss="hinge", r1_weight=0.0, r2_weight=0.0, reconstruction_weight=3.0)


def test_a_self_supervised_discriminator_learns_from_all_its_terms(tmp_path):
    """The gradients that the optimizer gets, against the terms written out: only real images are reconstructed."""
    trainer = make(tmp_path / "run", FASTGAN, fastgan(), dataset=procedural_images(20, 32))
    discriminator, adversarial = trainer.discriminator, trainer.adversarial
    _, indices, _ = arguments(trainer)
    batch, _ = first_batch(trainer)
    real, labels = trainer.real_batch(indices[:, 0])
    quadrants = adversarial.quadrants(batch)
    assert set(quadrants.numpy()) <= {0, 1, 2, 3} and len(set(quadrants.numpy())) > 1
    given = []
    adversarial.discriminator_optimizer.apply = lambda gradients, variables: given.extend(gradients)
    losses, _ = adversarial.update_discriminator(batch, real, -real, labels)
    with tf.GradientTape() as tape:
        logits, reconstructions, targets = discriminator(real, labels, quadrants, training=True)
        reconstruction = tf.reduce_mean(tf.abs(reconstructions - targets))
        hinge = tf.nn.relu(1 - logits) + tf.nn.relu(1 + discriminator(-real, labels, training=True))
        loss = tf.reduce_mean(hinge) + 3.0 * reconstruction
    np.testing.assert_allclose(losses["reconstruction"], reconstruction, rtol=1e-5)
    expected = tape.gradient(loss, values_of(discriminator))
    for one, other, variable in zip(given, expected, discriminator.trainable_variables, strict=True):
        np.testing.assert_allclose(
            tf.convert_to_tensor(one), tf.convert_to_tensor(other), rtol=1e-3, atol=1e-6, err_msg=variable.path
        )
        # The shares of real and made images in the gradient of the last bias cancel.
        assert np.any(tf.convert_to_tensor(one)) or variable.path.endswith("logit/linear/bias"), variable.path
    assert "reconstruction" in adversarial.loss_names


def test_replicas_reconstruct_the_quarters_of_the_whole_batch(tmp_path):
    trainer = make(tmp_path / "run", FASTGAN, fastgan(), dataset=procedural_images(20, 32))
    batch, _ = first_batch(trainer)
    whole = trainer.adversarial.quadrants(batch)
    halves = [trainer.adversarial.quadrants(batch._replace(rows=rows)) for rows in tf.split(batch.rows, 2)]
    np.testing.assert_array_equal(np.concatenate(halves), whole)


WORKER = """
import sys, pathlib
sys.path.insert(0, {tests!r})
import tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()  # before anything else of TensorFlow
import test_gan
with strategy.scope():
    pair = test_gan.convolutional()
dataset = test_gan.procedural_images(50, 16)
trainer = test_gan.make(pathlib.Path({folder!r}), test_gan.CONV, pair, dataset=dataset, strategy=strategy)
trainer.fit()
"""


@pytest.mark.slow
def test_two_workers_on_localhost_compute_the_same_losses(tmp_path):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("localhost", 0))) for _ in range(2)]
        cluster = {"worker": [f"localhost:{free.getsockname()[1]}" for free in sockets]}
    workers = []
    for index in range(2):
        environment = {
            **os.environ,
            "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
            "PYTHONPATH": str(Path(tfstyle.__file__).parent.parent),
            "CUDA_VISIBLE_DEVICES": "",
        }
        code = WORKER.format(tests=str(Path(__file__).parent), folder=str(tmp_path / f"worker_{index}"))
        workers.append(
            subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True)
        )
    make(tmp_path / "one", CONV, convolutional(), dataset=procedural_images(50, 16)).fit()
    for worker in workers:
        _, errors = worker.communicate(timeout=300)
        assert worker.returncode == 0, errors
    for index in range(2):
        assert_same_losses(read_losses(tmp_path / "one"), read_losses(tmp_path / f"worker_{index}"))


def test_train_gan_leaves_the_average_in_the_generator_and_a_film(tmp_path):
    config = GanConfig(**{**SMALL, "sample_every": 2})
    run = RunDirectory(tmp_path / "run")
    run.start(config)
    generator, discriminator = networks(5)
    before = weights(generator)
    losses = train_gan(generator, discriminator, DATASET, config, run)
    assert all(np.isfinite(list(losses.values())))
    reader = tf.train.load_checkpoint(run.latest_checkpoint())
    stored = [reader.get_tensor(key) for key in reader.get_variable_to_shape_map() if key.startswith("average")]
    for value in weights(generator):
        assert any(value.shape == other.shape and np.array_equal(value, other) for other in stored)
    assert any(moved(before, generator))
    film = Image.open(tmp_path / "run" / "film.gif")
    assert film.n_frames == 3
    with Image.open(tmp_path / "run" / "samples" / "0000004.png") as sample:
        assert sample.size == (5 * 8 + 4 * 2, 2 * 8 + 2)  # a column a class
    described = run.read_model()
    assert described["config"]["generator"]["class"] == "DenseGenerator"
    assert DenseGenerator.from_config(described["config"]["generator"]["config"]).image_shape == SHAPE


def test_train_gan_without_a_run_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    losses = train_gan(*networks(), DATASET, GanConfig(**SMALL))
    assert losses["step"] if "step" in losses else np.isfinite(losses["generator_loss"])
    assert not list(tmp_path.iterdir())


def test_stop_at_a_target_measure(tmp_path):
    config = GanConfig(**{**SMALL, "num_steps": 50, "measure_every": 2, "stop_at": 0.5})
    run = RunDirectory(tmp_path / "run")
    run.start(config)
    values, shapes = iter([3.0, 1.0, 0.4]), []

    def measure(generate):
        shapes.append(generate(9).shape)
        return next(values)

    losses = train_gan(*networks(), DATASET, config, run, measure=measure)
    assert losses["measure"] == 0.4
    assert shapes == [(9, *SHAPE)] * 3
    assert run.latest_checkpoint().endswith("ckpt-6")
    assert [line["measure"] for line in read_losses(tmp_path / "run") if "measure" in line] == [3.0, 1.0, 0.4]


def test_generated_images_depend_on_the_seed_alone(tmp_path):
    trainer = make(tmp_path / "run", pair=networks(5))
    images = trainer.generate(70)
    assert images.shape == (70, *SHAPE) and images.min() >= 0 and images.max() <= 1
    np.testing.assert_allclose(trainer.generate(10), images[:10], atol=1e-6)
    assert np.any(trainer.generate(10, seed=1) != images[:10])


# Health


def found_in(caplog):
    return [record.getMessage().partition(":")[0] for record in caplog.records if "Try" in record.getMessage()]


def test_a_collapsed_training_is_named(tmp_path, caplog):
    """A generator that runs ahead of a discriminator that hardly learns: it makes the one image that it likes best."""
    settings = {**SMALL, "num_steps": 120, "batch_size": 16, "log_every": 10, "checkpoint_every": 120}
    config = GanConfig(
        **settings, loss="minimax", r1_weight=0.0, r2_weight=0.0, learning_rate=0.05, discriminator_learning_rate=1e-5
    )
    make(tmp_path / "run", config).fit()
    assert "collapse" in found_in(caplog)


def test_nothing_is_found_in_single_images(tmp_path, caplog):
    trainer = make(tmp_path / "run", batch_size=1, num_steps=12, log_every=1, checkpoint_every=12)
    losses = trainer.fit()
    assert "diversity" not in losses and {"accuracy", "generator_loss"} <= losses.keys()
    assert found_in(caplog) == []
    assert "The health of the training cannot be monitored with one image" in caplog.text
    images = np.random.default_rng(0).normal(size=(1, 4, 4, 1))
    assert relative_diversity(images, np.zeros_like(images)) == 1.0


def test_a_healthy_training_is_not(tmp_path, caplog):
    settings = {**SMALL, "num_steps": 240, "batch_size": 16, "log_every": 20, "checkpoint_every": 240}
    config = GanConfig(**settings, learning_rate=2e-3, discriminator_learning_rate=2e-3)
    trainer = make(tmp_path / "run", config)
    trainer.fit()
    assert found_in(caplog) == []


def test_relative_diversity_against_loops():
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(9, 4, 4, 1)), random.normal(size=(9, 4, 4, 1)) * 0.5

    def nearest(images):
        return np.mean([
            min(np.linalg.norm(a - b) for j, b in enumerate(images) if j != i) for i, a in enumerate(images)
        ])  # fmt: skip

    np.testing.assert_allclose(relative_diversity(real, fake), nearest(fake) / nearest(real), rtol=1e-4)
    copies = np.repeat(real[:1], 9, axis=0)
    assert relative_diversity(real, copies) < 1e-2
    for twice in (copies, np.concatenate([real, real])):  # a batch of more images than there are
        assert relative_diversity(twice, fake) == 1.0
    assert relative_diversity(np.zeros_like(real), np.zeros_like(real)) == 0.0


# What does not fit


def test_networks_images_and_settings_must_fit():
    generator, discriminator = networks()
    config = GanConfig()
    with pytest.raises(ValueError, match=r"the same image shape. Received: \(8, 8, 3\) and \(28, 28, 1\)"):
        check_fit(generator, DenseDiscriminator(), DATASET, config)
    with pytest.raises(ValueError, match=r"the same image shape. Received: \(8, 8, 3\), \(8, 8, 3\) and \(16, 16, 3\)"):
        check_fit(generator, discriminator, procedural_images(4, 16), config)
    with pytest.raises(ValueError, match="num_classes=0 and 5"):
        check_fit(generator, networks(5)[1], DATASET, config)
    with pytest.raises(ValueError, match="num_classes=5, the dataset 0"):
        check_fit(*networks(5), ImageArray(DATASET.images), config)
    with pytest.raises(ValueError, match="losses least_squares, minimax, non_saturating. .*loss='hinge'"):
        check_fit(generator, discriminator, DATASET, GanConfig(loss="hinge", real_label=0.9))
    mixing = ConvDiscriminator(16, 3, (4, 4), normalization="batch")
    with pytest.raises(ValueError, match="exclude each other"):
        check_fit(ConvGenerator(16, 3, 4, (4, 4)), mixing, procedural_images(4, 16), config)


def test_another_network_cannot_resume(tmp_path):
    make(tmp_path / "run")
    with pytest.raises(TrainingError, match="another network"):
        make(tmp_path / "run", pair=networks(5), resume=True)


def test_batch_normalization_in_the_discriminator_sees_real_and_made_images_apart(tmp_path):
    keras.utils.set_random_seed(0)
    pair = ConvGenerator(16, 3, 4, (4, 4)), ConvDiscriminator(16, 3, (4, 4), normalization="batch", dropout=0.0)
    trainer = make(tmp_path / "run", pair=pair, loss="hinge", r1_weight=0.0, r2_weight=0.0,
                   dataset=procedural_images(20, 16))  # fmt: skip
    batch, real = first_batch(trainer)
    fake = tf.zeros_like(real)
    real_logits, *_ = trainer.adversarial.logits_and_penalties(batch, real, fake, None, False)
    np.testing.assert_allclose(real_logits, trainer.discriminator(real, training=True), rtol=1e-4, atol=1e-5)
    assert values_of(trainer.discriminator)


def test_the_names_of_the_classes_reach_the_export(tmp_path):
    run = RunDirectory(tmp_path / "run")
    config = GanConfig(**{**SMALL, "num_steps": 1})
    run.start(config)
    train_gan(*networks(5), DATASET, config, run)
    assert run.read_model()["class_names"] == list(SHAPES)
    export_run(run.path, tmp_path / "exported")
    assert tfstyle.load(tmp_path / "exported").class_names == SHAPES

    # A run of an earlier version, which did not keep the names here, is exported and goes on.
    description = run.read_model()
    del description["class_names"]
    (run.path / "model.json").write_text(json.dumps(description))
    export_run(run.path, tmp_path / "older")
    assert tfstyle.load(tmp_path / "older").class_names == ("0", "1", "2", "3", "4")
    make(run.path, config, networks(5), resume=True)
    assert run.read_model()["class_names"] == list(SHAPES)
    other = ImageArray(DATASET.images, DATASET.labels, "abcde")
    with pytest.raises(TrainingError, match="or with other styles or classes"):
        make(run.path, config, networks(5), resume=True, dataset=other)
