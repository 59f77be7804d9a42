import functools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.artifacts import ArtifactError
from tfstyle.layers.noise_injection import NoiseInjection
from tfstyle.models.style.plain_style_bank import PlainStyleBank
from tfstyle.models.style.style_bank import StyleBank, stroke_weights
from tfstyle.saved.style_bank import export_style_bank

STYLES = ("identity", "waves", "stars")
SIZES = (0.5, 2.0)
IMAGES = np.random.default_rng(0).random((2, 18, 13, 3)).astype("float32")


def make(style_names=STYLES, **kwargs):
    keras.utils.set_random_seed(1)
    options = {"filters": (4, 6, 4), "num_residual_blocks": 1, "learned_stroke_sizes": SIZES, **kwargs}
    return StyleBank(style_names, **options)


def randomize(bank):
    """Gives the bank weights as after a training: no two rows alike, every shortcut in use."""
    random = np.random.default_rng(2)
    bank.set_weights([value + random.normal(0, 0.3, value.shape) for value in bank.get_weights()])
    return bank


@pytest.fixture(scope="module")
def new_bank():
    """As built; not to be changed."""
    return make()


@pytest.fixture(scope="module")
def trained_bank():
    """With random weights; not to be changed."""
    return randomize(make())


def one_hot(style, num_styles=3):
    return tf.one_hot([style], num_styles)


def test_the_identity_gives_the_photograph_back(new_bank):
    """But for 0 and 1, which a sigmoid does not reach: they come half a level of 8 bits too dark or too light."""
    photographs = IMAGES.copy()
    photographs[:, :2], photographs[:, 2:4] = 0.0, 1.0
    expected = np.clip(photographs, 1 / 512, 511 / 512)
    np.testing.assert_allclose(new_bank(photographs, one_hot(0)), expected, atol=1e-6)
    half = make(dtype="mixed_bfloat16")
    half.set_weights(new_bank.get_weights())
    np.testing.assert_allclose(half(photographs, one_hot(0)), expected, atol=1e-6)
    assert np.abs(new_bank(photographs, one_hot(1)) - photographs).max() > 0.3


def test_the_identity_is_the_same_whatever_the_painters_learn(new_bank):
    bank = make()
    random = np.random.default_rng(5)
    for variable in bank.weights:
        noise = random.normal(0, 0.5, variable.shape)
        if any(variable is rows for rows in bank.style_variables):
            noise[: len(SIZES)] = 0.0  # nobody trains the row of the identity
        variable.assign_add(noise)
    np.testing.assert_array_equal(bank(IMAGES, one_hot(0)), new_bank(IMAGES, one_hot(0)))


def test_the_shortcut_passes_the_photograph_in_the_identity_alone(new_bank):
    np.testing.assert_array_equal(new_bank.shortcut.kernel, np.repeat([1.0, 1.0, 0.0, 0.0, 0.0, 0.0], 3).reshape(6, 3))


def test_the_brightness_of_a_photograph_comes_by_the_shortcut(trained_bank):
    dark, light = (trained_bank(np.full((1, 16, 16, 3), level), one_hot(1)).numpy() for level in (0.1, 0.9))
    shortcut = trained_bank.shortcut.kernel.numpy()[2:4].mean(axis=0)
    np.testing.assert_array_equal(np.sign(light - dark), np.broadcast_to(np.sign(shortcut), light.shape))


def test_style_variables_are_all_that_has_a_row_for_each_style(new_bank):
    names = {variable.path for variable in new_bank.style_variables}
    assert names == {weight.path for weight in new_bank.weights if weight.shape[0] == 6 and len(weight.shape) < 4}
    # Scale and shift of the stem, down, two in a block, narrow, refine, refine_more; amounts of two noises; shortcut.
    assert len(new_bank.style_variables) == 2 * 7 + 2 + 1


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 400), (4, 8), (9, 7), (97, 131)])
def test_any_size(trained_bank, size):
    images = np.random.default_rng(3).random((1, *size, 3)).astype("float32")
    outputs = trained_bank(images, tf.constant([[0.2, 0.3, 0.5]]))
    assert outputs.shape == images.shape
    assert outputs.dtype == tf.float32
    assert 0 <= np.min(outputs) <= np.max(outputs) <= 1


