"""Moving in the latent space of a generator: truncation, paths, variations, walks, and files of latents."""

import io
import itertools
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle.atomic import write_atomically
from tfstyle.errors import TfstyleError
from tfstyle.images import as_array


class LatentsError(TfstyleError, ValueError):
    """Raised for latents that cannot be used. The message is one line, written for the user."""


def spherical_interpolation(start: Any, end: Any, num_steps: int) -> np.ndarray:
    """Interpolates between latent vectors on a sphere, so that their length stays that of Gaussian noise.

        sin((1 - t) a) / sin(a) start + sin(t a) / sin(a) end,   a: the angle between the two

    Args:
        start: float array of shape `(latent_dim,)`.
        end: float array of shape `(latent_dim,)`.
        num_steps: integer, at least 2. The first step is `start`, the last is `end`.

    Returns:
        float32 array of shape `(num_steps, latent_dim)`.

    Raises:
        ValueError: if `start` and `end` are not vectors of one length.

    Reference:
        White: Sampling Generative Networks, 2016, section 2.1.
    """
    start, end = as_array("start", start).astype(np.float64), as_array("end", end).astype(np.float64)
    if start.ndim != 1 or start.shape != end.shape:
        raise ValueError(
            "`start` and `end` must be vectors of one length. "
            f"Received: start.shape={start.shape}, end.shape={end.shape}."
        )
    cosine = start @ end / max(np.linalg.norm(start) * np.linalg.norm(end), 1e-12)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    shares = np.linspace(0.0, 1.0, num_steps)[:, None]
    if np.sin(angle) < 1e-6:  # collinear: there is no arc, or no unique one
        return ((1.0 - shares) * start + shares * end).astype(np.float32)
    path = (np.sin((1.0 - shares) * angle) * start + np.sin(shares * angle) * end) / np.sin(angle)
    return path.astype(np.float32)


def closed_path(latents: Any, num_steps: int) -> np.ndarray:
    """A path through latent vectors and back to the first one, on a sphere.

    Args:
        latents: float array of shape `(num_latents, latent_dim)`.
        num_steps: integer, steps from one vector to the next, at least 2.

    Returns:
        float32 array of shape `(num_latents * num_steps, latent_dim)`: each vector once, then `num_steps - 1`
        between it and the next.
    """
    ends = [*latents, latents[0]]
    return np.concatenate([
        spherical_interpolation(start, end, num_steps + 1)[:-1] for start, end in itertools.pairwise(ends)
    ])  # fmt: skip


def truncate(latents: Any, amount: float) -> np.ndarray:
    """Scales latent vectors towards their mean, 0: images become more typical and less varied.

        truncated = amount * latents

    A seed still gives the same subjects. It is what StyleGAN calls the truncation trick, in the space of the noise
    itself; BigGAN's trick of the same name instead draws numbers beyond a threshold again, which changes the subject.

    Args:
        latents: float array of shape `(num_latents, latent_dim)`.
        amount: float in [0, 1]; 1 changes nothing, 0 gives the same image for every vector. 0.7 is usual.

    Returns:
        float32 array of the same shape.

    Raises:
        LatentsError: if `amount` is outside [0, 1].

    Reference:
        Karras, Laine, Aila: A Style-Based Generator Architecture for Generative Adversarial Networks, 2019, appendix B.
        Brock, Donahue, Simonyan: Large Scale GAN Training for High Fidelity Natural Image Synthesis, 2019, section 3.1.
    """
    if not 0 <= amount <= 1:
        raise LatentsError(f"`truncation` must lie in [0, 1]. Received: truncation={amount}.")
    return np.float32(amount) * np.asarray(latents, np.float32)


def vary(latent: Any, num_variations: int, strength: float = 0.5, seed: int = 0) -> np.ndarray:
    """Latent vectors around one, at the same distance from the mean: variations of an image.

    Each goes from `latent` towards a random vector, along the sphere through `latent`.

    Args:
        latent: float array of shape `(latent_dim,)`.
        num_variations: integer.
        strength: float in [0, 1]; 0 for copies, 1 for images that have nothing in common with it. It is the sine of the
            angle between the two vectors.
        seed: integer.

    Returns:
        float32 array of shape `(num_variations, latent_dim)`. The first ones are the same for any number.

    Raises:
        LatentsError: if `strength` is outside [0, 1].
    """
    if not 0 <= strength <= 1:
        raise LatentsError(f"`strength` must lie in [0, 1]. Received: strength={strength}.")
    latent = np.asarray(latent, np.float64)
    length = np.linalg.norm(latent)
    noise = np.random.default_rng(seed).standard_normal((num_variations, len(latent)))
    if length > 0:  # only what is at a right angle to the vector, with its length
        noise -= noise @ latent[:, None] * latent / length**2
        noise *= length / np.linalg.norm(noise, axis=1, keepdims=True)
    return (np.sqrt(1.0 - strength**2) * latent + strength * noise).astype(np.float32)


