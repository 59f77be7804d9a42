"""A loss's or a metric's extractor as a part of its config, with what tells whether its weights came back."""

import hashlib
from typing import Any

import keras
import numpy as np


def serialize_extractor(extractor: keras.layers.Layer) -> dict[str, Any]:
    """What `deserialize_extractor` makes the same extractor of.

    Args:
        extractor: a layer or model with weights that it loads itself (`weights_source`, the argument `weights` of our
            perceptual networks), or without any.

    Returns:
        Dict for a config: the serialized extractor, where its weights come from, and their fingerprint.
    """
    serialized = keras.saving.serialize_keras_object(extractor)
    source = getattr(extractor, "weights_source", None)
    if source is not None:
        serialized["config"]["weights"] = str(source)
    return {"object": serialized, "fingerprint": fingerprint(extractor)}


def deserialize_extractor(config: dict[str, Any] | keras.layers.Layer) -> keras.layers.Layer:
    """The extractor of a config of `serialize_extractor`.

    Raises:
        ValueError: if its weights are others than it was serialized with. Those that were trained, or set by hand, are
            no part of a config.
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
    """SHA-256 of all weights, in their order."""
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weight)).tobytes())
    return digest.hexdigest()
