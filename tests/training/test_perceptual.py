"""Distillation of a perceptual network, in steps that take a second."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.data.image_folder import ImageFolder
from tfstyle.images import resize_image, save_image, to_float
from tfstyle.losses.distillation import gram_distillation_loss, moment_distillation_loss, standardized_squared_error
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor
from tfstyle.saved.registry import export_run, load_saved_model
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.perceptual import (
    NORMALIZATION,
    STATISTICS,
    TAPS,
    PerceptualTrainer,
    initialize,
    regress,
    train_perceptual,
)
from tfstyle.training.perceptual_config import PerceptualConfig

CONFIG = PerceptualConfig(
    num_steps=4,
    batch_size=4,
    crop_size=32,
    margin=16,
    statistics_crops=8,
    warmup_steps=0,
    log_every=1,
    checkpoint_every=2,
    sample_every=4,
    precision="float32",
    gram_weight=0.2,
    moment_weight=0.2,
)
SMALL_TAPS = {"conv1": "stage2_conv2", "fire2": "stage3_conv1"}


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    random = np.random.default_rng(0)
    for number in range(6):
        save_image(folder / f"{number}.png", resize_image(random.random((8, 10, 3)), 64, 80))
    return ImageFolder(folder)


@pytest.fixture(scope="module")
def teacher():
    keras.utils.set_random_seed(0)
    return SqueezeNetExtractor(tuple(SMALL_TAPS))


def make_student(**options):
    keras.utils.set_random_seed(1)
    options = {"weights": None, "trainable": True, **options}
    return LightStyleExtractor(tuple(SMALL_TAPS.values()), **options)


def make_trainer(folder, photographs, teacher, config=CONFIG, student=None, strategy=None, resume=False):
    run = RunDirectory(folder)
    run.start(config, resume=resume)
    return PerceptualTrainer(student or make_student(), teacher, SMALL_TAPS, photographs, config, run, strategy)


def predict(trainer, images):
    """The teacher's maps, as the student has them."""
    return trainer.in_units_of_teacher(trainer.predict(trainer.see(images)))


def values(variables):
    return [variable.numpy() for variable in variables]


def all_values(trainer):
    items = trainer.checkpoint_items().values()
    return [value for item in items for value in values(getattr(item, "variables", item))]


def test_steps_move_all_of_the_student_and_nothing_of_the_teacher(tmp_path, photographs, teacher):
    trainer = make_trainer(tmp_path / "run", photographs, teacher)
    variables = trainer.student.trainable_variables
    before, teacher_before = values(variables), values(teacher.variables)
    losses = trainer.fit()
    assert set(losses) == {"loss", "maps", "grams", "moments", *SMALL_TAPS}
    assert len(before) == 2 * 4 + 2 * 2  # four convolutions and two heads
    for old, variable in zip(before, variables, strict=True):
        assert np.any(old != np.asarray(variable)), variable.path
    for old, variable in zip(teacher_before, teacher.variables, strict=True):
        np.testing.assert_array_equal(old, variable)


def test_the_loss_is_what_it_says(tmp_path, photographs, teacher):
    config = dataclasses.replace(CONFIG, gram_weight=0.3, moment_weight=0.7)
    trainer = make_trainer(tmp_path / "run", photographs, teacher, config)
    images = np.stack([trainer.load_sample(number)[0] for number in range(4)])
    targets, predictions = trainer.teach(images), predict(trainer, images)
    sums = trainer.predict(trainer.see(images))
    maps, grams, moments = [], [], []
    for name in SMALL_TAPS:
        maps.append(np.mean(standardized_squared_error(sums[name], targets[name], trainer.deviations[name])))
        grams.append(np.mean(gram_distillation_loss(predictions[name], targets[name])))
        moments.append(np.mean(moment_distillation_loss(predictions[name], targets[name])))
    losses = trainer.train_step(tf.constant(0, tf.int64), tf.constant(images))
    np.testing.assert_allclose([losses[name] for name in SMALL_TAPS], maps, rtol=1e-4)
    np.testing.assert_allclose(losses["maps"], np.mean(maps), rtol=1e-4)
    expected = np.mean(maps) + 0.3 * np.mean(grams) + 0.7 * np.mean(moments)
    np.testing.assert_allclose(losses["loss"], expected, rtol=1e-4)


def test_the_teacher_is_measured_over_natural_crops(tmp_path, photographs, teacher):
    trainer = make_trainer(tmp_path / "run", photographs, teacher)
    crops = np.stack([trainer._crop(number, STATISTICS) for number in range(8)])
    with np.load(tmp_path / "run" / NORMALIZATION) as arrays:
        np.testing.assert_array_equal(arrays["images"], crops[:, 16:48, 16:48])
    for name, maps in trainer.teach(to_float(crops)).items():
        deviation = np.std(maps, axis=(0, 1, 2))
        np.testing.assert_allclose(
            trainer.deviations[name], np.maximum(deviation, 0.05 * deviation.mean()), rtol=1e-3, atol=1e-3
        )