def walk_directions(latent: Any, directions: Any, num_steps: int = 7, reach: float = 4.0) -> np.ndarray:
    """Latent vectors on straight lines through one of them, along each direction.

    Args:
        latent: float array of shape `(latent_dim,)`.
        directions: float array of shape `(num_directions, latent_dim)`, vectors of length 1.
        num_steps: integer; an odd number has the unchanged vector in the middle.
        reach: float, the largest step to either side; 1 is the standard deviation of random vectors along a direction.

    Returns:
        float32 array of shape `(num_directions * num_steps, latent_dim)`, direction by direction.
    """
    amounts = np.linspace(-reach, reach, num_steps)
    latent, directions = np.asarray(latent, np.float64), np.asarray(directions, np.float64)
    return np.concatenate([latent + amounts[:, None] * direction for direction in directions]).astype(np.float32)


# Files of latents


def save_latents(path: str | Path, latents: Any, labels: Any = None, model: str = "", overwrite: bool = False) -> None:
    """Writes latent vectors as an .npz file, atomically.

    Args:
        path: file that ends in .npz.
        latents: float array of shape `(num_latents, latent_dim)`.
        labels: int array of shape `(num_latents,)`, or None.
        model: string, name of the generator, for the reader.
        overwrite: bool, whether to replace an existing file.

    Raises:
        LatentsError: if the file exists, has another extension, or cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".npz":
        raise LatentsError(f"{path}: latents are written as .npz. Name a file that ends in .npz.")
    if path.exists() and not overwrite:
        raise LatentsError(f"{path}: already exists. Name another output, or pass overwrite=True.")
    arrays: dict[str, Any] = {"latents": np.asarray(latents, np.float32), "model": model}
    if labels is not None:
        arrays["labels"] = np.asarray(labels, np.int32)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    try:
        write_atomically(path, buffer.getvalue())
    except OSError as error:
        raise LatentsError(f"{path}: cannot be written ({error.strerror}).") from error


def load_latents(path: str | Path, latent_dim: int, num_classes: int = 0) -> tuple[np.ndarray, np.ndarray | None]:
    """Reads latent vectors that `save_latents` or `numpy.savez` has written.

    Args:
        path: .npz file with an array `latents`, of shape `(num_latents, latent_dim)` or `(latent_dim,)`, and for a
            class-conditional generator an array `labels`, of shape `(num_latents,)`. Labels are optional.
        latent_dim: integer, of the generator.
        num_classes: integer, of the generator.

    Returns:
        float32 array of shape `(num_latents, latent_dim)`; int32 array of shape `(num_latents,)`, or None if the file
        has no labels or the generator no classes.

    Raises:
        LatentsError: if the file cannot be read, or its arrays do not fit the generator.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in ("latents", "labels") if name in arrays}
    except FileNotFoundError:
        raise LatentsError(f"{path}: no such file.") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError, TypeError) as error:
        raise LatentsError(f"{path}: cannot be read as an .npz file of latents.") from error
    if "latents" not in found:
        raise LatentsError(f"{path}: holds no array named latents. tfstyle invert writes such files.")
    latents = np.atleast_2d(found["latents"])
    if latents.dtype.kind not in "fiu" or latents.ndim != 2 or latents.shape[1] != latent_dim or not len(latents):
        raise LatentsError(
            f"{path}: the generator needs latents of shape (number, {latent_dim}). "
            f"Received: shape={found['latents'].shape}, dtype={found['latents'].dtype}. Are they of another model?"
        )
    latents = latents.astype(np.float32)
    if not np.isfinite(latents).all():
        raise LatentsError(f"{path}: holds latents that are not finite numbers.")
    if not num_classes or "labels" not in found:
        return latents, None
    labels = np.atleast_1d(found["labels"])
    if (
        labels.dtype.kind not in "iu"
        or labels.shape != (len(latents),)
        or not np.all((labels >= 0) & (labels < num_classes))
    ):
        raise LatentsError(
            f"{path}: `labels` must be {len(latents)} whole numbers in 0 to {num_classes - 1}. "
            f"Received: shape={labels.shape}, dtype={labels.dtype}."
        )
    return latents, labels.astype(np.int32)
