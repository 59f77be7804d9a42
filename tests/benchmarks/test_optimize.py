"""How fast a picture is optimized, beside the recipe of TensorFlow's tutorial, and how much memory a large one takes.

    pytest tests/benchmarks/test_optimize.py -s

Both begin with the same photograph, are judged by the same VGG19, and minimize the tutorial's sum of content and style.
What the tutorial's recipe reaches in all its steps is the value that ours has to reach; the times are compared.
Settings come from the environment, small by default:

    TFSTYLE_VGG19   weights as `VGG19StyleExtractor` takes them (default: random)
    TFSTYLE_SIZE    longest side in pixels (default: 128; the tutorial has 512)
    TFSTYLE_STEPS   the tutorial's steps (default: 100; the tutorial has 1000)
    TFSTYLE_CONTENT_LAYER   default: block5_conv2, as the tutorial; tfstyle's own weights end before it: block4_conv2
    TFSTYLE_PHOTO, TFSTYLE_PAINTING   image files (default: drawn by code)
    TFSTYLE_WIDTH   of the large picture, two thirds as high (default: 600)
    TFSTYLE_LARGE_STEPS   steps for it (default: 20)
"""

import contextlib
import os
import subprocess
import sys
import textwrap
import time

import keras
import numpy as np
import tensorflow as tf

from tfstyle.images import load_image, resize_image, resize_longest_side, to_float
from tfstyle.models.perceptual.vgg19_extractor import STYLE_LAYERS, VGG19StyleExtractor
from tfstyle.statistics import gram_matrix
from tfstyle.training.loop.strategy import fastest_precision
from tfstyle.training.perceptual import initialize
from tfstyle.transfer.config import OptimizeConfig
from tfstyle.transfer.optimize import Optimization

WEIGHTS = os.environ.get("TFSTYLE_VGG19")
SIZE = int(os.environ.get("TFSTYLE_SIZE", "128"))
NUM_STEPS = int(os.environ.get("TFSTYLE_STEPS", "100"))
CONTENT_LAYER = os.environ.get("TFSTYLE_CONTENT_LAYER", "block5_conv2")
WIDTH = int(os.environ.get("TFSTYLE_WIDTH", "600"))
LARGE_STEPS = int(os.environ.get("TFSTYLE_LARGE_STEPS", "20"))
LAYERS = (*STYLE_LAYERS, CONTENT_LAYER)
# Of the tutorial: https://www.tensorflow.org/tutorials/generative/style_transfer
STYLE_WEIGHT, CONTENT_WEIGHT, VARIATION_WEIGHT = 1e-2, 1e4, 30
GRAM_MEANS = dict(zip(STYLE_LAYERS, (264.0, 9101.0, 7661.0, 134289.0, 1487.0), strict=True))
CONTENT_MEAN = 13.8


def load(variable, seed):
    path = os.environ.get(variable)
    image = to_float(load_image(path)) if path else np.random.default_rng(seed).random((24, 32, 3), np.float32)
    return resize_longest_side(resize_image(image, 96, 128) if path is None else image, SIZE)


def make_vgg(photo, painting):
    """VGG19 of the weights named.

    Features of random weights, and of tfstyle's own, are about 1. Each layer is made as loud as the tutorial prints it
    for ImageNet's weights: for these it weights its losses, or else the total variation alone would count.
    """
    vgg = VGG19StyleExtractor(LAYERS, weights=WEIGHTS)
    if WEIGHTS is None:
        initialize(vgg, photo[None], seed=0)
    if WEIGHTS in (None, "tfstyle"):
        features = vgg(painting[None])
        divisors = {name: (np.mean(gram_matrix(features[name])) / mean) ** 0.5 for name, mean in GRAM_MEANS.items()}
        divisors[CONTENT_LAYER] = np.mean(features[CONTENT_LAYER]) / CONTENT_MEAN
        factors, factor = {}, 1.0
        for name in vgg.needed_layer_names:  # those between are as loud as the one before
            factor = divisors.get(name, factor)
            factors[name] = np.full(1, factor)
        vgg.divide_channels(factors)
    return vgg


