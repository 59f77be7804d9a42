"""Training of an AdaIN styler, in steps that take a second."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.data.image_folder import ImageFolder
from tfstyle.images import resize_image, save_image
from tfstyle.models.style.adain import AdaINStyler
from tfstyle.saved.registry import export_run
from tfstyle.training.adain import AdaINTrainer, train_adain
from tfstyle.training.adain_config import AdaINConfig
from tfstyle.training.loop.run_directory import RunDirectory, TrainingError

CONFIG = AdaINConfig(
    num_steps=4,
    batch_size=2,
    crop_size=32,
    loss_margin=4,
    warmup_steps=0,
    clip_norm=1e6,  # of each device; none is that long
    inversion_steps=0,
    decoder_filters=(6,),
    log_every=1,
    sample_every=4,
    checkpoint_every=2,
    precision="float32",
)


def make_folder(folder, colors, seed):
    """Smooth random pictures, each about its color."""
    random = np.random.default_rng(seed)
    for number, color in enumerate(colors):
        noise = resize_image(random.random((5, 6, 3)), 40, 50)
        save_image(folder / f"{number}.png", np.clip(0.5 * noise + 0.5 * np.array(color), 0, 1))
    return ImageFolder(folder)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("photographs"), np.eye(3), 0)


@pytest.fixture(scope="module")
def paintings(tmp_path_factory):
    """A folder of one red painting, and one of five blue ones."""
    red = make_folder(tmp_path_factory.mktemp("red"), [(1, 0, 0)], 1)
    return [red, make_folder(tmp_path_factory.mktemp("blue"), [(0, 0, 1)] * 5, 2)]


def make_styler(**kwargs):
    keras.utils.set_random_seed(0)
    styler = AdaINStyler(None, (6,), **kwargs)
    kernel = styler.encoder.convolutions[0].kernel
    kernel.assign(kernel / 64)  # features of about 1, as the channels of the weights that ship have them
    return styler


def make_trainer(folder, photographs, paintings, config=CONFIG, styler=None, strategy=None, resume=False):
    run = RunDirectory(folder)
    run.start(config, resume=resume)
    return AdaINTrainer(styler or make_styler(), photographs, paintings, config, run, strategy)


def values(variables):
    return [np.asarray(variable) for variable in variables]


def test_a_step_moves_all_of_the_decoder_and_nothing_of_the_encoder(tmp_path, photographs, paintings):
    trainer = make_trainer(tmp_path / "run", photographs, paintings)
    encoder, decoder = trainer.styler.encoder.variables, trainer.styler.decoder.variables
    encoder_before, decoder_before = values(encoder), values(decoder)
    losses = trainer.fit()
    assert set(losses) == {"loss", "content", "style", "variation"}
    for before, variable in zip(decoder_before, decoder, strict=True):
        assert np.any(before != np.asarray(variable)), variable.path
    for before, variable in zip(encoder_before, encoder, strict=True):
        np.testing.assert_array_equal(before, np.asarray(variable))


def test_the_losses_by_a_second_plainer_computation(tmp_path, photographs, paintings):
    """One step in NumPy, from the networks' outputs; without a margin there is one place for the window."""
    config = dataclasses.replace(CONFIG, loss_margin=0, content_weight=3.0, style_weight=7.0, variation_weight=2.0)
    trainer = make_trainer(tmp_path / "run", photographs, paintings, config)
    styler, random = trainer.styler, np.random.default_rng(3)
    photos, styles = random.random((2, 2, 32, 32, 3), np.float32)

    def features_of(images):
        return {name: maps.numpy().astype("float64") for name, maps in styler.encoder(images).items()}

    def moments_of(maps):
        return np.concatenate([maps.mean(axis=(1, 2)), np.sqrt(maps.var(axis=(1, 2)) + 1e-5)], axis=1)

    def relative(value, target):
        axes = tuple(range(1, value.ndim))
        return np.mean(np.sum((value - target) ** 2, axis=axes) / np.sum(target**2, axis=axes))

    content, painting = features_of(photos)["block2_conv1"], features_of(styles)
    mean, deviation = np.split(moments_of(painting["block2_conv1"])[:, None, None], 2, axis=-1)
    own_mean, own_deviation = np.split(moments_of(content)[:, None, None], 2, axis=-1)
    target = deviation * (content - own_mean) / own_deviation + mean
    stylized = styler.decoder(target.astype("float32")).numpy()
    features = features_of(stylized)
    layers = ("block1_conv1", "block2_conv1")
    expected = {
        "content": relative(features["block2_conv1"], target),
        "style": np.mean([relative(moments_of(features[name]), moments_of(painting[name])) for name in layers]),
        "variation": np.abs(np.diff(stylized, axis=1)).mean() + np.abs(np.diff(stylized, axis=2)).mean(),
    }
    expected["loss"] = 3 * expected["content"] + 7 * expected["style"] + 2 * expected["variation"]
    losses = trainer.train_step(tf.constant(0, tf.int64), tf.constant(photos), tf.constant(styles))
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(float(losses[name]), value, rtol=1e-3, err_msg=name)


