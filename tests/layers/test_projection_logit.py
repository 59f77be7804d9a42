import numpy as np

from tfstyle.layers.projection_logit import ProjectionLogit

FEATURES = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
LABELS = np.array([2, 0, 1, 2], "int32")


def test_against_numpy():
    layer = ProjectionLogit(num_classes=3)
    outputs = layer(FEATURES, LABELS)
    kernel, bias, embedding = (weight.astype("float64") for weight in layer.get_weights())
    expected = FEATURES @ kernel + bias + np.sum(FEATURES * embedding[LABELS], axis=-1, keepdims=True)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


def test_without_classes_it_is_a_dense_layer():
    layer = ProjectionLogit()
    outputs = layer(FEATURES)
    kernel, bias = layer.get_weights()
    np.testing.assert_allclose(outputs, FEATURES @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_small_differences_of_large_logits_survive_mixed_precision():
    layer = ProjectionLogit(dtype="mixed_bfloat16")
    layer.build((None, 2))
    layer.linear.set_weights([np.array([[100.0], [0.01]]), np.zeros(1)])
    logits = layer(np.array([[1.0, 1.0], [1.0, 2.0]], "float32"))
    np.testing.assert_allclose(logits[1] - logits[0], [0.01], rtol=1e-2)


def test_spectral_normalization_bounds_both_terms():
    layer = ProjectionLogit(num_classes=3, use_spectral_normalization=True)
    layer(FEATURES, LABELS)
    layer.linear.kernel.assign(50 * np.asarray(layer.linear.kernel))
    layer.embedding.kernel.assign(50 * np.asarray(layer.embedding.kernel))
    for _ in range(50):
        outputs = layer(FEATURES, LABELS, training=True)
    lengths = np.linalg.norm(FEATURES, axis=-1, keepdims=True)
    assert np.all(np.abs(outputs) <= 2 * lengths * 1.001)
