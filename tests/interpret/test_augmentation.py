"""The figure of a study of data augmentation."""

import pytest

from tests.interpret.toys import check_captions, is_drawn
from tfstyle.interpret.augmentation import plot_augmentation_study
from tfstyle.training.augmentation_results import AugmentationStudy

STUDY = AugmentationStudy(
    {
        ("nothing", 50): (0.70, 0.80),
        ("gan", 50): (0.75, 0.87),
        ("nothing", 500): (0.92, 0.94),
        ("gan", 500): (0.92, 0.93),
    }
)


def test_accuracies_and_differences_stand_in_the_panels():
    figure = plot_augmentation_study(STUDY, "digits")
    assert is_drawn(figure)
    accuracies, differences = figure.axes
    assert accuracies.get_title() == "digits"
    lines = {container.get_label(): container.lines[0].get_ydata() for container in accuracies.containers}
    assert lines["nothing"].tolist() == pytest.approx([75, 93])
    assert lines["gan"].tolist() == pytest.approx([81, 92.5])
    (gains,) = differences.containers
    assert gains.lines[0].get_ydata().tolist() == pytest.approx([6, -0.5])
    # Three standard errors: differences of 5 and 7 points have one of 1 point.
    (bars,) = gains.lines[2]
    assert bars.get_segments()[0][:, 1].tolist() == pytest.approx([3, 9])


def test_without_a_baseline_there_is_one_panel():
    single = AugmentationStudy({("classic", 50): (0.7,)})
    assert len(plot_augmentation_study(single).axes) == 1


def test_captions():
    check_captions(plot_augmentation_study)
