"""Networks that paint like any painting, as SavedModels: vectors of paintings, and photographs painted with them."""

import subprocess
import sys
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.artifacts import read_metadata
from tfstyle.models.style.adain import AdaINStyler
from tfstyle.models.style.semantic_style import SemanticStyler
from tfstyle.saved.archive import ExportError
from tfstyle.saved.family import Family
from tfstyle.saved.registry import export_run
from tfstyle.saved.styler import LoadedStyler, export_styler
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.style_bank_config import StyleBankConfig
from tfstyle.transfer.refinement import refine_style
from tfstyle.zoo import load_pretrained

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((3, 21, 34, 3)).astype("float32")
PAINTINGS = RANDOM.random((2, 8, 5, 3)).astype("float32")
VECTORS = RANDOM.normal(0, 1, (3, 4)).astype("float32")


def weights_of(tiny_styler):
    """Its four weights as they are on disk: kernel and bias of the encoder, and of the decoder."""
    return [value.astype("float16").astype("float64") for value in tiny_styler.get_weights()]


def encode(tiny_styler, paintings):
    """What the tiny styler's docstring says, in NumPy."""
    kernel, bias, _, _ = weights_of(tiny_styler)
    return paintings.mean(axis=(1, 2)) @ kernel + bias


def paint(tiny_styler, images, vectors, strength):
    _, _, kernel, bias = weights_of(tiny_styler)
    colors = 1 / (1 + np.exp(-(vectors @ kernel + bias)))
    strength = np.reshape(strength, (-1, 1, 1, 1))
    return (1 - strength) * images + strength * (images + colors[:, None, None, :]) / 2


def test_signatures_can_be_read_by_a_stranger(styler_folder):
    signatures = tf.saved_model.load(str(styler_folder)).signatures
    assert set(signatures) == {"serving_default", "stylize_uint8", "encode_style", "vary_style"}
    images, style = [None, None, None, 3], {"style_vectors": (tf.float32, [None, 4]), "strength": (tf.float32, [None])}
    for name, inputs, outputs in (
        ("encode_style", {"style_images": (tf.float32, images)}, {"style_vectors": (tf.float32, [None, 4])}),
        ("serving_default", {"images": (tf.float32, images), **style}, {"images": (tf.float32, images)}),
        (
            "vary_style",
            {"style_vectors": (tf.float32, [None, 4]), "noise": (tf.float32, [None, 2])},
            {"style_vectors": (tf.float32, [None, 4])},
        ),
        ("stylize_uint8", {"images": (tf.uint8, images), **style}, {"images": (tf.uint8, images)}),
    ):
        specs = signatures[name].structured_input_signature[1]
        assert {key: (spec.dtype, spec.shape.as_list()) for key, spec in specs.items()} == inputs
        outs = signatures[name].structured_outputs
        assert {key: (spec.dtype, spec.shape.as_list()) for key, spec in outs.items()} == outputs


def test_metadata(tiny_styler, styler_folder, styler):
    metadata = read_metadata(styler_folder)
    assert (metadata["name"], metadata["license"], metadata["family"]) == ("tiny_styler", "none", "adain")
    assert metadata["style_dim"] == 4
    assert metadata["tfstyle_version"] == tfstyle.__version__
    assert "name" not in metadata["config"]
    assert metadata["config"]["dtype"] == "float32"
    assert tiny_styler.dtype_policy.name == "mixed_bfloat16"
    assert isinstance(styler, LoadedStyler)
    assert styler.style_dim == 4
    assert styler.metadata == metadata


def test_style_vectors(tiny_styler, styler):
    expected = encode(tiny_styler, PAINTINGS)
    vectors = styler.encode_style(PAINTINGS)
    assert (vectors.shape, vectors.dtype) == ((2, 4), np.float32)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    np.testing.assert_allclose(styler.encode_style(PAINTINGS[1]), expected[1:], atol=1e-5)
    np.testing.assert_allclose(
        styler.encode_style([PAINTINGS[0], np.rint(255 * IMAGES[1]).astype(np.uint8)]),
        [expected[0], encode(tiny_styler, IMAGES[1:2])[0]],
        atol=0.02,  # a painting in 8 bits
    )


