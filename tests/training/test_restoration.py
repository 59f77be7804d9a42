"""Training of networks that restore images, in steps that take a second."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.test_translator import draw, l1, values
from tfstyle.data.degradation import TASKS, DegradedImages
from tfstyle.data.image_folder import ImageFolder
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.translation.networks import create_restoration_networks
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.restoration import RestorationTrainer
from tfstyle.training.translator import train_translator
from tfstyle.training.translator_config import restoration_presets
from tfstyle.training.translator_trainer import values_of

SIDE = 16
GENERATORS = {
    "colorize": {"filters": (4, 6)},
    "upscale": {"filters": 4, "num_residual_blocks": 1},
    "repair": {"filters": (4, 6), "num_residual_blocks": 1},
}
STEP = tf.constant(0, tf.int64)
each_task = pytest.mark.parametrize("task", TASKS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return draw(tmp_path_factory.mktemp("images") / "photos", False, 0)


@pytest.fixture(scope="module")
def extractor():
    return LightStyleExtractor(("stage2_conv2", "stage3_conv1"))


def make_networks(task):
    keras.utils.set_random_seed(0)
    return create_restoration_networks(task, GENERATORS[task], {"receptive_field": 16, "filters": 4}, "float32")


def small_config(task, **settings):
    small = {"num_steps": 4, "batch_size": 2, "crop_size": SIDE, "receptive_field": 16, "log_every": 1}
    small |= {"sample_every": 4, "checkpoint_every": 2, "precision": "float32"}
    small |= {"adversarial_weight": 0.1, "perceptual_weight": 2.0}  # every loss
    return dataclasses.replace(restoration_presets[task], **{**small, **settings})


def make_trainer(path, folder, task, extractor, resume=False, **settings):
    run, config = RunDirectory(path), small_config(task, **settings)
    run.start(config, resume=resume)
    images = DegradedImages(ImageFolder(folder), task)
    return RestorationTrainer(make_networks(task), images, None, config, run, extractor=extractor)


def batch_of(trainer):
    samples = [trainer.load_sample(number) for number in range(trainer.config.batch_size)]
    return [tf.constant(np.stack(images)) for images in zip(*samples, strict=True)]


@each_task
def test_the_losses_by_a_second_computation(tmp_path, folder, extractor, task):
    trainer = make_trainer(tmp_path / "run", folder, task, extractor)
    inputs, targets = batch_of(trainer)
    generator, discriminator = trainer.networks.values()
    if task == "repair":
        masks = (inputs[..., 3:].numpy() + 1) / 2
        assert set(np.unique(masks)) == {0, 1}
        fakes = generator(inputs[..., :3], masks).numpy()
        np.testing.assert_array_equal(np.where(masks, 0, fakes), np.where(masks, 0, targets))
        distance = np.abs(fakes - targets)[np.broadcast_to(masks, fakes.shape) == 1].mean()
        condition = np.concatenate([targets * (1 - masks), masks], axis=-1)
    else:
        fakes = generator(inputs).numpy()
        distance = l1(fakes, targets)
        condition = generator.bicubic(inputs) if task == "upscale" else inputs
    real_logits, fake_logits = (discriminator(images, condition).numpy() for images in (targets, fakes))
    features, wanted = (extractor((images + 1) / 2) for images in (fakes, targets.numpy()))
    errors = [
        np.sum(np.square(features[name] - wanted[name]), axis=(1, 2, 3))
        / np.sum(np.square(wanted[name]), axis=(1, 2, 3))
        for name in wanted
    ]
    expected = {
        "adversarial": -fake_logits.mean(),
        "l1": distance,
        "perceptual": np.mean(errors),
        "discriminator": np.maximum(0, 1 - real_logits).mean() + np.maximum(0, 1 + fake_logits).mean(),
    }
    losses = trainer.compute_losses(STEP, inputs, targets)
    for name, value in expected.items():
        # The discriminator of the trainer updates its power iterations from call to call.
        np.testing.assert_allclose(
            losses[name], value, rtol=5e-2 if "dver" in name or "dis" in name else 1e-4, atol=5e-3
        )
    numbers = {"adversarial": 2.0, "l1": 3.0, "perceptual": 5.0, "discriminator": 7.0}
    total = 2 * trainer.config.adversarial_weight + 20 * 3 + 2 * 5
    assert trainer.objectives(numbers) == {("generator",): total, ("discriminator",): 7}


def test_without_an_adversarial_weight_the_discriminator_rests(tmp_path, folder, extractor):
    trainer = make_trainer(tmp_path / "run", folder, "repair", extractor, adversarial_weight=0.0)
    networks = {name: network.get_weights() for name, network in trainer.networks.items()}
    assert set(trainer.fit()) & {"l1", "perceptual", "adversarial", "discriminator"} == {"l1", "perceptual"}
    moved = {
        name: any(np.any(old != new) for old, new in zip(networks[name], network.get_weights(), strict=True))
        for name, network in trainer.networks.items()
    }
    assert moved == {"generator": True, "discriminator": False}


@each_task
def test_every_loss_teaches_its_network(tmp_path, folder, extractor, task):
    trainer = make_trainer(tmp_path / "run", folder, task, extractor)
    with tf.GradientTape(persistent=True) as tape:
        losses = trainer.compute_losses(STEP, *batch_of(trainer))
    networks = {
        "adversarial": "generator",
        "l1": "generator",
        "perceptual": "generator",
        "discriminator": "discriminator",
    }
    for name, network in networks.items():
        gradients = tape.gradient(losses[name], values_of(trainer.networks[network]))
        assert any(gradient is not None and np.any(gradient) for gradient in gradients), name
        assert all(gradient is None or np.all(np.isfinite(gradient)) for gradient in gradients), name


@pytest.mark.slow
@each_task
def test_resumed_training_is_bit_for_bit_the_uninterrupted_one(tmp_path, folder, extractor, task):
    whole = make_trainer(tmp_path / "whole", folder, task, extractor)
    whole.fit()
    make_trainer(tmp_path / "run", folder, task, extractor, num_steps=2, schedule_steps=4).fit()
    second = make_trainer(tmp_path / "run", folder, task, extractor, resume=True)
    second.fit()
    for name, item in second.checkpoint_items().items():
        one, other = (getattr(part, "variables", part) for part in (item, whole.checkpoint_items()[name]))
        for left, right in zip(values(one), values(other), strict=True):
            np.testing.assert_array_equal(left, right, err_msg=name)


@pytest.mark.slow
def test_it_learns_and_measures_what_is_held_back(tmp_path, folder, extractor):
    config = small_config(
        "repair", num_steps=120, learning_rate=5e-3, log_every=120, checkpoint_every=120, num_held_back=2
    )
    run = RunDirectory(tmp_path / "run")
    run.start(config)
    images = DegradedImages(ImageFolder(folder), "repair")
    losses = train_translator(make_networks("repair"), images, None, config, run, extractor=extractor)
    assert losses["held_back_psnr"] > losses["held_back_input_psnr"] + 3
    assert {"psnr", "ssim", "held_back_ssim"} <= losses.keys()


@each_task
def test_sample_sheets_show_what_was_degraded_restored_and_the_original(tmp_path, folder, extractor, task):
    trainer = make_trainer(tmp_path / "run", folder, task, extractor)
    columns = trainer.example_columns()
    assert [column.shape for column in columns] == 3 * [(4, SIDE, SIDE, 3)]
    np.testing.assert_array_equal(columns[2], trainer.examples[1])
    if task == "upscale":  # it begins as bicubic interpolation
        np.testing.assert_allclose(columns[0], columns[1], atol=1e-5)


def test_mistakes(tmp_path, folder, extractor):
    with pytest.raises(ValueError, match="`perceptual_weight` needs an `extractor`"):
        make_trainer(tmp_path / "run", folder, "repair", None)
    run = RunDirectory(tmp_path / "other")
    run.start(small_config("repair"))
    images = DegradedImages(ImageFolder(folder), "upscale")
    with pytest.raises(ValueError, match="degraded for 'upscale', the training is for 'repair'"):
        RestorationTrainer(make_networks("repair"), images, None, small_config("repair"), run, extractor=extractor)
    with pytest.raises(ValueError, match="`task` must be one of colorize, upscale, repair. Received: task='dream'"):
        create_restoration_networks("dream")
