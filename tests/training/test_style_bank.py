"""Training of a style bank, in steps that take a second."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.data.image_folder import ImageFolder
from tfstyle.images import resize_image, save_image, to_float
from tfstyle.losses.wasserstein import wasserstein_style_loss
from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
from tfstyle.models.style.style_bank import StyleBank
from tfstyle.training.loop.run_directory import RunDirectory, TrainingError
from tfstyle.training.style_bank import StyleBankTrainer, train_style_bank
from tfstyle.training.style_bank_config import StyleBankConfig
from tfstyle.training.style_losses import StyleLosses

CONFIG = StyleBankConfig(
    num_steps=4,
    batch_size=4,
    crop_size=32,
    loss_margin=2,
    style_size=48,
    content_weight=2.0,
    style_weight=10.0,  # the steps of an untrained network grow rounding errors; more so with larger weights
    matching_weight=4.0,
    tone_weight=1.0,
    accent_weight=0.5,
    fringe_weight=0.5,
    variation_weight=0.3,
    warmup_steps=0,
    log_every=1,
    checkpoint_every=2,
    sample_every=4,
    precision="float32",
)
STYLES = ("identity", "dots", "lines")
SIZES = (0.5, 1.0)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    random = np.random.default_rng(0)
    for number in range(6):
        save_image(folder / f"{number}.png", resize_image(random.random((4, 5, 3)), 40, 50))
    (folder / "broken.jpg").write_bytes(b"not an image")
    return ImageFolder(folder)


@pytest.fixture(scope="module")
def paintings():
    random = np.random.default_rng(1)
    return {name: random.integers(0, 256, (60, 40, 3), np.uint8) for name in STYLES[1:]}


@pytest.fixture(scope="module")
def extractor():
    keras.utils.set_random_seed(0)
    return SqueezeNetExtractor(("conv1", "fire2", "fire3"))


def make_bank(**kwargs):
    keras.utils.set_random_seed(0)
    return StyleBank(STYLES, filters=(4, 6, 4), num_residual_blocks=1, learned_stroke_sizes=SIZES, **kwargs)


def make_trainer(folder, photographs, paintings, extractor, config=CONFIG, bank=None, strategy=None, resume=False):
    run = RunDirectory(folder)
    run.start(config, resume=resume)
    layers = ("conv1", "fire2")
    return StyleBankTrainer(
        bank or make_bank(), extractor, "fire3", layers, photographs, paintings, config, run, strategy
    )


def values(variables):
    return [np.asarray(variable) for variable in variables]


def test_a_step_moves_all_of_the_bank_and_nothing_of_the_extractor(tmp_path, photographs, paintings, extractor):
    trainer = make_trainer(tmp_path / "run", photographs, paintings, extractor)
    bank_before, extractor_before = values(trainer.bank.trainable_variables), values(extractor.variables)
    losses = trainer.fit()
    assert set(losses) == {"loss", "content", "style", "matching", "tone", "accent", "fringe", "variation"}
    for before, variable in zip(bank_before, trainer.bank.trainable_variables, strict=True):
        assert np.any(before != np.asarray(variable)), variable.path
        if variable.shape[0] == len(STYLES) * len(SIZES):
            assert np.any(before[len(SIZES) :] != np.asarray(variable)[len(SIZES) :]), variable.path
    for before, variable in zip(extractor_before, extractor.variables, strict=True):
        np.testing.assert_array_equal(before, np.asarray(variable))


def test_loss_is_the_weighted_sum(tmp_path, photographs, paintings, extractor):
    trainer = make_trainer(tmp_path / "run", photographs, paintings, extractor)
    images = tf.constant(np.random.default_rng(2).random((4, 32, 32, 3), np.float32))
    variation = tf.constant([0, 1, 1, 0]), tf.constant([5, 6, 7, 8])  # sizes of strokes, and seeds
    losses = trainer.train_step(tf.constant(0, tf.int64), images, tf.constant([1, 2, 1, 2]), *variation)
    weights = {
        "content": 2.0,
        "style": 10.0,
        "matching": 4.0,
        "tone": 1.0,
        "accent": 0.5,
        "fringe": 0.5,
        "variation": 0.3,
    }
    assert all(float(losses[name]) > 0 for name in weights)
    expected = sum(weight * float(losses[name]) for name, weight in weights.items())
    np.testing.assert_allclose(float(losses["loss"]), expected, rtol=1e-5)


def test_strokes_between_the_learned_sizes_are_trained(tmp_path, photographs, paintings, extractor):
    config = dataclasses.replace(CONFIG, stroke_sizes=(0.4, 0.5, 0.7, 1.0, 3.0))
    trainer = make_trainer(tmp_path / "run", photographs, paintings, extractor, config)
    assert trainer.stroke_sizes == (0.5, 0.7, 1.0)  # the bank paints no smaller and no larger strokes
    dots, lines = (trainer.style_targets["fire2"][1][3 * style : 3 * style + 3].numpy() for style in (1, 2))
    assert len(trainer.style_targets["fire2"][0]) == 3 * len(STYLES)
    assert all(np.any(dots[one] != dots[other]) for one, other in ((0, 1), (1, 2)))
    assert np.any(dots != lines)
    assert {int(trainer.load_sample(number)[2]) for number in range(30)} == {0, 1, 2}


def test_layer_weights(tmp_path, photographs, paintings, extractor):
    config = dataclasses.replace(CONFIG, layer_weights=(1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match="one weight for each of conv1, fire2. Received"):
        make_trainer(tmp_path / "run", photographs, paintings, extractor, config)
    images = tf.constant(np.random.default_rng(2).random((4, 32, 32, 3), np.float32))
    inputs = images, tf.constant([1, 2, 1, 2]), tf.constant([0, 1, 1, 0]), tf.constant([5, 6, 7, 8])
    losses = {}
    for weights in ((1.0, 0.0), (0.0, 1.0), (1.0, 3.0)):
        config = dataclasses.replace(CONFIG, layer_weights=weights, matching_weight=0.0)
        trainer = make_trainer(tmp_path / str(weights), photographs, paintings, extractor, config)
        results = trainer.train_step(tf.constant(0, tf.int64), *inputs)
        assert set(results) == {"loss", *StyleLosses.NAMES} - {"matching"}  # what has no weight costs no time
        losses[weights] = float(results["style"])
    shallow, deep, mixed = losses.values()
    np.testing.assert_allclose(mixed, (shallow + 3 * deep) / 4, rtol=1e-5)
    assert abs(shallow - deep) > 1e-4


def test_the_weight_of_the_style_rises(tmp_path, photographs, paintings, extractor):
    trainer = make_trainer(tmp_path / "run", photographs, paintings, extractor)
    constant, rising = trainer.losses, StyleLosses(None, "", (), dataclasses.replace(CONFIG, style_ramp_steps=100))
    losses = dict.fromkeys(StyleLosses.NAMES, 1.0)
    assert [float(rising.style_share(step)) for step in (0, 50, 100, 1000)] == [0.25, 0.625, 1.0, 1.0]
    assert float(constant.style_share(0)) == 1.0
    missing = float(constant.total(losses, 0) - rising.total(losses, 0))
    np.testing.assert_allclose(missing, 0.75 * CONFIG.style_weight, rtol=1e-5)


def test_the_losses_see_another_part_in_each_step_and_never_all(tmp_path, photographs, paintings, extractor):
    """So that no pattern pays that the extractor sees in one phase of its strides alone, and no frame."""
    trainer = make_trainer(tmp_path / "run", photographs, paintings, extractor)
    rows = tf.broadcast_to(tf.reshape(tf.range(32.0), (1, 32, 1, 1)), (1, 32, 32, 3))
    corners = [trainer.window.corner(tf.constant(step, tf.int64)) for step in range(60)]
    parts = [trainer.window.through(corner, rows) for corner in corners]
    assert {part.shape for part in parts} == {tf.TensorShape((1, 28, 28, 3))}
    assert {int(part[0, 0, 0, 0]) for part in parts} == {0, 1, 2, 3, 4}
    assert {int(corner[1]) for corner in corners} == {0, 1, 2, 3, 4}
    np.testing.assert_array_equal(trainer.window.corner(tf.constant(7, tf.int64)), corners[7])


def test_what_goes_on_must_have_the_same_loss_network_and_paintings(tmp_path, photographs, paintings, extractor):
    make_trainer(tmp_path / "run", photographs, paintings, extractor)
    keras.utils.set_random_seed(9)
    other = SqueezeNetExtractor(("conv1", "fire2", "fire3"))
    with pytest.raises(TrainingError, match="the loss network: SqueezeNetExtractor .*, now SqueezeNetExtractor "):
        make_trainer(tmp_path / "run", photographs, paintings, other, resume=True)
    changed = {**paintings, "dots": 255 - paintings["dots"]}
    with pytest.raises(TrainingError, match="the paintings: "):
        make_trainer(tmp_path / "run", photographs, changed, extractor, resume=True)
    make_trainer(tmp_path / "run", photographs, paintings, extractor, resume=True)


def test_training_lowers_the_style_loss_and_leaves_the_identity_alone(tmp_path, photographs, paintings, extractor):
    config = dataclasses.replace(CONFIG, num_steps=60, learning_rate=1e-2, log_every=60, checkpoint_every=60)
    bank = make_bank()
    trainer = make_trainer(tmp_path / "run", photographs, paintings, extractor, config, bank)
    images = to_float(np.stack([photographs.load(index)[0][:32, :32] for index in range(4)]))

    def style_loss():
        painted = bank(images, np.repeat([[0, 1.0, 0]], 4, axis=0))
        target = {"conv1": tuple(values[5:6] for values in trainer.style_targets["conv1"])}
        return float(np.mean(wasserstein_style_loss(extractor(painted), target)))

    before = style_loss()
    trainer.fit()
    assert style_loss() < 0.7 * before
    np.testing.assert_allclose(bank(images, np.repeat([[1.0, 0, 0]], 4, axis=0)), images, atol=2.1e-3)


def test_adding_a_style_trains_its_rows_alone(tmp_path, photographs, paintings, extractor):
    old = make_bank()
    bank = old.with_new_styles(["mine"])
    config = dataclasses.replace(CONFIG, only_styles=("mine",))
    run = RunDirectory(tmp_path / "run")
    run.start(config)
    before = values(bank.weights)
    images = np.random.default_rng(3).random((1, 32, 32, 3), np.float32)
    lines_before = old(images, np.array([[0, 0, 1.0]]))
    train_style_bank(
        bank, extractor, "fire3", ("conv1", "fire2"), photographs, {"mine": paintings["dots"]}, config, run
    )
    for value, variable in zip(before, bank.weights, strict=True):
        now = np.asarray(variable)
        if any(variable is each for each in bank.style_variables):
            np.testing.assert_array_equal(now[:6], value[:6])
            assert np.any(now[6:] != value[6:]), variable.path
        else:
            np.testing.assert_array_equal(now, value)
    np.testing.assert_array_equal(bank(images, np.array([[0, 0, 1.0, 0]])), lines_before)


def test_resumed_training_is_bit_for_bit_the_uninterrupted_one(tmp_path, photographs, paintings, extractor):
    whole = make_trainer(tmp_path / "whole", photographs, paintings, extractor)
    whole.fit()
    first = make_trainer(tmp_path / "run", photographs, paintings, extractor)
    check, calls = first._check_finite, []

    def die_in_step_three(*args):
        calls.append(args)
        if len(calls) == 3:
            raise InterruptedError
        check(*args)

    first._check_finite = die_in_step_three
    with pytest.raises(InterruptedError):
        first.fit()
    second = make_trainer(tmp_path / "run", photographs, paintings, extractor, resume=True)
    second.fit()
    for name, item in second.checkpoint_items().items():
        other = whole.checkpoint_items()[name]
        one, other = (getattr(part, "variables", part) for part in (item, other))
        for left, right in zip(values(one), values(other), strict=True):
            np.testing.assert_array_equal(left, right)


def test_two_logical_devices_compute_the_same_losses(tmp_path, photographs, paintings, extractor, mirrored_strategy):
    make_trainer(tmp_path / "one", photographs, paintings, extractor).fit()
    with mirrored_strategy.scope():
        keras.utils.set_random_seed(0)
        mirrored_extractor = SqueezeNetExtractor(extractor.layer_names)
        mirrored_extractor.set_weights(extractor.get_weights())
        bank = make_bank()
    make_trainer(
        tmp_path / "two", photographs, paintings, mirrored_extractor, bank=bank, strategy=mirrored_strategy
    ).fit()
    one, two = (
        [line.split('"style": ')[1] for line in (tmp_path / name / "losses.jsonl").read_text().splitlines()]
        for name in ("one", "two")
    )
    to_numbers = lambda lines: np.array([float(line.split(",")[0]) for line in lines])  # noqa: E731
    np.testing.assert_allclose(to_numbers(one), to_numbers(two), rtol=1e-4)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(tmp_path, photographs, paintings, extractor, precision):
    narrow = SqueezeNetExtractor(extractor.layer_names, dtype=precision)
    narrow.set_weights(extractor.get_weights())
    bank = make_bank(dtype=precision)
    before = values(bank.trainable_variables)
    trainer = make_trainer(tmp_path / "run", photographs, paintings, narrow, bank=bank)
    assert isinstance(trainer.optimizer, keras.optimizers.LossScaleOptimizer) == (precision == "mixed_float16")
    losses = trainer.fit()
    assert all(np.isfinite(value) for value in losses.values())
    assert all(variable.dtype == "float32" for variable in bank.trainable_variables)
    moved = [np.any(old != np.asarray(new)) for old, new in zip(before, bank.trainable_variables, strict=True)]
    assert sum(moved) > 0.9 * len(moved)


def test_samples_logs_and_settings_are_in_the_run(tmp_path, photographs, paintings, extractor):
    trainer = make_trainer(tmp_path / "run", photographs, paintings, extractor)
    trainer.fit()
    run = tmp_path / "run"
    assert {path.name for path in (run / "samples").iterdir()} == {"0000000.png", "0000004.png"}
    assert len((run / "losses.jsonl").read_text().splitlines()) == CONFIG.num_steps
    config = trainer.run_directory.read_config(StyleBankConfig)
    assert dataclasses.replace(config, schedule_steps=0) == CONFIG
    assert StyleBank.from_config(trainer.run_directory.read_model()["config"]).style_names == STYLES
    assert list((run / "tensorboard").iterdir())
    assert len(photographs.skipped) == 1


def test_every_trained_style_needs_its_painting(tmp_path, photographs, paintings, extractor):
    with pytest.raises(ValueError, match="each of dots, lines. Received: dots"):
        make_trainer(tmp_path / "run", photographs, {"dots": paintings["dots"]}, extractor)


def test_a_run_resumed_with_other_styles_is_refused(tmp_path, photographs, paintings, extractor):
    make_trainer(tmp_path / "run", photographs, paintings, extractor)
    other = StyleBank(("identity", "dots"), filters=(4, 6, 4), num_residual_blocks=1)
    with pytest.raises(TrainingError, match="other styles"):
        make_trainer(tmp_path / "run", photographs, {"dots": paintings["dots"]}, extractor, bank=other, resume=True)


def test_the_periodicity_of_samples_is_logged(tmp_path, photographs, paintings, extractor):
    config = dataclasses.replace(CONFIG, num_steps=1, batch_size=1, crop_size=80)
    make_trainer(tmp_path / "run", photographs, paintings, extractor, config).fit()
    (line,) = map(json.loads, (tmp_path / "run" / "losses.jsonl").read_text().splitlines())
    assert 0 <= line["periodicity"] <= 1
