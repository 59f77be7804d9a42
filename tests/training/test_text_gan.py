"""The training of a text-conditional GAN: one step, resuming, and what does not fit."""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.data.captioned_images import CaptionedImages
from tfstyle.data.drawn_scenes import DrawnScenes
from tfstyle.losses.adversarial import adversarial_losses
from tfstyle.losses.captions import caption_loss
from tfstyle.losses.diversity import mode_seeking_loss
from tfstyle.models.gan.text_gan import create_text_networks
from tfstyle.training.gan_step import LATENTS, OTHER_LATENTS, Batch
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.text_gan import TextGanTrainer, train_text_gan
from tfstyle.training.text_gan_config import TextGanConfig

SCENES = DrawnScenes(16)
SMALL = {"num_steps": 4, "batch_size": 4, "log_every": 1, "sample_every": 100, "checkpoint_every": 2, "num_samples": 2}


def networks(seed=1, dataset=SCENES):
    keras.utils.set_random_seed(seed)
    return create_text_networks(
        dataset.vocabulary.words,
        dataset.num_words,
        dataset.image_shape[0],
        {"filters": (6, 5, 4), "latent_dim": 3, "units": 8, "text_dim": 6},
        {"filters": (4, 6), "units": 8, "text_dim": 6},
    )


def make(folder, resume=False, seed=1, **kwargs):
    config = TextGanConfig(**{**SMALL, **kwargs})
    run = RunDirectory(folder)
    run.start(config, resume=resume)
    return TextGanTrainer(*networks(seed), SCENES, config, run)


def first_batch(trainer):
    samples = [trainer.load_sample(row) for row in range(trainer.config.batch_size)]
    return [tf.constant(np.stack(parts)) for parts in zip(*samples, strict=True)]


def weights(network):
    return [variable.numpy() for variable in network.trainable_variables]


@pytest.mark.parametrize("loss", ["non_saturating", "relativistic"])
def test_the_losses_of_a_step(tmp_path, loss):
    """Against the networks' own outputs: what is real and right, beside what has a wrong caption or is generated."""
    trainer = make(tmp_path / "run", loss=loss, r1_weight=0.0, learning_rate=1e-12, discriminator_learning_rate=1e-12)
    images, right, wrong, rows = first_batch(trainer)
    generator, discriminator = trainer.generator, trainer.discriminator
    latents = np.random.default_rng(0).standard_normal((4, 3), np.float32)
    trainer.adversarial.latents = lambda batch: tf.constant(latents)
    real = np.float32(images[:, 0]) / 127.5 - 1.0
    fake = generator(latents, right[:, 0], training=True)
    patches, matches, reads = discriminator(real, right[:, 0])
    _, mismatches, _ = discriminator(real, wrong[:, 0])
    fake_patches, fake_matches, fake_reads = discriminator(fake, right[:, 0])
    losses = trainer.train_step(tf.constant(0, tf.int64), images, right, wrong, rows)
    pair = adversarial_losses[loss]
    sides = [(matches, mismatches), (matches, fake_matches), (patches, fake_patches)]
    expected = {
        "discriminator_loss": np.mean([pair.discriminator(*side) for side in sides]),
        "generator_loss": np.mean([pair.generator(*side) for side in sides[1:]])
        + 2.0 * caption_loss(fake_reads, right[:, 0]),
        "caption_loss": caption_loss(reads, right[:, 0]),
        "accuracy": np.mean([np.mean(one.numpy() > other.numpy()) for one, other in sides]),
    }
    for name, value in expected.items():
        assert float(losses[name]) == pytest.approx(float(value), rel=1e-4, abs=1e-5), name
    assert losses.keys() == {*trainer.adversarial.loss_names, "diversity"}