def test_training_lowers_both_losses(tmp_path, photographs, paintings):
    config = dataclasses.replace(CONFIG, num_steps=60, learning_rate=3e-3, log_every=60, checkpoint_every=60)
    trainer = make_trainer(tmp_path / "run", photographs, paintings, config)
    batch = [np.stack(images) for images in zip(*(trainer.load_sample(number) for number in range(2)), strict=True)]
    step = tf.constant(0, tf.int64)
    before = {name: float(value) for name, value in trainer.train_step(step, *batch).items()}
    trainer.fit()
    after = {name: float(value) for name, value in trainer.train_step(step, *batch).items()}
    assert after["content"] < 0.8 * before["content"]
    assert after["style"] < 0.5 * before["style"]


def test_in_the_first_steps_each_block_learns_to_undo_its_block_of_the_encoder(tmp_path, photographs, paintings):
    """The loss by a second computation, and later steps with the losses of painting."""
    config = dataclasses.replace(
        CONFIG, num_steps=60, inversion_steps=40, decoder_filters=(64,), learning_rate=1e-3, content_weight=1.0
    )
    styler = AdaINStyler(None, (64,))
    kernel = styler.encoder.convolutions[0].kernel
    kernel.assign(kernel / 64)
    trainer = make_trainer(tmp_path / "run", photographs, paintings, config, styler)
    batch = [np.stack(images) for images in zip(*(trainer.load_sample(number) for number in range(2)), strict=True)]

    maps = styler.encoder.layer_outputs(np.concatenate(batch))
    pooled = tf.nn.max_pool2d(maps["block1_conv2"], 2, 2, "VALID")
    whole = styler.decoder(maps["block2_conv1"])
    through = [styler.decoder.invert("block2", maps["block2_conv1"]), styler.decoder.invert("block1", pooled)]
    np.testing.assert_array_equal(whole, styler.decoder.invert("block1", through[0]))
    pairs = zip(through, [pooled, np.concatenate(batch)], strict=True)
    errors = [np.sum((a - b) ** 2, (1, 2, 3)) / np.sum(np.square(b), (1, 2, 3)) for a, b in pairs]
    first = trainer.train_step(tf.constant(0, tf.int64), *map(tf.constant, batch))
    np.testing.assert_allclose(float(first["content"]), np.mean(errors), rtol=1e-4)
    assert float(first["loss"]) == float(first["content"])

    trainer.fit()
    last = trainer.train_step(tf.constant(39, tf.int64), *map(tf.constant, batch))
    assert float(last["content"]) < 0.5 * float(first["content"])
    assert float(trainer.train_step(tf.constant(40, tf.int64), *map(tf.constant, batch))["style"]) > 0


def test_only_a_decoder_with_vgg19s_channels_can_undo_its_blocks():
    with pytest.raises(ValueError, match="inversion_steps=0"):
        AdaINConfig(decoder_filters=(6,), inversion_steps=1)
    with pytest.raises(ValueError, match="must not be negative"):
        AdaINConfig(inversion_steps=-1)


def test_folders_of_paintings_take_turns(tmp_path, photographs, paintings):
    config = dataclasses.replace(CONFIG, recolored=0.0, color_jitter=0.0)
    trainer = make_trainer(tmp_path / "run", photographs, paintings, config)
    strongest = [trainer.load_sample(number)[1].mean(axis=(0, 1)).argmax() for number in range(8)]
    assert strongest == [0, 2] * 4
    blue = [trainer.load_sample(number)[1].mean() for number in range(1, 11, 2)]
    assert len(np.unique(blue)) == 5


def test_recolored_paintings_have_other_palettes(tmp_path, photographs, paintings):
    config = dataclasses.replace(CONFIG, recolored=1.0)
    trainer = make_trainer(tmp_path / "run", photographs, paintings, config)
    samples = [trainer.load_sample(number) for number in range(0, 24, 2)]
    assert {int(painting.mean(axis=(0, 1)).argmax()) for _, painting in samples} == {0, 1, 2}


