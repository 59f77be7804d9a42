import numpy as np
import pytest
import tensorflow as tf

from tfstyle.transfer.inversion import invert
from tfstyle.transfer.latents import LatentsError


class Generator:
    """Three latents are red, green and blue of a plain image, from 0 to 1; class 1 shows it inverted."""

    image_shape = (4, 4, 3)
    latent_dim = 3

    def __init__(self, num_classes=0):
        self.num_classes = num_classes

    def __call__(self, latents, labels=None):
        colors = tf.sigmoid(tf.convert_to_tensor(latents))[:, None, None]
        if labels is not None:
            colors = tf.where(tf.constant(labels)[:, None, None, None] == 1, 1.0 - colors, colors)
        return tf.tile(colors, (1, 4, 4, 1))

    def draw_latents(self, num_latents, seed=0):
        return np.random.default_rng(seed).standard_normal((num_latents, 3), np.float32)

    def choose_labels(self, num_images, labels=None):
        if labels is None:
            return np.arange(num_images, dtype=np.int32) % self.num_classes if self.num_classes else None
        if not 0 <= labels < self.num_classes:
            raise ValueError(f"`labels` must lie in 0 to {self.num_classes - 1}. Received: {labels}.")
        return np.full(num_images, labels, np.int32)


def extractor(images):
    return {"pixels": images}


def plain(*color):
    return np.broadcast_to(np.float32(color), (6, 8, 3)).copy()


def test_the_latents_of_a_picture_are_found():
    seen = []
    found = invert(
        plain(0.3, 0.8, 0.5), Generator(), extractor, num_steps=60, num_starts=3, learning_rate=0.1,
        on_step=lambda step, loss: seen.append((step, loss)),
    )  # fmt: skip
    np.testing.assert_allclose(found.image[0, 0], [0.3, 0.8, 0.5], atol=0.01)
    np.testing.assert_allclose(found.latent, np.log([0.3 / 0.7, 4.0, 1.0]), atol=0.05)
    assert found.target.shape == (4, 4, 3) and found.label is None and found.losses.shape == (3,)
    assert found.loss == found.losses.min() < seen[0][1]
    assert [step for step, _ in seen] == list(range(61))


def test_latents_stay_as_long_as_random_ones():
    found = invert(plain(1.0, 1.0, 1.0), Generator(), extractor, num_steps=60, learning_rate=1.0)
    np.testing.assert_allclose(np.linalg.norm(found.latent), 3**0.5 + 1, rtol=1e-3)  # not without end
    assert found.image.min() > 0.7


def test_the_class_is_found_or_given():
    generator = Generator(2)
    picture = plain(0.8, 0.8, 0.8)
    assert invert(picture, generator, extractor, num_steps=2, num_starts=1).label in (0, 1)
    given = invert(picture, generator, extractor, label=1, num_steps=80, num_starts=1, learning_rate=0.1)
    assert given.label == 1 and given.latent.max() < -1.2
    with pytest.raises(LatentsError, match="0 to 1. Received: 7"):
        invert(picture, generator, extractor, label=7)


def test_without_a_label_every_class_is_tried():
    found = invert(plain(0.2, 0.5, 0.5), Generator(5), extractor, num_steps=1, num_starts=2)
    assert found.losses.shape == (5,)


def test_gray_pictures_and_alpha():
    class Gray(Generator):
        image_shape = (4, 4, 1)

        def __call__(self, latents, labels=None):
            return super().__call__(latents)[..., :1]

    picture = np.full((6, 6, 4), 255, np.uint8)
    picture[..., 3] = 128  # half of white and black, on white
    picture[..., :3] = 0
    found = invert(picture, Gray(), extractor, num_steps=40, learning_rate=0.1)
    np.testing.assert_allclose(found.image, np.full((4, 4, 1), 127 / 255), atol=0.02)


def test_numbers_that_make_no_sense():
    with pytest.raises(LatentsError, match="Received: 0 steps, 8 starts"):
        invert(plain(0, 0, 0), Generator(), extractor, num_steps=0)
