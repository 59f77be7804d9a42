"""Probes of labels that can be read, and of labels that cannot."""

import numpy as np
import pytest

from tests.interpret.toys import is_drawn
from tfstyle.interpret.linear_probes import lightness_labels, linear_probe, palette_labels, plot_linear_probes

LABELS = np.repeat(["monet", "klimt", "munch"], 20)


def vectors_of(labels, distance, dim=12, seed=0):
    """A vector for each label, at its own place with noise of deviation 1."""
    random = np.random.default_rng(seed)
    places = {label: random.normal(size=dim) for label in sorted(set(labels))}
    return np.stack([distance * places[label] + random.normal(size=dim) for label in labels])


def test_separable_labels_are_read_and_shuffled_ones_are_not():
    vectors = vectors_of(LABELS, 3)
    probe = linear_probe(vectors, LABELS)
    assert probe.accuracy > 0.95 and probe.is_readable
    assert probe.chance == pytest.approx(1 / 3, abs=0.12)
    shuffled = linear_probe(vectors, np.random.default_rng(1).permutation(LABELS))
    assert shuffled.accuracy == pytest.approx(1 / 3, abs=0.2)
    assert not shuffled.is_readable
    assert "can be read" in probe.describe("the painter") and "cannot be told" in shuffled.describe("the painter")
    assert is_drawn(plot_linear_probes({"painter": probe, "shuffled": shuffled}))


def test_recognizing_the_painting_is_not_recognizing_the_painter():
    # Crops of a painting are alike, and paintings of a painter are not: without groups a probe would score high.
    paintings = np.repeat(np.arange(30), 4)
    vectors = vectors_of(paintings, 5, dim=20)
    painters = np.random.default_rng(0).permutation(np.repeat(["a", "b"], 15))[paintings]
    leaking, honest = (linear_probe(vectors, painters, groups, num_shuffles=4) for groups in (None, paintings))
    assert leaking.accuracy > 0.85
    assert honest.accuracy < 0.7 and not honest.is_readable
    assert (honest.num_groups, honest.num_vectors, honest.num_labels) == (30, 120, 2)


def test_a_rare_label_counts_as_much_as_a_frequent_one():
    labels = ["often"] * 45 + ["seldom"] * 5
    nothing = np.random.default_rng(0).normal(size=(50, 3))
    assert linear_probe(nothing, labels).accuracy == pytest.approx(0.5, abs=0.2)  # and not 0.9
    assert linear_probe(vectors_of(labels, 4), labels).accuracy > 0.9


def test_a_constant_number_does_no_harm():
    vectors = np.concatenate([vectors_of(LABELS, 3), np.full((60, 2), 7.0)], axis=1)
    assert linear_probe(vectors, LABELS).accuracy > 0.95


@pytest.mark.parametrize(
    ("labels", "groups", "finding"),
    [(["a"] * 6, None, "1 labels"), (["a"] * 3 + ["b"] * 3, [0, 1, 2, 3, 3, 3], "1 groups of the rarest")],
)
def test_what_cannot_be_probed(labels, groups, finding):
    with pytest.raises(ValueError, match=finding):
        linear_probe(np.zeros((6, 2)), labels, groups)


def test_thirds_by_color_and_light():
    colors = [(0, 0, 250), (100, 100, 100), (250, 0, 0), (0, 0, 200), (90, 90, 80), (200, 0, 0)]
    images = [np.full((4, 4, 3), color, np.uint8) for color in colors]
    assert palette_labels(images) == ["cool", "between", "warm"] * 2
    assert lightness_labels(images) == ["dark", "light", "between", "dark", "light", "between"]
