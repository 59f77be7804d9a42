"""Fingerprints: short strings that identify networks and data, stored in a run directory."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfstyle.wording import counted

NUM_DIGITS = 16  # of a hexadecimal SHA-256: enough to avoid collisions


def shortened(digest: Any) -> str:
    """The first digits of a hash digest."""
    return digest.hexdigest()[:NUM_DIGITS]


def fingerprint_of_network(network: Any) -> str:
    """The class of a network, and a hash of its weights.

    Args:
        network: `keras.Model`, or any function, which is identified only by its name.
    """
    if not hasattr(network, "get_weights"):
        return getattr(network, "__qualname__", type(network).__qualname__)
    return f"{type(network).__name__} {fingerprint_of_arrays(network.get_weights())}"


def fingerprint_of_arrays(arrays: Any) -> str:
    """A hash of a sequence of arrays, or of a mapping of string -> array, including the names."""
    digest = hashlib.sha256()
    for name, value in arrays.items() if isinstance(arrays, Mapping) else enumerate(arrays):
        array = np.ascontiguousarray(value)
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.data)
    return shortened(digest)


def fingerprint_of_data(data: Any) -> str:
    """The fingerprint of training data.

    Args:
        data: `ImageFolder` or `ImageArray`, a sequence of these, or an object with `images` and `labels`.
    """
    if isinstance(data, list | tuple):
        return "; ".join(fingerprint_of_data(part) for part in data)
    if hasattr(data, "fingerprint"):
        return data.fingerprint()
    arrays = [data.images] if data.labels is None else [data.images, data.labels]
    return f"{counted(len(data.images), 'image')} {fingerprint_of_arrays(arrays)}"
