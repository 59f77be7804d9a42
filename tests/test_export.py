import gc
import json
import os
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.artifacts import ArtifactError, folder_digest
from tfstyle.export import ExportError, export_run, export_style_bank
from tfstyle.loaded import LoadedStyleBank, load_saved_model
from tfstyle.models.style_bank import StyleBank
from tfstyle.training.config import StyleBankConfig
from tfstyle.training.moving_average import MovingAverage
from tfstyle.training.run_directory import RunDirectory

IMAGES = np.random.default_rng(0).random((3, 21, 34, 3)).astype("float32")
WEIGHTS = np.array([[0.1, 0.9, 0.0], [0.0, 0.0, 1.0], [0.3, 0.3, 0.4]], "float32")


@pytest.fixture(scope="module")
def keras_bank(bank_folder):
    """The Keras model of `bank_folder`."""
    return StyleBank.from_pretrained(bank_folder)


@pytest.fixture(scope="module")
def small_bank():
    """A Keras bank with random weights; not to be changed."""
    bank = StyleBank(["identity", "große_welle"], filters=(2, 2, 2), num_residual_blocks=0, dtype="mixed_bfloat16")
    random = np.random.default_rng(1)
    bank.set_weights([value + random.normal(0, 0.5, value.shape) for value in bank.get_weights()])
    return bank


@pytest.fixture(scope="module")
def small_folder(small_bank, tmp_path_factory):
    """It, exported; not to be changed."""
    folder = tmp_path_factory.mktemp("exported") / "deep" / "small"
    export_style_bank(small_bank, folder, {"license": "CC0-1.0", "artists": ["Hokusai"]})
    return folder


@pytest.fixture
def own_folder(small_bank, small_folder, tmp_path):
    """A copy of the SavedModel for a test to spoil, with a model card."""
    shutil.copytree(small_folder, tmp_path / "small")
    (tmp_path / "small" / "model_card.md").write_text("# Small\n")
    return tmp_path / "small"


