"""Captioned scenes of colored shapes, drawn by code without end."""

import zlib
from typing import Any, NamedTuple

import numpy as np

from tfstyle.data.procedural import signed_distance
from tfstyle.vocabulary import Vocabulary

SCENE_SHAPES = ("disk", "ring", "square", "triangle", "cross", "star")
COLORS = {
    "red": (220, 40, 40),
    "green": (40, 160, 60),
    "blue": (45, 80, 215),
    "yellow": (240, 200, 30),
    "purple": (150, 60, 175),
    "black": (30, 30, 30),
}
COUNTS = ("a", "two", "three")
RADII = {"small": 0.105, "large": 0.145}  # as a share of the image
RELATIONS = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}  # and their inverses
MAX_WORDS = 10  # "three small red rings left of a large blue cross"
SLOTS = (0.18, 0.5, 0.82)  # where the shapes of a group are, across the direction of the relation
JITTER = 0.02
HELD_OUT_SHARE = 10  # one in so many combinations is held out


class Group(NamedTuple):
    """Equal shapes: shape and color, how many, and their size, which the caption may leave out."""

    shape: str
    color: str
    number: int
    size: str
    names_size: bool

    @property
    def words(self) -> str:
        size = f"{self.size} " if self.names_size else ""
        plural = "" if self.number == 1 else "es" if self.shape == "cross" else "s"
        return f"{COUNTS[self.number - 1]} {size}{self.color} {self.shape}{plural}"


class Scene(NamedTuple):
    """Up to three equal shapes, a relation, and one other shape.

    Example:
        >>> ring, cross = Group("ring", "red", 2, "small", True), Group("cross", "blue", 1, "large", False)
        >>> Scene(ring, "left of", cross).caption
        'two small red rings left of a blue cross'
    """

    first: Group
    relation: str
    second: Group

    @property
    def caption(self) -> str:
        return f"{self.first.words} {self.relation} {self.second.words}"

    @property
    def is_held_out(self) -> bool:
        """Whether one of its two combinations of shape, color and place is held out from training.

        A red ring left of something is in the same place as when that is right of the ring: both captions are held
        out, so that no training scene shows a red ring there.
        """
        return is_held_out(self.first.shape, self.first.color, self.relation) or is_held_out(
            self.second.shape, self.second.color, RELATIONS[self.relation]
        )


def is_held_out(shape: str, color: str, relation: str) -> bool:
    """Whether a combination is held out from training: one in `HELD_OUT_SHARE`, by the CRC-32 of its words.

    Args:
        shape: one of `SCENE_SHAPES`.
        color: key of `COLORS`.
        relation: key of `RELATIONS`.
    """
    return zlib.crc32(f"{color} {shape} {relation}".encode()) % HELD_OUT_SHARE == 0


def random_scene(random: np.random.Generator) -> Scene:
    """A scene by chance. Its two groups differ in shape, in color or in both."""
    shapes, colors, sizes = list(SCENE_SHAPES), list(COLORS), list(RADII)
    numbers = random.random(10)

    def choose(items, index):
        return items[int(numbers[index] * len(items))]

    first = Group(
        choose(shapes, 0), choose(colors, 1), 1 + int(numbers[2] * len(COUNTS)), choose(sizes, 3), numbers[4] < 0.5
    )
    second = Group(choose(shapes, 5), choose(colors, 6), 1, choose(sizes, 7), numbers[8] < 0.5)
    if (first.shape, first.color) == (second.shape, second.color):
        second = second._replace(color=colors[(colors.index(second.color) + 1) % len(colors)])
    return Scene(first, choose(list(RELATIONS), 9), second)


def similar_scene(scene: Scene, random: np.random.Generator) -> Scene:
    """A scene that differs in one thing: a shape, a color, the number, or the relation."""
    part = int(random.integers(6))
    if part == 0:
        others = [relation for relation in RELATIONS if relation != scene.relation]
        return scene._replace(relation=others[int(random.integers(len(others)))])
    if part == 1:
        number = 1 + (scene.first.number + int(random.integers(2))) % len(COUNTS)
        return scene._replace(first=scene.first._replace(number=number))
    group = "first" if part % 2 else "second"
    name, items = ("shape", SCENE_SHAPES) if part < 4 else ("color", tuple(COLORS))
    old = getattr(scene, group)
    others = [item for item in items if item != getattr(old, name)]
    new = old._replace(**{name: others[int(random.integers(len(others)))]})
    return scene._replace(**{group: new})