@pytest.mark.parametrize(
    ("images", "vectors", "strength"),
    [
        (IMAGES, VECTORS, [1.0, 0.3, 0.0]),
        (IMAGES, VECTORS[:1], 0.7),
        (IMAGES, VECTORS[0], [0.7]),
        (IMAGES[:1], VECTORS[:1], 1.0),
        (IMAGES[:, :1, :1].astype("float64"), VECTORS, 1),
    ],
    ids=["one each", "one vector", "a plain vector", "one image", "1x1"],
)
def test_paintings(tiny_styler, styler, images, vectors, strength):
    outputs = styler(images, vectors, strength)
    assert (outputs.shape, outputs.dtype) == (images.shape, np.float32)
    np.testing.assert_allclose(outputs, paint(tiny_styler, images, np.atleast_2d(vectors), strength), atol=1e-5)


def test_uint8_is_float_rounded(styler):
    images = np.rint(IMAGES * 255).astype("uint8")
    outputs = styler(images, VECTORS, 0.5)
    assert outputs.dtype == np.uint8
    np.testing.assert_allclose(outputs, styler(images / 255.0, VECTORS, 0.5) * 255, atol=0.51)


def test_a_blend_is_the_weighted_mean_of_vectors(styler):
    first, second = styler.encode_style(PAINTINGS)
    blend = styler.blend([(PAINTINGS[0], 3), (second, 1.0)])
    np.testing.assert_allclose(blend, 0.75 * first + 0.25 * second, atol=1e-6)
    assert (blend.shape, blend.dtype) == ((4,), np.float32)
    np.testing.assert_array_equal(styler.blend(PAINTINGS[0]), first)
    np.testing.assert_array_equal(styler.blend(second), second)
    paint = styler.painter([(first, 1), (second, 1)], strength=0.4)
    np.testing.assert_allclose(paint(IMAGES), styler(IMAGES, (first + second) / 2, 0.4), atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda styler: styler(IMAGES[0], VECTORS), r"`images` must have the shape \(batch, height, width, 3\)"),
        (
            lambda styler: styler(255 * IMAGES, VECTORS),
            r"float in \[0, 1\]. .*images.dtype=float32 with values from 0.02754 to 2",
        ),
        (lambda styler: styler(IMAGES, VECTORS[:2]), r"shape \(3 or 1, 4\). Received: style_vectors.shape=\(2, 4\)"),
        (lambda styler: styler(IMAGES, VECTORS[:, :3]), r"Received: style_vectors.shape=\(3, 3\)"),
        (lambda styler: styler(IMAGES, VECTORS, 1.1), r"`strength` must lie in \[0, 1\]. Received: strength=1.1"),
        (lambda styler: styler(IMAGES, VECTORS, float("nan")), "Received: strength=nan"),
        (lambda styler: styler(IMAGES, VECTORS, [0.1, 0.2]), r"one for each of 3 images. .*strength.shape=\(2,\)"),
        (lambda styler: styler.encode_style([]), "must hold a painting at least"),
        (lambda styler: styler.encode_style(IMAGES[..., 0]), r"style_images.shape=\(1, 3, 21, 34\)"),
        (lambda styler: styler.encode_style([IMAGES[0], IMAGES]), r"style_images.shape=\(1, 3, 21, 34, 3\)"),
        (lambda styler: styler.blend("monet.jpg"), r"Received: 'monet.jpg'. Pass tfstyle.load_image\('monet.jpg'\)"),
        (lambda styler: styler.blend(VECTORS[0, :3]), r"tiny_styler holds 4 finite floats. Received: shape=\(3,\)"),
        (lambda styler: styler.blend(np.full(4, np.nan)), "holds 4 finite floats"),
        (lambda styler: styler.blend([PAINTINGS[0], PAINTINGS[1]]), r"a list of \(style, weight\), as in"),
        (lambda styler: styler.blend([(PAINTINGS[0], 0)]), r"must be positive numbers. Received: \[0\]"),
        (lambda styler: styler.blend([]), r"must be positive numbers. Received: \[\]"),
        (lambda styler: styler.painter(VECTORS[0], 2), "Received: strength=2"),
    ],
)
def test_wrong_wishes(styler, call, message):
    with pytest.raises(ValueError, match=message):
        call(styler)


