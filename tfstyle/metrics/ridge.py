"""How much of one network's features another's contain, by ridge regression."""

import numpy as np

PENALTIES = np.geomspace(1e-4, 1e4, 33)


def pooled_features(feature_function, images):
    """The mean of each channel over the positions, for each image.

    Args:
        feature_function: function of a batch of images to a dict of name -> `(batch, height, width, channels)`.
        images: iterable of arrays `(height, width, 3)`, of any sizes.

    Returns:
        Dict of name -> float64 array `(n, channels)`.
    """
    rows = [feature_function(image[None]) for image in images]
    return {
        name: np.stack([np.mean(np.asarray(row[name][0], np.float64), axis=(0, 1)) for row in rows]) for name in rows[0]
    }


def ridge_r2(features, targets, test_features, test_targets, penalties=PENALTIES):
    """Share of the targets' variance that a ridge regression from the features explains on other samples.

        coefficients = (X^T X + penalty n I)^-1 X^T Y

    X are the features and Y the targets, both standardized with the mean and deviation of the fitted samples. The
    penalty is the one with the smallest leave-one-out error on them; the test samples have no part in it.

    Args:
        features: array of shape `(n, num_features)`.
        targets: array of shape `(n, num_targets)`.
        test_features: array of shape `(m, num_features)`.
        test_targets: array of shape `(m, num_targets)`.
        penalties: sequence of positive floats to choose from.

    Returns:
        float, the mean over the targets of `1 - squared error / variance`: 1 is perfect, 0 what their mean reaches, and
        less is worse. Targets that do not vary are left out.

    Raises:
        ValueError: if the shapes do not fit, or no target varies.
    """
    features, targets, test_features, test_targets = (
        np.asarray(array, np.float64) for array in (features, targets, test_features, test_targets)
    )
    if not (
        len(features) == len(targets)
        and len(test_features) == len(test_targets)
        and features.shape[1:] == test_features.shape[1:]
        and targets.shape[1:] == test_targets.shape[1:]
    ):
        raise ValueError(
            "`ridge_r2` wants arrays of shapes (n, features), (n, targets), (m, features), (m, targets). Received: "
            f"{features.shape}, {targets.shape}, {test_features.shape}, {test_targets.shape}."
        )
    varies = (targets.std(axis=0) > 0) & (test_targets.std(axis=0) > 0)
    if not varies.any():
        raise ValueError("No target varies from sample to sample: there is nothing to explain.")
    targets, test_targets = targets[:, varies], test_targets[:, varies]
    center, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    inputs, test_inputs = (features - center) / scale, (test_features - center) / scale
    target_center, target_scale = targets.mean(axis=0), targets.std(axis=0)
    outputs = (targets - target_center) / target_scale

    left, singular, right = np.linalg.svd(inputs, full_matrices=False)
    projected = left.T @ outputs
    best = min(penalties, key=lambda penalty: _leave_one_out_error(left, singular, projected, outputs, penalty))
    shrunk = singular / (singular**2 + best * len(inputs))
    predictions = target_center + target_scale * (test_inputs @ (right.T @ (shrunk[:, None] * projected)))
    errors = np.mean((predictions - test_targets) ** 2, axis=0)
    return float(np.mean(1.0 - errors / test_targets.var(axis=0)))


def _leave_one_out_error(left, singular, projected, outputs, penalty):
    """Mean squared error of each sample predicted from all others, in closed form.

    The residual of a sample that was fitted, divided by 1 - its leverage (Hastie, Tibshirani, Friedman: The Elements of
    Statistical Learning, section 7.10). The mean, which is fitted too, adds 1 / n to the leverage.
    """
    kept = singular**2 / (singular**2 + penalty * len(outputs))
    leverage = np.sum(left**2 * kept, axis=1) + 1.0 / len(outputs)
    residuals = outputs - left @ (kept[:, None] * projected)
    return np.mean((residuals / np.maximum(1.0 - leverage, 1e-9)[:, None]) ** 2)
