"""How fast a GAN learns, beside the loop of TensorFlow's DCGAN tutorial, and in how much memory.

    pytest tests/benchmarks/test_gan_step.py -s

A step is a complete update of both networks at 28x28 pixels with 256 images. The networks have the same architecture;
the tutorial's compute in float32, ours in the precision that a training takes by default on this machine. Both run in
turns in one process; the ratio of the medians is what counts.
"""

import keras
import numpy as np
import tensorflow as tf

from tests.benchmarks.turns import median_seconds, peak_megabytes
from tfstyle.data.image_array import ImageArray
from tfstyle.models.gan.dcgan import ConvDiscriminator, ConvGenerator
from tfstyle.training.gan import GanTrainer
from tfstyle.training.gan_config import gan_preset
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.loop.strategy import fastest_precision

BATCH_SIZE = 256
ROUNDS = 12
MIN_RATIO = 1.5
IMAGES = np.random.default_rng(0).integers(0, 256, (4 * BATCH_SIZE, 28, 28, 1), np.uint8)


def tutorial_step():
    """https://www.tensorflow.org/tutorials/generative/dcgan, its networks, losses and step; a function to call."""
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dense(7 * 7 * 256, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape((7, 7, 256)),
            layers.Conv2DTranspose(128, 5, 1, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(64, 5, 2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(1, 5, 2, padding="same", use_bias=False, activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(64, 5, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Conv2D(128, 5, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    adams = [keras.optimizers.Adam(1e-4) for _ in range(2)]
    for adam, network in zip(adams, (generator, discriminator), strict=True):
        adam.build(network.trainable_variables)

    @tf.function
    def step(images):
        noise = tf.random.normal([BATCH_SIZE, 100])
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            generated = generator(noise, training=True)
            real_output, fake_output = discriminator(images, training=True), discriminator(generated, training=True)
            generator_loss = cross_entropy(tf.ones_like(fake_output), fake_output)
            real_loss = cross_entropy(tf.ones_like(real_output), real_output)
            discriminator_loss = real_loss + cross_entropy(tf.zeros_like(fake_output), fake_output)
        for adam, tape, network, loss in (
            (adams[0], generator_tape, generator, generator_loss),
            (adams[1], discriminator_tape, discriminator, discriminator_loss),
        ):
            gradients = tape.gradient(loss, network.trainable_variables)
            adam.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return generator_loss

    images = tf.constant(IMAGES[:BATCH_SIZE] / 127.5 - 1.0, tf.float32)
    return lambda: step(images).numpy()


def our_step(folder):
    """The trainer's step with the tutorial's recipe; a function to call."""
    config = gan_preset("dcgan_tutorial")
    run = RunDirectory(folder)
    run.start(config)
    precision = fastest_precision()
    networks = ConvGenerator(dtype=precision), ConvDiscriminator(dtype=precision)
    trainer = GanTrainer(*networks, ImageArray(IMAGES), config, run)
    samples = [trainer.load_sample(row) for row in range(BATCH_SIZE)]
    batch = tuple(tf.constant(np.stack(part)) for part in zip(*samples, strict=True))
    return lambda: {name: value.numpy() for name, value in trainer._distributed_step(batch).items()}


def test_images_a_second_beside_the_tutorial(tmp_path):
    steps = {"tutorial, float32": tutorial_step(), f"ours, {fastest_precision()}": our_step(tmp_path / "run")}
    theirs, ours = (BATCH_SIZE / seconds for seconds in median_seconds([*steps.values()], ROUNDS))
    for name, rate in zip(steps, (theirs, ours), strict=True):
        print(f"\n{name}: {rate:.0f} images a second", end="")
    print(f"\nratio {ours / theirs:.2f}")
    assert ours >= MIN_RATIO * theirs


def test_memory_beside_the_tutorial():
    theirs = peak_megabytes(__file__, "['tutorial_step']()")
    ours = peak_megabytes(__file__, "['our_step'](pathlib.Path(folder) / 'run')")
    print(f"\ntutorial {theirs:.0f} MB, ours {ours:.0f} MB")
    assert ours <= theirs