def test_outputs_stay_in_range_for_extreme_weights(trained_bank):
    bank = make()
    bank.set_weights([100 * value for value in trained_bank.get_weights()])
    outputs = bank(IMAGES, tf.eye(3)[:2])
    assert np.min(outputs) == 0
    assert np.max(outputs) == 1


def test_half_precision_gives_float32(trained_bank):
    bank = make(dtype="mixed_bfloat16")
    bank.set_weights(trained_bank.get_weights())
    outputs = bank(IMAGES, one_hot(1))
    assert outputs.dtype == tf.float32
    assert len(np.unique(outputs)) > 256  # the sigmoid is taken in float32: no steps in a smooth sky
    assert np.mean(np.abs(outputs - trained_bank(IMAGES, one_hot(1)))) < 0.01


@functools.cache
def without_noise(bank):
    silent = make()
    silent.set_weights(bank.get_weights())
    for layer in silent._flatten_layers():
        if isinstance(layer, NoiseInjection):
            layer.weight.assign(np.zeros(layer.weight.shape))
    return silent


@pytest.mark.parametrize("size", [(32, 32), (19, 30), (5, 3)])
def test_no_border_in_a_plain_image(new_bank, size):
    color = np.array([0.9, 0.4, 0.1], "float32")
    images = np.broadcast_to(color, (3, *size, 3))
    outputs = without_noise(new_bank)(images, tf.eye(3)).numpy()
    np.testing.assert_allclose(outputs, np.broadcast_to(outputs[:, :1, :1], outputs.shape), atol=1e-4)


def test_no_border_whatever_the_weights(trained_bank):
    images = np.full((1, 21, 26, 3), 0.6, "float32")
    outputs = without_noise(trained_bank)(images, tf.constant([[0.3, 0.3, 0.4]])).numpy()
    np.testing.assert_allclose(outputs, np.broadcast_to(outputs[:, :1, :1], outputs.shape), atol=1e-4)


def test_a_plain_area_is_painted_without_a_period(trained_bank):
    images = np.full((1, 96, 96, 3), 0.6, "float32")
    outputs = trained_bank(images, one_hot(1)).numpy()[0]
    assert outputs.std() > 0.02
    for period in (24, 32):  # multiples of 4 and 8; the coarsest noise is smooth over 16 pixels
        moved = np.roll(outputs, period, axis=1)[:, period:] - outputs[:, period:]
        assert np.sqrt(np.mean(moved**2)) > outputs.std(axis=(0, 1)).mean()  # of what does not repeat, 1.4 times that


def test_seeds(trained_bank):
    seeds = tf.constant([3, 4], tf.int32)
    outputs = trained_bank(IMAGES, tf.one_hot([1, 1], 3), seeds=seeds)
    alone = trained_bank(IMAGES[1:], one_hot(1), seeds=seeds[1:])
    np.testing.assert_allclose(outputs[1:], alone, atol=1e-5)
    assert np.abs(alone - trained_bank(IMAGES[1:], one_hot(1))).max() > 0.1
    np.testing.assert_array_equal(
        trained_bank(IMAGES, one_hot(1)), trained_bank(IMAGES, one_hot(1), seeds=tf.constant([0]))
    )


