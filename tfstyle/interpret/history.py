"""The course of a training: losses with the monitor's findings, and the equilibrium of two networks."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.interpret.drawing import ACCENT, INK, PALE, SECOND, new_figure, plain, show_picture, thumbnail
from tfstyle.wording import counted

FEWEST_POINTS = 2
WINDOW = 0.1  # of the training: "at the start" and "at the end" are means over it


@dataclass(frozen=True)
class TrainingHistory:
    """Losses and findings over the steps of a training.

    Attributes:
        steps: int array `(num_lines,)`, ascending.
        losses: dict of name -> float64 array `(num_lines,)`, NaN where a line has no such loss.
        findings: pairs of a step and the name of a finding, such as `(1200, "collapse")`.
    """

    steps: np.ndarray
    losses: dict[str, np.ndarray]
    findings: tuple[tuple[int, str], ...]

    def at_start_and_end(self, name: str) -> tuple[float, float]:
        """Means of a loss over the first and the last tenth of its values."""
        values = self.losses[name][np.isfinite(self.losses[name])]
        count = max(1, round(WINDOW * len(values)))
        return float(values[:count].mean()), float(values[-count:].mean())

    @property
    def periods(self) -> list[tuple[str, int, int]]:
        """Findings that follow each other on neighboring lines, as (name, first step, last step)."""
        found: list[tuple[str, int, int]] = []
        lines = {int(step): number for number, step in enumerate(self.steps)}
        for step, name in self.findings:
            if found and found[-1][0] == name and lines.get(step, -1) - lines.get(found[-1][2], -9) <= 1:
                found[-1] = (name, found[-1][1], step)
            else:
                found.append((name, step, step))
        return found

    def describe(self) -> str:
        """The result in sentences."""
        parts = []
        for name in self.losses:
            first, last = self.at_start_and_end(name)
            parts.append(f"{name.replace('_', ' ')} from {first:.3g} to {last:.3g}")
        text = f"Over {self.steps[-1]} steps, the means of the first and the last tenth: {'; '.join(parts)}."
        if not self.findings:
            return f"{text} The monitor found nothing wrong."
        spans = [
            f"{name} ({f'step {first}' if first == last else f'steps {first} to {last}'})"
            for name, first, last in self.periods
        ]
        return f"{text} The monitor reported {counted(len(spans), 'finding')}: {'; '.join(spans)}."


def training_history(lines: Sequence[Mapping[str, float]], findings: Sequence[tuple[int, str]] = ()) -> TrainingHistory:
    """Arranges the losses of a training by name.

    Args:
        lines: dicts of name -> number, each with a "step", as returned by `read_losses`.
        findings: pairs of a step and the name of a finding of the monitor.

    Returns:
        `TrainingHistory`.

    Raises:
        ValueError: if there are fewer than two lines.
    """
    if len(lines) < FEWEST_POINTS:
        raise ValueError(
            f"A history needs {FEWEST_POINTS} lines of losses at least. Received: {len(lines)}. Train for more steps."
        )
    names = dict.fromkeys(name for line in lines for name in line if name != "step")
    losses = {name: np.array([line.get(name, np.nan) for line in lines], np.float64) for name in names}
    return TrainingHistory(np.array([line["step"] for line in lines]), losses, tuple(findings))


def plot_training_history(history: TrainingHistory) -> Any:
    """Draws the losses of a training over its steps, with the findings of the monitor.

    Shows: each loss as it was logged (pale) and smoothed (dark). Bands mark the steps at which the monitor of a GAN
    reported the same finding; their names stand above.

    Does not show: the quality of the images. The losses of a GAN need not fall: each network is measured against the
    other, which learns as well.

    Args:
        history: `TrainingHistory`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    names = list(history.losses)
    columns = min(3, len(names))
    num_rows = -(-len(names) // columns)
    figure = new_figure(3.1 * columns, 2.2 * num_rows + 0.3)
    all_axes = figure.subplots(num_rows, columns, squeeze=False, sharex=True)
    kinds = list(dict.fromkeys(name for name, _, _ in history.periods))
    tints = dict(zip(kinds, ("#f4c7a1", "#b9d3ee", "#cfe3bf", "#e4c6e8"), strict=False))
    for axes, name in zip(all_axes.flat, names, strict=False):
        values = history.losses[name]
        for kind, first, last in history.periods:
            axes.axvspan(first, max(last, first + 1), color=tints[kind], alpha=0.7, linewidth=0)
        finite = np.isfinite(values)
        axes.plot(history.steps[finite], values[finite], color=PALE, linewidth=1)
        axes.plot(history.steps[finite], smoothed(values[finite]), color=INK, linewidth=1.4)
        plain(axes, name.replace("_", " "), "step")
    for axes in all_axes.flat[len(names) :]:
        axes.axis("off")
    if kinds:
        from matplotlib.patches import Patch

        figure.legend(
            handles=[Patch(color=tints[kind], label=kind) for kind in kinds],
            loc="outside upper center",
            ncols=len(kinds),
            fontsize=8,
            frameon=False,
        )
    return figure


def smoothed(values: Any) -> np.ndarray:
    """Running mean over about a twentieth of the values, shorter at the ends."""
    values = np.asarray(values, np.float64)
    half = len(values) // 40
    sums = np.concatenate([[0.0], np.cumsum(values)])
    places = np.arange(len(values))
    first, last = np.maximum(places - half, 0), np.minimum(places + half + 1, len(values))
    return (sums[last] - sums[first]) / (last - first)


@dataclass(frozen=True)
class Equilibrium:
    """How well a discriminator tells real images from made ones.

    Attributes:
        real_logits: float64 array `(num_real,)`.
        made_logits: float64 array `(num_made,)`.
        accuracy: float in [0, 1]: the chance that a real image has the higher logit of a random pair. 0.5 is guessing,
            1 is always right.
        steps: int array `(num_lines,)`, or empty.
        accuracies: float64 array `(num_lines,)`, the accuracy during the training.
    """

    real_logits: np.ndarray
    made_logits: np.ndarray
    accuracy: float
    steps: np.ndarray
    accuracies: np.ndarray

    def describe(self) -> str:
        """The result in sentences."""
        if self.accuracy > 0.98:
            verdict = "it has won: the generator fools it next to never"
        elif self.accuracy > 0.65:
            verdict = "it is ahead, and the generator still has something to learn from it"
        elif self.accuracy > 0.4:
            verdict = "the two are in balance: it can do little better than guess"
        else:
            verdict = "it errs more often than not: it follows the generator with a delay"
        return (
            f"The discriminator of the newest checkpoint gives the higher logit to the real image in "
            f"{self.accuracy:.0%} of the pairs (50% is guessing); {verdict}. Real images have "
            f"{self.real_logits.mean():+.2f} on average, made ones {self.made_logits.mean():+.2f}."
        )


def equilibrium(real_logits: Any, made_logits: Any, history: TrainingHistory | None = None) -> Equilibrium:
    """Compares the logits of real and of made images.

    Args:
        real_logits: float array, the discriminator's logits of real images.
        made_logits: float array, those of generated images.
        history: `TrainingHistory` with an "accuracy", for its course; or None.

    Returns:
        `Equilibrium`.
    """
    from tfstyle.interpret.style_distances import chance_of_less

    real, made = (np.ravel(np.asarray(logits, np.float64)) for logits in (real_logits, made_logits))
    course = history.losses.get("accuracy") if history else None
    if history is None or course is None:
        return Equilibrium(real, made, chance_of_less(made, real), np.empty(0, int), np.empty(0))
    known = np.isfinite(course)
    return Equilibrium(real, made, chance_of_less(made, real), history.steps[known], course[known])


def plot_equilibrium(balance: Equilibrium) -> Any:
    """Draws the logits of real and of made images, and the accuracy of the discriminator during the training.

    Shows: how far the two humps overlap. Where they coincide the discriminator can only guess; where they lie apart the
    generator is recognized. On the right, the share of pairs that it ordered correctly, between guessing and certainty.

    Does not show: whether the images are good. A weak discriminator and a good generator give the same overlap.

    Args:
        balance: `Equilibrium`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    figure = new_figure(8.6 if len(balance.steps) else 4.6, 2.7)
    axes, *others = figure.subplots(1, 1 + bool(len(balance.steps)), squeeze=False)[0]
    both = np.concatenate([balance.real_logits, balance.made_logits])
    edges = np.linspace(both.min(), both.max() + 1e-9, 31)
    axes.hist(balance.real_logits, edges, density=True, color=SECOND, alpha=0.65, label="real")
    axes.hist(balance.made_logits, edges, density=True, color=ACCENT, alpha=0.65, label="made")
    axes.set_yticks([])
    axes.legend(fontsize=8, frameon=False)
    plain(axes, f"newest checkpoint: {balance.accuracy:.0%} of pairs correct", "logit")
    for course in others:
        course.plot(balance.steps, balance.accuracies, color=PALE, linewidth=1)
        course.plot(balance.steps, smoothed(balance.accuracies), color=INK, linewidth=1.5)
        course.axhline(0.5, color=ACCENT, linestyle=":", linewidth=1)
        course.set_ylim(0, 1.03)
        plain(course, "during the training (0.5 is guessing)", "step", "accuracy")
    return figure


@dataclass(frozen=True)
class SampleFilm:
    """Samples of a fixed seed over a training.

    Attributes:
        steps: int array `(num_frames,)`, ascending.
        frames: list of uint8 arrays `(height, width, 3)`, of one size.
        changes: float64 array `(num_frames - 1,)`, root mean square change from one frame to the next, in levels of
            255.
    """

    steps: np.ndarray
    frames: list[np.ndarray]
    changes: np.ndarray

    def describe(self) -> str:
        """The result in sentences."""
        if not len(self.changes):
            return "There is a single sample so far."
        lately = self.changes[-max(1, len(self.changes) // 4) :].mean()
        return (
            f"{len(self.frames)} samples of the same seed, up to step {self.steps[-1]}. From one to the next a pixel "
            f"changed by {self.changes.max():.0f} of 255 levels at most, after step "
            f"{self.steps[self.changes.argmax()]}, and by {lately:.0f} in the last quarter."
        )


def sample_film(steps: Sequence[int], frames: Sequence[Any]) -> SampleFilm:
    """Arranges the samples of a training by step.

    Args:
        steps: a step for each frame.
        frames: uint8 arrays `(height, width, 3)` of one size.

    Returns:
        `SampleFilm`.

    Raises:
        ValueError: if there is no frame, or the sizes differ.
    """
    shapes = {np.shape(frame) for frame in frames}
    if len(shapes) != 1 or len(steps) != len(frames):
        raise ValueError(
            "A film needs frames of one size, and a step for each. "
            f"Received: {len(frames)} frames of shapes={sorted(shapes)}, {len(steps)} steps."
        )
    order = np.argsort(steps, kind="stable")
    ordered = [np.asarray(frames[index]) for index in order]
    changes = [np.sqrt(np.square(after.astype(float) - before).mean()) for before, after in itertools.pairwise(ordered)]
    return SampleFilm(np.asarray(steps)[order], ordered, np.array(changes, np.float64))


def plot_sample_film(film: SampleFilm, num_frames: int = 6) -> Any:
    """Draws frames of the film of samples, evenly through the training.

    Shows: what the same noise, or the same photographs, became at different steps.

    Does not show: the steps in between, and whether a change from frame to frame is progress.

    Args:
        film: `SampleFilm`.
        num_frames: integer, the most frames.

    Returns:
        `matplotlib.figure.Figure`.
    """
    count = min(num_frames, len(film.frames))
    chosen = np.linspace(0, len(film.frames) - 1, count).round().astype(int)
    height, width = film.frames[0].shape[:2]
    columns = min(3 if width <= 2 * height else 1, count)
    num_rows = -(-count // columns)
    cell = 9.0 / columns if columns == 1 else 3.0
    figure = new_figure(cell * columns, num_rows * (cell * height / width + 0.3))
    all_axes = figure.subplots(num_rows, columns, squeeze=False).flat
    for axes in all_axes:
        axes.axis("off")
    for axes, index in zip(figure.axes, chosen, strict=False):
        show_picture(axes, thumbnail(film.frames[index], 720), f"step {film.steps[index]}")
    return figure
