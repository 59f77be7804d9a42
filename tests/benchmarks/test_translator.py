"""How fast pix2pix learns, beside TensorFlow's tutorial, and in how much memory.

    pytest tests/benchmarks/test_translator.py -s

A step is a complete update of both networks at 256x256 pixels with one image in float32. The networks have the same
architecture; the tutorial's normalize by the batch of one image, ours by the image. Both run in turns in one process;
the ratio of the medians is what counts.
"""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from tests.benchmarks.turns import median_seconds, peak_megabytes
from tfstyle.data.pairs import ImagePairs
from tfstyle.images import save_image
from tfstyle.models.translation.networks import create_translation_networks
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.pix2pix import Pix2PixTrainer
from tfstyle.training.translator_config import translator_preset

SIZE = 256
ROUNDS = 6
MIN_RATIO = 1.2
PAIR = np.random.default_rng(0).integers(0, 256, (SIZE, 2 * SIZE, 3), np.uint8)


def tutorial_networks():
    """The generator and the discriminator of https://www.tensorflow.org/tutorials/generative/pix2pix."""
    layers, start = keras.layers, keras.initializers.RandomNormal(0.0, 0.02)

    def downsample(filters, has_normalization=True):
        parts = [layers.Conv2D(filters, 4, 2, "same", kernel_initializer=start, use_bias=False)]
        parts += [layers.BatchNormalization()] if has_normalization else []
        return keras.Sequential([*parts, layers.LeakyReLU()])

    def upsample(filters, has_dropout=False):
        parts = [
            layers.Conv2DTranspose(filters, 4, 2, "same", kernel_initializer=start, use_bias=False),
            layers.BatchNormalization(),
        ]
        parts += [layers.Dropout(0.5)] if has_dropout else []
        return keras.Sequential([*parts, layers.ReLU()])

    inputs = hidden = keras.Input((SIZE, SIZE, 3))
    skips = []
    for index, filters in enumerate((64, 128, 256, 512, 512, 512, 512, 512)):
        hidden = downsample(filters, index > 0)(hidden)
        skips.append(hidden)
    for index, (filters, skip) in enumerate(zip((512, 512, 512, 512, 256, 128, 64), skips[-2::-1], strict=True)):
        hidden = layers.Concatenate()([upsample(filters, index < 3)(hidden), skip])
    outputs = layers.Conv2DTranspose(3, 4, 2, "same", kernel_initializer=start, activation="tanh")(hidden)
    generator = keras.Model(inputs, outputs)

    condition, image = keras.Input((SIZE, SIZE, 3)), keras.Input((SIZE, SIZE, 3))
    hidden = layers.Concatenate()([condition, image])
    for index, filters in enumerate((64, 128, 256)):
        hidden = downsample(filters, index > 0)(hidden)
    hidden = layers.ZeroPadding2D()(hidden)
    hidden = layers.Conv2D(512, 4, kernel_initializer=start, use_bias=False)(hidden)
    hidden = layers.ZeroPadding2D()(layers.LeakyReLU()(layers.BatchNormalization()(hidden)))
    return generator, keras.Model([condition, image], layers.Conv2D(1, 4, kernel_initializer=start)(hidden))


def tutorial_step():
    """The tutorial's step; a function to call."""
    generator, discriminator = tutorial_networks()
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    adams = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
    for adam, network in zip(adams, (generator, discriminator), strict=True):
        adam.build(network.trainable_variables)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            made = generator(inputs, training=True)
            real_output = discriminator([inputs, targets], training=True)
            fake_output = discriminator([inputs, made], training=True)
            generator_loss = cross_entropy(tf.ones_like(fake_output), fake_output)
            generator_loss += 100 * tf.reduce_mean(tf.abs(targets - made))
            real_loss = cross_entropy(tf.ones_like(real_output), real_output)
            discriminator_loss = real_loss + cross_entropy(tf.zeros_like(fake_output), fake_output)
        for adam, tape, network, loss in (
            (adams[0], generator_tape, generator, generator_loss),
            (adams[1], discriminator_tape, discriminator, discriminator_loss),
        ):
            gradients = tape.gradient(loss, network.trainable_variables)
            adam.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return generator_loss

    halves = [tf.constant(half[None] / 127.5 - 1.0, tf.float32) for half in np.split(PAIR, 2, axis=1)]
    return lambda: step(*halves).numpy()


def our_step(folder):
    """The trainer's step with the paper's networks; a function to call."""
    config = dataclasses.replace(translator_preset("pix2pix"), ema_momentum=0.0)  # the tutorial has no average, either
    save_image(folder / "pairs" / "0.png", PAIR)
    run = RunDirectory(folder / "run")
    run.start(config)
    networks = create_translation_networks("pix2pix", dtype="float32")
    trainer = Pix2PixTrainer(networks, ImagePairs(folder / "pairs"), None, config, run)
    batch = tuple(tf.constant(image[None]) for image in trainer.load_sample(0))
    return lambda: {name: value.numpy() for name, value in trainer._distributed_step(batch).items()}


def test_steps_a_second_beside_the_tutorial(tmp_path):
    steps = {"tutorial": tutorial_step(), "ours": our_step(tmp_path)}
    theirs, ours = median_seconds([*steps.values()], ROUNDS)
    print(f"\ntutorial {theirs:.2f} s, ours {ours:.2f} s, ratio {theirs / ours:.2f}")
    assert theirs >= MIN_RATIO * ours


def test_memory_beside_the_tutorial():
    theirs = peak_megabytes(__file__, "['tutorial_step']()")
    ours = peak_megabytes(__file__, "['our_step'](pathlib.Path(folder))")
    print(f"\ntutorial {theirs:.0f} MB, ours {ours:.0f} MB")
    assert ours <= theirs
