"""Styles as the command line names them: styles of a bank, files of paintings, and files of style embeddings."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle import artifacts
from tfstyle.images import READ_EXTENSIONS, load_image, resize_longest_side
from tfstyle.saved.family import STYLIZE
from tfstyle.saved.registry import list_families
from tfstyle.saved.style_names import current_name
from tfstyle.transfer.stylize import StylizeError

VECTOR_EXTENSION = ".npy"
# In training, the shorter side of a painting has 224 to 448 or 256 to 512 pixels (the crop scales of the configs). With
# a longest side of 512 it has about 400: the scale of details and strokes that the models know.
STYLE_SIZE = 512


def parse_styles(texts: Sequence[str], style_names: Sequence[str] = ()) -> list[tuple[str, float]]:
    """Parses styles and their weights.

    Args:
        texts: each `STYLE` or `STYLE=WEIGHT`.
        style_names: names of a bank's styles, which may contain "=".

    Returns:
        List of (style, weight). Names of version 0.1.0 are replaced with the current ones.

    Raises:
        StylizeError: if a weight is not a positive number.
    """
    pairs = []
    for text in texts:
        is_known = current_name(text, style_names) in style_names
        has_weight = not is_known and not is_file_name(text) and "=" in text
        name, weight = parse_weight(text, "style") if has_weight else (text, 1.0)
        pairs.append((current_name(name, style_names), weight))
    return pairs


def parse_weight(text: str, what: str) -> tuple[str, float]:
    """Parses `NAME=WEIGHT`.

    Args:
        text: the text.
        what: what has the weight, for the message.

    Raises:
        StylizeError: if the weight is not a positive number.
    """
    name, _, number = text.rpartition("=")
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not name or not (math.isfinite(weight) and weight > 0):
        raise StylizeError(
            f"The weight of a {what} must be a positive number, as in {name or 'NAME'}=0.5. Received: {text}."
        )
    return name, weight


def is_file_name(style: str) -> bool:
    """Whether a style is a file, a painting or a style embedding, rather than a name in a bank."""
    return Path(style).suffix.lower() in (*READ_EXTENSIONS, VECTOR_EXTENSION) or Path(style).is_file()


def choose_model(texts: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Selects a shipped model: the style bank for names, a model for arbitrary style transfer for files.

    Args:
        texts: each `STYLE` or `STYLE=WEIGHT`.

    Returns:
        Name of the model, and its metadata.

    Raises:
        StylizeError: if some are names and some are files, or no style bank ships.
    """
    banks, stylers = shipped_stylizers(has_named_styles=True), shipped_stylizers(has_named_styles=False)
    if not banks:
        raise StylizeError("No model with named styles ships with this version. Name a model.")
    bank, metadata = next(iter(banks.items()))
    styles = [style for style, _ in parse_styles(texts, metadata["style_names"])]
    files = [style for style in styles if style not in metadata["style_names"] and is_file_name(style)]
    names = [style for style in styles if style not in files]
    if names and files:
        raise StylizeError(
            f"{names[0]} is a name and {files[0]} is a file, and no model takes both. Use only styles of {bank}, or "
            "only files."
        )
    return next(iter(stylers.items())) if files and stylers else (bank, metadata)


def shipped_stylizers(has_named_styles: bool) -> dict[str, dict[str, Any]]:
    """Shipped models that stylize photographs, in the order of their families, the best one first.

    Args:
        has_named_styles: whether they have named styles, or take any painting.

    Returns:
        Dict of name -> metadata.
    """
    shipped = {name: artifacts.read_metadata(artifacts.find_model(name)) for name in artifacts.list_names()}
    return {
        name: metadata
        for family in list_families(STYLIZE)
        for name, metadata in shipped.items()
        if family.has_named_styles == has_named_styles and family.name == metadata["family"]
    }


def check_names(styles: Sequence[str], metadata: dict[str, Any]) -> None:
    """Checks that styles are in a bank.

    Args:
        styles: names.
        metadata: of the bank.

    Raises:
        StylizeError: if a style is a file, or unknown.
    """
    unknown = [style for style in styles if style not in metadata["style_names"]]
    if unknown:
        style, model_name, style_names = unknown[0], metadata["name"], metadata["style_names"]
        its_styles = artifacts.available("Its styles", style_names)
        if is_file_name(style):
            styler = next(iter(shipped_stylizers(has_named_styles=False)), None)
            raise StylizeError(
                f"{style} is a file, but {model_name} is a style bank: its styles have names. {its_styles} "
                + (
                    f"The model {styler} takes any painting."
                    if styler
                    else "No model that takes any painting is shipped. Train a style bank on the painting."
                )
            )
        # `identity`, the first, returns the photograph: nobody looks for it.
        suggestion = artifacts.did_you_mean(style, style_names[1:]) or " The file of a painting needs its extension."
        raise StylizeError(f"{model_name} has no style {style!r}.{suggestion} {its_styles}")


def read_style(style: str, metadata: dict[str, Any], size: int = STYLE_SIZE, stroke_size: float = 1.0) -> np.ndarray:
    """Reads a painting or a style embedding.

    Args:
        style: path of an image, or of an array with the extension .npy.
        metadata: of the model.
        size: integer, largest longest side. A larger painting is resized.
        stroke_size: positive float; the painting is resized once more by this factor.

    Returns:
        uint8 array `(height, width, 3)`, RGB in [0, 255], or float32 array `(style_dim,)`.

    Raises:
        ImageError: if the painting cannot be read.
        StylizeError: if there is no such file, or it is not a style embedding of this model, or one whose strokes are
            to have another size.
    """
    path, model_name = Path(style), metadata["name"]
    if path.suffix.lower() == VECTOR_EXTENSION:
        if stroke_size != 1:
            raise StylizeError(f"{path}: a style embedding has the stroke size of its painting. Name the painting.")
        return read_vector(path, metadata)
    if not is_file_name(style):
        raise StylizeError(
            f"{style}: no such file. {model_name} has no named styles: use a painting, as in monet.jpg, or a saved "
            "style embedding, as in monet.npy."
        )
    painting = load_image(path)
    longest = max(painting.shape[:2])
    target = max(1, round(stroke_size * min(longest, size)))
    return painting if target == longest else resize_longest_side(painting, target)


def read_vector(path: Path, metadata: dict[str, Any]) -> np.ndarray:
    """Reads a style embedding: float32 array `(style_dim,)`."""
    model_name, style_dim = metadata["name"], metadata["style_dim"]
    try:
        with open(path, "rb") as file:
            vector = np.lib.format.read_array(file, allow_pickle=False)  # np.load would take archives as well
    except FileNotFoundError:
        raise StylizeError(f"{path}: no such file. Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        raise StylizeError(f"{path}: is not an array that NumPy can read. Save one with `save_style`.") from error
    if vector.shape not in ((style_dim,), (1, style_dim)) or vector.dtype.kind != "f" or not np.isfinite(vector).all():
        raise StylizeError(
            f"{path}: is not a style embedding of {model_name}, which has {style_dim} finite floats. "
            f"Received: shape={vector.shape}, dtype={vector.dtype}. Save one with {model_name} and `save_style`."
        )
    return vector.reshape(style_dim).astype(np.float32)
