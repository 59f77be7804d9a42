import numpy as np
import pytest
import tensorflow as tf

from tfstyle.losses.contrastive import gather_patches, patch_nce_loss

RANDOM = np.random.default_rng(0)


def unit_vectors(*shape):
    vectors = RANDOM.normal(size=shape)
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype("float32")


QUERIES, KEYS = unit_vectors(2, 3, 4), unit_vectors(2, 3, 4)


def plain(queries, keys, temperature, external):
    """One patch after the other, from the formula."""
    losses = []
    for image in range(len(queries)):
        for patch in range(queries.shape[1]):
            own = np.exp(queries[image, patch] @ keys[image, patch] / temperature)
            others = sum(
                np.exp(queries[image, patch] @ keys[other_image, other] / temperature)
                for other_image in (range(len(keys)) if external else [image])
                for other in range(keys.shape[1])
                if (other_image, other) != (image, patch)
            )
            losses.append(-np.log(own / (own + others)))
    return np.mean(losses)


def test_two_patches_worked_by_hand():
    """Own keys at cosine 1, the other at 0: log(1 + e^(-1 / t))."""
    vectors = np.eye(2, dtype="float32")[None]
    np.testing.assert_allclose(patch_nce_loss(vectors, vectors, 0.5), np.log(1 + np.exp(-2)), rtol=1e-5)
    np.testing.assert_allclose(patch_nce_loss(vectors, vectors[:, ::-1], 0.5), np.log(1 + np.exp(2)), rtol=1e-5)


@pytest.mark.parametrize("external", [False, True])
@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_against_the_formula(temperature, external):
    value = patch_nce_loss(QUERIES, KEYS, temperature, external)
    assert (value.shape, value.dtype) == ((), tf.float32)
    np.testing.assert_allclose(value, plain(QUERIES, KEYS, temperature, external), rtol=1e-5)


def test_the_papers_temperature_and_internal_negatives_are_the_defaults():
    np.testing.assert_allclose(patch_nce_loss(QUERIES, KEYS), plain(QUERIES, KEYS, 0.07, False), rtol=1e-5)


def test_other_images_matter_with_external_negatives_alone():
    changed = np.concatenate([KEYS[:1], unit_vectors(1, 3, 4)])
    for external in (False, True):
        first, second = (
            patch_nce_loss(QUERIES[:1], keys[:1])
            if not external
            else patch_nce_loss(QUERIES, keys, use_external_negatives=True)
            for keys in (KEYS, changed)
        )
        assert (float(first) == float(second)) == (not external)


def test_the_gradient_reaches_the_queries_alone():
    queries, keys = tf.constant(QUERIES), tf.constant(KEYS)
    with tf.GradientTape() as tape:
        tape.watch([queries, keys])
        loss = patch_nce_loss(queries, keys)
    by_queries, by_keys = tape.gradient(loss, [queries, keys])
    assert np.any(by_queries)
    assert by_keys is None


def test_patches_are_those_at_their_places():
    features = RANDOM.normal(size=(2, 3, 5, 4)).astype("float32")
    patches = gather_patches(features, np.array([0, 7, 14]))
    np.testing.assert_array_equal(patches, np.stack([features[:, 0, 0], features[:, 1, 2], features[:, 2, 4]], axis=1))
