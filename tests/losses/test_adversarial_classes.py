"""The adversarial losses as Keras losses: equal to the pure functions, weighed and reduced as Keras does it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.losses.adversarial import WITH_REAL_LABEL, DiscriminatorLoss, GeneratorLoss, adversarial_losses

RANDOM = np.random.default_rng(0)
SHAPES = {"logits": (4, 1), "patches": (4, 3, 2, 1)}
LOGITS = {name: RANDOM.normal(size=(2, *shape)).astype("float32") for name, shape in SHAPES.items()}


@pytest.mark.parametrize("kind", adversarial_losses)
@pytest.mark.parametrize("shape", SHAPES)
def test_equal_the_functions(kind, shape):
    real, fake = LOGITS[shape]
    pair = adversarial_losses[kind]
    np.testing.assert_allclose(GeneratorLoss(kind)(real, fake), pair.generator(real, fake), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        DiscriminatorLoss(kind)(real, fake), pair.discriminator(real, fake), rtol=1e-5, atol=1e-6
    )
    if kind in WITH_REAL_LABEL:
        smoothed = DiscriminatorLoss(kind, real_label=0.9)(real, fake)
        np.testing.assert_allclose(smoothed, pair.discriminator(real, fake, real_label=0.9), rtol=1e-5)


@pytest.mark.parametrize("kind", adversarial_losses)
def test_one_value_an_image_to_weigh(kind):
    real, fake = LOGITS["patches"]
    for loss, function in (
        (DiscriminatorLoss(kind, reduction="none"), adversarial_losses[kind].discriminator),
        (GeneratorLoss(kind, reduction="none"), adversarial_losses[kind].generator),
    ):
        each = loss(real, fake)
        assert each.shape == (4,)
        np.testing.assert_allclose(each[2], function(real[2:3], fake[2:3]), rtol=1e-5, atol=1e-6)
        loss = type(loss)(kind, reduction="sum")
        np.testing.assert_allclose(loss(real, fake, sample_weight=[0.0, 0.0, 2.0, 0.0]), 2 * each[2], rtol=1e-5)


@pytest.mark.parametrize("loss", [GeneratorLoss("hinge"), DiscriminatorLoss("least_squares", real_label=0.8)])
def test_round_trip(loss):
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss) and again.get_config() == loss.get_config()
    np.testing.assert_array_equal(again(*LOGITS["logits"]), loss(*LOGITS["logits"]))


class Critic(keras.Model):
    """A discriminator that is trained by what it was compiled with."""

    def __init__(self):
        super().__init__()
        self.logit = keras.layers.Dense(1, kernel_initializer="zeros")

    def call(self, images):
        return self.logit(images)

    def train_step(self, data):
        real, fake = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=self(real), y_pred=self(fake))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"distance": loss}


def test_a_model_is_compiled_with_it():
    critic = Critic()
    critic.compile("sgd", loss=DiscriminatorLoss("relativistic"))
    real, fake = np.ones((8, 2), "float32"), np.zeros((8, 2), "float32")
    losses = critic.fit(real, fake, batch_size=4, epochs=3, verbose=0).history["distance"]
    assert losses[0] > losses[1] > losses[2]
    assert float(critic(real)[0, 0]) > float(critic(fake)[0, 0])


def test_errors():
    with pytest.raises(ValueError, match="`kind` must be one of minimax, .*Received: kind='bce'"):
        GeneratorLoss("bce")
    with pytest.raises(ValueError, match="unless `kind` is one of least_squares.*real_label=0.9, kind='hinge'"):
        DiscriminatorLoss("hinge", real_label=0.9)
    with pytest.raises(ValueError, match=r"\(batch, 1\).*Received: \(4,\) and \(4,\)"):
        GeneratorLoss()(np.zeros(4), np.zeros(4))


def test_logits_may_be_lists():
    # max(0, 1 - 2), max(0, 1 - 1/2); max(0, 1 - 3/2), max(0, 1 + 0)
    assert float(DiscriminatorLoss("hinge")([[2.0], [0.5]], [[-1.5], [0.0]])) == 0.75
