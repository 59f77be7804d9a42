import numpy as np

from tfstyle.layers.conditional_batch_normalization import ConditionalBatchNormalization

INPUTS = np.random.default_rng(0).normal(3.0, 2.0, (4, 5, 6, 2)).astype("float32")
LABELS = np.array([2, 0, 1, 2], "int32")


def test_against_numpy():
    layer = ConditionalBatchNormalization(num_classes=3, momentum=0.8, epsilon=1e-3)
    layer.build(INPUTS.shape)
    random = np.random.default_rng(1)
    scale, shift = random.normal(size=(3, 2)), random.normal(size=(3, 2))
    layer.scale.assign(scale)
    layer.shift.assign(shift)
    mean, variance = INPUTS.mean((0, 1, 2)), INPUTS.var((0, 1, 2))

    def expected(mean, variance):
        normalized = (INPUTS - mean) / np.sqrt(variance + 1e-3)
        return normalized * scale[LABELS][:, None, None] + shift[LABELS][:, None, None]

    outputs = layer(INPUTS, LABELS, training=True)
    np.testing.assert_allclose(outputs, expected(mean, variance), rtol=1e-3, atol=1e-4)
    moving = (0.2 * mean, 0.8 + 0.2 * variance)
    np.testing.assert_allclose(layer(INPUTS, LABELS, training=False), expected(*moving), rtol=1e-3, atol=1e-4)


def test_without_classes_all_images_share_scale_and_shift():
    layer = ConditionalBatchNormalization()
    outputs = np.asarray(layer(INPUTS, training=True))
    np.testing.assert_allclose(outputs.mean((0, 1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(outputs.std((0, 1, 2)), 1.0, atol=1e-4)