def test_a_sample_depends_on_its_number_alone(tmp_path, photographs, paintings):
    trainer = make_trainer(tmp_path / "run", photographs, paintings)
    first = trainer.load_sample(5)
    trainer.load_sample(6)
    for image, again in zip(first, trainer.load_sample(np.int64(5)), strict=True):
        np.testing.assert_array_equal(image, again)
        assert (image.shape, image.dtype) == ((32, 32, 3), np.float32)


def test_the_losses_see_another_part_in_each_step_and_never_all(tmp_path, photographs, paintings):
    trainer = make_trainer(tmp_path / "run", photographs, paintings)
    windows = np.array([trainer.window.corner(tf.constant(step, tf.int64)) for step in range(80)])
    assert set(windows[:, 0]) == set(windows[:, 1]) == set(range(9))
    rows = tf.broadcast_to(tf.reshape(tf.range(32.0), (1, 32, 1, 1)), (1, 32, 32, 3))
    seen = trainer.window.through(tf.constant([3, 8]), rows)
    assert seen.shape == (1, 24, 24, 3)
    assert (float(seen[0, 0, 0, 0]), float(seen[0, -1, 0, 0])) == (3, 26)


def test_resumed_training_is_bit_for_bit_the_uninterrupted_one(tmp_path, photographs, paintings):
    whole = make_trainer(tmp_path / "whole", photographs, paintings)
    whole.fit()
    first = make_trainer(tmp_path / "run", photographs, paintings)
    check, calls = first._check_finite, []

    def die_in_step_three(*args):
        calls.append(args)
        if len(calls) == 3:
            raise InterruptedError
        check(*args)

    first._check_finite = die_in_step_three
    with pytest.raises(InterruptedError):
        first.fit()
    keras.utils.set_random_seed(7)
    other_encoder = AdaINStyler(None, (6,))  # the checkpoint brings the encoder
    second = make_trainer(tmp_path / "run", photographs, paintings, styler=other_encoder, resume=True)
    second.fit()
    for name, item in second.checkpoint_items().items():
        other = whole.checkpoint_items()[name]
        one, other = (getattr(part, "variables", part) for part in (item, other))
        one, other = (list(part.values()) if isinstance(part, dict) else part for part in (one, other))
        for left, right in zip(values(one), values(other), strict=True):
            np.testing.assert_array_equal(left, right)


def test_two_logical_devices_compute_the_same_losses(tmp_path, photographs, paintings, mirrored_strategy):
    make_trainer(tmp_path / "one", photographs, paintings).fit()
    with mirrored_strategy.scope():
        styler = make_styler()
    make_trainer(tmp_path / "two", photographs, paintings, styler=styler, strategy=mirrored_strategy).fit()
    one, two = (
        [float(line.split('"style": ')[1].split(",")[0]) for line in (tmp_path / name / "losses.jsonl").open()]
        for name in ("one", "two")
    )
    np.testing.assert_allclose(one, two, rtol=1e-4)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(tmp_path, photographs, paintings, precision):
    styler = make_styler(dtype=precision)
    before = values(styler.trainable_variables)
    trainer = make_trainer(tmp_path / "run", photographs, paintings, styler=styler)
    assert isinstance(trainer.optimizer, keras.optimizers.LossScaleOptimizer) == (precision == "mixed_float16")
    if precision == "mixed_float16":
        trainer.optimizer.dynamic_scale.assign(
            16.0
        )  # where the search for it would end: steps that overflow are skipped
    losses = trainer.fit()
    assert all(np.isfinite(value) for value in losses.values())
    assert all(variable.dtype == "float32" for variable in styler.variables)
    moved = [np.any(old != np.asarray(new)) for old, new in zip(before, styler.trainable_variables, strict=True)]
    assert sum(moved) > 0.9 * len(moved)


def test_the_average_is_left_in_the_styler_and_is_of_what_is_trained(tmp_path, photographs, paintings):
    run = RunDirectory(tmp_path / "run")
    run.start(CONFIG)
    styler = make_styler()
    train_adain(styler, photographs, paintings, CONFIG, run)
    reader = tf.train.load_checkpoint(run.latest_checkpoint())
    trained = {id(variable) for variable in styler.trainable_variables}
    for index, variable in enumerate(styler.variables):
        key = f"average/{index}/.ATTRIBUTES/VARIABLE_VALUE"
        assert reader.has_tensor(key) == (id(variable) in trained), variable.path
        if id(variable) in trained:
            np.testing.assert_array_equal(np.asarray(variable), reader.get_tensor(key), err_msg=variable.path)
    assert len(trained) < len(styler.variables)
    assert {path.name for path in (run.path / "samples").iterdir()} == {"0000000.png", "0000004.png"}
    assert run.read_config(AdaINConfig) == dataclasses.replace(CONFIG, schedule_steps=CONFIG.num_steps)
    description = run.read_model()
    assert description["family"] == "adain"
    assert AdaINStyler.from_config(description["config"]).decoder_filters == (6,)