def test_stroke_sizes_are_interpolated(trained_bank):
    small, large = (trained_bank(IMAGES, one_hot(1), stroke_sizes=tf.constant([size])) for size in (0.5, 2.0))
    assert np.abs(small - large).max() > 0.1
    np.testing.assert_array_equal(small, trained_bank(IMAGES, one_hot(1), stroke_sizes=tf.constant([0.1])))
    middle = make()
    middle.set_weights(trained_bank.get_weights())
    for variable in middle.style_variables:
        by_style = variable.numpy().reshape(3, len(SIZES), -1)
        variable.assign(np.repeat(by_style.mean(axis=1, keepdims=True), len(SIZES), axis=1).reshape(variable.shape))
    between = trained_bank(IMAGES, one_hot(1), stroke_sizes=tf.constant([1.0]))
    np.testing.assert_allclose(between, middle(IMAGES, one_hot(1)), atol=1e-5)


def test_shares_of_stroke_sizes():
    weights = stroke_weights(tf.constant([0.25, 0.5, 1.0, 2**0.5, 2.0, 9.0]), (0.5, 1.0, 2.0))
    expected = [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0.5, 0.5], [0, 0, 1], [0, 0, 1]]
    np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_more_stroke_sizes_begin_as_the_nearest(trained_bank):
    bank = trained_bank.with_stroke_sizes((0.4, 0.5, 2.0, 3.0))
    for old, new in ((0.5, 0.4), (0.5, 0.5), (2.0, 2.0), (2.0, 3.0)):
        expected = trained_bank(IMAGES, one_hot(2), stroke_sizes=tf.constant([old]))
        np.testing.assert_allclose(bank(IMAGES, one_hot(2), stroke_sizes=tf.constant([new])), expected, atol=1e-6)


@pytest.mark.parametrize("sizes", [(), (0.0, 1.0), (2.0, 1.0), (1.0, 1.0)])
def test_wrong_stroke_sizes(sizes):
    with pytest.raises(ValueError, match="`learned_stroke_sizes` must be positive and ascending"):
        make(learned_stroke_sizes=sizes)


def test_every_image_has_its_own_style(trained_bank):
    both = trained_bank(IMAGES, tf.one_hot([2, 1], 3))
    for index, style in enumerate([2, 1]):
        alone = trained_bank(IMAGES[index : index + 1], one_hot(style))
        np.testing.assert_allclose(both[index : index + 1], alone, atol=1e-5)
    assert np.abs(trained_bank(IMAGES, one_hot(1)) - trained_bank(IMAGES, one_hot(2))).max() > 0.1


def test_blend_interpolates_the_rows(trained_bank):
    weights = np.array([0, 0.6, 0.4], "float32")
    blended = make()
    blended.set_weights(trained_bank.get_weights())
    for variable in blended.style_variables:
        by_style = variable.numpy().reshape(3, len(SIZES), -1)
        variable.assign(np.tile(np.einsum("s,szc->zc", weights, by_style), (3, 1)).reshape(variable.shape))
    np.testing.assert_allclose(trained_bank(IMAGES, weights[None]), blended(IMAGES, one_hot(1)), atol=1e-5)


def test_new_styles_leave_the_old_ones_bit_for_bit(trained_bank):
    bank = trained_bank.with_new_styles(["mine", "yours"])
    assert bank.style_names == (*STYLES, "mine", "yours")
    for style in range(3):
        np.testing.assert_array_equal(bank(IMAGES, one_hot(style, 5)), trained_bank(IMAGES, one_hot(style)))
    for new, old in zip(bank.style_variables, trained_bank.style_variables, strict=True):
        painters = np.asarray(old)[len(SIZES) :].reshape(2, len(SIZES), *old.shape[1:])  # the identity is none
        expected = painters.mean(axis=0)
        np.testing.assert_allclose(new[3 * len(SIZES) :], np.concatenate([expected, expected]), rtol=1e-6)


def test_new_styles_of_a_bank_without_painters():
    bank = make(["identity"]).with_new_styles(["mine"])
    fresh = make(["identity", "mine"])
    for new, expected in zip(bank.style_variables, fresh.style_variables, strict=True):
        if "noise" not in new.path:  # which begins at random
            np.testing.assert_array_equal(new, expected)


