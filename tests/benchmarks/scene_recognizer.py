"""A recognizer of drawn scenes: a judge of generated ones, which no generator is trained with."""

from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfstyle.data.drawn_scenes import COLORS, COUNTS, SCENE_SHAPES, draw_scene, random_scene

SHAPES, COLOR_NAMES = tuple(SCENE_SHAPES), tuple(COLORS)
# The logits of an image: the axis of the relation, then shape, color and count of the left or upper group, and those of
# the other one.
WIDTHS = (2, *(len(SHAPES), len(COLOR_NAMES), len(COUNTS)) * 2)
SEED = 90_210  # far from those of trainings, which count from 0
NUM_STEPS, BATCH_SIZE = 2500, 64
NOISE = 0.03  # so that it judges what a person sees, not single pixels


class Scores(NamedTuple):
    """Shares of images, each in [0, 1]."""

    shape: float
    color: float
    count: float
    relation: float
    all: float


def targets_of(scene) -> tuple[int, ...]:
    """What the recognizer should say of a scene: one index for each of `WIDTHS`."""
    groups = (scene.first, scene.second)
    if scene.relation in ("right of", "below"):
        groups = groups[::-1]
    numbers = [(SHAPES.index(group.shape), COLOR_NAMES.index(group.color), group.number - 1) for group in groups]
    return (int(scene.relation in ("above", "below")), *numbers[0], *numbers[1])


def make_recognizer(image_size: int) -> keras.Model:
    """A plain convolutional classifier: unlike the discriminator it has 3x3 kernels, batch norm and max pooling."""
    layers = [keras.Input((image_size, image_size, 3)), keras.layers.GaussianNoise(NOISE)]
    for filters in (24, 48, 96, 128):
        layers += [
            keras.layers.Conv2D(filters, 3, padding="same", use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(),
        ]
    layers += [keras.layers.Flatten(), keras.layers.Dense(128, "relu"), keras.layers.Dense(sum(WIDTHS))]
    return keras.Sequential(layers)


def loss(targets: Any, logits: Any) -> Any:
    """Sum of the cross-entropies, a value an image."""
    parts = zip(tf.unstack(targets, axis=-1), tf.split(logits, WIDTHS, axis=-1), strict=True)
    return sum(keras.losses.sparse_categorical_crossentropy(one, part, from_logits=True) for one, part in parts)


def drawn_batch(step: int, image_size: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng((SEED, step))
    scenes = [random_scene(random) for _ in range(BATCH_SIZE)]
    images = np.stack([draw_scene(scene, image_size, random) for scene in scenes])
    return images / np.float32(255), np.array([targets_of(scene) for scene in scenes], np.int32)


def train_recognizer(image_size: int, num_steps: int = NUM_STEPS) -> keras.Model:
    """Trains a recognizer on drawn scenes of all combinations."""
    keras.utils.set_random_seed(SEED)
    recognizer = make_recognizer(image_size)
    recognizer.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, num_steps)), loss)
    for step in range(num_steps):
        value = recognizer.train_on_batch(*drawn_batch(step, image_size))
        if step % 100 == 0:
            print(f"recognizer: step {step} of {num_steps}, loss {float(value):.3f}", flush=True)
    return recognizer


def recognize(recognizer: keras.Model, images: np.ndarray) -> np.ndarray:
    """What a recognizer says of images in [0, 1]: int array of shape `(n, 7)`, as `targets_of`."""
    logits = recognizer.predict(images, batch_size=64, verbose=0)
    return np.stack([part.argmax(-1) for part in np.split(logits, np.cumsum(WIDTHS)[:-1], axis=-1)], axis=-1)


def score(recognized: np.ndarray, scenes: list) -> Scores:
    """How often images show what scenes say.

    The two recognized groups are taken in the order that agrees better with the scene. Shape, color and count are right
    if they are for both groups. The relation is right if the axis is, and the order in the image is that of the scene;
    in doubt it is wrong.

    Args:
        recognized: int array of shape `(n, 7)`, as returned by `recognize`.
        scenes: for each image, the `Scene` that it should show.
    """
    results = []
    for found, scene in zip(recognized, scenes, strict=True):
        wanted = np.array(targets_of(scene))
        same = found[1:].reshape(2, 3) == wanted[1:].reshape(2, 3)
        swapped = found[1:].reshape(2, 3)[::-1] == wanted[1:].reshape(2, 3)
        in_order = same.sum() > swapped.sum()
        shape, color, count = (same if same.sum() >= swapped.sum() else swapped).all(axis=0)
        relation = found[0] == wanted[0] and in_order
        results.append((shape, color, count, relation, shape and color and count and relation))
    return Scores(*np.mean(results, axis=0).tolist())
