"""What a Gram matrix holds: its spectrum, and textures made from its first components."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.images import to_float
from tfstyle.interpret.drawing import ACCENT, new_figure, plain, show_picture, thumbnail
from tfstyle.losses.perceptual import relative_squared_error
from tfstyle.optimizers.adam import adam_change
from tfstyle.statistics import covariance, gram_matrix


@dataclass(frozen=True)
class GramSpectrum:
    """What the Gram matrices of a painting consist of: the mean of the features, and the components around it.

    Attributes:
        mean_shares: dict of layer -> float, share of the mean of the features in the trace of the Gram matrix.
        eigenvalues: dict of layer -> float64 array `(channels,)`, descending: eigenvalues of the rest, which is the
            covariance of the channels, each as its share in their sum.
    """

    mean_shares: dict[str, float]
    eigenvalues: dict[str, np.ndarray]

    def num_for(self, share: float) -> dict[str, int]:
        """Layer -> number of components that hold a share of the covariance."""
        return {
            name: int(np.searchsorted(np.cumsum(values), share - 1e-9) + 1) for name, values in self.eigenvalues.items()
        }

    def describe(self) -> str:
        """The result in sentences."""
        few = self.num_for(0.9)
        parts = [f"{few[name]} of {len(values)} in {name}" for name, values in self.eigenvalues.items()]
        return (
            f"The mean of the features makes up {np.mean(list(self.mean_shares.values())):.0%} of a Gram matrix on "
            f"average over the layers; the rest says which channels respond together. The components that hold 90% of "
            f"the rest are {', '.join(parts)}."
        )


@dataclass(frozen=True)
class GramTextures:
    """Textures with the first components of a painting's Gram matrices.

    Attributes:
        painting: float32 array `(height, width, 3)` in [0, 1].
        counts: integers, numbers of components; 0 is the mean of the features alone.
        images: float32 array `(num_counts, size, size, 3)` in [0, 1].
        missing: float64 array `(num_counts,)`: share of the trace of the covariance that the components do not hold,
            mean over the layers.
        errors: float64 array `(num_counts,)`: relative squared error of the textures' covariance against the whole one
            of the painting, mean over the layers.
    """

    painting: np.ndarray
    counts: tuple[int, ...]
    images: np.ndarray
    missing: np.ndarray
    errors: np.ndarray

    def describe(self) -> str:
        """The result in sentences."""
        return " ".join(
            f"With {count} component{'s' * (count != 1)} beside the mean, {missing:.0%} of the covariance is missing, "
            f"and the texture is {error:.2f} from that of the painting (0 is a match, 1 is no texture)."
            for count, missing, error in zip(self.counts, self.missing, self.errors, strict=True)
        )


def gram_spectrum(painting: Any, extractor: Any, layer_names: Sequence[str] = ()) -> GramSpectrum:
    """Computes the spectrum of the Gram matrices of a painting.

    Args:
        painting: uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`.
        extractor: loss network, images -> dict of layer -> features.
        layer_names: layers; by default all that the extractor returns.

    Returns:
        `GramSpectrum`.
    """
    features = extractor(to_float(painting)[None])
    shares, spectra = {}, {}
    for name in layer_names or features:
        gram = np.asarray(gram_matrix(features[name]), np.float64)
        mean = np.asarray(features[name], np.float64).mean(axis=(1, 2))
        shares[name] = float(np.square(mean).sum() / max(np.trace(gram[0]), 1e-30))
        values = np.linalg.eigvalsh(covariance(mean, gram)[0])[::-1].clip(0)
        spectra[name] = values / max(values.sum(), 1e-30)
    return GramSpectrum(shares, spectra)


def truncated(matrix: Any, num_components: int) -> np.ndarray:
    """The nearest matrix of a lower rank.

    Args:
        matrix: float array `(..., channels, channels)`, symmetric, positive semi-definite.
        num_components: integer: the number of largest eigenvalues to keep.

    Returns:
        float32 array of the same shape.
    """
    values, vectors = np.linalg.eigh(np.asarray(matrix, np.float64))
    first = max(0, values.shape[-1] - num_components)
    values, vectors = values[..., first:].clip(0), vectors[..., first:]
    return np.einsum("...ck,...k,...dk->...cd", vectors, values, vectors).astype(np.float32)


def gram_textures(
    painting: Any,
    extractor: Any,
    counts: Sequence[int] = (0, 1, 4, 16, 1000),
    layer_names: Sequence[str] = (),
    size: int = 96,
    num_steps: int = 60,
    learning_rate: float = 0.04,
    seed: int = 0,
) -> GramTextures:
    """Makes textures from noise that match the first components of a painting's Gram matrices.

    A Gram matrix is the covariance of the channels plus the product of their means. All textures match the means, and
    of the covariance the first components.

    Args:
        painting: uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`.
        extractor: loss network, images -> dict of layer -> features.
        counts: numbers of components of the covariance; more than there are stands for all.
        layer_names: layers; by default all that the extractor returns.
        size: integer, height and width of the textures.
        num_steps: integer, steps of Adam.
        learning_rate: float, about the largest change of a pixel in the first step; it falls to 0.
        seed: integer, of the noise.

    Returns:
        `GramTextures`.

    Reference:
        Gatys, Ecker, Bethge: Texture Synthesis Using Convolutional Neural Networks, 2015. Differs from the paper:
        matrices of a lower rank, Adam, and errors relative to the energy of the painting.
    """
    import tensorflow as tf

    painting = to_float(painting)
    features = extractor(painting[None])
    names = tuple(layer_names) or tuple(features)

    def statistics_of(maps):
        mean = tf.reduce_mean(maps, axis=(1, 2))
        return mean, covariance(mean, gram_matrix(maps))

    means, covariances = {}, {}
    for name in names:
        means[name], covariances[name] = statistics_of(features[name])
    energies = {name: float(tf.reduce_sum(covariances[name] ** 2)) + 1e-8 for name in names}

    def errors_of(pixels, targets):
        """Errors of the means and of the covariances, the latter in the energy of all components."""
        found = extractor(pixels)
        of_means = of_covariances = 0.0
        for name in names:
            mean, matrix = statistics_of(found[name])
            of_means += relative_squared_error(mean, means[name])[0]
            of_covariances += tf.reduce_sum((matrix - targets[name]) ** 2) / energies[name]
        return of_means / len(names), of_covariances / len(names)

    @tf.function
    def step(pixels, first, second, count, rate, targets):
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            error = tf.add_n(errors_of(pixels, targets))
        change, moments = adam_change(tape.gradient(error, pixels), (first, second), count)
        return tf.clip_by_value(pixels - rate * change, 0, 1), *moments

    noise = np.random.default_rng(seed).normal(0.5, 0.1, (1, size, size, 3)).clip(0, 1).astype(np.float32)
    images, errors, missing = [], [], []
    for count in counts:
        targets = {name: tf.constant(truncated(matrix, count)) for name, matrix in covariances.items()}
        pixels, first, second = tf.constant(noise), tf.zeros_like(noise), tf.zeros_like(noise)
        for number in range(1, num_steps + 1):
            rate = learning_rate * (1 - (number - 1) / num_steps)  # or the last steps leave grain
            pixels, first, second = step(
                pixels, first, second, tf.constant(float(number)), tf.constant(rate, tf.float32), targets
            )
        images.append(np.asarray(pixels)[0])
        errors.append(float(errors_of(pixels, covariances)[1]))
        kept = [float(tf.linalg.trace(targets[name])[0] / tf.linalg.trace(covariances[name])[0]) for name in names]
        missing.append(1 - np.mean(kept))
    return GramTextures(painting, tuple(counts), np.stack(images), np.array(missing, float), np.array(errors))


def plot_gram_spectrum(spectrum: GramSpectrum) -> Any:
    """Draws how much of a Gram matrix its first components hold, beside the mean of the features.

    Shows: for each layer, the share of the covariance of the channels that its first k components hold. A curve that
    rises at once belongs to a layer whose channels respond together; a slow one to a layer with many independent
    patterns.

    Does not show: which components matter to the eye, and the mean of the features, which is the larger part of most
    Gram matrices.

    Args:
        spectrum: `GramSpectrum`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    import matplotlib

    figure = new_figure(7, 3.4)
    axes = figure.subplots()
    colors = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(spectrum.eigenvalues)))
    for (name, values), color in zip(spectrum.eigenvalues.items(), colors, strict=True):
        axes.plot(np.arange(1, len(values) + 1), np.cumsum(values), label=name, color=color)
    axes.axhline(0.9, color=ACCENT, linewidth=1, linestyle=":")
    axes.set_xscale("log")
    axes.set_ylim(0, 1.02)
    plain(axes, "", "number of components k", "share of the covariance")
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    return figure


def plot_gram_textures(textures: GramTextures) -> Any:
    """Draws textures made from the first components of a painting's Gram matrices.

    Shows: what noise becomes if it has to match the mean of the features and the first k components around it in every
    layer; 0 is the mean alone. What is still missing with all components is what a Gram matrix cannot say: where things
    are.

    Does not show: the only texture with these components. Others have the same matrices, and few steps of descent do
    not reach all that the matrices ask for.

    Args:
        textures: `GramTextures`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    figure = new_figure(2.1 * (len(textures.counts) + 1), 2.7)
    painting, *all_axes = figure.subplots(1, len(textures.counts) + 1)
    show_picture(painting, thumbnail(textures.painting, 192), "painting")
    for axes, count, image, error in zip(all_axes, textures.counts, textures.images, textures.errors, strict=True):
        name = "all components" if count >= 512 else f"k = {count}"
        show_picture(axes, image, f"{name}\ndistance {error:.2f}")
    return figure
