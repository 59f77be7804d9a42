import pytest

from tfstyle.training.gan_monitor import BLIND, COLLAPSE, OVERPOWERED, SWINGING, GanMonitor, findings_of


def looks(accuracies, diversities):
    monitor = GanMonitor(num_looks=4)
    return [monitor.look(*pair) for pair in zip(accuracies, diversities, strict=True)]


@pytest.mark.parametrize(
    ("accuracies", "diversities", "finding"),
    [
        ([0.8] * 4, [0.02, 0.03, 0.02, 0.02], COLLAPSE),
        ([1.0] * 4, [0.02, 0.03, 0.02, 0.02], COLLAPSE),  # of two findings the graver
        ([1.0] * 4, [0.8] * 4, OVERPOWERED),
        ([0.5] * 4, [0.4] * 4, BLIND),
        ([0.99, 0.1, 0.95, 0.2], [0.8] * 4, SWINGING),
    ],
)
def test_what_it_names(accuracies, diversities, finding):
    assert looks(accuracies, diversities) == [None, None, None, finding]
    assert "Try" in finding.words


@pytest.mark.parametrize(
    ("accuracies", "diversities"),
    [
        ([0.7, 0.8, 0.75, 0.7], [0.9] * 4),
        ([0.5] * 4, [0.95] * 4),  # the end of a good training: even a good discriminator can only guess
        ([1.0, 1.0, 0.99, 1.0], [0.8] * 4),
        ([0.9] * 4, [0.05, 0.1, 0.15, 0.2]),  # the beginning of a good training: variety grows
        ([0.9] * 4, [0.1, 0.1, 0.1, 0.4]),
    ],
)
def test_what_it_lets_pass(accuracies, diversities):
    assert looks(accuracies, diversities) == [None] * 4


def test_it_falls_silent_when_the_training_recovers():
    found = looks([0.8] * 9, [0.02] * 5 + [0.3] * 4)
    assert found == [None] * 3 + [COLLAPSE] * 2 + [None] * 4


def test_findings_of_a_training_that_is_over():
    lines = [{"step": 10 * number, "accuracy": 0.8, "diversity": 0.01} for number in range(1, 9)]
    assert findings_of(lines) == [(60, "collapse"), (70, "collapse"), (80, "collapse")]
    assert findings_of([{"step": 1, "loss": 2.0}]) == []
