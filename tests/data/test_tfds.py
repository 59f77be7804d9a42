"""There is no network: a stand-in plays the part of TensorFlow Datasets, but for a set that is written here."""

import sys
import types

import numpy as np
import pytest

from tfstyle.data.image_array import load_image_array
from tfstyle.data.tfds import images_from_tfds
from tfstyle.images import ImageError


class Feature(types.SimpleNamespace):
    pass


def stand_in(features, examples, download_error=None):
    module = types.ModuleType("tensorflow_datasets")
    calls = []

    class Builder:
        info = types.SimpleNamespace(features=features)

        def download_and_prepare(self):
            if download_error:
                raise download_error

        def as_dataset(self, split, shuffle_files):
            assert not shuffle_files
            calls.append(split)
            return examples

    def builder(name, data_dir=None):
        calls.append(name)
        if name == "unknown":
            raise LookupError("unknown is no dataset\nDid you mean ...")
        return Builder()

    module.builder, module.as_numpy, module.calls = builder, iter, calls
    return module


EXAMPLES = [{"image": np.full((6, 9, 3), 10 * index, np.uint8), "label": index % 2} for index in range(5)]
FEATURES = {"image": Feature(shape=(None, None, 3)), "label": Feature(num_classes=2, names=["cat", "dog"])}


def test_images_and_labels(monkeypatch):
    module = stand_in(FEATURES, EXAMPLES)
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", module)
    images = load_image_array("tfds:pets", image_size=4)
    assert module.calls == ["pets", "train"]
    assert images.image_shape == (4, 4, 3)
    assert images.label_names == ("cat", "dog")
    for index in range(5):
        image, label = images.load(index)
        assert label == index % 2 and np.all(image == 10 * index)


def test_own_size_and_channels_without_labels(monkeypatch):
    examples = [{"image": np.zeros((28, 28, 1), np.uint8), "id": 3}]
    module = stand_in({"image": Feature(shape=(28, 28, 1)), "id": Feature()}, examples)
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", module)
    images = images_from_tfds("digits", split="test")
    assert images.image_shape == (28, 28, 1) and images.num_classes == 0
    assert module.calls == ["digits", "test"]


def test_what_can_be_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(ImageError, match=r"cannot be imported .* pip install tensorflow-datasets$"):
        images_from_tfds("mnist")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", stand_in(FEATURES, [], OSError("no route to host")))
    with pytest.raises(ImageError, match=r"mnist could not be downloaded \(no route to host\).*procedural"):
        images_from_tfds("mnist")
    with pytest.raises(ImageError, match="no 'unknown': unknown is no dataset$"):
        images_from_tfds("unknown")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", stand_in({"text": Feature()}, []))
    with pytest.raises(ImageError, match="no images: its features are text"):
        images_from_tfds("reviews")


def test_the_package_itself(tmp_path):
    import tensorflow_datasets as tfds

    features = {
        "image": tfds.features.Image(shape=(None, None, 3)),
        "label": tfds.features.ClassLabel(names=["a", "b"]),
    }
    examples = [{"image": np.full((5, 5, 3), 40 * index, np.uint8), "label": index % 2} for index in range(3)]
    tfds.dataset_builders.store_as_tfds_dataset(
        name="plain_squares",
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets={"train": list(enumerate(examples))},
        data_dir=tmp_path,
    )
    images = images_from_tfds("plain_squares", image_size=5, data_dir=tmp_path)
    assert images.label_names == ("a", "b")
    loaded = sorted((image.max(), label) for image, label in map(images.load, range(3)))
    assert loaded == [(0, 0), (40, 1), (80, 0)]
    with pytest.raises(ImageError, match="no 'plain_circles'"):
        images_from_tfds("plain_circles", data_dir=tmp_path)
