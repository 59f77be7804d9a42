"""L-BFGS."""

import numpy as np
import pytest
import tensorflow as tf

from tfstyle.optimizers.lbfgs import LBFGS, favor_large_shapes

RANDOM = np.random.default_rng(0)
GOAL = RANDOM.uniform(0.2, 0.8, (1, 2, 3, 3)).astype("float32")
CURVATURE = np.geomspace(0.1, 100, GOAL.size).reshape(GOAL.shape).astype("float32")


def quadratic(image):
    """Lowest at GOAL, a thousand times as steep in one direction as in another."""
    return float(tf.reduce_sum(CURVATURE * (image - GOAL) ** 2) / 2), CURVATURE * (image - GOAL)


def test_lbfgs_solves_a_quadratic():
    descent, image = LBFGS(0.1), tf.fill(GOAL.shape, 0.5)
    for _ in range(80):
        image = descent.step(image, quadratic)
    np.testing.assert_allclose(image, GOAL, atol=1e-3)


@pytest.mark.parametrize("scale", [1e-8, 1e12])
def test_lbfgs_minds_no_units(scale):
    """Weights of the losses may be of any size: what it knows of the curvature must not depend on them."""
    descent, image = LBFGS(0.1), tf.fill(GOAL.shape, 0.5)

    def scaled(image):
        value, gradient = quadratic(image)
        return scale * value, scale * gradient

    for _ in range(80):
        image = descent.step(image, scaled)
    np.testing.assert_allclose(image, GOAL, atol=1e-3)


def test_steepest_descent_does_not_solve_it():
    """What the curvature is for: with a memory of nothing the flat directions stay as they were."""
    image = tf.fill(GOAL.shape, 0.5)
    for _ in range(80):
        image -= 1 / CURVATURE.max() * quadratic(image)[1]
    assert np.abs(image - GOAL).max() > 0.1


def test_lbfgs_never_climbs_and_stays_in_range():
    goal = 4 * GOAL - 1.5  # partly beyond [0, 1]

    def evaluate(image):
        difference = image - goal
        return float(tf.reduce_sum(tf.abs(difference) ** 3)), 3 * difference * tf.abs(difference)

    descent, image, values = LBFGS(0.1), tf.fill(GOAL.shape, 0.5), []
    for _ in range(40):
        image = descent.step(image, evaluate)
        values.append(evaluate(image)[0])
    assert (np.diff(values) <= 1e-6).all()
    np.testing.assert_allclose(image, np.clip(goal, 0, 1), atol=0.02)


def remember(descent, matrix):
    """Pairs of a quadratic of three pixels' values: then its inverse curvature is known in every direction."""
    # Conjugate directions: each is free of what it shares, through the matrix, with those before it.
    directions: list[np.ndarray] = []
    for axis in np.eye(3, dtype=np.float32):
        shared = [each * (axis @ matrix @ each) / (each @ matrix @ each) for each in directions]
        directions.append(axis - sum(shared, np.zeros(3, np.float32)))
    for direction in directions:
        change = matrix @ direction
        pair = tf.reshape(direction, (1, 1, 1, 3)), tf.reshape(change, (1, 1, 1, 3))  # a picture of one pixel
        descent.pairs.append((*pair, 1 / (direction @ change)))


def test_inverse_curvature_is_that_of_the_pairs():
    """With a pair for each direction of a quadratic, the product is that with the inverse matrix."""
    descent = LBFGS(0.1)
    matrix = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 4.0]], "float32")
    remember(descent, matrix)
    vector = np.array([5.0, -2.0, 1.0], "float32")
    product = descent.multiply_by_inverse_curvature(tf.reshape(vector, (1, 1, 1, 3)))
    np.testing.assert_allclose(tf.reshape(product, -1), np.linalg.solve(matrix, vector), rtol=1e-5)


def test_what_would_leave_the_range_moves_no_others():
    """The lowest point lies where red is 1.5: on the way there green falls. Red is held at 1: green must rise."""
    matrix = np.array([[2.0, 1.9, 0.0], [1.9, 2.0, 0.0], [0.0, 0.0, 1.0]], "float32")
    lowest = np.array([1.5, 0.2, 0.5], "float32")

    def evaluate(image):
        difference = tf.reshape(image, -1) - lowest
        gradient = tf.linalg.matvec(matrix, difference)
        return float(tf.reduce_sum(difference * gradient) / 2), tf.reshape(gradient, image.shape)

    descent, image = LBFGS(0.1), tf.reshape(tf.constant([1.0, 0.5, 0.5]), (1, 1, 1, 3))
    remember(descent, matrix)
    red, green, blue = descent.step(image, evaluate).numpy().ravel()
    assert red == 1 and green > 0.55 and blue == 0.5 and not descent.stuck


def test_large_images_are_remembered_for_fewer_steps(monkeypatch):
    def count(num_bytes):
        monkeypatch.setattr("tfstyle.optimizers.lbfgs.MEMORY", num_bytes)
        descent, image = LBFGS(0.01), tf.fill(GOAL.shape, 0.5)
        for _ in range(12):
            image = descent.step(image, quadratic)
        return len(descent.pairs)

    pair = 2 * 4 * GOAL.size
    assert [count(num_bytes) for num_bytes in (2**30, 7 * pair, pair)] == [12, 7, 4]


