import numpy as np
import pytest
import tensorflow as tf

from tfstyle.interpret.directions import latent_directions, plot_latent_directions
from tfstyle.transfer.latents import LatentsError

# What the images of the generator show: the second of four latents changes the light most, then the fourth the left
# half; the others hardly anything.
EFFECTS = np.array([[0.001, 0.001], [0.3, 0.3], [0.001, 0.0], [0.1, -0.1]], "float32")


class Generator:
    image_shape = (8, 8, 1)
    latent_dim = 4
    metadata = {"name": "lights"}  # noqa: RUF012 - as an instance has it

    def __init__(self, num_classes=0):
        self.num_classes = num_classes

    def __call__(self, latents, labels=None):
        halves = 0.5 + 0.1 * tf.convert_to_tensor(np.float32(latents)) @ EFFECTS
        if labels is not None:  # far more different than anything within a class
            halves += 0.2 * np.float32(labels)[:, None]
        return tf.repeat(tf.repeat(halves[:, None], 8, axis=1), 4, axis=2)[..., None]

    def draw_latents(self, num_latents, seed=0):
        return np.random.default_rng(seed).standard_normal((num_latents, 4), np.float32)

    def choose_labels(self, num_images, labels=None):
        return np.arange(num_images, dtype=np.int32) % self.num_classes if self.num_classes else None


@pytest.mark.parametrize("num_classes", [0, 2])
def test_directions_are_those_of_the_largest_changes(num_classes):
    directions = latent_directions(Generator(num_classes), 2, num_samples=500)
    assert directions.vectors.shape == (2, 4)
    np.testing.assert_allclose(directions.vectors[0], [0, 1, 0, 0], atol=0.02)  # brighter, not darker
    np.testing.assert_allclose(np.abs(directions.vectors[1]), [0, 0, 0, 1], atol=0.02)
    np.testing.assert_allclose(directions.shares, [0.9, 0.1], atol=0.03)
    np.testing.assert_allclose(directions.explained, [1, 1], atol=0.01)  # the generator is linear


def test_other_features_give_other_directions():
    directions = latent_directions(
        Generator(), 1, 500, features=lambda images: images[:, :, :4].mean((1, 2)) - images[:, :, 4:].mean((1, 2))
    )
    np.testing.assert_allclose(np.abs(directions.vectors[0]), [0, 0, 0, 1], atol=0.02)


def test_the_sheet_has_a_row_for_each_direction():
    generator = Generator(2)
    directions = latent_directions(generator, 2, 100)
    sheet = np.asarray(plot_latent_directions(generator, directions, num_steps=3))
    other = np.asarray(plot_latent_directions(generator, directions, np.ones(4), num_steps=3))
    assert sheet.shape == other.shape and sheet.shape[0] > 16 and sheet.shape[1] > 24
    assert np.any(sheet != other)


def test_what_is_not_possible():
    with pytest.raises(LatentsError, match="`num_directions` must lie in 1 to 4.* num_directions=5"):
        latent_directions(Generator(), 5)
    with pytest.raises(LatentsError, match="at least 8 for 4 latents. Received: num_directions=1, num_samples=7"):
        latent_directions(Generator(), 1, 7)

    class Same(Generator):
        def __call__(self, latents, labels=None):
            return tf.zeros((len(latents), 8, 8, 1))

    with pytest.raises(LatentsError, match="All images of this generator are equal"):
        latent_directions(Same(), 1)
