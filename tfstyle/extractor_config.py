"""Serialization of the extractor in the config of a loss or metric, with a fingerprint of its weights."""

import hashlib
from typing import Any

import keras
import numpy as np


def serialize_extractor(extractor: keras.layers.Layer) -> dict[str, Any]:
    """Serializes an extractor for `deserialize_extractor`.

    Args:
        extractor: layer or model that loads its weights itself (`weights_source`, the argument `weights` of the
            perceptual networks), or has none.

    Returns:
        Dict for a config: the serialized extractor, the source of its weights, and their fingerprint.
    """
    serialized = keras.saving.serialize_keras_object(extractor)
    source = getattr(extractor, "weights_source", None)
    if source is not None:
        serialized["config"]["weights"] = str(source)
    return {"object": serialized, "fingerprint": fingerprint(extractor)}


def deserialize_extractor(config: dict[str, Any] | keras.layers.Layer) -> keras.layers.Layer:
    """Creates the extractor of a config from `serialize_extractor`.

    Raises:
        ValueError: if its weights differ from those at serialization. A config does not contain weights that were
            trained or set by the user.
    """
    if not isinstance(config, dict):
        return config
    extractor = keras.saving.deserialize_keras_object(config["object"])
    if fingerprint(extractor) != config["fingerprint"]:
        raise ValueError(
            f"The weights of the extractor {extractor.name!r} are not those that it was saved with. A config only says "
            "where an extractor loads its weights from. Load the model with `compile=False`, and compile it with an "
            "extractor that has its weights."
        )
    return extractor


def fingerprint(model: keras.layers.Layer) -> str:
    """SHA-256 of all weights in order."""
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weight)).tobytes())
    return digest.hexdigest()