class Tutorial:
    """The tutorial's loss and its loop."""

    def __init__(self, vgg, photo, painting):
        self.vgg = vgg
        self.photo = tf.constant(photo[None])
        self.content = vgg(self.photo)[CONTENT_LAYER]
        features = vgg(painting[None])
        self.grams = {name: gram_matrix(features[name]) for name in STYLE_LAYERS}
        self.image = keras.Variable(self.photo)
        self.optimizer = keras.optimizers.Adam(0.02, beta_1=0.99, epsilon=1e-1)
        self.optimizer.build([self.image])
        self.step = tf.function(self.step)
        self.value = tf.function(self.value)

    def value(self, image):
        features = self.vgg(image)
        style = tf.add_n([tf.reduce_mean((gram_matrix(features[name]) - self.grams[name]) ** 2) for name in self.grams])
        content = tf.reduce_mean((features[CONTENT_LAYER] - self.content) ** 2)
        return style * STYLE_WEIGHT / len(self.grams) + content * CONTENT_WEIGHT

    def step(self):
        with tf.GradientTape() as tape:
            loss = self.value(self.image.value) + VARIATION_WEIGHT * tf.image.total_variation(self.image.value)[0]
        self.optimizer.apply([tape.gradient(loss, self.image.value)], [self.image])
        self.image.assign(tf.clip_by_value(self.image.value, 0.0, 1.0))

    def run(self):
        """Value at the end, and the seconds it took, without the tracing of the graph."""
        self.step()  # traces the graph
        start = time.perf_counter()
        for _ in range(NUM_STEPS - 1):
            self.step()
        return float(self.value(self.image.value)), time.perf_counter() - start

    def layer_weights(self):
        """Weights with which the relative losses of tfstyle are the tutorial's."""
        style = {
            name: STYLE_WEIGHT / len(self.grams) * float(tf.reduce_mean(gram**2)) for name, gram in self.grams.items()
        }
        return style, CONTENT_WEIGHT * float(tf.reduce_mean(self.content**2))


class Reached(Exception):
    pass


def test_time_to_the_value_of_the_tutorial():
    photo, painting = load("TFSTYLE_PHOTO", 0), load("TFSTYLE_PAINTING", 1)
    vgg = make_vgg(photo, painting)
    ours = VGG19StyleExtractor(LAYERS, weights=None, dtype=fastest_precision())
    ours.set_weights(vgg.get_weights())
    tutorial = Tutorial(vgg, photo, painting)
    start_value = float(tutorial.value(tutorial.photo))
    goal, tutorial_seconds = tutorial.run()
    style_weights, content_weight = tutorial.layer_weights()
    config = OptimizeConfig(
        content_weight=content_weight,
        style_weight=sum(style_weights.values()),
        variation_weight=0.0,
        first_size=SIZE,
        first_steps=NUM_STEPS,
    )
    optimization = Optimization(photo, painting, ours, [CONTENT_LAYER], style_weights, config)
    looking, values = 0.0, []

    def look(_):
        nonlocal looking
        start = time.perf_counter()
        values.append(float(tutorial.value(tf.constant(optimization.image()[None]))))
        looking += time.perf_counter() - start
        if values[-1] <= goal:
            raise Reached

    start = time.perf_counter()
    with contextlib.suppress(Reached):
        optimization.run(look)
    seconds = time.perf_counter() - start - looking
    print(
        f"\n{photo.shape[1]}x{photo.shape[0]}, VGG19 {WEIGHTS or 'random'}: content and style from {start_value:.4g}; "
        f"the tutorial to {goal:.4g} in {NUM_STEPS} steps and {tutorial_seconds:.1f} s, "
        f"tfstyle to {min(values):.4g} in {len(values)} steps and {seconds:.1f} s, tracing included: "
        f"{tutorial_seconds / seconds:.1f} times as fast"
    )
    assert values[-1] <= goal


def test_memory_and_time_of_a_large_picture():
    program = f"""
        import os, resource, time, numpy
        from tfstyle.models.perceptual.vgg19_extractor import CONTENT_LAYER, STYLE_LAYERS, VGG19StyleExtractor
        from tfstyle.training.loop.strategy import fastest_precision
        from tfstyle.transfer.config import OptimizeConfig
        from tfstyle.transfer.optimize import optimize
        layers = (*STYLE_LAYERS, CONTENT_LAYER)
        vgg = VGG19StyleExtractor(layers, weights={WEIGHTS!r}, dtype=fastest_precision())
        photo = numpy.random.default_rng(0).random(({WIDTH * 2 // 3}, {WIDTH}, 3), numpy.float32)
        config = OptimizeConfig(first_size={WIDTH}, first_steps={LARGE_STEPS})
        start = time.perf_counter()
        optimize(photo, photo[:400, :600], vgg, [CONTENT_LAYER], STYLE_LAYERS, config)
        print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    seconds, gigabytes = map(float, result.stdout.split()[-2:])
    print(f"\n{WIDTH}x{WIDTH * 2 // 3}: {LARGE_STEPS} steps in {seconds:.0f} s, {gigabytes:.1f} GiB at the most")