def test_weights_that_float16_cannot_hold(tiny_styler, tmp_path):
    styler = type(tiny_styler)()
    styler.encoder.bias.assign([1.0, 1e5, 1.0, 1.0])
    with pytest.raises(ExportError, match=r"bias reaches 1e\+05, and float16 ends at 65504"):
        export_styler(styler, tmp_path / "new")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("tolerance", "message"),
    [
        ("styler.VECTOR_TOLERANCE", "The SavedModel's style vectors differ from the styler's by "),
        ("archive.MEAN_IMAGE_TOLERANCE", "images differ from the styler's by .* in the mean and up to"),
    ],
)
def test_what_rounding_spoils_is_not_exported(tiny_styler, tmp_path, monkeypatch, tolerance, message):
    monkeypatch.setattr(f"tfstyle.saved.{tolerance}", 1e-8)
    with pytest.raises(ExportError, match=message):
        export_styler(tiny_styler, tmp_path / "spoiled")
    assert not (tmp_path / "spoiled").exists()


def test_noise_varies_a_style(styler, monkeypatch):
    noise = 0.5 * np.random.default_rng(3).standard_normal((5, 2))
    expected = VECTORS[0] + np.concatenate([noise, -noise], axis=1)
    varied = styler.vary_style(VECTORS[0], seed=3, num_variations=5, amount=0.5)
    np.testing.assert_allclose(varied, expected, atol=1e-6)
    assert styler.vary_style(VECTORS[0], seed=4).shape == (1, 4)
    monkeypatch.setattr(styler, "noise_dim", 0)
    with pytest.raises(ValueError, match="tiny_styler has no noise that varies a style"):
        styler.vary_style(VECTORS[0], seed=3)


def test_a_keras_model_from_it(tiny_styler, styler_folder, styler, monkeypatch):
    monkeypatch.setattr(Family, "model_class", lambda family, metadata: type(tiny_styler))
    again = load_pretrained(styler_folder)
    assert again.dtype_policy.name == "float32"
    outputs = again(IMAGES, tf.constant(VECTORS), tf.constant([0.5]))
    np.testing.assert_allclose(outputs, styler(IMAGES, VECTORS, 0.5), atol=1e-5)