def test_a_checkpoint_of_an_earlier_version_which_averaged_the_encoder_too_goes_on_and_is_exported(
    tmp_path, photographs, paintings
):
    whole = make_trainer(tmp_path / "whole", photographs, paintings)
    whole.fit()
    first = make_trainer(tmp_path / "run", photographs, paintings)
    first.config = dataclasses.replace(first.config, num_steps=2)
    floats = [variable.value for variable in first.styler.variables]
    every = [first.average.items.get(str(number), tf.Variable(value)) for number, value in enumerate(floats)]
    items = {**first.checkpoint_items(), "average": every}
    first.checkpoint_items = lambda: items
    first.fit()
    export_run(tmp_path / "run", tmp_path / "early")
    second = make_trainer(tmp_path / "run", photographs, paintings, resume=True)
    second.fit()
    for one, other in zip(second.average.variables, whole.average.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    export_run(tmp_path / "run", tmp_path / "late")
    painting, photograph = second.example_styles[0], second.examples[0]
    second.average.assign_to_model()
    exported = tfstyle.load(tmp_path / "late")
    painted = exported(photograph[None], exported.encode_style(painting), 1.0)
    own = second.styler(photograph[None], second.styler.encode_style(painting[None]), tf.ones(1))
    np.testing.assert_allclose(painted, own, atol=1e-4)
    early = tfstyle.load(tmp_path / "early").encode_style(painting)
    np.testing.assert_allclose(early, exported.encode_style(painting), rtol=1e-4, atol=1e-5)  # by the same encoder


def test_the_sample_shows_every_photograph_like_every_painting(tmp_path, photographs, paintings):
    trainer = make_trainer(tmp_path / "run", photographs, paintings)
    picture = trainer.sample_image()
    assert (picture.shape, picture.dtype) == ((5 * 32, 5 * 32, 3), np.uint8)
    tiles = picture.reshape(5, 32, 5, 32, 3).swapaxes(1, 2)
    np.testing.assert_allclose(tiles[0, 1:] / 255, trainer.examples, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(tiles[1:, 0] / 255, trainer.example_styles, atol=0.5 / 255 + 1e-6)
    styler, style = trainer.styler, trainer.example_styles[2][None]
    painted = styler(trainer.examples[3][None], styler.encode_style(style), tf.ones(1))
    np.testing.assert_allclose(tiles[3, 4] / 255, painted[0], atol=1 / 255)


def test_another_decoder_than_the_configs_is_refused(tmp_path, photographs, paintings):
    with pytest.raises(ValueError, match=r"the `decoder_filters` of the config. Received: \(5,\) and \(6,\)"):
        make_trainer(tmp_path / "run", photographs, paintings, styler=AdaINStyler(None, (5,)))


def test_a_run_resumed_with_another_decoder_is_refused(tmp_path, photographs, paintings):
    make_trainer(tmp_path / "run", photographs, paintings)
    config = dataclasses.replace(CONFIG, decoder_filters=(5,))
    with pytest.raises(TrainingError, match=r"was started with decoder_filters=\(6,\), now \(5,\)"):
        make_trainer(tmp_path / "run", photographs, paintings, config, AdaINStyler(None, (5,)), resume=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"crop_size": 100}, "multiple of 8 pixels, at least 32. Received: crop_size=100"),
        (
            {"crop_size": 32, "loss_margin": 12},
            "at least 16 pixels of the crop. Received: loss_margin=12, crop_size=32",
        ),
        ({"max_scale": 0.5}, "`max_scale` must be at least 1. Received: max_scale=0.5"),
        ({"color_jitter": 1.0}, "Received: color_jitter=1.0"),
        ({"recolored": 1.5}, "Received: recolored=1.5"),
        ({"style_weight": -1.0}, "must not be negative. Received: style_weight=-1.0"),
        ({"decoder_filters": ()}, r"1 to 3 positive integers. Received: decoder_filters=\(\)"),
        (
            {"decoder_filters": (4, 0)},
            r"Each of `decoder_filters` must be at least 1. Received: decoder_filters=\(4, 0\)",
        ),
    ],
)
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(ValueError, match=message):
        AdaINConfig(**settings)