def test_a_student_may_have_more_channels_than_the_teacher_or_fewer(tmp_path, photographs):
    """The first ones learn; those beyond are kept from being peaked."""
    keras.utils.set_random_seed(0)
    teacher = SqueezeNetExtractor(("conv1", "fire4"))
    keras.utils.set_random_seed(1)
    names = VGG19StyleExtractor.all_layer_names[:8]  # up to block3_conv4, which has as many as fire4
    student = VGG19StyleExtractor(names, None, trainable=True)
    run = RunDirectory(tmp_path / "run")
    config = dataclasses.replace(CONFIG, num_steps=1, batch_size=2, peakedness_weight=1.0)
    run.start(config)
    taps = {"conv1": "block2_conv1", "fire4": "block3_conv4"}
    trainer = PerceptualTrainer(student, teacher, taps, photographs, config, run)
    free = [maps.shape[-1] for maps in trainer.free_channels(trainer.see(np.zeros((1, 64, 64, 3), np.float32)))]
    assert free == [64, 64, 128 - 96, 128, 256, 256, 256]
    assert "peakedness" in trainer.fit()


def test_the_student_learns_what_the_teacher_sees(tmp_path, photographs, teacher):
    once = {"log_every": 40, "checkpoint_every": 40, "sample_every": 40}
    config = dataclasses.replace(CONFIG, num_steps=40, learning_rate=5e-3, noise=0.0, initialize=False, **once)
    trainer = make_trainer(tmp_path / "run", photographs, teacher, config)
    images = np.stack([photographs.load(index)[0][:64, :64] for index in range(6)]).astype("float32") / 255

    def error():
        targets, predictions = trainer.teach(images), predict(trainer, images)
        squares = [
            np.mean(((predictions[name] - targets[name]) / trainer.deviations[name]) ** 2) for name in SMALL_TAPS
        ]
        return np.mean(squares)

    before = error()
    trainer.fit()
    assert error() < 0.75 * before


def test_averaged_weights_are_left_and_exported_in_proportions_of_the_teacher(tmp_path, photographs, teacher):
    student = make_student()
    run = RunDirectory(tmp_path / "run")
    run.start(CONFIG)
    train_perceptual(student, teacher, SMALL_TAPS, photographs, CONFIG, run)
    reader = tf.train.load_checkpoint(run.latest_checkpoint())
    for index, variable in enumerate(student.variables):
        np.testing.assert_array_equal(variable, reader.get_tensor(f"average/{index}/.ATTRIBUTES/VARIABLE_VALUE"))
    export_run(run.path, tmp_path / "light")
    exported = load_saved_model(tmp_path / "light")
    assert exported.metadata["trained_steps"] == 4
    assert exported.layer_names == ("stage2_conv2", "stage3_conv1")
    with np.load(run.path / NORMALIZATION) as file:
        arrays = dict(file)
    images = to_float(arrays["images"])
    ours = student(images)
    for name, maps in exported(images).items():
        np.testing.assert_allclose(np.mean(maps), 1.0, rtol=0.005)  # the SavedModel's weights are rounded to float16
        in_proportion = np.asarray(ours[name]) * arrays[name]
        expected = in_proportion / np.mean(in_proportion)
        np.testing.assert_allclose(maps, expected, rtol=0.02, atol=0.005 * expected.max())


def test_channels_are_exported_in_the_deviations_of_the_teachers_and_free_ones_in_the_usual(tmp_path, photographs):
    keras.utils.set_random_seed(0)
    teacher = SqueezeNetExtractor(("conv1",))
    student = VGG19StyleExtractor(VGG19StyleExtractor.all_layer_names[:3], None, trainable=True)
    run = RunDirectory(tmp_path / "run")
    run.start(CONFIG)
    trainer = PerceptualTrainer(student, teacher, {"conv1": "block2_conv1"}, photographs, CONFIG, run)
    with np.load(run.path / NORMALIZATION) as arrays:
        deviations = np.asarray(trainer.deviations["conv1"])
        np.testing.assert_array_equal(arrays["block2_conv1"][:96], deviations)
        np.testing.assert_array_equal(arrays["block2_conv1"][96:], np.full(32, np.median(deviations), np.float32))
        np.testing.assert_array_equal(arrays["block1_conv1"], np.ones(64))


