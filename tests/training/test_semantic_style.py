"""Training of a semantic styler, in steps that take a second."""

import dataclasses
import shutil
from typing import NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.data.image_folder import ImageFolder
from tfstyle.images import resize_image, save_image
from tfstyle.losses.adversarial import hinge_discriminator_loss
from tfstyle.losses.wasserstein import wasserstein_style_loss, wasserstein_target
from tfstyle.models.perceptual.light_extractor import CONTENT_LAYER, STYLE_LAYERS, LightStyleExtractor
from tfstyle.models.style.semantic_style import SemanticStyler, StylePatchDiscriminator
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.semantic_style import SemanticStyleTrainer, other_paintings, train_semantic_style
from tfstyle.training.semantic_style_config import SemanticStyleConfig
from tfstyle.training.style_losses import StyleLosses

CONFIG = SemanticStyleConfig(
    num_steps=4,
    batch_size=2,
    crop_size=64,
    style_size=64,
    loss_margin=8,
    matching_weight=2.0,
    fringe_weight=1.0,
    warmup_steps=0,
    log_every=1,
    checkpoint_every=2,
    sample_every=4,
    precision="float32",
)


def image_folder(folder, seed):
    random = np.random.default_rng(seed)
    for number in range(5):
        save_image(folder / f"{number}.png", resize_image(random.random((6, 7, 3)), 90, 105))
    return ImageFolder(folder)


@pytest.fixture(scope="module")
def judge():
    """Another network than the one that the styler sees with."""
    keras.utils.set_random_seed(1)
    return LightStyleExtractor(weights=None), CONTENT_LAYER, STYLE_LAYERS


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    return image_folder(tmp_path_factory.mktemp("photographs"), 0)


@pytest.fixture(scope="module")
def paintings(tmp_path_factory):
    return image_folder(tmp_path_factory.mktemp("paintings"), 1)


def make_networks(more=0):
    keras.utils.set_random_seed(0)
    styler = SemanticStyler(None, style_dim=6, hidden_dim=8, filters=(4, 8, 4), num_residual_blocks=1)
    return styler, StylePatchDiscriminator(styler.style_dim + more, filters=(4, 6, 8))


def make_trainer(folder, judge, photographs, paintings, config=CONFIG, strategy=None, resume=False, more=0):
    run = RunDirectory(folder)
    run.start(config, resume=resume)
    return SemanticStyleTrainer(*make_networks(more), *judge, photographs, paintings, config, run, strategy)


class Trained(NamedTuple):
    """A training of `CONFIG` from beginning to end, which several tests look at."""

    styler: keras.Model
    discriminator: keras.Model
    before: dict
    losses: dict
    run: RunDirectory


@pytest.fixture(scope="module")
def trained(tmp_path_factory, judge, photographs, paintings):
    styler, discriminator = make_networks()
    run = RunDirectory(tmp_path_factory.mktemp("trained") / "run")
    run.start(CONFIG)
    parts = {"styler": styler.trainable_variables, "discriminator": discriminator.trainable_variables}
    before = {name: values(part) for name, part in parts.items()} | {"frozen": values(styler.extractor.variables)}
    losses = train_semantic_style(styler, discriminator, *judge, photographs, paintings, CONFIG, run)
    return Trained(styler, discriminator, before, losses, run)


def values(variables):
    return [np.asarray(variable) for variable in variables]


def checkpoint_values(path):
    """Every value in a checkpoint, by name: weights, averages, moments of the optimizers, random states."""
    reader = tf.train.load_checkpoint(path)
    names = reader.get_variable_to_shape_map().keys() - {"_CHECKPOINTABLE_OBJECT_GRAPH", "save_counter"}
    return {name: reader.get_tensor(name) for name in names}


def has_moved(before, variables):
    return [bool(np.any(old != np.asarray(new))) for old, new in zip(before, variables, strict=True)]


def batch_of(trainer):
    samples = [trainer.load_sample(number) for number in range(CONFIG.batch_size)]
    return [tf.constant(np.stack(images)) for images in zip(*samples, strict=True)]


def test_all_of_the_networks_learns_but_the_extractor(trained):
    assert set(trained.losses) == {"loss", *StyleLosses.NAMES, "adversarial", "discriminator"}
    for name, network in (("styler", trained.styler), ("discriminator", trained.discriminator)):
        assert all(has_moved(trained.before[name], network.trainable_variables))
    assert not any(has_moved(trained.before["frozen"], trained.styler.extractor.variables))


