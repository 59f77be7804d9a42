"""Styles as the command line names them: names of a bank's styles, paintings in files, and style vectors."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle import artifacts
from tfstyle.images import READ_EXTENSIONS, load_image, resize_longest_side
from tfstyle.saved.family import STYLIZE
from tfstyle.saved.registry import list_families
from tfstyle.transfer.stylize import StylizeError

VECTOR_EXTENSION = ".npy"
# In trainings a painting's shorter side has 224 to 448 pixels, or 256 to 512 (scales of the crops in the configs).
# Where the longest side has 512 it has about 400: as many details as they know, and no larger strokes.
STYLE_SIZE = 512


def parse_styles(texts: Sequence[str], style_names: Sequence[str] = ()) -> list[tuple[str, float]]:
    """Reads styles and their weights.

    Args:
        texts: each `STYLE` or `STYLE=WEIGHT`.
        style_names: names, which may hold a "=".

    Returns:
        List of (style, weight).

    Raises:
        StylizeError: if a weight is not a positive number.
    """
    pairs = []
    for text in texts:
        style, weight = text, 1.0
        if text not in style_names and not is_file_name(text) and "=" in text:
            style, _, number = text.rpartition("=")
            try:
                weight = float(number)
            except ValueError:
                weight = math.nan
            if not (math.isfinite(weight) and weight > 0):
                raise StylizeError(
                    f"The weight of a style must be a positive number, as in {style}=0.5. Received: {text}."
                )
        pairs.append((style, weight))
    return pairs


def is_file_name(style: str) -> bool:
    """Whether this names a painting or a style vector rather than a style of a bank."""
    return Path(style).suffix.lower() in (*READ_EXTENSIONS, VECTOR_EXTENSION) or Path(style).is_file()


def choose_model(texts: Sequence[str]) -> str:
    """The shipped model for styles: the style bank for names, a network that paints like any painting for files.

    Args:
        texts: each `STYLE` or `STYLE=WEIGHT`.

    Raises:
        StylizeError: if some are names and some are files, or no style bank ships.
    """
    bank = shipped_stylizer(has_named_styles=True)
    if bank is None:
        raise StylizeError("No model with named styles ships with this version. Name a model.")
    style_names = artifacts.read_metadata(artifacts.find_model(bank))["style_names"]
    styles = [style for style, _ in parse_styles(texts, style_names)]
    files = [style for style in styles if style not in style_names and is_file_name(style)]
    names = [style for style in styles if style not in files]
    if names and files:
        raise StylizeError(
            f"{names[0]} is a name and {files[0]} is a file, and no model knows both. Name styles of {bank} alone, or "
            "files alone."
        )
    return (files and shipped_styler()) or bank


def shipped_styler() -> str | None:
    """Name of the best shipped network that paints like any painting."""
    return shipped_stylizer(has_named_styles=False)


def shipped_stylizer(has_named_styles: bool) -> str | None:
    """Name of the best shipped model that stylizes, with styles that have names or with any painting; or None."""
    families = {name: artifacts.read_metadata(artifacts.find_model(name))["family"] for name in artifacts.list_names()}
    for family in list_families(STYLIZE):
        if family.has_named_styles == has_named_styles and family.name in families.values():
            return next(name for name, other in families.items() if other == family.name)
    return None


def check_names(styles: Sequence[str], metadata: dict[str, Any]) -> None:
    """Refuses what is no style of a bank.

    Args:
        styles: names.
        metadata: of the bank.

    Raises:
        StylizeError: if one of them is a file, or unknown.
    """
    model_name, style_names = metadata["name"], metadata["style_names"]
    its_styles = artifacts.available("Its styles", style_names)
    for style in styles:
        if style in style_names:
            continue
        if is_file_name(style):
            styler = shipped_styler()
            raise StylizeError(
                f"{style} is a file, but {model_name} is a bank of styles that have names. {its_styles} "
                + (
                    f"--model {styler} paints like any painting."
                    if styler
                    else "A model that takes any painting does not ship yet; `tfstyle train style-bank --start-from` "
                    "teaches a bank a new one."
                )
            )
        # `identity`, the first, is no style that anybody looks for.
        suggestion = artifacts.did_you_mean(style, style_names[1:]) or " A painting's file needs its extension."
        raise StylizeError(f"{model_name} has no style {style!r}.{suggestion} {its_styles}")


def read_style(style: str, metadata: dict[str, Any], size: int = STYLE_SIZE) -> np.ndarray:
    """Reads a painting or a style vector from its file.

    Args:
        style: path of an image, or of an array with the extension .npy.
        metadata: of the network that will paint with it.
        size: integer; a painting whose longest side is longer is made smaller.

    Returns:
        uint8 array `(height, width, 3)`, RGB in [0, 255], or float32 array `(style_dim,)`.

    Raises:
        ImageError: if the painting cannot be read.
        StylizeError: if there is no such file, or it holds no style vector of this network.
    """
    path, model_name = Path(style), metadata["name"]
    if path.suffix.lower() == VECTOR_EXTENSION:
        return read_vector(path, metadata)
    if not is_file_name(style):
        raise StylizeError(
            f"{style}: no such file. {model_name} has no styles with names: name a painting, as in monet.jpg, or a "
            "vector that --save-style kept."
        )
    painting = load_image(path)
    return resize_longest_side(painting, size) if max(painting.shape[:2]) > size else painting


def read_vector(path: Path, metadata: dict[str, Any]) -> np.ndarray:
    """A style vector of a network: float32 array `(style_dim,)`."""
    model_name, style_dim = metadata["name"], metadata["style_dim"]
    try:
        with open(path, "rb") as file:
            vector = np.lib.format.read_array(file, allow_pickle=False)  # np.load would take archives as well
    except FileNotFoundError:
        raise StylizeError(f"{path}: no such file. Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        raise StylizeError(f"{path}: holds no array that NumPy can read. Keep one with --save-style.") from error
    if vector.shape not in ((style_dim,), (1, style_dim)) or vector.dtype.kind != "f" or not np.isfinite(vector).all():
        raise StylizeError(
            f"{path}: is no style vector of {model_name}, which holds {style_dim} finite floats. "
            f"It has the shape {vector.shape}. Keep one with --model {model_name} --save-style."
        )
    return vector.reshape(style_dim).astype(np.float32)
