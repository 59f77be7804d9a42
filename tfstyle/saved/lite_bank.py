"""Style banks by LiteRT, which starts in a fraction of the time of TensorFlow."""

import importlib.util
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle.artifacts import LITE_MODEL, ArtifactError, find_model, read_metadata
from tfstyle.images import to_float, to_uint8
from tfstyle.saved.named_styles import NamedStyles

RUNTIME = "ai_edge_litert"


class LiteStyleBank(NamedStyles):
    """A style bank for LiteRT, used as a `LoadedStyleBank`. TensorFlow is not imported.

    It needs the package ai-edge-litert, the extra `lite`. It starts at once, and is slower than TensorFlow for large
    images. Several threads can call it, one after the other.

    Args:
        name_or_folder: name of a shipped style bank, or folder of a SavedModel exported by tfstyle.

    Attributes:
        style_names: tuple of strings; the first is "identity".
        stroke_sizes: tuple of floats, the learned stroke sizes; (1.0,) if there is only one.
        metadata: dict, metadata of the SavedModel.

    Call arguments:
        images: float array `(batch, height, width, 3)` RGB in [0, 1], or uint8 in 0 to 255.
        style_weights: float array `(batch or 1, num_styles)`; rows that sum to 1, in the order of `style_names`.
        stroke_size: positive float, 1 for the default stroke size.
        seed: integer in `[0, 2**31)`.

    Returns:
        Array of the shape and kind of `images`, equal to those of `LoadedStyleBank` within 2/255.

    Raises:
        ArtifactError: if there is no such model, it has no model for LiteRT, or ai-edge-litert is not installed.

    Example:

    ```python
    bank = tfstyle.saved.LiteStyleBank("style_bank")
    painted = tfstyle.stylize(photo, bank, "hokusai_great_wave")
    ```
    """

    def __init__(self, name_or_folder: str | Path):
        folder = find_model(name_or_folder)
        if not has_lite_model(folder):
            raise ArtifactError(f"{folder} has no {LITE_MODEL.as_posix()}. Export it again, or use tfstyle.load.")
        if not has_lite_runtime():
            raise ArtifactError('LiteRT is not installed. Run pip install "tfstyle[lite]", or use tfstyle.load.')
        self.metadata = read_metadata(folder)
        self._read_styles(self.metadata)
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter: Any = Interpreter(model_path=str(folder / LITE_MODEL), num_threads=os.cpu_count())
        self._interpreter.allocate_tensors()  # LiteRT prints its one line now
        self._run = self._interpreter.get_signature_runner("stylize")
        self._lock = threading.Lock()  # an interpreter has one set of tensors

    def __call__(self, images, style_weights, stroke_size=1.0, seed=0) -> np.ndarray:
        images, style_weights = self._check_call(images, style_weights, stroke_size, seed)
        variation = {
            "strength": np.ones(1, np.float32),  # that of a painter is in the weights
            "stroke_sizes": np.array([stroke_size], np.float32),
            "seeds": np.array([seed], np.int32),
        }
        rows = np.broadcast_to(style_weights, (len(images), style_weights.shape[1]))
        with self._lock:
            stylized = np.concatenate(
                [
                    self._run(images=to_float(image[None]), style_weights=row[None], **variation)["images"]
                    for image, row in zip(images, rows, strict=True)
                ]
            )
        return to_uint8(stylized) if images.dtype == np.uint8 else stylized


def has_lite_model(folder: str | Path) -> bool:
    """Whether a SavedModel has a model for LiteRT beside it."""
    return (Path(folder) / LITE_MODEL).is_file()


def has_lite_runtime() -> bool:
    """Whether LiteRT is installed."""
    return importlib.util.find_spec(RUNTIME) is not None
