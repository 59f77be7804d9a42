"""TensorFlow Datasets is not installed for the tests, nor is there a network: a stand-in plays its part."""

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
    with pytest.raises(ImageError, match=r"pip install .*tfstyle\[tfds\]"):
        images_from_tfds("mnist")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", stand_in(FEATURES, [], OSError("no route to host")))
    with pytest.raises(ImageError, match=r"mnist could not be downloaded \(no route to host\).*procedural"):
        images_from_tfds("mnist")
    with pytest.raises(ImageError, match="no 'unknown': unknown is no dataset$"):
        images_from_tfds("unknown")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", stand_in({"text": Feature()}, []))
    with pytest.raises(ImageError, match="no images: its features are text"):
        images_from_tfds("reviews")
