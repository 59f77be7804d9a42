"""Gradio's components for pictures, which hand on uploaded files as they are: tfstyle's own functions read them."""

import functools
import logging
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio import component_meta

from tfstyle.errors import TfstyleError
from tfstyle.images import ImageError, load_image

logger = logging.getLogger(__name__)
LARGEST_MASK = 20_000_000  # pixels of what is painted with the mouse


def in_words(function: Callable) -> Callable:
    """Shows the errors of a function on the page, as one line without folders of the server."""

    @functools.wraps(function)
    def explained(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except gr.Error:
            raise
        except Exception as error:
            raise gr.Error(message_for(error, arguments), print_exception=False) from None

    return explained


def message_for(error: Exception, arguments: tuple[Any, ...] = ()) -> str:
    """What the page says about an error. One that is no mistake of the user is logged.

    Args:
        error: the error.
        arguments: what the function was called with; of the files among them, the folder is left out.
    """
    if isinstance(error, TfstyleError | ValueError):
        text = " ".join(str(error).split())
        for item in arguments:
            for file in item if isinstance(item, list | tuple) else [item]:
                if isinstance(file, str) and Path(file).is_absolute():
                    text = text.replace(file, Path(file).name)
        return text
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return "Not enough memory for so large a picture. Choose a smaller longest side."
    logger.error("the page failed", exc_info=error)
    return f"Something went wrong inside tfstyle ({type(error).__name__}). The terminal has the details."


def unchecked(components: Sequence[Any]) -> list[Any]:
    """Hands on the values of sliders, numbers and menus as they come: the studio checks them, and says so in words."""
    for component in components:
        if isinstance(component, gr.Slider | gr.Number | gr.Dropdown | gr.Checkbox):
            component.preprocess = lambda payload: payload
    return list(components)


# Gradio writes a file of types beside each module that defines a component, also into an installed package.
_write_types, component_meta.create_or_modify_pyi = component_meta.create_or_modify_pyi, lambda *_: None


class Picture(gr.Image):
    """An image whose value, for functions, is the path of the uploaded file, which Gradio does not open."""

    is_template = True  # drawn as its base class

    def preprocess(self, payload: Any) -> str | None:
        return None if payload is None else payload.path


class Pictures(gr.File):
    """Several files, as a list of their paths."""

    is_template = True

    def preprocess(self, payload: Any) -> list[str]:
        return [] if payload is None else [file.path for file in payload]


class Mask(gr.ImageEditor):
    """A picture to paint on, whose value, for functions, is what was painted on it: see `painted_mask`."""

    is_template = True

    @in_words
    def preprocess(self, payload: Any) -> np.ndarray | None:
        if payload is None:
            return None
        layers = payload.layers
        if payload.id is not None:  # what the browser sent while painting
            blobs = self.blob_storage.pop(payload.id, None)
            layers = blobs.layers if blobs else []
        return painted_mask(layers or [])


component_meta.create_or_modify_pyi = _write_types


def painted_mask(layers: Sequence[Any]) -> np.ndarray | None:
    """What was painted on a picture.

    Args:
        layers: uploaded files, or the contents of files.

    Returns:
        float32 array `(height, width)` in [0, 1], the opacity of all strokes; None without any.

    Raises:
        ImageError: if a layer is no picture, or they differ in size.
    """
    masks = [opacity(layer) for layer in layers if layer is not None]
    masks = [mask for mask in masks if mask.any()]
    if not masks:
        return None
    if len({mask.shape for mask in masks}) > 1:
        raise ImageError("The layers of the mask differ in size. Clear the mask, and paint it again.")
    return np.max(masks, axis=0)


def opacity(layer: Any) -> np.ndarray:
    """The alpha of a layer of the editor: float32 array `(height, width)` in [0, 1].

    Args:
        layer: file that was uploaded, or the content of one.

    Raises:
        ImageError: if it is no picture.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mask.png" if isinstance(layer, bytes) else Path(layer.path)
        if isinstance(layer, bytes):
            file.write_bytes(layer)
        try:
            picture = load_image(file, keep_alpha=True, max_pixels=LARGEST_MASK)
        except ImageError as error:
            raise ImageError(str(error).replace(str(file), "the mask")) from None
    return picture[..., 3].astype(np.float32) / np.float32(255)