def test_mode_seeking_alone_makes_images_of_a_caption_differ(tmp_path):
    trainer = make(tmp_path / "run", mode_seeking_weight=2.0, caption_weight=0.0, r1_weight=0.0, learning_rate=1e-2)
    step, generator = trainer.adversarial, trainer.generator
    step.generator_loss = lambda real, fake: 0.0 * tf.reduce_sum(fake)
    images, right, wrong, rows = first_batch(trainer)
    latents = [step.latents(Batch(0, rows, 4), purpose) for purpose in (LATENTS, OTHER_LATENTS)]
    assert np.abs(latents[0] - latents[1]).min() > 0

    def loss():
        pair = [generator(one, right[:, 0], training=True) for one in latents]
        return 2.0 * float(mode_seeking_loss(*pair, *latents))

    before = loss()
    logged = trainer.train_step(tf.constant(0, tf.int64), images, right, wrong, rows)["generator_loss"]
    assert float(logged) == pytest.approx(before, rel=1e-4)
    for _ in range(2):
        trainer.train_step(tf.constant(0, tf.int64), images, right, wrong, rows)
    assert loss() < 0.95 * before


def test_a_step_moves_every_weight_of_both_networks(tmp_path):
    trainer = make(tmp_path / "run", penalty_every=2)
    before = [weights(trainer.generator), weights(trainer.discriminator)]
    losses = trainer.train_step(tf.constant(1, tf.int64), *first_batch(trainer))
    assert float(losses["r1"]) > 0
    for network, old in zip((trainer.generator, trainer.discriminator), before, strict=True):
        for variable, value in zip(network.trainable_variables, old, strict=True):
            assert np.any(variable.numpy() != value), variable.path
    assert float(trainer.train_step(tf.constant(2, tf.int64), *first_batch(trainer))["r1"]) == 0


def test_the_weight_of_captions_is_not_multiplied_by_that_of_penalties(tmp_path):
    trainer = make(tmp_path / "run", penalty_every=8, r1_weight=0.5)
    penalties = {"r1": tf.constant(2.0), "caption_loss": tf.constant(10.0)}
    assert 8 * float(trainer.adversarial.weighted(penalties)) == pytest.approx(8 * 0.5 * 2.0 + 2.0 * 10.0)


def test_resumed_is_bit_for_bit_the_uninterrupted_training(tmp_path):
    """Another process, whose networks begin with other weights, goes on from the checkpoint of step 2."""
    whole, run = tmp_path / "whole" / "checkpoints", tmp_path / "run" / "checkpoints"
    make(whole.parent).fit()
    shutil.copytree(whole.parent, run.parent)
    for file in run.glob("ckpt-4.*"):
        file.unlink()
    (run / "checkpoint").write_text('model_checkpoint_path: "ckpt-2"\nall_model_checkpoint_paths: "ckpt-2"\n')
    make(run.parent, resume=True, seed=7).fit()
    names = [name for name, _ in tf.train.list_variables(str(whole / "ckpt-4")) if name.endswith("VARIABLE_VALUE")]
    assert len(names) > 100
    for name in names:
        one, other = (tf.train.load_variable(str(folder / "ckpt-4"), name) for folder in (whole, run))
        np.testing.assert_array_equal(one, other, name)


def test_images_in_memory(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), np.uint8)
    dataset = CaptionedImages(images, ["a boot", "a hat", "two hats"] * 2)
    generator, discriminator = networks(dataset=dataset)
    losses = train_text_gan(generator, discriminator, dataset, TextGanConfig(**{**SMALL, "num_steps": 1}))
    assert np.isfinite(list(losses.values())).all()
    with pytest.raises(ValueError, match="the same words. Received: 5, 5 and 28 words; captions of up to 2, 2 and 10"):
        train_text_gan(generator, discriminator, SCENES, TextGanConfig(**SMALL))
    with pytest.raises(ValueError, match="the same image shape"):
        train_text_gan(*networks(), DrawnScenes(32), TextGanConfig(**SMALL))


@pytest.mark.parametrize("name", ["simultaneous", "flip", "gradient_penalty_weight"])
def test_settings_that_a_text_gan_has_not(name):
    with pytest.raises(ValueError, match=f"has no `{name}`"):
        TextGanConfig(**{name: True if name != "gradient_penalty_weight" else 10.0})
