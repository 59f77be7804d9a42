"""What a study of data augmentation found."""

import dataclasses
import json
from pathlib import Path

import numpy as np

from tfstyle.training.augmentation_config import METHODS
from tfstyle.training.loop.run_directory import TrainingError

BASELINE = "nothing"
# Standard errors from which on a difference is called clear. With five repetitions, chance alone gives less in 96 of
# 100 comparisons (Student's distribution with four degrees of freedom).
CLEAR = 3.0


@dataclasses.dataclass(frozen=True)
class AugmentationStudy:
    """Accuracies of a classifier by method and number of training images.

    Attributes:
        accuracies: dict of `(method, num_images)` -> tuple of floats in [0, 1], one per repetition, in the same order
            for all methods.

    Example:
        >>> study = AugmentationStudy({("nothing", 50): (0.8, 0.7), ("classic", 50): (0.9, 0.84)})
        >>> print(study.table())
        images   nothing        classic
            50   75.0 +- 7.1    87.0 +- 4.2
    """

    accuracies: dict[tuple[str, int], tuple[float, ...]]

    @classmethod
    def from_file(cls, file: str | Path) -> "AugmentationStudy":
        """Reads the file that `augmentation_study` writes; cells that have fewer repetitions are left out.

        Args:
            file: path of the JSON file.

        Returns:
            `AugmentationStudy`.

        Raises:
            TrainingError: if the file cannot be read, or holds no results.
        """
        try:
            cells = json.loads(Path(file).read_text(encoding="utf-8"))["cells"]
            found: dict[tuple[str, int], dict[int, float]] = {}
            for cell in cells:
                found.setdefault((cell["method"], cell["num_images"]), {})[cell["seed"]] = cell["accuracy"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrainingError(
                f"{file} holds no results of a study. Name the file of `augmentation_study`."
            ) from error
        most = max(map(len, found.values()), default=0)
        whole = {key: seeds for key, seeds in found.items() if len(seeds) == most}
        return cls(
            {key: tuple(seeds[seed] for seed in sorted(seeds)) for key, seeds in sorted(whole.items(), key=_place)}
        )

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods, in the order of the study."""
        return tuple(dict.fromkeys(method for method, _ in self.accuracies))

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers of training images, ascending."""
        return tuple(sorted({size for _, size in self.accuracies}))

    def mean(self, method: str, num_images: int) -> float:
        """Mean accuracy over the repetitions."""
        return float(np.mean(self.accuracies[method, num_images]))

    def standard_deviation(self, method: str, num_images: int) -> float:
        """Standard deviation of the accuracy between repetitions; 0 for a single one."""
        values = self.accuracies[method, num_images]
        return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0

    def gain(self, method: str, num_images: int) -> tuple[float, float]:
        """Difference to the accuracy without augmentation, in pairs of the same images and initial weights.

        Args:
            method: string.
            num_images: integer.

        Returns:
            Mean of the differences, and its standard error; infinite for a single repetition.
        """
        pairs = zip(self.accuracies[method, num_images], self.accuracies[BASELINE, num_images], strict=True)
        differences = [one - other for one, other in pairs]
        count = len(differences)
        error = np.std(differences, ddof=1) / np.sqrt(count) if count > 1 else np.inf
        return float(np.mean(differences)), float(error)

    def verdict(self, method: str, num_images: int) -> str:
        """Whether a method "helps" or "hurts", or its effect is "unclear": less than three standard errors."""
        gain, error = self.gain(method, num_images)
        if abs(gain) <= CLEAR * error:
            return "unclear"
        return "helps" if gain > 0 else "hurts"

    def table(self) -> str:
        """Mean accuracies and their standard deviations in percent, a line for each number of images."""
        lines = ["images   " + "".join(f"{method:15}" for method in self.methods)]
        for size in self.sizes:
            cells = [
                f"{100 * self.mean(method, size):.1f} +- {100 * self.standard_deviation(method, size):.1f}"
                if (method, size) in self.accuracies
                else "-"
                for method in self.methods
            ]
            lines.append(f"{size:6}   " + "".join(f"{cell:15}" for cell in cells))
        return "\n".join(line.rstrip() for line in lines)

    def describe(self) -> str:
        """The result in sentences."""
        sentences = []
        for method in self.methods:
            if method == BASELINE:
                continue
            parts = []
            for size in self.sizes:
                if (method, size) in self.accuracies and (BASELINE, size) in self.accuracies:
                    gain, _ = self.gain(method, size)
                    parts.append(f"{self.verdict(method, size)} with {size} images ({100 * gain:+.1f} points)")
            sentences.append(f"{method}: {', '.join(parts)}.")
        return "\n".join(sentences)


def _place(item):
    """Sizes ascend; the methods of a size have the order of the study."""
    method, size = item[0]
    return size, METHODS.index(method) if method in METHODS else len(METHODS)