def test_resumed_training_is_bit_for_bit_the_uninterrupted_one(tmp_path, photographs, teacher):
    whole = make_trainer(tmp_path / "whole", photographs, teacher)
    whole.fit()
    first = make_trainer(tmp_path / "run", photographs, teacher)
    check, calls = first._check_finite, []

    def die_in_step_three(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise InterruptedError
        check(*arguments)

    first._check_finite = die_in_step_three
    with pytest.raises(InterruptedError):
        first.fit()
    silent = SqueezeNetExtractor(teacher.layer_names)
    silent.set_weights(teacher.get_weights())
    second = make_trainer(tmp_path / "run", photographs, silent, resume=True)
    second.fit()
    for left, right in zip(all_values(second), all_values(whole), strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_sample_depends_on_its_number_alone(tmp_path, photographs, teacher):
    trainer = make_trainer(tmp_path / "run", photographs, teacher)
    numbers = range(12)
    samples = [trainer.load_sample(number)[0] for number in numbers]
    for number in reversed(numbers):
        np.testing.assert_array_equal(trainer.load_sample(number)[0], samples[number])
    assert all(sample.shape == (64, 64, 3) and sample.min() >= 0 and sample.max() <= 1 for sample in samples)
    assert len({sample.tobytes() for sample in samples}) == 12
    roughness = [np.abs(np.diff(sample, n=2, axis=0)).mean() for sample in samples]  # the photographs are smooth
    assert max(roughness) > 3 * min(roughness)


def test_two_logical_devices_compute_the_same_losses(tmp_path, photographs, teacher, mirrored_strategy):
    config, strategy = dataclasses.replace(CONFIG, clip_norm=1e6), mirrored_strategy
    config = dataclasses.replace(CONFIG, clip_norm=1e6)  # each device clips its share
    make_trainer(tmp_path / "one", photographs, teacher, config).fit()
    with strategy.scope():
        mirrored_teacher = SqueezeNetExtractor(teacher.layer_names)
        mirrored_teacher.set_weights(teacher.get_weights())
        student = make_student()
    make_trainer(tmp_path / "two", photographs, mirrored_teacher, config, student, strategy).fit()
    one, two = (
        np.array([float(line.split('"loss": ')[1].split(",")[0]) for line in file.read_text().splitlines()])
        for file in (tmp_path / "one" / "losses.jsonl", tmp_path / "two" / "losses.jsonl")
    )
    assert len(one) == CONFIG.num_steps
    np.testing.assert_allclose(one, two, rtol=1e-3)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(tmp_path, photographs, teacher, precision):
    narrow = SqueezeNetExtractor(teacher.layer_names, dtype=precision)
    narrow.set_weights(teacher.get_weights())
    student = make_student(dtype=precision)
    # Of float16's first steps some are left out, until the scale of the loss fits.
    config = dataclasses.replace(CONFIG, num_steps=12, log_every=12, checkpoint_every=12, sample_every=12)
    trainer = make_trainer(tmp_path / "run", photographs, narrow, config, student)
    optimizer = getattr(trainer.optimizer, "inner_optimizer", trainer.optimizer)
    assert (optimizer is not trainer.optimizer) == (precision == "mixed_float16")
    assert optimizer.global_clipnorm == CONFIG.clip_norm
    before = values(student.trainable_variables)
    losses = trainer.fit()
    assert all(np.isfinite(value) for value in losses.values())
    moved = [np.any(old != np.asarray(new)) for old, new in zip(before, student.trainable_variables, strict=True)]
    assert sum(moved) > 0.9 * len(moved)


def test_initialization_keeps_scale_and_variety_through_all_layers(photographs):
    student = VGG19StyleExtractor(["block3_conv1"], None, trainable=True)
    images = to_float(np.stack([photographs.load(index)[0][:48, :48] for index in range(6)]))
    initialize(student, images, seed=0)
    maps = np.asarray(student(images)["block3_conv1"])
    # ReLU of a sum with mean 0 and deviation 1: a mean of about 0.4, and the square's mean is a half.
    np.testing.assert_allclose(np.mean(maps**2), 0.5, atol=0.1)
    assert np.all(maps.max(axis=(0, 1, 2)) > 0)
    again = VGG19StyleExtractor(["block3_conv1"], None, trainable=True)
    initialize(again, images, seed=0)
    for left, right in zip(student.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    initialize(again, images, seed=5)
    assert np.any(student.get_weights()[0] != again.get_weights()[0])


def test_initialization_comes_near_its_targets():
    """A layer is given the kernel that made them, or one as good; channels beyond the targets stay random."""
    images = np.random.default_rng(0).random((6, 32, 32, 3)).astype("float32")
    student = VGG19StyleExtractor(["block1_conv2"], None, trainable=True)
    initialize(student, images, seed=0)
    sums = np.asarray(student.pre_activations(images)["block1_conv2"])
    # Half of the channels of the second layer are combinations of what they are; the first layer is the same again.
    targets = np.maximum(sums, 0)[..., :32]
    again = VGG19StyleExtractor(["block1_conv2"], None, trainable=True)
    initialize(again, images, seed=0, targets={"block1_conv2": targets})
    maps = np.asarray(again(images)["block1_conv2"])
    error = np.mean((maps[..., :32] - targets) ** 2) / targets.var()
    assert error < 0.4
    np.testing.assert_allclose(maps[..., 32:], np.maximum(sums, 0)[..., 32:], rtol=1e-4, atol=1e-4)


def test_a_regression_finds_the_convolution_that_made_its_targets():
    random = np.random.default_rng(0)
    layer = keras.layers.Conv2D(5, 3, strides=2, padding="same")
    inputs = random.normal(2.0, 1.0, (4, 24, 20, 3)).astype("float32")
    targets = layer(inputs) + random.normal(size=5).astype("float32")
    kernel, bias = regress(layer, inputs, targets, seed=0, penalty=1e-6)
    np.testing.assert_allclose(kernel, layer.kernel, atol=0.02)
    layer.set_weights([kernel, bias])
    np.testing.assert_allclose(layer(inputs)[:, 1:-1, 1:-1], targets[:, 1:-1, 1:-1], atol=0.1)


def test_a_student_can_go_on_from_its_own_weights(tmp_path, photographs, teacher):
    student = make_student()
    before = student.get_weights()
    make_trainer(tmp_path / "on", photographs, teacher, dataclasses.replace(CONFIG, initialize=False), student=student)
    for left, right in zip(before, student.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_the_teacher_sees_no_frame(tmp_path, photographs, teacher):
    """Its maps of a gray image are the same everywhere: no zero padding reaches them. Without margin it does."""
    with_margin, without = (
        make_trainer(tmp_path / str(margin), photographs, teacher, dataclasses.replace(CONFIG, margin=margin))
        for margin in (16, 0)
    )
    framed = without.teach(tf.fill((1, 32, 32, 3), 0.7))
    for name, maps in with_margin.teach(tf.fill((1, 64, 64, 3), 0.7)).items():
        side = 16 if name == "conv1" else 8
        assert maps.shape[1:3] == framed[name].shape[1:3] == (side, side)
        np.testing.assert_allclose(maps, np.broadcast_to(maps[:, :1, :1], maps.shape), atol=1e-3 * np.max(maps))
        assert np.ptp(framed[name], axis=(1, 2)).max() > 0.1 * np.max(maps)


def test_the_margin_does_not_move_the_maps(tmp_path, photographs, teacher):
    trainer = make_trainer(tmp_path / "run", photographs, teacher)
    images = np.zeros((1, 64, 64, 3), np.float32)
    images[0, 28:36, 28:36] = 1.0
    background = trainer.teach(np.zeros_like(images))
    for name, maps in trainer.teach(images).items():
        changed = np.abs(maps - background[name]).sum(axis=(0, 3))
        rows = np.arange(changed.shape[0]) + 0.5
        centroid = (changed.sum(axis=1) @ rows) / changed.sum() * 32 / len(rows)
        assert 10 < centroid < 22, name  # the middle of the crop is 16


def test_samples_show_teacher_and_student(tmp_path, photographs, teacher):
    trainer = make_trainer(tmp_path / "run", photographs, teacher)
    picture = trainer.sample_image()
    assert picture.shape == (32 * (1 + 2 * len(SMALL_TAPS)), 4 * 32, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[:32, :32], trainer.examples[0, 16:48, 16:48])


def test_mistakes(tmp_path, photographs, teacher):
    run = RunDirectory(tmp_path / "run")
    run.start(CONFIG)
    with pytest.raises(ValueError, match="The student is frozen. Create it with trainable=True"):
        PerceptualTrainer(make_student(trainable=False), teacher, SMALL_TAPS, photographs, CONFIG, run)
    with pytest.raises(ValueError, match="same stride. Received: conv1 with 2 and stage3_conv1 with 4"):
        PerceptualTrainer(make_student(), teacher, {"conv1": "stage3_conv1"}, photographs, CONFIG, run)
    with pytest.raises(ValueError, match="`margin` must be a multiple of 16 pixels. Received: margin=8"):
        dataclasses.replace(CONFIG, margin=8)
    with pytest.raises(ValueError, match="`clip_norm` must be positive. Received: clip_norm=0"):
        dataclasses.replace(CONFIG, clip_norm=0.0)


@pytest.mark.parametrize(("kind", "student"), [(VGG19StyleExtractor, "vgg19"), (LightStyleExtractor, "light")])
def test_the_taps_connect_layers_of_one_stride(kind, student):
    taps = TAPS[student]
    given = kind(tuple(dict.fromkeys(taps.values())), weights=None)(np.zeros((1, 32, 32, 3), np.float32))
    wanted = SqueezeNetExtractor(tuple(taps))(np.zeros((1, 32, 32, 3), np.float32))
    for name, tap in taps.items():
        assert wanted[name].shape[1:3] == given[tap].shape[1:3], name