def draw_scene(scene: Scene, image_size: int, random: np.random.Generator) -> np.ndarray:
    """Draws a scene.

    The groups are in opposite halves of the image. Each shape is in one of three slots of its half, with a jitter.

    Args:
        scene: `Scene`.
        image_size: integer, height and width in pixels.
        random: generator for the places and the color of the ground, which is nearly white.

    Returns:
        uint8 array of shape `(image_size, image_size, 3)`. Edges are antialiased.
    """
    pixels = (np.arange(image_size) + 0.5) / image_size
    image = np.ones((image_size, image_size, 3)) * random.uniform(225.0, 255.0, 3)
    is_horizontal = scene.relation in ("left of", "right of")
    comes_first = scene.relation in ("left of", "above")
    for group, along in ((scene.first, 0.25 if comes_first else 0.75), (scene.second, 0.75 if comes_first else 0.25)):
        for slot in random.permutation(3)[: group.number]:
            center = np.array([along, SLOTS[slot]]) + random.uniform(-JITTER, JITTER, 2)
            left, top = center if is_horizontal else center[::-1]
            radius = RADII[group.size] * random.uniform(0.95, 1.05)
            x, y = (pixels - left)[None, :] / radius, (pixels - top)[:, None] / radius
            distance = scene_distance(group.shape, *np.broadcast_arrays(x, y)) * radius
            share = np.clip(0.5 - distance * image_size, 0.0, 1.0)[..., None]
            image += share * (np.array(COLORS[group.color], np.float64) - image)
    return np.rint(image).astype(np.uint8)


def scene_distance(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Signed distance to a shape of `SCENE_SHAPES` of radius 1, as `signed_distance`."""
    if shape != "star":
        return signed_distance(shape, x, y)
    # A star of five points: folded into a tenth, where its edge is one line from the tip to the inner corner.
    angle = np.mod(np.arctan2(x, -y), 2 * np.pi / 5)
    angle = np.minimum(angle, 2 * np.pi / 5 - angle)
    radius = np.hypot(x, y)
    across, along = radius * np.sin(angle), radius * np.cos(angle)
    inner = 0.45 * np.array([np.cos(np.pi / 5), np.sin(np.pi / 5)])
    edge = inner - np.array([1.0, 0.0])
    normal = np.array([edge[1], -edge[0]]) / np.hypot(*edge)
    return (along - 1.0) * normal[0] + across * normal[1]


class DrawnScenes:
    """Scenes with captions and with wrong captions, without end: the number and the seed decide all.

    Half of the wrong captions differ from the right one in one thing, the others are those of other scenes. Scenes with
    a combination that is held out are never among them (`Scene.is_held_out`).

    Args:
        image_size: integer, height and width of the images.

    Attributes:
        image_shape: `(image_size, image_size, 3)`.
        vocabulary: `Vocabulary` of all words of the captions.
        num_words: integer, largest number of words of a caption.

    Example:
        >>> image, caption, wrong_caption = DrawnScenes(32).load(0)
        >>> image.shape
        (32, 32, 3)
    """

    def __init__(self, image_size: int = 32):
        if image_size < 16:
            raise ValueError(f"`image_size` must be at least 16, for shapes to be told. Received: {image_size}.")
        self.image_shape = (image_size, image_size, 3)
        plurals = [Group(shape, "red", 2, "small", True).words for shape in SCENE_SHAPES]
        self.vocabulary = Vocabulary.from_captions([*plurals, *SCENE_SHAPES, *COLORS, *COUNTS, *RADII, *RELATIONS])
        self.num_words = MAX_WORDS

    def load(self, number: int, seed: int = 0) -> tuple[np.ndarray, str, str]:
        """A scene: uint8 image of `image_shape`, its caption, and a wrong caption."""
        random = np.random.default_rng((seed, int(number)))
        scene = seen_scene(random)
        image = draw_scene(scene, self.image_shape[0], random)
        while True:
            wrong = similar_scene(scene, random) if random.random() < 0.5 else random_scene(random)
            if wrong.caption != scene.caption and not wrong.is_held_out:
                return image, scene.caption, wrong.caption

    def description(self) -> dict[str, Any]:
        """What a training stores about its data."""
        return {"source": "scenes", "image_shape": self.image_shape, "num_words": self.num_words}


def seen_scene(random: np.random.Generator) -> Scene:
    """A scene of the training by chance: no combination of it is held out."""
    while True:
        scene = random_scene(random)
        if not scene.is_held_out:
            return scene


def unseen_scenes(num_scenes: int, seed: int = 0) -> list[Scene]:
    """Scenes whose captions the training never sees, each with a combination that is held out; no caption twice.

    Args:
        num_scenes: integer.
        seed: integer.
    """
    random = np.random.default_rng(seed)
    scenes: dict[str, Scene] = {}
    while len(scenes) < num_scenes:
        scene = random_scene(random)
        if scene.is_held_out:
            scenes[scene.caption] = scene
    return list(scenes.values())
