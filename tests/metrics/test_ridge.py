import numpy as np
import pytest

from tfstyle.metrics.ridge import pooled_features, ridge_r2


@pytest.fixture
def samples():
    """Features of 60 and 40 samples, the second of three with a larger scale, and a linear map of them."""
    random = np.random.default_rng(0)
    features = random.normal(size=(100, 3)) * [1, 50, 1] + [0, 7, 0]
    targets = features @ random.normal(size=(3, 2)) + [3, -4]
    return features[:60], targets[:60], features[60:], targets[60:]


def test_a_linear_map_is_explained_whole(samples):
    assert ridge_r2(*samples) > 0.999999


def test_half_of_the_variance_is_noise(samples):
    features, _, test_features, _ = samples
    random = np.random.default_rng(1)
    fitted, test = random.normal(size=(1_000, 3)), random.normal(size=(40_000, 3))
    targets, test_targets = (values[:, :1] + random.normal(size=(len(values), 1)) for values in (fitted, test))
    assert ridge_r2(fitted, targets, test, test_targets) == pytest.approx(0.5, abs=0.02)
    assert ridge_r2(features, random.normal(size=(60, 2)), test_features, random.normal(size=(40, 2))) < 0.1


def test_many_useless_features_are_shrunk():
    """Least squares follows the noise of 70 samples with its 60 features, and does worse than the mean."""
    random = np.random.default_rng(2)
    features, test_features = random.normal(size=(70, 60)), random.normal(size=(500, 60))
    targets, test_targets = (
        values[:, :1] * 2 + values[:, 1:2] + random.normal(size=(len(values), 1))
        for values in (features, test_features)
    )
    assert ridge_r2(features, targets, test_features, test_targets, penalties=[1e-9]) < 0
    assert ridge_r2(features, targets, test_features, test_targets) > 0.4


def test_against_the_normal_equations(samples):
    features, _, test_features, _ = samples
    random = np.random.default_rng(3)
    targets, test_targets = (
        random.normal(size=(60, 2)) + features[:, :1],
        random.normal(size=(40, 2)) + test_features[:, :1],
    )
    inputs, outputs = ((values - values.mean(axis=0)) / values.std(axis=0) for values in (features, targets))
    coefficients = np.linalg.solve(inputs.T @ inputs + 0.3 * 60 * np.eye(3), inputs.T @ outputs)
    test_inputs = (test_features - features.mean(axis=0)) / features.std(axis=0)
    predictions = test_inputs @ coefficients * targets.std(axis=0) + targets.mean(axis=0)
    expected = np.mean(1 - np.mean((predictions - test_targets) ** 2, axis=0) / test_targets.var(axis=0))
    assert ridge_r2(features, targets, test_features, test_targets, penalties=[0.3]) == pytest.approx(
        expected, abs=1e-12
    )


def test_the_penalty_is_the_one_with_the_least_error_of_leaving_one_out():
    random = np.random.default_rng(4)
    features, test_features = random.normal(size=(12, 5)), random.normal(size=(50, 5))
    targets, test_targets = (
        values[:, :1] + random.normal(size=(len(values), 1)) for values in (features, test_features)
    )
    penalties = [0.01, 0.1, 1.0, 10.0]

    def left_out_error(penalty):
        inputs, outputs = ((values - values.mean(axis=0)) / values.std(axis=0) for values in (features, targets))
        errors = []
        for index in range(12):
            kept = np.arange(12) != index
            design = np.column_stack([inputs[kept], np.ones(11)])  # the mean is fitted too, without penalty
            shrink = penalty * 12 * np.diag([1.0] * 5 + [0.0])
            coefficients = np.linalg.solve(design.T @ design + shrink, design.T @ outputs[kept])
            errors.append((np.append(inputs[index], 1) @ coefficients - outputs[index]) ** 2)
        return np.mean(errors)

    best = min(penalties, key=left_out_error)
    arrays = (features, targets, test_features, test_targets)
    assert ridge_r2(*arrays, penalties=penalties) == ridge_r2(*arrays, penalties=[best])
    assert len({ridge_r2(*arrays, penalties=[penalty]) for penalty in penalties}) == 4


def test_constant_targets_and_features_do_no_harm(samples):
    features, targets, test_features, test_targets = samples
    with_constant = [np.column_stack([values, np.ones(len(values))]) for values in samples]
    assert ridge_r2(*with_constant) == pytest.approx(ridge_r2(features, targets, test_features, test_targets))
    with pytest.raises(ValueError, match="No target varies"):
        ridge_r2(features, np.ones((60, 1)), test_features, np.ones((40, 1)))


def test_shapes_must_fit(samples):
    features, targets, test_features, test_targets = samples
    with pytest.raises(
        ValueError, match=r"wants arrays of shapes .* Received: \(59, 3\), \(60, 2\), \(40, 3\), \(40, 2\)"
    ):
        ridge_r2(features[1:], targets, test_features, test_targets)


def test_pooled_features_are_means_over_positions():
    images = [np.full((2, 3, 3), 0.5), np.arange(36.0).reshape(4, 3, 3)]
    pooled = pooled_features(lambda batch: {"twice": 2 * batch, "red": batch[..., :1]}, images)
    np.testing.assert_allclose(pooled["twice"], [[1, 1, 1], [33, 35, 37]])
    np.testing.assert_allclose(pooled["red"], [[0.5], [16.5]])
    assert pooled["red"].dtype == np.float64
