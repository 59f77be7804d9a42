import numpy as np
import pytest
import tensorflow as tf

from tfstyle.models.translation.patch_discriminator import NUM_HALVINGS, PatchDiscriminator
from tfstyle.models.translation.patch_projector import PatchProjector


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


@pytest.mark.parametrize("receptive_field", NUM_HALVINGS)
def test_a_logit_sees_as_many_pixels_as_it_says(receptive_field):
    """Counted by the gradient of one logit; instance normalization, which sees all, is left out."""
    network = PatchDiscriminator(receptive_field, filters=1, normalization="none")
    for weight in network.weights:
        weight.assign(np.ones(weight.shape, "float32"))
    side = 2 * receptive_field
    images = tf.ones((1, side, side, 3))
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = network(images)
        middle = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    seen = np.abs(tape.gradient(middle, images)[0]).sum(axis=(1, 2)) > 0
    assert seen.sum() == receptive_field
    assert np.ptp(np.flatnonzero(seen)) == receptive_field - 1


@pytest.mark.parametrize(("receptive_field", "side"), [(16, 126), (70, 30), (286, 6)])
def test_logits_of_the_papers_sizes(receptive_field, side):
    network = PatchDiscriminator(receptive_field, filters=2)
    logits = network(pictures(1, 256, 256, 3))
    assert (logits.shape, logits.dtype) == ((1, side, side, 1), "float32")


def test_the_papers_discriminator_has_the_papers_weights():
    network = PatchDiscriminator(condition_channels=3)
    kernels = sum(np.prod(weight.shape) for weight in network.weights if len(weight.shape) == 4)
    assert kernels == 16 * (6 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512)


def test_the_condition_counts():
    network, images = PatchDiscriminator(16, 4, condition_channels=3), pictures(2, 24, 24, 3)
    logits = network(images, images)
    assert np.abs(logits - network(images, -images)).max() > 1e-4
    with pytest.raises(ValueError, match="condition_channels=3 and needs a condition. Received: condition=None"):
        network(images)
    with pytest.raises(ValueError, match="condition_channels=0 and needs none. Received: condition=given"):
        PatchDiscriminator(16, 4)(images, images)


def test_power_iterations_move_in_training_alone():
    network, images = PatchDiscriminator(16, 4, normalization="spectral"), pictures(1, 24, 24, 3)
    before = [variable.numpy() for variable in network.non_trainable_variables]
    assert before
    network(images)
    for old, new in zip(before, network.non_trainable_variables, strict=True):
        np.testing.assert_array_equal(old, new)
    network(images, training=True)
    assert all(np.any(old != new) for old, new in zip(before, network.non_trainable_variables, strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"receptive_field": 64}, "one of 16, 34, 70, 142, 286. Received: receptive_field=64"),
        ({"normalization": "batch"}, "one of instance, spectral, none. Received: normalization='batch'"),
        ({"filters": 0}, "Received: filters=0, condition_channels=0"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        PatchDiscriminator(**arguments)


def test_projections_have_length_one_and_two_layers():
    network = PatchProjector((3, 4), projection_dim=32)  # with a few, all might be negative before the ReLU
    features = [pictures(2, 6, 3), pictures(2, 7, 4)]
    projections = network(*features)
    for index, vectors in enumerate(projections):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=-1), 1, rtol=1e-5)
        hidden, output = network.hidden_layers[index], network.output_layers[index]
        plain = np.maximum(features[index] @ hidden.kernel.numpy(), 0) @ output.kernel.numpy()
        np.testing.assert_allclose(vectors, plain / np.linalg.norm(plain, axis=-1, keepdims=True), rtol=1e-3, atol=1e-5)
    with pytest.raises(ValueError, match=r"must be positive. Received: feature_dims=\(\), projection_dim=256"):
        PatchProjector(())
