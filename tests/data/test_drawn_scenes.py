"""Scenes of shapes: what they show is what their captions say."""

import itertools

import numpy as np
import pytest

from tfstyle.data.drawn_scenes import (
    COLORS,
    COUNTS,
    RADII,
    RELATIONS,
    SCENE_SHAPES,
    DrawnScenes,
    Group,
    Scene,
    draw_scene,
    is_held_out,
    random_scene,
    scene_distance,
    seen_scene,
    similar_scene,
    unseen_scenes,
)

SIZE = 64


def places(image, color):
    """Centers of the separate patches of a color: float array `(n, 2)`, rows and columns."""
    left = set(zip(*np.nonzero(np.abs(image.astype(int) - COLORS[color]).max(axis=-1) < 40), strict=True))
    centers = []
    while left:
        patch, edge = [], [left.pop()]
        while edge:
            row, column = edge.pop()
            patch.append((row, column))
            near = {(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)} & left
            left -= near
            edge += near
        centers.append(np.mean(patch, axis=0))
    return np.array(centers).reshape(-1, 2)


@pytest.mark.parametrize(("relation", "count"), [*itertools.product(RELATIONS, (1, 2, 3))])
def test_an_image_shows_its_caption(relation, count):
    """Colors, numbers and relation, counted in the pixels."""
    scene = Scene(Group("square", "red", count, "large", True), relation, Group("disk", "blue", 1, "small", False))
    for seed in range(3):
        image = draw_scene(scene, SIZE, np.random.default_rng(seed))
        first, second = places(image, "red"), places(image, "blue")
        assert (len(first), len(second)) == (count, 1)
        axis, sign = {"left of": (1, 1), "right of": (1, -1), "above": (0, 1), "below": (0, -1)}[relation]
        assert (sign * (second[0, axis] - first[:, axis]) > SIZE / 4).all()
        assert places(image, "green").size == 0


def test_captions():
    rings, cross = Group("ring", "red", 2, "small", True), Group("cross", "blue", 1, "large", False)
    assert Scene(rings, "left of", cross).caption == "two small red rings left of a blue cross"
    assert Scene(cross._replace(number=3, names_size=True), "above", rings._replace(number=1)).caption == (
        "three large blue crosses above a small red ring"
    )


def test_shapes_differ_and_sizes_too():
    images = {}
    for shape, size in itertools.product(SCENE_SHAPES, RADII):
        group = Group(shape, "black", 1, size, False)
        images[shape, size] = draw_scene(Scene(group, "above", group), SIZE, np.random.default_rng(0)) < 100
    for shape in SCENE_SHAPES:
        assert images[shape, "large"].mean() > 1.6 * images[shape, "small"].mean()
    for one, other in itertools.combinations(SCENE_SHAPES, 2):
        same, different = (
            part.mean() for part in (images[one, "large"], images[one, "large"] ^ images[other, "large"])
        )
        assert different > 0.2 * same


def test_the_star_has_five_tips_and_five_corners():
    angles = np.arange(10) * np.pi / 5
    radii = np.where(np.arange(10) % 2, 0.45, 1.0)
    outline = scene_distance("star", radii * np.sin(angles), -radii * np.cos(angles))
    np.testing.assert_allclose(outline, 0, atol=1e-9)
    assert scene_distance("star", np.zeros(1), np.zeros(1)) < -0.3


def test_the_number_and_the_seed_decide_all():
    scenes = DrawnScenes(16)
    image, caption, wrong = scenes.load(5, seed=1)
    again = DrawnScenes(16).load(5, seed=1)
    np.testing.assert_array_equal(image, again[0])
    assert (caption, wrong) == again[1:]
    assert caption != wrong
    assert image.shape == scenes.image_shape == (16, 16, 3)
    assert image.dtype == np.uint8
    assert not np.array_equal(image, scenes.load(5, seed=2)[0])
    assert not np.array_equal(image, scenes.load(6, seed=1)[0])


def test_all_captions_can_be_encoded():
    scenes, random = DrawnScenes(16), np.random.default_rng(0)
    captions = [random_scene(random).caption for _ in range(2000)]
    tokens = scenes.vocabulary.encode(captions, scenes.num_words)
    assert np.unique(tokens).tolist() == list(range(len(scenes.vocabulary) + 1))  # every word is used
    assert (tokens[:, -1] > 0).any()  # and the longest caption fits exactly


def test_what_is_held_out_is_never_seen():
    """Neither a combination nor, said from the other shape, its mirror image."""
    share = np.mean([is_held_out(*names) for names in itertools.product(SCENE_SHAPES, COLORS, RELATIONS)])
    assert 0.05 < share < 0.2
    assert is_held_out("star", "yellow", "above") and not is_held_out("star", "green", "above")
    star, ring = Group("star", "yellow", 1, "small", False), Group("ring", "red", 1, "small", False)
    assert Scene(star, "above", ring).is_held_out
    assert Scene(ring, "below", star).is_held_out  # the same picture
    assert not Scene(star, "left of", ring).is_held_out
    random = np.random.default_rng(0)
    seen = {seen_scene(random) for _ in range(300)}
    assert not any(scene.is_held_out for scene in seen)
    unseen = unseen_scenes(100, seed=3)
    assert len({scene.caption for scene in unseen}) == 100
    assert all(scene.is_held_out for scene in unseen)


def test_a_similar_scene_differs_in_one_thing():
    random = np.random.default_rng(0)
    differences = set()
    for _ in range(200):
        scene = random_scene(random)
        other = similar_scene(scene, random)
        changed = [
            f"{part} {name}"
            for part in ("first", "second")
            for name in Group._fields
            if getattr(getattr(scene, part), name) != getattr(getattr(other, part), name)
        ] + ["relation"] * (scene.relation != other.relation)
        assert len(changed) == 1
        differences |= set(changed)
    shapes_and_colors = {f"{part} {name}" for part in ("first", "second") for name in ("shape", "color")}
    assert differences == {*shapes_and_colors, "first number", "relation"}


def test_the_two_groups_always_differ():
    random = np.random.default_rng(0)
    for _ in range(500):
        first, _, second = random_scene(random)
        assert (first.shape, first.color) != (second.shape, second.color)
        assert first.number in range(1, len(COUNTS) + 1)


def test_images_that_are_too_small():
    with pytest.raises(ValueError, match="at least 16"):
        DrawnScenes(8)
