"""Style banks as SavedModels."""

import gc
import json

import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.artifacts import folder_digest
from tfstyle.models.style.plain_style_bank import PlainStyleBank
from tfstyle.models.style.style_bank import StyleBank
from tfstyle.saved.archive import ExportError
from tfstyle.saved.registry import export_run, load_saved_model
from tfstyle.saved.style_bank import LoadedStyleBank, export_style_bank
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.style_bank_config import StyleBankConfig

IMAGES = np.random.default_rng(0).random((3, 21, 34, 3)).astype("float32")
WEIGHTS = np.array([[0.1, 0.9, 0.0], [0.0, 0.0, 1.0], [0.3, 0.3, 0.4]], "float32")


@pytest.fixture(scope="module")
def keras_bank(bank_folder):
    """The Keras model of `bank_folder`."""
    return StyleBank.from_pretrained(bank_folder)


def test_signatures_can_be_read_by_a_stranger(bank_folder):
    saved_model = tf.saved_model.load(str(bank_folder))
    variation = {"stroke_sizes": (tf.float32, [None]), "seeds": (tf.int32, [None]), "corner": (tf.int32, [2])}
    assert set(saved_model.signatures) == {"serving_default", "stylize", "stylize_uint8"}
    for name, dtype in (("serving_default", tf.float32), ("stylize", tf.float32), ("stylize_uint8", tf.uint8)):
        signature = saved_model.signatures[name]
        inputs = signature.structured_input_signature[1]
        assert {key: (spec.dtype, spec.shape.as_list()) for key, spec in inputs.items()} == {
            "images": (dtype, [None, None, None, 3]),
            "style_weights": (tf.float32, [None, 3]),
            **(variation if name == "stylize" else {}),
        }
        (output,) = signature.structured_outputs.items()
        assert output[0] == "images"
        assert output[1].dtype == dtype


@pytest.mark.parametrize(
    ("images", "style_weights"),
    [
        (IMAGES[:1], WEIGHTS[:1]),
        (IMAGES, WEIGHTS),
        (IMAGES, WEIGHTS[:1]),
        (IMAGES, WEIGHTS[0]),
        (IMAGES[:, :1, :1], WEIGHTS),
        (IMAGES[:, :3].astype("float64"), WEIGHTS),
    ],
    ids=["one", "row for each", "one row for all", "row as vector", "1x1", "float64"],
)
def test_loaded_bank_equals_the_model(bank, keras_bank, images, style_weights):
    outputs = bank(images, style_weights)
    assert isinstance(outputs, np.ndarray)
    assert outputs.dtype == np.float32
    rows = np.broadcast_to(np.atleast_2d(style_weights), (len(images), 3))
    np.testing.assert_allclose(outputs, keras_bank(images.astype("float32"), tf.constant(rows)), atol=1e-5)


def test_uint8_is_float_rounded(bank):
    images = np.rint(IMAGES * 255).astype("uint8")
    outputs = bank(images, WEIGHTS)
    assert outputs.dtype == np.uint8
    expected = bank(images / 255.0, WEIGHTS) * 255.0
    np.testing.assert_allclose(outputs, expected, atol=0.51)  # rounded: truncation would be off by up to 1
    assert np.ptp(outputs) > 50


