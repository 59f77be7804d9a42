"""Linear probes: what can be read from a vector, against chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.images import luma, to_float
from tfstyle.interpret.drawing import ACCENT, INK, SECOND, new_figure, plain

PENALTIES = (0.1, 1.0, 10.0, 100.0)  # of the ridge, relative to the mean variance; chosen within the training part


@dataclass(frozen=True)
class Probe:
    """How well labels can be read from vectors by a linear function.

    Attributes:
        accuracy: float in [0, 1], mean over the labels of the share of their vectors that are recognized, on vectors
            that were held out.
        standard_error: float, that of the accuracy over the repetitions and folds.
        chance: float in [0, 1], the same with shuffled labels.
        chance_error: float, standard deviation of the latter over the shuffles.
        num_labels: integer.
        num_vectors: integer.
        num_groups: integer, number of independent paintings.
    """

    accuracy: float
    standard_error: float
    chance: float
    chance_error: float
    num_labels: int
    num_vectors: int
    num_groups: int

    @property
    def z_score(self) -> float:
        """Distance of the accuracy from chance, in standard deviations of both."""
        return float((self.accuracy - self.chance) / max(np.hypot(self.standard_error, self.chance_error), 1e-9))

    @property
    def is_readable(self) -> bool:
        """Whether the accuracy is above chance by more than two standard deviations of both."""
        return self.z_score > 2

    def describe(self, name: str) -> str:
        """The result in a sentence about `name`, such as "the movement"."""
        numbers = (
            f"{self.accuracy:.0%} ± {self.standard_error:.0%} of the held-out crops are recognized, against "
            f"{self.chance:.0%} ± {self.chance_error:.0%} with shuffled labels ({self.num_labels} labels, "
            f"{self.num_groups} paintings)."
        )
        if self.is_readable:
            return f"{name[:1].upper()}{name[1:]} can be read from the vector: {numbers}"
        return f"{name[:1].upper()}{name[1:]} cannot be told from chance: {numbers}"


def linear_probe(
    vectors: Any,
    labels: Sequence[Any],
    groups: Sequence[Any] | None = None,
    num_folds: int = 5,
    num_repeats: int = 3,
    num_shuffles: int = 20,
    seed: int = 0,
) -> Probe:
    """Measures how well labels can be read from vectors by ridge regression, with cross-validation.

    Vectors of one group, such as crops of one painting, are always in the same fold, and shuffling exchanges the labels
    of whole groups: otherwise a probe would recognize the painting.

    Args:
        vectors: float array `(num_vectors, dim)`.
        labels: one label for each vector.
        groups: for each vector its group; by default each is one of its own. A group has one label.
        num_folds: integer; less if a label has fewer groups.
        num_repeats: integer, number of random partitions into folds.
        num_shuffles: integer, number of times that the labels are shuffled for the chance line.
        seed: integer.

    Returns:
        `Probe`.

    Raises:
        ValueError: if there are fewer than two labels, or one of them has fewer than two groups.

    Reference:
        Alain, Bengio: Understanding intermediate layers using linear classifier probes, 2016. Hewitt, Liang: Designing
        and Interpreting Probes with Control Tasks, 2019, for the comparison with shuffled labels.
    """
    vectors = np.asarray(vectors, np.float64)
    owners = np.arange(len(vectors)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    known, numbers = np.unique(np.asarray(labels), return_inverse=True)
    if not len(vectors) == len(numbers) == len(owners):
        raise ValueError(
            "There must be a label and a group for each vector. "
            f"Received: {len(vectors)} vectors, {len(numbers)} labels, {len(owners)} groups."
        )
    of_group = np.zeros(len(np.unique(owners)), int)
    of_group[owners] = numbers
    fewest = np.bincount(of_group, minlength=len(known)).min() if len(known) else 0
    if len(known) < 2 or fewest < 2:
        raise ValueError(
            "A probe needs two labels at least, and two groups (paintings) of each. "
            f"Received: {len(known)} labels, {fewest} groups of the rarest."
        )
    num_folds = int(min(num_folds, fewest))
    random = np.random.default_rng(seed)
    scores = [score for _ in range(num_repeats) for score in _fold_scores(vectors, of_group, owners, num_folds, random)]
    shuffled = [
        np.mean(_fold_scores(vectors, random.permutation(of_group), owners, num_folds, random))
        for _ in range(num_shuffles)
    ]
    # Repeated folds share their vectors: the error is that of one repetition.
    error = np.std(scores, ddof=1) / np.sqrt(num_folds)
    return Probe(
        float(np.mean(scores)),
        float(error),
        float(np.mean(shuffled)),
        float(np.std(shuffled, ddof=1)) if num_shuffles > 1 else 0.0,
        len(known),
        len(vectors),
        len(of_group),
    )


def _fold_scores(vectors, of_group, groups, num_folds, random):
    """Balanced accuracy on each held-out fold; every label is in every fold as evenly as possible."""
    fold_of = np.empty(len(of_group), int)
    for label in np.unique(of_group):
        members = random.permutation(np.flatnonzero(of_group == label))
        fold_of[members] = (np.arange(len(members)) + random.integers(num_folds)) % num_folds
    labels = of_group[groups]
    scores = []
    for fold in range(num_folds):
        is_held_out = fold_of[groups] == fold
        guesses = _fit_and_guess(vectors[~is_held_out], labels[~is_held_out], vectors[is_held_out], of_group.max() + 1)
        truth = labels[is_held_out]
        scores.append(np.mean([np.mean(guesses[truth == label] == label) for label in np.unique(truth)]))
    return scores


def _fit_and_guess(vectors, labels, others, num_labels):
    """Ridge regression on one-hot labels, with weights that count each label alike; guesses for other vectors."""
    mean, deviation = vectors.mean(axis=0), vectors.std(axis=0)
    deviation = np.where(deviation > 1e-8 * max(deviation.max(), 1e-300), deviation, np.inf)
    vectors, others = ((each - mean) / deviation for each in (vectors, others))
    counts = np.bincount(labels, minlength=num_labels)
    weights = np.sqrt(len(labels) / (np.count_nonzero(counts) * counts[labels]))[:, None]
    targets = np.eye(num_labels)[labels] - 1 / num_labels
    # With few vectors of many numbers, the matrix of the vectors is the small one; its leave-one-out errors are known.
    columns = np.concatenate([vectors, np.ones((len(vectors), 1))], axis=1)
    kernel = (columns * weights) @ (columns * weights).T
    values, basis = np.linalg.eigh(kernel)
    rotated = basis.T @ (targets * weights)
    best = None
    for penalty in PENALTIES:
        inverse = 1 / (values.clip(0) + penalty * max(values.mean(), 1e-12))
        dual = (basis * inverse) @ rotated
        left_out = targets * weights - dual / np.maximum(np.square(basis) @ inverse, 1e-12)[:, None]
        correct = np.average(left_out.argmax(axis=1) == labels, weights=np.square(weights[:, 0]))
        if best is None or correct > best[0]:
            best = correct, dual
    coefficients = (columns * weights).T @ best[1]
    return (others @ coefficients[:-1] + coefficients[-1]).argmax(axis=1)


def palette_labels(images: Sequence[Any]) -> list[str]:
    """Thirds of images by warmth, as labels of equal frequency for a probe.

    Args:
        images: uint8 arrays in [0, 255] or float arrays in [0, 1], `(height, width, 3)`.

    Returns:
        For each image "cool", "between" or "warm": its third by mean red less mean blue.
    """
    return _thirds([to_float(image)[..., 0].mean() - to_float(image)[..., 2].mean() for image in images], PALETTE)


def lightness_labels(images: Sequence[Any]) -> list[str]:
    """Thirds of images by mean luma: "dark", "between" or "light"; arguments as in `palette_labels`."""
    return _thirds([luma(to_float(image)).mean() for image in images], LIGHTNESS)


PALETTE, LIGHTNESS = ("cool", "between", "warm"), ("dark", "between", "light")


def _thirds(values, names):
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return [names[3 * rank // len(ranks)] for rank in ranks]


def plot_linear_probes(probes: Mapping[str, Probe]) -> Any:
    """Draws what can be read from a vector, and what chance gives.

    Shows: for each question, the accuracy on paintings that the probe has not seen, with bars of one standard error,
    and the accuracy with shuffled labels, which is chance. Only what stands clear of chance can be read.

    Does not show: that the network uses what can be read, or that what cannot be read is absent: a probe is linear, and
    few paintings make it weak. Paintings of one folder may share a museum's camera as well as a style.

    Args:
        probes: mapping of a question, such as "movement" -> `Probe`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    figure = new_figure(7, 0.9 + 0.62 * len(probes))
    axes = figure.subplots()
    for row, probe in enumerate(probes.values()):
        axes.barh(row, probe.accuracy, 0.5, color=ACCENT if probe.is_readable else "#b8b4ae")
        axes.errorbar(probe.accuracy, row, xerr=probe.standard_error, color=INK, capsize=3)
        low, high = probe.chance - probe.chance_error, probe.chance + probe.chance_error
        axes.fill_betweenx([row - 0.36, row + 0.36], low, high, color=SECOND, alpha=0.3, linewidth=0)
        label = "chance (shuffled labels)" if not row else None
        axes.plot([probe.chance] * 2, [row - 0.36, row + 0.36], color=SECOND, linewidth=2, label=label)
    axes.set_yticks(range(len(probes)), [f"{name} ({probe.num_labels})" for name, probe in probes.items()])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.05)
    plain(axes, "", "accuracy on held-out paintings")
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    return figure
