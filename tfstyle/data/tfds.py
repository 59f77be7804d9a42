"""Images from TensorFlow Datasets."""

import numpy as np

from tfstyle.data.image_array import CHANNELS, ImageArray, square
from tfstyle.images import ImageError


def images_from_tfds(name, split="train", image_size=None, channels=None, data_dir=None) -> ImageArray:
    """Loads a dataset of images from TensorFlow Datasets into memory, and downloads it if necessary.

    Args:
        name: string, name in TensorFlow Datasets, such as "fashion_mnist" or "oxford_flowers102". Only this dataset is
            downloaded.
        split: string, such as "train" or "train[:10%]".
        image_size: integer, height and width after resizing; None for the original size if all images are square and of
            one size, otherwise 64.
        channels: 1, 3 or 4; None for the original channels.
        data_dir: folder of downloaded datasets; by default that of TensorFlow Datasets.

    Returns:
        `ImageArray`, with labels if the dataset has classes.

    Raises:
        ImageError: if the package cannot be imported, the dataset is missing or cannot be downloaded, or it contains no
            images.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise ImageError(
            f"TensorFlow Datasets cannot be imported ({_first_line(error)}). It comes with tfstyle: "
            "pip install tensorflow-datasets"
        ) from error
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except Exception as error:  # the package raises several kinds, one of them for names it does not know
        raise ImageError(f"TensorFlow Datasets has no {name!r}: {_first_line(error)}") from error
    features = builder.info.features
    if "image" not in features:
        raise ImageError(f"{name} has no images: its features are {', '.join(features)}.")
    try:
        builder.download_and_prepare()
    except Exception as error:  # no network shows as one of many exceptions, as does a full disk
        raise ImageError(
            f"{name} could not be downloaded ({_first_line(error)}). Without network, use a folder, an .npz file or "
            '"procedural".'
        ) from error
    height, width, own_channels = features["image"].shape
    size = image_size or (height if height is not None and height == width else 64)
    channels = channels or (own_channels if own_channels in CHANNELS else 3)
    has_labels = "label" in features and hasattr(features["label"], "num_classes")
    images, labels = [], []
    for example in tfds.as_numpy(builder.as_dataset(split=split, shuffle_files=False)):
        images.append(square(example["image"], size, channels))
        labels.append(example["label"] if has_labels else -1)
    names = tuple(features["label"].names) if has_labels else ()
    return ImageArray(np.stack(images), np.array(labels, np.int32) if has_labels else None, names)


def _first_line(error):
    return (str(error) or type(error).__name__).splitlines()[0]