@pytest.mark.parametrize("images", [IMAGES, np.rint(IMAGES * 255).astype("uint8")], ids=["float", "uint8"])
def test_strokes_and_seeds(bank, keras_bank, images):
    outputs = bank(images, WEIGHTS, stroke_size=0.7, seed=5)
    assert outputs.dtype == images.dtype
    values = images / np.float32(255) if images.dtype == np.uint8 else images
    expected = keras_bank(values, tf.constant(WEIGHTS), tf.constant([0.7]), tf.constant([5])).numpy()
    expected, tolerance = (expected * 255, 0.51) if images.dtype == np.uint8 else (expected, 1e-5)
    np.testing.assert_allclose(outputs, expected, atol=tolerance)
    np.testing.assert_array_equal(
        bank.painter("waves", 1.0, 0.7, 5)(images), bank(images, WEIGHTS[:1] * 0 + [0, 1, 0], 0.7, 5)
    )
    others = bank(images, WEIGHTS, stroke_size=0.7), bank(images, WEIGHTS, seed=5), bank(images, WEIGHTS)
    assert all(np.abs(outputs.astype(float) - other).max() > 0.02 for other in others)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stroke_size": 0}, "`stroke_size` must be a positive number. Received: stroke_size=0"),
        ({"stroke_size": float("nan")}, "Received: stroke_size=nan"),
        ({"stroke_size": "large"}, "Received: stroke_size='large'"),
        ({"seed": -1}, r"`seed` must be an integer in \[0, 2\*\*31\). Received: seed=-1"),
        ({"seed": 0.5}, "Received: seed=0.5"),
        ({"seed": 2**31}, "Received: seed=2147483648"),
    ],
    ids=str,
)
def test_wrong_strokes_and_seeds(bank, options, message):
    with pytest.raises(ValueError, match=message):
        bank(IMAGES, WEIGHTS, **options)
    with pytest.raises(ValueError, match=message):
        bank.painter("waves", **options)


def test_a_bank_of_version_0_1_0_has_one_size_and_no_noise(tmp_path):
    export_style_bank(PlainStyleBank(("identity", "waves", "stars"), (4, 6, 4), 1), tmp_path / "old", lite=False)
    bank = load_saved_model(tmp_path / "old")
    assert bank.stroke_sizes == (1.0,)
    np.testing.assert_array_equal(bank(IMAGES, WEIGHTS, stroke_size=2.0, seed=3), bank(IMAGES, WEIGHTS))


def test_the_shipped_bank_has_sizes_and_noise():
    bank = tfstyle.load("style_bank")
    assert bank.stroke_sizes == (0.5, 1.0, 2.0)
    weights = bank.style_weights({bank.style_names[1]: 1})
    plain = bank(IMAGES, weights)
    for options in ({"stroke_size": 2.0}, {"seed": 3}):
        assert np.abs(bank(IMAGES, weights, **options) - plain).max() > 0.01


def test_a_bank_of_half_precision_is_exported_in_float32(small_bank, small_folder):
    full = StyleBank.from_config({**small_bank.get_config(), "dtype": "float32"})
    full.set_weights([value.astype("float16").astype("float32") for value in small_bank.get_weights()])
    style_weights = WEIGHTS[:, 1:]
    outputs = load_saved_model(small_folder)(IMAGES, style_weights)
    np.testing.assert_allclose(outputs, full(IMAGES, tf.constant(style_weights)), atol=1e-5)
    assert np.abs(outputs - small_bank(IMAGES, tf.constant(style_weights))).max() > 1e-4
    assert small_bank.dtype_policy.name == "mixed_bfloat16"


def test_metadata(small_bank, small_folder):
    metadata = json.loads((small_folder / "assets.extra" / "metadata.json").read_text(encoding="utf-8"))
    assert metadata["name"] == "small"
    assert metadata["family"] == "style_bank"
    assert metadata["license"] == "CC0-1.0"
    assert metadata["artists"] == ["Hokusai"]
    assert metadata["tfstyle_version"] == tfstyle.__version__
    assert metadata["style_names"] == ["identity", "große_welle"]
    assert StyleBank.from_config(metadata["config"]).filters == small_bank.filters
    loaded = load_saved_model(small_folder)
    assert loaded.style_names == small_bank.style_names
    assert loaded.metadata == metadata


def test_a_wrong_saved_model_is_not_kept(small_bank, own_folder, monkeypatch):
    save = tf.saved_model.save

    def save_zeros(module, path, signatures):
        """The SavedModel of another model: one without weights."""
        for variable in module.weights:
            variable.assign(tf.zeros_like(variable))
        save(module, path, signatures=signatures)

    monkeypatch.setattr(tf.saved_model, "save", save_zeros)
    before = folder_digest(own_folder)
    for folder, options in ((own_folder.parent / "new", {}), (own_folder, {"overwrite": True})):
        with pytest.raises(ExportError, match="images differ from the style bank's by .* its weights do not bear"):
            export_style_bank(small_bank, folder, lite=False, **options)
    assert [path.name for path in own_folder.parent.iterdir()] == ["small"]
    assert folder_digest(own_folder) == before


