"""Diagnosis of adversarial training."""

import collections
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Finding(NamedTuple):
    """A diagnosis, and what to try."""

    name: str
    words: str


COLLAPSE = Finding(
    "collapse",
    "The generator makes nearly the same image again and again (mode collapse). Try the loss relativistic with "
    "r1_weight and r2_weight, a lower learning_rate, or spectral normalization of the discriminator.",
)
OVERPOWERED = Finding(
    "discriminator too strong",
    "The discriminator recognizes every generated image, and the generator does not catch up. Try a higher "
    "r1_weight and r2_weight, a lower discriminator_learning_rate, or augment for a small dataset.",
)
BLIND = Finding(
    "discriminator too weak",
    "The discriminator only guesses, though the images are far less varied than real ones. Try more "
    "discriminator_steps, a higher discriminator_learning_rate, or more filters in the discriminator.",
)
SWINGING = Finding(
    "swinging",
    "Generator and discriminator oscillate: one after the other wins completely. Try lower learning rates, "
    "or a higher r1_weight and r2_weight.",
)


class GanMonitor:
    """Diagnoses adversarial training from its accuracy and diversity.

    `accuracy` is the share of pairs of a real and a generated image in which the real one has the higher logit: 0.5 is
    guessing, 1 is always right; it means the same for every loss. `diversity` is the mean distance of a generated image
    to the most similar one in its batch, divided by that of real images: about 1 for images as diverse as the real
    ones, near 0 if all are equal.

    The monitor reports a finding only if the last values agree, because single batches are misleading, and not while
    the diversity still improves.

    Args:
        num_looks: integer, number of values that must agree.

    Example:
        >>> monitor = GanMonitor(num_looks=2)
        >>> monitor.look(accuracy=0.8, diversity=0.01)
        >>> monitor.look(accuracy=0.8, diversity=0.01).name
        'collapse'
    """

    def __init__(self, num_looks=6):
        self._num_looks = num_looks
        self._accuracies: collections.deque[float] = collections.deque(maxlen=num_looks)
        self._diversities: collections.deque[float] = collections.deque(maxlen=num_looks)

    def look(self, accuracy, diversity) -> Finding | None:
        """Adds the next two values.

        Args:
            accuracy: float in [0, 1].
            diversity: float, at least 0.

        Returns:
            The `Finding`, or None if the training is healthy or there are too few values.
        """
        self._accuracies.append(accuracy)
        self._diversities.append(diversity)
        if len(self._accuracies) < self._num_looks:
            return None
        rises = self._diversities[-1] > 1.2 * self._diversities[0]
        if max(self._diversities) < 0.25 and not rises:
            return COLLAPSE
        if max(self._accuracies) - min(self._accuracies) > 0.7:
            return SWINGING
        if max(self._accuracies) < 0.6 and max(self._diversities) < 0.5 and not rises:
            return BLIND
        if min(self._accuracies) > 0.995 and not rises:
            return OVERPOWERED
        return None


def findings_of(lines: Sequence[Mapping[str, float]]) -> list[tuple[int, str]]:
    """What the monitor finds in the losses of a training.

    Args:
        lines: dicts of name -> number, as returned by `tfstyle.interpret.read_losses`.

    Returns:
        List of (step, name of the finding); empty for trainings without an accuracy and a diversity.
    """
    monitor, found = GanMonitor(), []
    for line in lines:
        if "accuracy" in line and "diversity" in line:
            finding = monitor.look(line["accuracy"], line["diversity"])
            if finding:
                found.append((int(line["step"]), finding.name))
    return found
