"""Generators as SavedModels: images in [0, 1] of noise, for any program."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.artifacts import ArtifactError, read_metadata
from tfstyle.models.gan.dcgan import ConvDiscriminator, ConvGenerator
from tfstyle.models.gan.dense_gan import DenseGenerator
from tfstyle.models.gan.resnet_gan import ResNetGenerator
from tfstyle.saved.archive import ExportError
from tfstyle.saved.generator import LoadedGenerator, export_generator
from tfstyle.saved.registry import export_run, load_saved_model
from tfstyle.training.gan_config import GanConfig
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.zoo import ZooEntry, load_pretrained

GENERATORS = {
    "dense": lambda: DenseGenerator((6, 5, 1), latent_dim=7, units=(8, 8), dtype="mixed_bfloat16"),
    "conv": lambda: ConvGenerator(14, 3, latent_dim=6, filters=(8, 8), num_classes=3),
    "resnet": lambda: ResNetGenerator(8, 4, latent_dim=5, filters=(8, 8), num_classes=2),
}


def trained(generator):
    """Gives every weight, those of normalizations among them, a value as after a training."""
    random = np.random.default_rng(1)
    for weight in generator.weights:
        value = np.asarray(weight.numpy(), np.float32)
        change = random.normal(0, 0.2, value.shape)
        weight.assign(value * np.exp(change) if "variance" in weight.path else value + change)
    return generator


@pytest.fixture(scope="module", params=GENERATORS)
def generator(request):
    """A Keras model; not to be changed."""
    return trained(GENERATORS[request.param]())


@pytest.fixture(scope="module")
def folder(generator, tmp_path_factory):
    """It, exported; not to be changed."""
    folder = tmp_path_factory.mktemp("exported") / "tiny"
    export_generator(generator, folder, {"license": "CC0-1.0"})
    return folder


@pytest.fixture(scope="module")
def loaded(folder):
    return tfstyle.load(folder)


@pytest.fixture(scope="module")
def conv_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "shoes"
    export_generator(trained(GENERATORS["conv"]()), folder, {"class_names": ["boot", "sandal", "slipper"]})
    return folder


@pytest.fixture(scope="module")
def conv(conv_folder):
    return load_saved_model(conv_folder)


def test_signature_and_metadata(generator, folder, loaded):
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    inputs = {
        name: (spec.dtype, spec.shape.as_list()) for name, spec in signature.structured_input_signature[1].items()
    }
    expected = {"latents": (tf.float32, [None, generator.latent_dim])}
    assert inputs == expected | ({"labels": (tf.int32, [None])} if generator.num_classes else {})
    outputs = {name: (spec.dtype, spec.shape.as_list()) for name, spec in signature.structured_outputs.items()}
    assert outputs == {"images": (tf.float32, [None, *generator.image_shape])}
    metadata = read_metadata(folder)
    assert metadata["family"] == "generator"
    assert metadata["name"] == "tiny"
    assert metadata["license"] == "CC0-1.0"
    assert metadata["image_size"] == list(generator.image_shape[:2])
    assert metadata["class"] == type(generator).__name__
    assert isinstance(loaded, LoadedGenerator)
    for name in ("image_shape", "latent_dim", "num_classes"):
        assert getattr(loaded, name) == getattr(generator, name)
    assert loaded.class_names == tuple(map(str, range(generator.num_classes)))


def test_images_are_those_of_weights_rounded_to_half(generator, loaded):
    config = {**generator.get_config(), "dtype": "float32"}
    full = type(generator).from_config(config)
    full.set_weights([value.astype("float16").astype("float32") for value in generator.get_weights()])
    latents = loaded.draw_latents(5, seed=3)
    labels = loaded.choose_labels(5)
    images = loaded(latents, labels).numpy()
    np.testing.assert_allclose(images, (full(latents, labels).numpy() + 1) / 2, atol=1e-5)
    assert images.dtype == np.float32
    assert 0 <= images.min() < 0.3
    assert 0.7 < images.max() <= 1
    full.set_weights(generator.get_weights())
    assert 0 < np.abs(images - (full(latents, labels).numpy() + 1) / 2).max() < 4 / 255


def test_weights_take_two_bytes(folder, generator):
    size = (folder / "variables" / "variables.data-00000-of-00001").stat().st_size
    # The graph of the objects takes a few kilobytes beside them.
    assert 2 * generator.count_params() < size < 2 * generator.count_params() + 20_000


def test_a_seed_gives_the_same_images_in_batches_of_any_size(loaded):
    images = loaded.generate(7, seed=2)
    assert images.shape == (7, *loaded.image_shape)
    np.testing.assert_array_equal(loaded.generate(7, seed=2), images)
    for batch_size in (1, 3, 7):
        again = loaded.generate(7, seed=2, batch_size=batch_size)
        np.testing.assert_allclose(again, images, atol=1e-5)
        assert np.mean(np.rint(255 * again) != np.rint(255 * images)) < 0.01
    np.testing.assert_allclose(loaded.generate(3, seed=2), images[:3], atol=1e-5)
    assert np.abs(loaded.generate(7, seed=4) - images).max() > 0.01


def test_labels(conv):
    assert conv.class_names == ("boot", "sandal", "slipper")
    in_turn = conv.generate(5, seed=1)
    np.testing.assert_array_equal(in_turn, conv.generate(5, seed=1, labels=[0, 1, 2, 0, 1]))
    np.testing.assert_array_equal(conv.generate(2, labels=2), conv.generate(2, labels=np.array([2, 2], np.int64)))
    assert np.abs(conv.generate(5, seed=1, labels=0) - in_turn)[1:3].max() > 0.01


def test_gradients_reach_the_latents(conv):
    latents = tf.constant(conv.draw_latents(2))
    with tf.GradientTape() as tape:
        tape.watch(latents)
        total = tf.reduce_sum(conv(latents, [0, 1]))
    assert np.any(tape.gradient(total, latents))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_images": 0}, "`num_images` must be a whole number, at least 1. Received: num_images=0"),
        ({"num_images": 2.5}, "num_images=2.5"),
        ({"num_images": 2, "batch_size": 0}, "`batch_size` must be a whole number, at least 1"),
        ({"num_images": 2, "labels": 3}, "`labels` must lie in 0 to 2. Received: 3"),
        ({"num_images": 2, "labels": [0, -1]}, "`labels` must lie in 0 to 2. Received: -1"),
        ({"num_images": 2, "labels": [0]}, r"integers of shape \(2,\), one an image. Received: labels.shape=\(1,\)"),
        ({"num_images": 2, "labels": [0.5, 1.0]}, r"Received: labels.shape=\(2,\), dtype=float64"),
    ],
)
def test_wrong_wishes(conv, arguments, message):
    with pytest.raises(ValueError, match=message):
        conv.generate(**arguments)


def test_wrong_inputs(conv, tmp_path):
    with pytest.raises(ValueError, match=r"`latents` must be float, of shape \(batch, 6\). .*latents.shape=\(2, 5\)"):
        conv(np.zeros((2, 5), np.float32), [0, 1])
    with pytest.raises(ValueError, match=r"`labels` must be integers of shape \(2,\), .* Received: labels=None"):
        conv(np.zeros((2, 6), np.float32))
    export_generator(DenseGenerator((4, 4, 1), 3, (4,)), tmp_path / "dense")
    with pytest.raises(ValueError, match="This generator has no classes: pass no `labels`"):
        load_saved_model(tmp_path / "dense").generate(2, labels=1)


def test_a_keras_model_from_it(folder, loaded, generator):
    again = load_pretrained(folder)
    assert type(again) is type(generator)
    assert again.dtype_policy.name == "float32"
    latents, labels = loaded.draw_latents(3), loaded.choose_labels(3)
    np.testing.assert_allclose((again(latents, labels).numpy() + 1) / 2, loaded(latents, labels), atol=1e-5)
    assert ZooEntry("tiny", folder, read_metadata(folder), 0).builder is type(generator)


def test_a_generator_of_the_future():
    with pytest.raises(
        ArtifactError, match="does not know the generator 'DreamGenerator'. It knows: ConvGenerator, De"
    ):
        ZooEntry("dreams", None, {"family": "generator", "class": "DreamGenerator"}, 0).builder  # noqa: B018


def test_weights_that_float16_cannot_hold(tmp_path):
    generator = DenseGenerator((4, 4, 1), 3, (4,))
    generator.normalizations[0].moving_variance.assign([1.0, 1e5, 1.0, 1.0])
    with pytest.raises(ExportError, match=r"moving_variance reaches 1e\+05, and float16 ends at 65504"):
        export_generator(generator, tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_images_that_rounding_spoils_are_not_exported(tmp_path, monkeypatch):
    monkeypatch.setattr("tfstyle.saved.archive.MEAN_IMAGE_TOLERANCE", 1e-8)
    with pytest.raises(ExportError, match="images differ from the generator's by .* in the mean and up to"):
        export_generator(trained(GENERATORS["conv"]()), tmp_path / "spoiled")
    assert not (tmp_path / "spoiled").exists()


def test_as_many_names_as_classes(tmp_path):
    with pytest.raises(ExportError, match=r"There are 2 names for 3 classes: \['a', 'b'\]"):
        export_generator(GENERATORS["conv"](), tmp_path / "new", {"class_names": ["a", "b"]})


def test_the_averaged_generator_of_a_run_is_exported(tmp_path):
    generator = trained(GENERATORS["conv"]())
    networks = {
        part: {"class": type(network).__name__, "config": network.get_config()}
        for part, network in {"generator": generator, "discriminator": ConvDiscriminator(14, 3, num_classes=3)}.items()
    }
    run = RunDirectory(tmp_path / "run")
    run.start(GanConfig())
    run.write_model({"family": "gan", "config": networks})
    (run.path / "data.json").write_text(json.dumps({"class_names": ["boot", "sandal", "slipper"], "source": "shoes"}))
    average = MovingAverage(generator)
    for variable in average.variables:
        variable.assign(0.5 * variable)  # other values than the generator's own
    checkpoint = tf.train.Checkpoint(step=tf.Variable(7, dtype=tf.int64), average=average.variables)
    tf.train.CheckpointManager(checkpoint, str(run.path / "checkpoints"), max_to_keep=2).save()
    export_run(run.path, tmp_path / "shoes", {"name": "averaged"})
    loaded = load_saved_model(tmp_path / "shoes")
    assert loaded.metadata["trained_steps"] == 7
    assert loaded.metadata["name"] == "averaged"
    assert loaded.class_names == ("boot", "sandal", "slipper")
    latents, labels = loaded.draw_latents(4), loaded.choose_labels(4)
    with average.applied():
        expected = (generator(latents, labels).numpy() + 1) / 2
    np.testing.assert_allclose(loaded(latents, labels), expected, atol=4 / 255)


def test_a_damaged_checkpoint(tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.start(GanConfig())
    config = DenseGenerator((4, 4, 1), 3, (4,)).get_config()
    network = {"class": "DenseGenerator", "config": config}
    run.write_model({"family": "gan", "config": {"generator": network, "discriminator": network}})
    checkpoint = tf.train.Checkpoint(step=tf.Variable(7, dtype=tf.int64))
    tf.train.CheckpointManager(checkpoint, str(run.path / "checkpoints"), max_to_keep=2).save()
    with pytest.raises(ExportError, match="ckpt-1 is damaged, or of another network: "):
        export_run(run.path, tmp_path / "new")
    (run.path / "checkpoints" / "ckpt-1.index").write_bytes(b"broken")
    with pytest.raises(ExportError, match="ckpt-1 is damaged, or of another network: "):
        export_run(run.path, tmp_path / "new")


def test_a_full_disk(tmp_path, monkeypatch):
    def save(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", save)
    with pytest.raises(ExportError, match=r"new cannot be written: No space left on device\."):
        export_generator(DenseGenerator((4, 4, 1), 3, (4,)), tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_the_run_of_another_programs_generator(tmp_path):
    networks = {part: {"class": "DreamGenerator", "config": {}} for part in ("generator", "discriminator")}
    (tmp_path / "model.json").write_text(json.dumps({"family": "gan", "config": networks}))
    with pytest.raises(ExportError, match="does not know the generator 'DreamGenerator'. It knows: ConvGenerator, "):
        export_run(tmp_path, tmp_path / "new")


STRANGER = """
import sys
import numpy as np
sys.modules["tfstyle"] = None  # makes `import tfstyle` raise
import tensorflow as tf
folder, output = sys.argv[1:]
model = tf.saved_model.load(folder)
latents = np.random.default_rng(0).standard_normal((2, 6), np.float32)
images = model.signatures["serving_default"](latents=tf.constant(latents), labels=tf.constant([0, 1]))["images"]
np.save(output, images)
"""


@pytest.mark.slow
def test_a_process_without_tfstyle(conv, conv_folder, tmp_path):
    arguments = [conv_folder, tmp_path / "images.npy"]
    subprocess.run([sys.executable, "-c", STRANGER, *map(str, arguments)], cwd=tmp_path, check=True, timeout=300)
    np.testing.assert_allclose(np.load(tmp_path / "images.npy"), conv.generate(2), atol=1e-5)
