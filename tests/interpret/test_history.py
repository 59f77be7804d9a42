"""The course of trainings that are made up."""

import numpy as np
import pytest

from tests.interpret.toys import is_drawn
from tfstyle.interpret.history import (
    equilibrium,
    plot_equilibrium,
    plot_sample_film,
    plot_training_history,
    sample_film,
    smoothed,
    training_history,
)

LINES = [{"step": 10 * n, "loss": 1.0 / n, **({"accuracy": 0.5 + n / 100} if n % 2 else {})} for n in range(1, 41)]


def test_losses_at_the_start_and_the_end():
    history = training_history(LINES)
    first, last = history.at_start_and_end("loss")
    assert first == pytest.approx(np.mean([1, 1 / 2, 1 / 3, 1 / 4]))
    assert last == pytest.approx(np.mean([1 / 37, 1 / 38, 1 / 39, 1 / 40]))
    assert np.isnan(history.losses["accuracy"]).sum() == 20
    assert "Over 400 steps" in history.describe() and "found nothing wrong" in history.describe()


def test_findings_are_joined_to_periods():
    history = training_history(
        LINES, [(50, "collapse"), (60, "collapse"), (70, "collapse"), (200, "swinging"), (300, "collapse")]
    )
    assert history.periods == [("collapse", 50, 70), ("swinging", 200, 200), ("collapse", 300, 300)]
    assert "reported 3 findings: collapse (steps 50 to 70); swinging (step 200);" in history.describe()
    plain, marked = (plot_training_history(each) for each in (training_history(LINES), history))
    assert is_drawn(plain) and is_drawn(marked)
    assert not plain.legends and len(marked.legends) == 1


def test_too_short_a_training():
    with pytest.raises(ValueError, match="Received: 1"):
        training_history(LINES[:1])


def test_smoothing_keeps_constants_and_lines():
    np.testing.assert_allclose(smoothed(np.full(100, 3.0)), 3)
    np.testing.assert_allclose(smoothed(np.arange(100.0))[10:-10], np.arange(100.0)[10:-10])
    assert smoothed(np.random.default_rng(0).normal(size=400)).std() < 0.4


@pytest.mark.parametrize(
    ("real", "made", "accuracy", "words"),
    [
        ([5, 6], [0, 1], 1.0, "has won"),
        ([0, 1], [0, 1], 0.5, "in balance"),
        ([0, 1], [5, 6], 0.0, "errs"),
        ([1, 4, 5, 6], [0, 2, 3, 0], 0.875, "ahead"),
    ],
)
def test_who_is_ahead(real, made, accuracy, words):
    balance = equilibrium(real, made)
    assert balance.accuracy == accuracy
    assert words in balance.describe()
    assert not len(balance.steps)


def test_the_course_of_the_accuracy():
    balance = equilibrium([[1.0], [2.0]], [[0.0], [1.5]], training_history(LINES))
    assert balance.steps.tolist() == [10 * n for n in range(1, 41, 2)]
    assert is_drawn(plot_equilibrium(balance))
    assert is_drawn(plot_equilibrium(equilibrium([1.0], [1.0])))


def test_frames_in_their_order():
    frames = [np.full((8, 12, 3), value, np.uint8) for value in (30, 0, 10)]
    film = sample_film([30, 10, 20], frames)
    assert film.steps.tolist() == [10, 20, 30]
    np.testing.assert_allclose(film.changes, [10, 20])
    assert "by 20 of 255 levels at most, after step 20" in film.describe()
    film.frames[0][:4] = np.arange(144).reshape(4, 12, 3)
    assert is_drawn(plot_sample_film(film))
    assert "single" in sample_film([1], frames[:1]).describe()


def test_frames_of_two_sizes():
    with pytest.raises(ValueError, match="2 frames"):
        sample_film([1, 2], [np.zeros((8, 8, 3)), np.zeros((8, 9, 3))])