def test_signatures_can_be_read_by_a_stranger(bank_folder):
    saved_model = tf.saved_model.load(str(bank_folder))
    assert set(saved_model.signatures) == {"serving_default", "stylize_uint8"}
    for name, dtype in (("serving_default", tf.float32), ("stylize_uint8", tf.uint8)):
        signature = saved_model.signatures[name]
        inputs = signature.structured_input_signature[1]
        assert {key: (spec.dtype, spec.shape.as_list()) for key, spec in inputs.items()} == {
            "images": (dtype, [None, None, None, 3]),
            "style_weights": (tf.float32, [None, 3]),
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


def test_a_bank_of_half_precision_is_exported_in_float32(small_bank, small_folder):
    full = StyleBank.from_config({**small_bank.get_config(), "dtype": "float32"})
    full.set_weights(small_bank.get_weights())
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


def test_an_existing_model_is_not_overwritten(small_bank, own_folder):
    before = folder_digest(own_folder)
    with pytest.raises(ExportError, match="small already holds a SavedModel. Add --overwrite to replace it"):
        export_style_bank(small_bank, own_folder)
    assert folder_digest(own_folder) == before


def test_overwriting_replaces_the_model_and_keeps_its_card(small_bank, own_folder):
    bank = StyleBank(["identity", "mine", "yours"], filters=(2, 2, 2), num_residual_blocks=0)
    export_style_bank(bank, own_folder, overwrite=True)
    loaded = load_saved_model(own_folder)
    assert loaded.style_names == ("identity", "mine", "yours")
    np.testing.assert_allclose(loaded(IMAGES, WEIGHTS), bank(IMAGES, tf.constant(WEIGHTS)), atol=1e-5)
    assert (own_folder / "model_card.md").read_text() == "# Small\n"
    assert [path.name for path in own_folder.parent.iterdir()] == ["small"]


def test_a_wrong_saved_model_is_not_kept(small_bank, own_folder, monkeypatch):
    archive_class = type(keras.export.ExportArchive())
    write_out = archive_class.write_out

    def write_zeros(archive, path, **options):
        """The SavedModel of another model: one without weights."""
        variables = archive._tf_trackable.variables
        values = [variable.numpy() for variable in variables]
        for variable in variables:
            variable.assign(tf.zeros_like(variable))
        write_out(archive, path, **options)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    monkeypatch.setattr(archive_class, "write_out", write_zeros)
    before = folder_digest(own_folder)
    for folder, options in ((own_folder.parent / "new", {}), (own_folder, {"overwrite": True})):
        with pytest.raises(ExportError, match=r"images differ from the model's by up to .* at 97x131"):
            export_style_bank(small_bank, folder, **options)
    assert [path.name for path in own_folder.parent.iterdir()] == ["small"]
    assert folder_digest(own_folder) == before


@pytest.mark.parametrize("num_moves", [0, 1, 3])
def test_an_interrupted_replacement_is_never_taken_for_a_model(small_bank, own_folder, monkeypatch, num_moves):
    """Killed between any two moves, a folder holds the old model, the new one, or none that loads: no mixture."""
    moves = []

    def replace(source, target):
        if len(moves) == num_moves:
            raise KeyboardInterrupt
        moves.append(target)
        os.rename(source, target)

    before = folder_digest(own_folder)
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        export_style_bank(small_bank, own_folder, overwrite=True)
    assert len(moves) == num_moves
    assert folder_digest(own_folder) == before or not (own_folder / "saved_model.pb").exists()


def test_the_averaged_weights_of_a_run_are_exported(small_bank, tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.start(StyleBankConfig())
    run.write_model({"family": "style_bank", "config": small_bank.get_config()})
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
    full.set_weights([0.5 * value for value in small_bank.get_weights()])
    np.testing.assert_allclose(loaded(IMAGES, WEIGHTS[:, 1:]), full(IMAGES, tf.constant(WEIGHTS[:, 1:])), atol=1e-5)


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(ExportError, match=r"is not the folder of a training: no model\.json that can be read"):
        export_run(tmp_path, tmp_path / "bank")


def test_a_file_in_the_way(small_bank, tmp_path):
    (tmp_path / "bank").touch()
    with pytest.raises(ExportError, match="bank is a file; name a folder"):
        export_style_bank(small_bank, tmp_path / "bank")
    with pytest.raises(ExportError, match=r"inside cannot be written: File exists|inside cannot be written: Not a dir"):
        export_style_bank(small_bank, tmp_path / "bank" / "inside")


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


def test_a_folder_that_tfstyle_did_not_write(tmp_path):
    with pytest.raises(ArtifactError, match=r"has no assets.extra/metadata.json: tfstyle did not export it"):
        load_saved_model(tmp_path)


def test_a_family_of_the_future(own_folder):
    (own_folder / "assets.extra" / "metadata.json").write_text('{"name": "a", "family": "dreams", "task": "b"}')
    with pytest.raises(ArtifactError, match="is of the family 'dreams'; this version knows style_bank"):
        load_saved_model(own_folder)


VALUES, INDEX = "variables/variables.data-00000-of-00001", "variables/variables.index"


@pytest.mark.parametrize(
    ("file", "content"),
    [("saved_model.pb", b"broken"), (VALUES, None), (VALUES, b""), (INDEX, None), (INDEX, b"broken")],
)
def test_a_broken_saved_model(own_folder, file, content):
    if content is None:
        (own_folder / file).unlink()
    else:
        (own_folder / file).write_bytes(content)
    with pytest.raises(ArtifactError, match="small is a broken SavedModel: ."):
        load_saved_model(own_folder)


def test_the_bank_keeps_its_variables_alive(bank_folder):
    loaded = load_saved_model(bank_folder)
    assert isinstance(loaded, LoadedStyleBank)
    gc.collect()
    assert np.isfinite(loaded(IMAGES, WEIGHTS)).all()