def test_the_averaged_weights_of_a_run_are_exported(small_bank, tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.start(StyleBankConfig())
    run.write_model({"family": "style_bank", "class": "StyleBank", "config": small_bank.get_config()})
    with pytest.raises(ExportError, match="run has no checkpoint yet"):
        export_run(run.path, tmp_path / "bank")
    average = MovingAverage(small_bank)
    for variable in average.variables:
        variable.assign(0.5 * variable)  # other values than the model's own
    checkpoint = tf.train.Checkpoint(step=tf.Variable(7, dtype=tf.int64), average=average.variables)
    tf.train.CheckpointManager(checkpoint, str(run.path / "checkpoints"), max_to_keep=2).save()
    export_run(run.path, tmp_path / "bank", {"name": "averaged"})
    loaded = load_saved_model(tmp_path / "bank")
    assert loaded.metadata["trained_steps"] == 7
    assert loaded.metadata["name"] == "averaged"
    full = StyleBank.from_config({**small_bank.get_config(), "dtype": "float32"})
    full.set_weights([(0.5 * value).astype("float16").astype("float32") for value in small_bank.get_weights()])
    np.testing.assert_allclose(loaded(IMAGES, WEIGHTS[:, 1:]), full(IMAGES, tf.constant(WEIGHTS[:, 1:])), atol=1e-5)


def test_mixture_of_styles(bank):
    np.testing.assert_allclose(bank.style_weights({"waves": 3.0}), [[0, 1, 0]])
    np.testing.assert_allclose(bank.style_weights({"waves": 1.0, "starry_night": 3}), [[0, 0.25, 0.75]])
    np.testing.assert_allclose(bank.style_weights({"waves": 1.0}, strength=0.3), [[0.7, 0.3, 0]], rtol=1e-6)
    np.testing.assert_allclose(bank.style_weights({"waves": 1.0, "identity": 1.0}, 0.5), [[0.75, 0.25, 0]])
    assert bank.style_weights({"waves": 1}).dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({"wave": 1.0},), "Unknown style: wave. The styles are: identity, waves, starry_night."),
        (({"waves": 1.0}, 1.5), r"`strength` must lie in \[0, 1\]. Received: strength=1.5."),
        (({"waves": 1.0}, float("nan")), "Received: strength=nan"),
        (({},), "must be positive numbers. Received: {}"),
        (({"waves": 0.0},), "must be positive numbers. Received: {'waves': 0.0}"),
        (({"waves": 2.0, "starry_night": -1.0},), "must be positive numbers"),
        (({"waves": float("inf")},), "must be positive numbers"),
    ],
)
def test_wrong_mixtures(bank, arguments, message):
    with pytest.raises(ValueError, match=message):
        bank.style_weights(*arguments)


@pytest.mark.parametrize(
    ("images", "style_weights", "message"),
    [
        (IMAGES[0], WEIGHTS, r"`images` must have the shape \(batch, height, width, 3\). .*images.shape=\(21, 34, 3\)"),
        (IMAGES[..., :1], WEIGHTS, r"images.shape=\(3, 21, 34, 1\)"),
        (IMAGES[:, :0], WEIGHTS, r"images.shape=\(3, 0, 34, 3\)"),
        (IMAGES, WEIGHTS[:2], r"`style_weights` must have the shape \(3 or 1, 3\). .*style_weights.shape=\(2, 3\)"),
        (IMAGES, WEIGHTS[:, :2], r"style_weights.shape=\(3, 2\)"),
        ((IMAGES * 255).astype("int32"), WEIGHTS, r"`images` must be uint8 in 0 to 255, or float .*images.dtype=int32"),
    ],
    ids=["no batch", "one channel", "no rows", "two rows for three images", "two styles", "integers"],
)
def test_wrong_arguments(bank, images, style_weights, message):
    with pytest.raises(ValueError, match=message):
        bank(images, style_weights)


def test_the_bank_keeps_its_variables_alive(bank_folder):
    loaded = load_saved_model(bank_folder)
    assert isinstance(loaded, LoadedStyleBank)
    gc.collect()
    assert np.isfinite(loaded(IMAGES, WEIGHTS)).all()