def test_each_step_moves_its_own_network(tmp_path, judge, photographs, paintings):
    """The styler's update leaves the discriminator alone, and the other way round."""
    config = dataclasses.replace(CONFIG, adversarial_weight=0.0)
    trainer = make_trainer(tmp_path / "run", judge, photographs, paintings, config)
    before = values(trainer.discriminator.variables)
    losses = trainer.train_step(tf.constant(0, tf.int64), *batch_of(trainer))
    assert "discriminator" not in losses
    assert not any(has_moved(before, trainer.discriminator.variables))

    styler_before = values(trainer.styler.variables)
    photos, crops, other_crops, _, indices, _ = batch_of(trainer)
    trainer.update_discriminator(other_crops, photos, trainer.styler.encode_style(crops), indices)
    assert any(has_moved(before, trainer.discriminator.variables))
    assert not any(has_moved(styler_before, trainer.styler.variables))


def test_the_loss_is_what_it_says(tmp_path, judge, photographs, paintings):
    trainer = make_trainer(tmp_path / "run", judge, photographs, paintings)
    photos, crops, _, _, _, seeds = batch = batch_of(trainer)
    styler, step = trainer.styler, tf.constant(0, tf.int64)
    top, left = np.asarray(trainer.window.corner(step))
    side = CONFIG.crop_size - 2 * CONFIG.loss_margin
    vectors = styler.encode_style(crops)
    painted = styler(photos, vectors, tf.ones((1,)), seeds)[:, top : top + side, left : left + side]
    extractor = judge[0]
    features, painting = extractor(painted), extractor(crops)
    expected = {
        "style": np.log1p(wasserstein_style_loss(features, wasserstein_target({n: painting[n] for n in STYLE_LAYERS}))),
        "adversarial": -trainer.discriminator(painted, vectors),
    }
    losses = trainer.train_step(step, *batch)
    for name, value in expected.items():
        np.testing.assert_allclose(losses[name], np.mean(value), rtol=1e-3, err_msg=name)
    total = sum(getattr(CONFIG, f"{name}_weight") * losses[name] for name in (*StyleLosses.NAMES, "adversarial"))
    np.testing.assert_allclose(losses["loss"], total, rtol=1e-5)


def test_the_discriminator_learns_which_crops_belong_to_a_style(tmp_path, judge, photographs, paintings):
    config = dataclasses.replace(CONFIG, discriminator_learning_rate=1e-2, num_steps=200)
    trainer = make_trainer(tmp_path / "run", judge, photographs, paintings, config)
    random = np.random.default_rng(0)
    vectors = tf.eye(2, trainer.styler.style_dim)
    colors = np.array([[0.9, 0.2, 0.2], [0.2, 0.2, 0.9]])[:, None, None]
    crops = tf.constant(colors + random.normal(0, 0.05, (2, 64, 64, 3)), tf.float32)
    painted = tf.constant(random.random((2, 40, 40, 3)), tf.float32)
    indices = tf.constant([3, 1])
    first = float(trainer.update_discriminator(crops, painted, vectors, indices))
    for _ in range(60):
        last = float(trainer.update_discriminator(crops, painted, vectors, indices))
    assert last < 0.5 * first
    own, exchanged = trainer.discriminator(crops, vectors), trainer.discriminator(crops, vectors[::-1])
    assert np.mean(own) > np.mean(exchanged) + 1


@pytest.mark.parametrize(
    ("indices", "partners", "differ"),
    [
        ([5, 6, 7], [2, 0, 1], True),  # each the one before it
        ([5, 6, 5, 5], [1, 0, 1, 1], True),
        ([5, 5, 6, 6], [3, 3, 1, 1], True),
        ([5, 5], [1, 0], False),
        ([5], [0], False),
    ],
)
def test_mismatched_pairs_differ(indices, partners, differ):
    found, some_differ = other_paintings(tf.constant(indices, tf.int64))
    assert bool(some_differ) == differ
    if differ:
        assert found.numpy().tolist() == partners
        assert all(indices[one] != indices[other] for one, other in enumerate(partners))