STYLERS = {
    "adain": lambda: AdaINStyler(encoder_weights=None, decoder_filters=(4,), dtype="mixed_bfloat16"),
    "semantic_style": lambda: SemanticStyler(
        extractor_weights=None, style_dim=6, hidden_dim=8, filters=(4, 4, 4), num_residual_blocks=1
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("family", STYLERS)
def test_the_averaged_weights_of_a_run_are_exported(family, tmp_path):
    keras.utils.set_random_seed(0)
    styler = STYLERS[family]()
    run = RunDirectory(tmp_path / "run")
    run.start(StyleBankConfig())
    run.write_model({"family": family, "class": type(styler).__name__, "config": styler.get_config()})
    average = MovingAverage(styler)
    for variable in average.variables:
        variable.assign(0.9 * variable)  # other values than the styler's own
    checkpoint = tf.train.Checkpoint(
        step=tf.Variable(7, dtype=tf.int64),
        model=[variable.value for variable in styler.variables],
        average=average.items,  # frozen weights have none
    )
    tf.train.CheckpointManager(checkpoint, str(run.path / "checkpoints"), max_to_keep=2).save()
    export_run(run.path, tmp_path / "averaged")
    loaded = tfstyle.load(tmp_path / "averaged")
    assert (loaded.metadata["family"], loaded.metadata["trained_steps"]) == (family, 7)

    full = type(styler).from_config({**styler.get_config(), "dtype": "float32"})
    full.set_weights(styler.get_weights())
    for variable, source in zip(full.variables, styler.variables, strict=True):
        if any(source.value is averaged for averaged in average.sources):
            variable.assign(0.9 * source.value)
    again = load_pretrained(tmp_path / "averaged")
    assert type(again) is type(styler)
    vectors = loaded.encode_style(PAINTINGS)
    for keras_styler, tolerance in ((again, 1e-5), (full, 4 / 255)):  # as on disk, and before it was rounded
        np.testing.assert_allclose(vectors, keras_styler.encode_style(PAINTINGS), rtol=tolerance, atol=tolerance)
        expected = keras_styler(IMAGES[:2], tf.constant(vectors), tf.constant([0.5]))
        np.testing.assert_allclose(loaded(IMAGES[:2], vectors, 0.5), expected, atol=tolerance)


def test_a_style_is_refined_on_photographs_that_come_with_the_model(tmp_path):
    keras.utils.set_random_seed(0)
    styler = STYLERS["semantic_style"]()
    photographs = RANDOM.integers(0, 256, (3, 32, 32, 3), np.uint8)
    export_styler(styler, tmp_path / "refining", photographs=photographs, refine=partial(refine_style, num_steps=4))
    loaded = tfstyle.load(tmp_path / "refining")
    assert loaded.can_refine and not loaded.refines
    paintings = RANDOM.random((3, 34, 29, 3)).astype("float32")
    glances, vectors = loaded.encode_style(paintings), loaded.encode_style(paintings, refine=True)
    again = load_pretrained(tmp_path / "refining")  # whose weights are those on disk
    expected = refine_style(again, paintings, again.encode_style(paintings), photographs / np.float32(255), 4)
    np.testing.assert_allclose(vectors, expected, atol=2e-3)
    assert np.abs(vectors - glances).max() > 0.03  # the first step alone moves each number by that
    np.testing.assert_allclose(loaded.blend([(paintings[0], 1)], refine=True), vectors[0], atol=2e-3)  # alone
    assert loaded(IMAGES, vectors).shape == IMAGES.shape


def test_seeds_of_a_styler_with_noise(tmp_path):
    keras.utils.set_random_seed(0)
    styler = STYLERS["semantic_style"]()
    export_styler(styler, tmp_path / "noisy")
    loaded = tfstyle.load(tmp_path / "noisy")
    assert loaded.metadata["has_noise"]
    vector = loaded.encode_style(RANDOM.random((34, 29, 3)).astype("float32"))
    expected = load_pretrained(tmp_path / "noisy")(IMAGES, tf.constant(vector), tf.ones((1,)), tf.constant([7]))
    np.testing.assert_allclose(loaded(IMAGES, vector, seed=7), expected, atol=1e-5)
    assert np.abs(loaded(IMAGES, vector, seed=8) - expected).max() > 1e-4
    np.testing.assert_array_equal(loaded.painter(vector[0], seed=7)(IMAGES), loaded(IMAGES, vector, seed=7))
    bytes_ = np.uint8(np.rint(255 * IMAGES))
    np.testing.assert_allclose(
        loaded(bytes_, vector, seed=7), 255 * loaded(bytes_ / np.float32(255), vector, seed=7), atol=1
    )


def test_what_a_styler_does_not_have(styler):
    with pytest.raises(ValueError, match="tiny_styler cannot refine style vectors"):
        styler.encode_style(PAINTINGS, refine=True)
    with pytest.raises(ValueError, match="tiny_styler has no noise, which a seed would vary. Received: seed=3"):
        styler(IMAGES, VECTORS[:1], seed=3)
    np.testing.assert_array_equal(styler.encode_style(PAINTINGS, refine=False), styler.encode_style(PAINTINGS))


STRANGER = """
import sys
import numpy as np
sys.modules["tfstyle"] = None  # makes `import tfstyle` raise
import tensorflow as tf
folder, output = sys.argv[1:]
model = tf.saved_model.load(folder)
random = np.random.default_rng(1)
painting, images = (tf.constant(random.random((1, *size, 3), np.float32)) for size in ((7, 9), (12, 11)))
vectors = model.signatures["encode_style"](style_images=painting)["style_vectors"]
painted = model.signatures["serving_default"](images=images, style_vectors=vectors, strength=tf.constant([0.5]))
np.save(output, painted["images"])
"""


@pytest.mark.slow
def test_a_process_without_tfstyle(tiny_styler, styler_folder, tmp_path):
    arguments = [styler_folder, tmp_path / "images.npy"]
    subprocess.run([sys.executable, "-c", STRANGER, *map(str, arguments)], cwd=tmp_path, check=True, timeout=300)
    random = np.random.default_rng(1)
    painting, images = (random.random((1, *size, 3), np.float32) for size in ((7, 9), (12, 11)))
    expected = paint(tiny_styler, images, encode(tiny_styler, painting), 0.5)
    np.testing.assert_allclose(np.load(tmp_path / "images.npy"), expected, atol=1e-5)