def rounded(image):
    """A quadratic whose values are rounded up, and whose gradient leads the wrong way."""
    value, gradient = quadratic(image)
    return np.ceil(value), -gradient


def test_lbfgs_says_when_it_is_stuck():
    descent, image = LBFGS(0.1), tf.fill(GOAL.shape, 0.5)
    np.testing.assert_array_equal(descent.step(image, rounded), image)
    assert descent.stuck
    image = descent.step(image, quadratic)
    assert not descent.stuck and quadratic(image)[0] < quadratic(tf.fill(GOAL.shape, 0.5))[0]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["value", "gradient"])
def test_a_step_that_is_not_a_number_is_refused(wrong, where):
    """The first trial of each step is not a number, a shorter one is."""
    num_calls = 0

    def evaluate(image):
        nonlocal num_calls
        num_calls += 1
        value, gradient = quadratic(image)
        if num_calls % 2 == 0:  # the first call is the start; then trials, of which every other one fails
            return (wrong, gradient) if where == "value" else (value, tf.fill(gradient.shape, np.float32(wrong)))
        return value, gradient

    descent, image = LBFGS(0.1), tf.fill(GOAL.shape, 0.5)
    for _ in range(60):
        image = descent.step(image, evaluate)
        assert np.isfinite(image).all()
    np.testing.assert_allclose(image, GOAL, atol=1e-2)


def test_nothing_but_nan_leaves_the_image_as_it_is():
    descent, image = LBFGS(0.1), tf.fill(GOAL.shape, 0.5)
    for _ in range(3):
        np.testing.assert_array_equal(descent.step(image, lambda image: (np.nan, image * np.nan)), image)
        assert descent.stuck


def test_a_step_that_moves_no_pixel_is_stuck_and_costs_nothing():
    calls = []

    def evaluate(image):  # all would leave the range
        calls.append(1)
        return float(tf.reduce_sum(image)), tf.ones_like(image)

    descent, image = LBFGS(0.1), tf.zeros((1, 2, 2, 3))
    np.testing.assert_array_equal(descent.step(image, evaluate), image)
    assert descent.stuck and len(calls) == 1


@pytest.mark.parametrize("size", [(16, 16), (33, 20), (8, 65), (64, 48)])
def test_favoring_is_symmetric_and_positive(size):
    first, second = (tf.constant(RANDOM.normal(size=(1, *size, 3)), tf.float32) for _ in range(2))
    product = tf.reduce_sum(first * favor_large_shapes(second))
    np.testing.assert_allclose(tf.reduce_sum(second * favor_large_shapes(first)), product, rtol=1e-3, atol=1e-2)
    assert tf.reduce_sum(first * favor_large_shapes(first)) > tf.reduce_sum(first**2)


def test_large_shapes_are_favored():
    """Each level of the pyramid doubles what is constant, and sees nothing of a checkerboard."""
    rows, columns = np.indices((64, 64))
    board = np.repeat(((-1.0) ** (rows + columns))[None, ..., None], 3, axis=-1).astype("float32")
    inside = slice(24, 40)
    favored = favor_large_shapes(tf.constant(board))
    np.testing.assert_allclose(favored[:, inside, inside], board[:, inside, inside], atol=1e-5)
    favored = favor_large_shapes(tf.ones((1, 512, 512, 3)))
    np.testing.assert_allclose(favored[0, 256, 256], 2**8 - 1, rtol=0.05)  # the last level is 4 x 4
    tiny = tf.ones((1, 7, 7, 3))
    np.testing.assert_array_equal(favor_large_shapes(tiny), tiny)


def test_favoring_makes_large_shapes_sooner(monkeypatch):
    """Where the curvature is that of fine details, as in a network's losses, the descent needs fewer steps."""
    goal = tf.image.resize(RANDOM.uniform(0.3, 0.7, (1, 4, 4, 3)).astype("float32"), (64, 64), "bicubic")

    def evaluate(image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            rows, columns = tf.image.image_gradients(image - goal)
            value = tf.reduce_sum(rows**2 + columns**2)
        return float(value), tape.gradient(value, image)

    def descend():
        descent, image = LBFGS(0.1), tf.fill(goal.shape, 0.5)
        for _ in range(15):
            image = descent.step(image, evaluate)
        return evaluate(image)[0]

    favoring = descend()
    monkeypatch.setattr("tfstyle.optimizers.lbfgs.favor_large_shapes", lambda images: images)
    assert favoring < 0.2 * descend()


def test_pixels_stay_in_range():
    image = LBFGS(0.5).step(
        tf.fill((1, 2, 2, 3), 0.9), lambda image: (-float(tf.reduce_sum(image)), -tf.ones((1, 2, 2, 3)))
    )
    np.testing.assert_array_equal(image, 1)