def test_a_pair_is_never_called_real_and_fake_at_once(tmp_path, judge, photographs, paintings, caplog):
    """Where no other painting is in the batch, the loss is that of the real and the stylized crops alone."""
    config = dataclasses.replace(CONFIG, batch_size=1)
    trainer = make_trainer(tmp_path / "run", judge, photographs, paintings, config)
    assert "does not learn from mismatched styles" in caplog.text
    _, _, crops, *_ = batch_of(trainer)
    vectors, painted = tf.eye(2, trainer.styler.style_dim), 1.0 - crops
    for _ in range(30):  # until the spectral norms have converged
        real = trainer.discriminator(crops, vectors, training=True)
    expected = hinge_discriminator_loss(real, trainer.discriminator(painted, vectors))
    loss = trainer.update_discriminator(crops, painted, vectors, tf.constant([4, 4]))
    np.testing.assert_allclose(loss, expected, rtol=1e-3)


def test_both_crops_of_a_painting_share_scale_and_colors(tmp_path, judge, photographs, tmp_path_factory):
    """On a painting of vertical stripes, red and blue, of which each crop of one size shows as many."""
    folder = tmp_path_factory.mktemp("stripes")
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, :, 0], stripes[:, :, 2] = 200, 40
    stripes[:, (np.arange(128) // 8) % 2 == 0] = (30, 30, 220)
    save_image(folder / "stripes.png", stripes)
    config = dataclasses.replace(CONFIG, recolored=1.0)
    trainer = make_trainer(tmp_path / "run", judge, photographs, ImageFolder(folder), config)
    scales = set()
    for number in range(6):
        _, crop, other, *_ = trainer.load_sample(number)
        np.testing.assert_allclose(crop.mean((0, 1)), other.mean((0, 1)), atol=0.08)
        # The strongest frequency of a row: periods in a crop.
        rows = [image[32] @ [1, 2, 4] for image in (crop, other)]
        periods = [int(np.argmax(np.abs(np.fft.rfft(row - row.mean())))) for row in rows]
        assert abs(periods[0] - periods[1]) <= 1
        scales.add(periods[0])
    assert len(scales) > 1


def test_a_resumed_training_ends_as_one_never_stopped(tmp_path, judge, photographs, paintings, trained):
    """From the checkpoint of step 2, as if the training had been killed before the next."""
    shutil.copytree(trained.run.path, tmp_path / "stopped")
    checkpoints = tmp_path / "stopped" / "checkpoints"
    for file in checkpoints.glob("ckpt-4.*"):
        file.unlink()
    (checkpoints / "checkpoint").write_text('model_checkpoint_path: "ckpt-2"\nall_model_checkpoint_paths: "ckpt-2"\n')
    resumed = make_trainer(tmp_path / "stopped", judge, photographs, paintings, resume=True)
    assert resumed.run_directory.latest_step() == 2
    resumed.fit()
    expected = checkpoint_values(trained.run.latest_checkpoint())
    found = checkpoint_values(resumed.run_directory.latest_checkpoint())
    assert found.keys() == expected.keys()
    assert expected["step/.ATTRIBUTES/VARIABLE_VALUE"] == CONFIG.num_steps
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_two_replicas_learn_as_one(tmp_path, judge, photographs, paintings, mirrored_strategy):
    """Without what a replica does by itself: exchange the styles of its own images."""
    config = dataclasses.replace(CONFIG, adversarial_weight=0.0, num_steps=2)
    alone = make_trainer(tmp_path / "alone", judge, photographs, paintings, config).fit()
    with mirrored_strategy.scope():
        trainer = make_trainer(tmp_path / "two", judge, photographs, paintings, config, strategy=mirrored_strategy)
    together = trainer.fit()
    for name, value in alone.items():
        np.testing.assert_allclose(together[name], value, rtol=1e-3, err_msg=name)


def test_vectors_of_another_length_are_refused(tmp_path, judge, photographs, paintings):
    with pytest.raises(ValueError, match="Received: 6 and 7"):
        make_trainer(tmp_path / "run", judge, photographs, paintings, more=1)


def test_the_averaged_weights_are_left_in_the_styler(trained):
    styler = trained.styler
    reader = tf.train.load_checkpoint(trained.run.latest_checkpoint())
    frozen = {id(variable) for layer in styler.extractor.layers for variable in layer.variables}
    assert frozen
    for index, variable in enumerate(styler.variables):
        key = f"average/{index}/.ATTRIBUTES/VARIABLE_VALUE"
        assert reader.has_tensor(key) == (id(variable) not in frozen), variable.path
        if id(variable) not in frozen:
            np.testing.assert_array_equal(variable, reader.get_tensor(key))
