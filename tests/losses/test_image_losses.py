"""Perceptual losses as Keras losses."""

import keras
import numpy as np
import pytest

from tfstyle.losses import perceptual, wasserstein
from tfstyle.losses.image_losses import ContentLoss, GramStyleLoss, MomentStyleLoss, WassersteinStyleLoss
from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
from tfstyle.statistics import channel_moments, gram_matrix

RANDOM = np.random.default_rng(0)
TARGETS, IMAGES = RANDOM.random((2, 2, 24, 20, 3)).astype("float32")
LAYERS = ("conv1", "fire2")


@pytest.fixture(scope="module")
def extractor():
    return SqueezeNetExtractor(LAYERS)


def expected_of(kind, features, targets):
    if kind is ContentLoss:
        return np.mean([perceptual.content_loss(features[name], targets[name]) for name in LAYERS], axis=0)
    if kind is WassersteinStyleLoss:
        return wasserstein.wasserstein_style_loss(features, wasserstein.wasserstein_target(targets))
    function, statistics = {
        GramStyleLoss: (perceptual.gram_style_loss, gram_matrix),
        MomentStyleLoss: (perceptual.moment_style_loss, channel_moments),
    }[kind]
    return function(features, {name: statistics(values) for name, values in targets.items()})


@pytest.mark.parametrize("kind", [ContentLoss, GramStyleLoss, MomentStyleLoss, WassersteinStyleLoss])
def test_equal_the_functions_of_features(kind, extractor):
    expected = expected_of(kind, extractor(IMAGES), extractor(TARGETS))
    np.testing.assert_allclose(kind(extractor, reduction="none")(TARGETS, IMAGES), expected, rtol=1e-4)
    np.testing.assert_allclose(kind(extractor)(TARGETS, IMAGES), np.mean(expected), rtol=1e-4)
    assert float(kind(extractor)(IMAGES, IMAGES)) == pytest.approx(0, abs=1e-2)


def test_layers_are_chosen(extractor):
    alone = ContentLoss(extractor, layer_names=["fire2"])(TARGETS, IMAGES)
    feature, target = extractor(IMAGES)["fire2"], extractor(TARGETS)["fire2"]
    np.testing.assert_allclose(alone, np.mean(perceptual.content_loss(feature, target)), rtol=1e-5)
    with pytest.raises(ValueError, match="that the extractor returns: conv1, fire2. Received: fire9"):
        ContentLoss(extractor, layer_names=["fire9"])(TARGETS, IMAGES)


def test_a_model_trained_by_it_is_saved_and_loaded(extractor, tmp_path):
    arrays = {weight.path.split("/", 1)[1]: keras.ops.convert_to_numpy(weight) for weight in extractor.weights}
    np.savez(tmp_path / "weights.npz", **arrays)
    loss = ContentLoss(SqueezeNetExtractor(LAYERS, weights=tmp_path / "weights.npz"), layer_names=["conv1"])
    model = keras.Sequential([keras.Input((24, 20, 3)), keras.layers.Conv2D(3, 1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.1), loss=loss)
    losses = model.fit(IMAGES, TARGETS, epochs=3, verbose=0).history["loss"]
    assert losses[2] < losses[1] < losses[0]
    assert len(model.weights) == 2  # the extractor is no part of the model
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.evaluate(IMAGES, TARGETS, verbose=0), losses[2], rtol=0.5)
    assert again.evaluate(IMAGES, TARGETS, verbose=0) == model.evaluate(IMAGES, TARGETS, verbose=0)


def test_weights_that_a_config_does_not_say_are_missed(extractor):
    config = keras.losses.serialize(GramStyleLoss(extractor))
    with pytest.raises(ValueError, match="weights of the extractor 'squeezenet' are not those .*compile=False"):
        keras.losses.deserialize(config)
