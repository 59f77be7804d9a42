"""Two ways downhill."""

import numpy as np
import pytest
import tensorflow as tf

from tfstyle.transfer.descent import LBFGS, Adam

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


def test_inverse_curvature_is_that_of_the_pairs():
    """With a pair for each direction of a quadratic, the product is that with the inverse matrix."""
    descent = LBFGS(0.1)
    matrix = np.array([[3.0, 1.0], [1.0, 2.0]], "float32")
    # Conjugate directions: (1, 0) and (-1, 3), whose product through the matrix is -3 + 3 = 0.
    for step in (np.array([1.0, 0.0], "float32"), np.array([-1.0, 3.0], "float32")):
        change = matrix @ step
        descent.pairs.append((step, change, 1 / (step @ change)))
    vector = np.array([5.0, -2.0], "float32")
    np.testing.assert_allclose(
        descent.multiply_by_inverse_curvature(vector), np.linalg.solve(matrix, vector), rtol=1e-5
    )


def test_adam_equals_keras():
    import keras

    variable = keras.Variable(np.full(GOAL.shape, 0.5, "float32"))
    theirs = keras.optimizers.Adam(0.01, 0.9, 0.99, epsilon=1e-8)
    theirs.build([variable])
    ours, image = Adam(0.01), tf.fill(GOAL.shape, 0.5)
    for _ in range(5):
        theirs.apply([quadratic(variable.value)[1]], [variable])
        image = ours.step(image, quadratic)
    np.testing.assert_allclose(image, variable.numpy(), atol=1e-5)


def test_adam_goes_on_at_another_size():
    image = tf.fill((1, 4, 6, 3), 0.5)
    ours = Adam(0.01)
    ours.step(image, lambda image: (0.0, tf.ones_like(image)))
    ours.resize(8, 12)
    larger = tf.fill((1, 8, 12, 3), 0.5)
    # The first moment goes on in the direction it had, though the gradient is nothing now.
    moved = ours.step(larger, lambda image: (0.0, tf.zeros_like(image)))
    assert (moved.numpy() < 0.5 - 0.004).all()


@pytest.mark.parametrize("descent", [Adam(0.5), LBFGS(0.5)], ids=["adam", "lbfgs"])
def test_pixels_stay_in_range(descent):
    image = descent.step(
        tf.fill((1, 2, 2, 3), 0.9), lambda image: (-float(tf.reduce_sum(image)), -tf.ones((1, 2, 2, 3)))
    )
    np.testing.assert_array_equal(image, 1)