def test_new_styles_in_another_precision(trained_bank):
    bank = trained_bank.with_new_styles(["mine"], dtype="mixed_bfloat16")
    assert bank.dtype_policy.name == "mixed_bfloat16"
    assert trained_bank.with_new_styles(["mine"]).dtype_policy.name == "float32"


def test_new_style_with_a_name_that_is_taken(trained_bank):
    with pytest.raises(ValueError, match="`style_names` must be distinct .*'waves', 'stars', 'waves'"):
        trained_bank.with_new_styles(["waves"])


@pytest.mark.parametrize("style_names", [[], ["waves"], ["waves", "identity"], ["identity", "waves", "waves"]])
def test_wrong_style_names(style_names):
    with pytest.raises(
        ValueError, match="`style_names` must be distinct and start with 'identity'. Received: style_nam"
    ):
        StyleBank(style_names)


def test_from_pretrained_gives_back_the_bank(bank_folder, bank):
    again = StyleBank.from_pretrained(bank_folder)
    assert again.style_names == bank.style_names
    assert again.dtype_policy.name == "float32"
    assert len(again.trainable_variables) == len(again.weights)
    for style in range(3):
        np.testing.assert_allclose(again(IMAGES, one_hot(style)), bank(IMAGES, one_hot(style)), atol=1e-5)


def test_a_bank_of_version_0_1_0_is_of_its_own_class(tmp_path):
    plain = PlainStyleBank(STYLES, (4, 6, 4), 1)
    export_style_bank(plain, tmp_path / "old", lite=False)
    metadata = json.loads((tmp_path / "old/assets.extra/metadata.json").read_text())
    del metadata["class"]  # as version 0.1.0 wrote it
    (tmp_path / "old/assets.extra/metadata.json").write_text(json.dumps(metadata))
    bank = StyleBank.from_pretrained(tmp_path / "old")
    assert type(bank) is PlainStyleBank
    np.testing.assert_allclose(bank(IMAGES[:1], one_hot(1)), plain(IMAGES[:1], one_hot(1)), atol=2e-3)


def test_the_shipped_bank_loads():
    bank = StyleBank.from_pretrained("style_bank")
    assert type(bank) is StyleBank
    weights = np.eye(len(bank.style_names), dtype="float32")[3:4]
    np.testing.assert_allclose(bank(IMAGES[:1], weights), tfstyle.load("style_bank")(IMAGES[:1], weights), atol=1e-4)


def test_from_pretrained_of_nothing():
    with pytest.raises(ArtifactError, match="There is no model 'no_such_bank'"):
        StyleBank.from_pretrained("no_such_bank")


def test_from_pretrained_of_another_family(tmp_path):
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / "assets.extra" / "metadata.json").write_text('{"name": "digits", "family": "gan", "task": "draw"}')
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(ArtifactError, match="is of the family 'gan', and no StyleBank"):
        StyleBank.from_pretrained(tmp_path)


def test_details_of_the_first_convolution_reach_the_decoder():
    """With zeros where the decoder reads them, a bank is the one without, which is what older configs describe."""
    config = StyleBank(["identity", "waves"], filters=(4, 6, 4), num_residual_blocks=1).get_config()
    detailed = StyleBank.from_config(config)
    del config["has_details"]
    plain = StyleBank.from_config(config)
    assert (detailed.has_details, plain.has_details) == (True, False)
    for new, old in zip(detailed.weights, plain.weights, strict=True):
        values = np.asarray(old)
        missing = [(0, own - theirs) for own, theirs in zip(new.shape, values.shape, strict=True)]
        new.assign(np.pad(values, missing))
    images = np.random.default_rng(0).random((1, 22, 31, 3), np.float32)
    style = np.array([[0.0, 1.0]], np.float32)
    np.testing.assert_allclose(detailed(images, style), plain(images, style), atol=1e-5)
    kernel = detailed.refine.convolution.kernel
    kernel.assign(np.random.default_rng(1).normal(0, 0.1, kernel.shape))
    assert np.abs(np.asarray(detailed(images, style)) - np.asarray(plain(images, style))).max() > 1e-3
