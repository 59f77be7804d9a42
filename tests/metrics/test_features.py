import numpy as np
import pytest
import tensorflow as tf

from tfstyle.metrics import (
    antialiased_resize,
    compare_images,
    frechet_distance,
    from_function,
    from_inception_2015,
    from_perceptual_extractor,
)
from tfstyle.metrics.features import as_rgb

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((12, 8, 8, 3)).astype("float32")


def flat(images):
    return images.reshape(len(images), -1)


def test_resizing_averages_where_images_shrink():
    """A checkerboard of one pixel becomes even grey; a resizer without antialiasing keeps black or white."""
    board = np.indices((64, 64)).sum(0) % 2
    small = antialiased_resize(board[None, :, :, None].astype("float32"), 8)
    assert small.shape == (1, 8, 8, 1)
    np.testing.assert_allclose(small, 0.5, atol=0.05)
    np.testing.assert_array_equal(antialiased_resize(IMAGES, 8), IMAGES)
    np.testing.assert_allclose(antialiased_resize(np.full((2, 5, 7, 1), 0.3), 9), 0.3, rtol=1e-5)


def test_channels():
    grey = IMAGES[..., :1]
    assert as_rgb(grey).shape == (12, 8, 8, 3)
    half = np.concatenate([np.zeros((1, 1, 1, 3)), np.full((1, 1, 1, 1), 0.25)], axis=-1)
    np.testing.assert_allclose(as_rgb(half), 0.75)


def test_a_report_names_its_protocol():
    extractor = from_function(flat, "pixels")
    fake = [IMAGES[:5] ** 2, IMAGES[5:] ** 2]
    report = compare_images([IMAGES[:8], IMAGES[8:]], fake, extractor)
    assert (report.extractor, report.resizer, report.num_real, report.num_fake) == ("pixels", "none", 12, 12)
    assert set(report.values) == {
        "frechet_distance",
        "kernel_distance",
        "kernel_distance_spread",
        "precision",
        "recall",
        "density",
        "coverage",
    }
    expected = frechet_distance(flat(IMAGES), flat(IMAGES**2))
    np.testing.assert_allclose(report.values["frechet_distance"], expected, rtol=1e-5)
    assert "by pixels; resized: none; 12 generated images against 12 real ones" in str(report)
    assert "fid" not in report.to_json()


def test_images_in_another_range_are_refused():
    extractor = from_function(flat, "pixels")
    for wrong in (IMAGES * 255, IMAGES * 2 - 1, (IMAGES * 255).astype("uint8")):
        with pytest.raises(ValueError, match=r"floats in \[0, 1\]"):
            extractor(wrong)
    with pytest.raises(ValueError, match=r"must return features of shape \(12, dim\)"):
        from_function(lambda images: images, "no features")(IMAGES)


def test_perceptual_extractor_is_averaged_over_positions():
    class Doubler:
        def __call__(self, images):
            return {"double": tf.constant(2.0 * images)}

    extractor = from_perceptual_extractor(Doubler(), "double")
    np.testing.assert_allclose(extractor(IMAGES), 2.0 * IMAGES.mean((1, 2)), rtol=1e-5)
    assert extractor.name == "Doubler, double, mean over positions"
    resized = from_perceptual_extractor(Doubler(), "double", size=4)
    assert resized.resizer == "Pillow bicubic, antialiased, to 4x4"


def write_small_inception(path):
    """A frozen graph with the names of the 2015 network: as there, of one image, resized and scaled inside."""
    with tf.Graph().as_default() as graph:
        image = tf.compat.v1.placeholder(tf.float32, (None, None, 3), name="image")
        expanded = tf.expand_dims(image, 0, name="ExpandDims")
        resized = tf.compat.v1.image.resize_bilinear(expanded, (299, 299))
        scaled = (resized - 128.0) / 128.0
        tf.nn.avg_pool2d(scaled, (299, 299), 1, "VALID", name="pool_3")
    path.write_bytes(graph.as_graph_def().SerializeToString())


def test_inception_2015_from_a_file(tmp_path):
    write_small_inception(tmp_path / "inception.pb")
    extractor = from_inception_2015(tmp_path / "inception.pb")
    images = np.repeat(np.repeat(IMAGES[:2, :1, :1], 16, axis=1), 16, axis=2)  # even colors: resizing keeps them
    expected = (images[:, 0, 0] * 255 - 128) / 128
    np.testing.assert_allclose(extractor(images), expected, rtol=2e-3)  # a mean of 299 x 299 float32
    report = compare_images([IMAGES], [IMAGES], extractor)
    assert {"fid", "kid", "kid_spread"} <= set(report.values)
    with pytest.raises(FileNotFoundError, match="inception-2015-12-05"):
        from_inception_2015(tmp_path / "missing.pb")
    (tmp_path / "other.pb").write_bytes(b"no graph")
    with pytest.raises(ValueError, match="not the frozen graph"):
        from_inception_2015(tmp_path / "other.pb")
