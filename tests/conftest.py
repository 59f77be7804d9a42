"""What many tests need: a tiny bank of styles, exported once, and photographs to paint."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

# Two logical devices, so that tests of distributed training have something to distribute to.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


def pytest_collection_modifyitems(config, items):
    """With several processes (`-n`), files with slow tests come first: none is left to one process at the end."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def mirrored_strategy():
    """A strategy of two logical devices; one for all tests, since a second would meet its collective operations."""
    return tf.distribute.MirroredStrategy([device.name for device in tf.config.list_logical_devices("CPU")])


STYLES = ("identity", "waves", "starry_night")


def draw_photo(height, width, seed=0):
    """uint8 array `(height, width, 3)`: a smooth gradient with some noise, different for every seed."""
    random = np.random.default_rng(seed)
    rows, columns = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)[None, :]
    channels = [np.sin(3 * (a * rows + b * columns) + c) for a, b, c in random.uniform(-2, 2, (3, 3))]
    picture = 0.5 + 0.4 * np.stack(channels, axis=-1) + random.normal(0, 0.03, (height, width, 3))
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)


@pytest.fixture(scope="session")
def bank_folder(tmp_path_factory):
    """A SavedModel of an untrained bank of three styles that paint differently; not to be written to."""
    from tfstyle.models.style.style_bank import StyleBank
    from tfstyle.saved.style_bank import export_style_bank

    bank = StyleBank(STYLES, filters=(4, 6, 4), num_residual_blocks=1)
    random = np.random.default_rng(0)
    bank.set_weights([random.normal(0, 0.3, weight.shape) for weight in bank.weights])
    folder = tmp_path_factory.mktemp("models") / "style_bank"
    export_style_bank(bank, folder, {"name": "tiny_bank", "license": "none", "canvas": 0}, lite=False)
    return folder


@pytest.fixture(scope="session")
def bank(bank_folder):
    """The bank of `bank_folder`, loaded."""
    from tfstyle.saved.registry import load_saved_model

    return load_saved_model(bank_folder)


@pytest.fixture
def photo_file(tmp_path):
    """A PNG of 40x28 pixels."""
    file = tmp_path / "photo.png"
    Image.fromarray(draw_photo(28, 40)).save(file)
    return file


@pytest.fixture(scope="session")
def tiny_styler():
    """An untrained network that paints like any painting, by its mean color; not to be changed."""
    import keras

    from tfstyle.models.style.arbitrary_styler import ArbitraryStyler

    class TinyStyler(ArbitraryStyler):
        """At strength 1 half of the photograph and half of a color that follows from the painting's mean color."""

        family = "adain"
        style_dim = 4
        noise_dim = 2

        def __init__(self, **kwargs):
            super().__init__(autocast=False, **kwargs)
            self.encoder = keras.layers.Dense(self.style_dim, dtype=self.dtype_policy)
            self.decoder = keras.layers.Dense(3, activation="sigmoid", dtype=self.dtype_policy)
            self.encode_style(keras.Input((None, None, 3)))
            self(keras.Input((None, None, 3)), keras.Input((self.style_dim,)), keras.Input(()))

        def encode_style(self, style_images):
            return keras.ops.cast(self.encoder(keras.ops.mean(style_images, axis=(1, 2))), "float32")

        def vary_style(self, style_vectors, noise):
            return style_vectors + keras.ops.concatenate([noise, -noise], axis=-1)

        def call(self, images, style_vectors, strength):
            colors = keras.ops.cast(self.decoder(style_vectors), "float32")[:, None, None, :]
            return images + 0.5 * strength[:, None, None, None] * (colors - images)

    styler = TinyStyler(dtype="mixed_bfloat16")
    random = np.random.default_rng(0)
    styler.set_weights([random.normal(0, 2, weight.shape) for weight in styler.weights])
    return styler


@pytest.fixture(scope="session")
def styler_folder(tiny_styler, tmp_path_factory):
    """A SavedModel of it; not to be written to."""
    from tfstyle.saved.styler import export_styler

    folder = tmp_path_factory.mktemp("models") / "adain"
    export_styler(tiny_styler, folder, {"name": "tiny_styler", "license": "none"})
    return folder


@pytest.fixture(scope="session")
def styler(styler_folder):
    """The styler of `styler_folder`, loaded."""
    from tfstyle.saved.registry import load_saved_model

    return load_saved_model(styler_folder)
