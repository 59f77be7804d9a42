"""The accuracy of a classifier with and without data augmentation."""

from typing import Any

import numpy as np

from tfstyle.interpret.drawing import ACCENT, INK, PALE, SECOND, new_figure, plain

COLORS = {"nothing": INK, "classic": SECOND, "gan": ACCENT, "both": "#7c5cbf"}
SPREAD = 1.03  # factor between the places of two methods at the same size, so that error bars do not cover each other


def plot_augmentation_study(study: Any, title: str = "") -> Any:
    """Draws the accuracy of a classifier over the number of its training images, a line for each method.

    Shows: on the left, the mean accuracy and its standard deviation between repetitions. On the right, the difference
    to the same classifier without augmentation, in pairs of the same images and initial weights, and three standard
    errors of it: where the bar does not reach 0, the method helps (above) or hurts (below).

    Does not show: what another classifier, another GAN, or a longer training of either would reach.

    Args:
        study: `tfstyle.training.AugmentationStudy`.
        title: string, above the left panel.

    Returns:
        `matplotlib.figure.Figure`.
    """
    has_baseline = "nothing" in study.methods and len(study.methods) > 1
    figure = new_figure(8.6 if has_baseline else 4.6, 3.1)
    axes, *others = figure.subplots(1, 1 + has_baseline, squeeze=False)[0]
    for number, method in enumerate(study.methods):
        sizes = [size for size in study.sizes if (method, size) in study.accuracies]
        places = np.array(sizes) * SPREAD ** (number - (len(study.methods) - 1) / 2)
        style = {"color": COLORS.get(method, INK), "marker": "o", "markersize": 3.5, "linewidth": 1.3, "capsize": 2.5}
        means = [100 * study.mean(method, size) for size in sizes]
        deviations = [100 * study.standard_deviation(method, size) for size in sizes]
        axes.errorbar(places, means, deviations, label=method, **style)
        for differences in others if method != "nothing" else ():
            gains = [study.gain(method, size) for size in sizes]
            errors = [300 * error if np.isfinite(error) else 0.0 for _, error in gains]
            differences.errorbar(places, [100 * gain for gain, _ in gains], errors, **style)
    plain(axes, title or "accuracy on other images", "labeled training images", "accuracy, %")
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    for differences in others:
        differences.axhline(0, color=PALE, linewidth=1.5, zorder=0)
        plain(differences, "difference to no augmentation", "labeled training images", "percentage points")
    for each in (axes, *others):
        each.set_xscale("log")
        each.set_xticks(study.sizes, [f"{size:,}" for size in study.sizes])
        each.minorticks_off()
    return figure
