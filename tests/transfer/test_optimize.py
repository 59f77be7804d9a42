"""Style transfer by optimization, judged by a small network of random weights."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.images import resize_image
from tfstyle.losses.perceptual import content_loss, gram_style_loss, moment_style_loss, total_variation_loss
from tfstyle.losses.wasserstein import wasserstein_style_loss, wasserstein_target
from tfstyle.models.perceptual.perceptual_extractor import PerceptualExtractor
from tfstyle.statistics import channel_moments, gram_matrix
from tfstyle.transfer.config import OptimizeConfig
from tfstyle.transfer.objective import Objective
from tfstyle.transfer.optimize import Optimization, optimize, plan_sizes

LAYERS = ("stage1_conv1", "stage2_conv1")
CONTENT, STYLE = ("stage2_conv1",), LAYERS
QUICK = OptimizeConfig(num_steps=4, first_steps=6, first_size=32)


class TinyExtractor(PerceptualExtractor):
    """A chain of three convolutions."""

    all_layer_names = ("stage1_conv1", "stage2_conv1", "stage3_conv1")

    def __init__(self, layer_names=LAYERS, **kwargs):
        super().__init__(layer_names, **kwargs)
        sizes = zip(self.needed_layer_names, ((16, 3, 1), (32, 4, 2), (64, 4, 2)), strict=False)
        options = {"padding": "same", "activation": "relu", "dtype": self.dtype_policy}
        self.convolutions = [keras.layers.Conv2D(*size, name=name, **options) for name, size in sizes]
        self(keras.Input((None, None, 3)))

    def call(self, images):
        hidden = keras.ops.cast(self.preprocess(images), self.compute_dtype)
        features = {}
        for convolution in self.convolutions:
            hidden = features[convolution.name] = convolution(hidden)
        return {name: features[name] for name in self.layer_names}


@pytest.fixture(scope="module")
def extractor():
    keras.utils.set_random_seed(0)
    return TinyExtractor()


@pytest.fixture(autouse=True)
def eager(request):
    """For so few steps it takes longer to trace a graph than to do without."""
    tf.config.run_functions_eagerly("graph" not in request.node.name)
    yield
    tf.config.run_functions_eagerly(False)


def draw(height, width, seed=0, low=0.0, high=1.0):
    """Blobs of color: noise, enlarged."""
    coarse = np.random.default_rng(seed).uniform(low, high, (6, 8, 3)).astype(np.float32)
    return resize_image(coarse, height, width)


PHOTO, PAINTING, OTHER = draw(40, 56), draw(48, 44, 1), draw(30, 64, 2)


def last_losses(*arguments, **options):
    reports = []
    image = optimize(*arguments, on_step=reports.append, **options)
    return image, reports


# The objective

EXPECTED = {
    "gram": lambda features, style: gram_style_loss(features, {name: gram_matrix(style[name]) for name in STYLE}),
    "moments": lambda features, style: moment_style_loss(
        features, {name: channel_moments(style[name]) for name in STYLE}
    ),
    "wasserstein": lambda features, style: wasserstein_style_loss(features, wasserstein_target(style)),
}


@pytest.mark.parametrize("style_loss", EXPECTED)
def test_losses_are_those_of_the_losses_room(extractor, style_loss):
    config = OptimizeConfig(style_loss=style_loss, content_weight=2.0, style_weight=3.0, variation_weight=0.5)
    objective = Objective(extractor, dict.fromkeys(CONTENT, 1), dict.fromkeys(STYLE, 1), config)
    image = tf.constant(OTHER[None])
    photo = resize_image(PHOTO, *OTHER.shape[:2])[None]
    target = objective.make_target(photo, [PAINTING[None]], [1.0])
    losses, gradient = objective(image, target)
    with tf.GradientTape() as tape:
        tape.watch(image)
        features, style = extractor(image), extractor(PAINTING[None])
        content = content_loss(features[CONTENT[0]], extractor(photo)[CONTENT[0]])[0]
        expected = {
            "content": content,
            "style": EXPECTED[style_loss](features, style)[0],
            "variation": total_variation_loss(image)[0],
        }
        total = 2 * expected["content"] + 3 * expected["style"] + 0.5 * expected["variation"]
    for name, value in expected.items():
        np.testing.assert_allclose(losses[name], value, rtol=2e-3, err_msg=name)
    np.testing.assert_allclose(losses["total"], total, rtol=2e-3)
    expected = tape.gradient(total, image).numpy()
    np.testing.assert_allclose(gradient, expected, atol=2e-3 * np.abs(expected).max())


def test_weights_of_layers(extractor):
    image = tf.constant(draw(40, 56, 3)[None])

    def style_loss(layers):
        objective = Objective(extractor, dict.fromkeys(CONTENT, 1), layers, OptimizeConfig())
        return float(objective(image, objective.make_target(PHOTO[None], [PAINTING[None]], [1.0]))[0]["style"])

    expected = 0.25 * style_loss({STYLE[0]: 7}) + 0.75 * style_loss({STYLE[1]: 7})
    np.testing.assert_allclose(style_loss({STYLE[0]: 1, STYLE[1]: 3}), expected, rtol=1e-5)


def test_a_blend_has_the_shares_of_the_statistics(extractor):
    image = tf.constant(draw(40, 56, 3)[None])
    objective = Objective(extractor, dict.fromkeys(CONTENT, 1), dict.fromkeys(STYLE, 1), OptimizeConfig())
    target = objective.make_target(PHOTO[None], [PAINTING[None], OTHER[None]], [0.3, 0.7])
    first, second = extractor(PAINTING[None]), extractor(OTHER[None])
    blend = {name: 0.3 * gram_matrix(first[name]) + 0.7 * gram_matrix(second[name]) for name in STYLE}
    expected = gram_style_loss(extractor(image), blend)[0]
    np.testing.assert_allclose(objective(image, target)[0]["style"], expected, rtol=1e-4)


@pytest.mark.parametrize("style_loss", EXPECTED)
@pytest.mark.parametrize("with_masks", [False, True])
def test_tiles_give_the_gradient_of_the_whole(style_loss, with_masks):
    keras.utils.set_random_seed(0)
    names = ("stage1_conv1", "stage2_conv1", "stage3_conv1")
    network = TinyExtractor(names)
    image, photo = tf.constant(draw(130, 355)[None]), draw(130, 355, 1)[None]
    styles, masks = [draw(200, 90, 2)[None]], None
    if with_masks:
        styles.append(draw(100, 100, 3)[None])
        ramp = np.linspace(0, 1, 355, dtype=np.float32) * np.ones((130, 1), np.float32)
        masks = np.stack([0.9 * ramp, 0.9 - 0.9 * ramp])
    results = []
    for tile_size in (500, 100):
        config = OptimizeConfig(tile_size=tile_size, style_loss=style_loss)
        objective = Objective(network, {names[2]: 1.0}, dict.fromkeys(names, 1.0), config)
        target = objective.make_target(photo, styles, [0.5, 0.7][: len(styles)], masks)
        results.append((len(target.tiles), *objective(image, target)))
    (one, losses, gradient), (many, tiled_losses, tiled_gradient) = results
    assert (one, many) == (1, 8)
    for name, loss in losses.items():
        np.testing.assert_allclose(tiled_losses[name], loss, rtol=1e-3, err_msg=name)
    np.testing.assert_allclose(tiled_gradient, gradient, atol=2e-3 * np.abs(gradient).max())


# What comes out


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_result_is_like_the_content(extractor, dtype):
    photo = (PHOTO * (255 if dtype == "uint8" else 1)).astype(dtype)
    picture = optimize(photo, PAINTING, extractor, CONTENT, STYLE, QUICK)
    assert (picture.shape, picture.dtype) == (photo.shape, photo.dtype)
    assert 0 <= picture.min() < picture.max() <= (255 if dtype == "uint8" else 1)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("start", ["content", "noise", "style"])
def test_losses_fall(extractor, start, optimizer):
    config = OptimizeConfig(num_steps=15, first_steps=15, first_size=32, start=start, optimizer=optimizer)
    _, reports = last_losses(PHOTO, PAINTING, extractor, CONTENT, STYLE, config)
    assert [(report.step, report.width) for report in reports] == [(step, PHOTO.shape[1]) for step in range(1, 16)]
    totals = [report.losses["total"] for report in reports]
    assert totals[-1] < 0.9 * totals[0]
    assert reports[-1].seconds_left == 0 < reports[0].seconds_left


def test_a_stuck_descent_goes_on_in_float32(extractor):
    """Where bfloat16's roundings hide the way down, L-BFGS gets as low as without them."""
    config = OptimizeConfig(first_steps=120, first_size=64, optimizer="lbfgs")
    rough = extractor.copy_as("mixed_bfloat16")
    lowest = {}
    for name, judge in {"float32": extractor, "mixed_bfloat16": rough}.items():
        optimization = Optimization(PHOTO, PAINTING, judge, CONTENT, STYLE, config)
        optimization.run()
        exact = optimization.precise_objective
        target = exact.make_target(PHOTO[None], [PAINTING[None]], [1.0])
        lowest[name] = float(exact(tf.constant(optimization.image()[None]), target)[0]["total"])
    assert "precise_objective" in vars(optimization)
    assert lowest["mixed_bfloat16"] < 1.02 * lowest["float32"]


def test_precise_objective(extractor):
    rough = extractor.copy_as("mixed_bfloat16")
    assert rough.compute_dtype == rough.convolutions[0].compute_dtype == "bfloat16"
    optimization = Optimization(PHOTO, PAINTING, rough, CONTENT, STYLE, QUICK)
    precise = optimization.precise_objective
    for name, features in precise.extractor(PHOTO[None]).items():
        np.testing.assert_array_equal(features, extractor(PHOTO[None])[name])
    assert (precise.style_layers, precise.content_layers) == (
        optimization.objective.style_layers,
        optimization.objective.content_layers,
    )
    optimization = Optimization(PHOTO, PAINTING, extractor, CONTENT, STYLE, QUICK)
    assert optimization.precise_objective is optimization.objective


def test_sizes_grow_by_the_factor():
    config = OptimizeConfig(first_size=100, size_factor=2)
    assert plan_sizes(300, 400, config) == [(75, 100), (150, 200), (300, 400)]
    assert plan_sizes(300, 399, config) == [(150, 200), (300, 399)]
    assert plan_sizes(30, 40, config) == [(30, 40)]  # smaller than the first size
    assert plan_sizes(40, 4000, config) == [(20, 2000), (40, 4000)]  # no side gets too small for a network


def test_steps_at_each_size(extractor):
    config = dataclasses.replace(QUICK, first_size=32, size_factor=1.3)
    _, reports = last_losses(PHOTO, PAINTING, extractor, CONTENT, STYLE, config)
    assert [report.width for report in reports] == [33] * 6 + [43] * 4 + [56] * 4
    assert {report.num_steps for report in reports} == {14}


def test_result_is_the_average_of_the_pictures(extractor):
    config = OptimizeConfig(num_steps=10, first_steps=10, first_size=64, average_momentum=0.99, optimizer="adam")
    optimization, pictures = Optimization(PHOTO, PAINTING, extractor, CONTENT, STYLE, config), [PHOTO]
    optimization.run(lambda _: pictures.append(optimization.canvas.numpy()[0]))
    # Half a share at first, then no less than 5 / 10: a short run forgets its start.
    expected = pictures[0]
    for picture in pictures[1:]:
        expected = expected + 0.5 * (picture - expected)
    np.testing.assert_allclose(optimization.image(), expected, atol=1e-5)


def test_details_of_the_photo_come_with_its_size(extractor):
    config = dataclasses.replace(QUICK, size_factor=1.7)
    optimization = Optimization(PHOTO, PAINTING, extractor, CONTENT, STYLE, config)
    optimization._resize(40, 56, 4)
    np.testing.assert_allclose(optimization.image(), PHOTO, atol=1e-6)  # nothing was painted yet


def test_an_interrupted_run_keeps_its_picture(extractor):
    optimization = Optimization(PHOTO, PAINTING, extractor, CONTENT, STYLE, dataclasses.replace(QUICK, size_factor=1.7))

    def interrupt(progress):
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        optimization.run(interrupt)
    assert optimization.canvas.shape[1:3] == (24, 33)
    picture = optimization.image()
    assert picture.shape == PHOTO.shape
    assert np.abs(picture - PHOTO).max() > 0.02


def test_photo_stays_where_no_mask_is(extractor):
    masks = np.zeros((1, *PHOTO.shape[:2]), np.float32)
    masks[:, :, 28:] = 1
    picture = optimize(PHOTO, PAINTING, extractor, CONTENT, STYLE, QUICK, masks=masks)
    np.testing.assert_allclose(picture[:, :28], PHOTO[:, :28], atol=1e-6)
    assert np.abs(picture[:, 28:] - PHOTO[:, 28:]).mean() > 0.02


def test_each_region_gets_its_style(extractor):
    """Red for the left half, blue for the right; and as strong as if either stood alone."""
    photo = np.full((32, 64, 3), 0.5, np.float32)
    red, blue = (np.broadcast_to(np.float32(rgb), (32, 32, 3)).copy() for rgb in ([1, 0, 0], [0, 0, 1]))
    masks = np.zeros((2, 32, 64), np.float32)
    masks[0, :, :32] = masks[1, :, 32:] = 1
    config = OptimizeConfig(first_steps=60, first_size=64, learning_rate=0.06, content_weight=0.0, variation_weight=0.0)
    picture = optimize(photo, [red, blue], extractor, CONTENT, STYLE, config, masks=masks)
    left, right = picture[:, :28].mean((0, 1)), picture[:, 36:].mean((0, 1))
    assert left[0] - left[2] > 0.3
    assert right[2] - right[0] > 0.3
    alone = optimize(photo, red, extractor, CONTENT, STYLE, config)
    np.testing.assert_allclose(left, alone[:, :28].mean((0, 1)), atol=0.1)


def test_blends_lie_between_their_styles(extractor):
    photo = np.full((32, 32, 3), 0.5, np.float32)
    red, blue = (np.broadcast_to(np.float32(rgb), (32, 32, 3)).copy() for rgb in ([1, 0, 0], [0, 0, 1]))
    config = OptimizeConfig(first_steps=60, learning_rate=0.06, content_weight=0.0, variation_weight=0.0)

    def redness(weights):
        color = optimize(photo, [red, blue], extractor, CONTENT, STYLE, config, style_weights=weights).mean((0, 1))
        return color[0] - color[2]

    shades = [redness(weights) for weights in ([1, 3], [1, 1], [3, 1])]
    assert shades[0] < shades[1] - 0.3 < shades[2] - 0.6


@pytest.mark.parametrize("start", ["content", "noise"])
def test_luminance_alone(extractor, start):
    photo = draw(40, 56, low=0.3, high=0.7)
    config = dataclasses.replace(QUICK, preserve_color="luminance", start=start)
    picture = optimize(photo.astype(np.float64), PAINTING, extractor, CONTENT, STYLE, config)
    yiq = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    np.testing.assert_allclose((picture @ yiq.T)[..., 1:], (photo @ yiq.T)[..., 1:], atol=1e-6)
    assert np.abs((picture - photo) @ yiq[0]).max() > 0.02


def test_matched_colors(extractor):
    """A blue painting of a red photograph gets red strokes."""
    photo, painting = draw(40, 56), draw(48, 44, 1)
    photo[..., 2] *= 0.3
    painting[..., 0] *= 0.3
    matched = dataclasses.replace(QUICK, preserve_color="matched", start="style")
    optimization = Optimization(photo, painting, extractor, CONTENT, STYLE, matched)
    np.testing.assert_allclose(optimization.styles[0].mean((0, 1)), photo.mean((0, 1)), atol=0.05)


def test_half_precision_in_a_graph(extractor):
    keras.utils.set_random_seed(0)
    half = TinyExtractor(dtype="mixed_bfloat16")
    half.set_weights(extractor.get_weights())
    _, expected = last_losses(PHOTO, PAINTING, extractor, CONTENT, STYLE, QUICK)
    _, reports = last_losses(PHOTO, PAINTING, half, CONTENT, STYLE, QUICK)
    np.testing.assert_allclose(reports[0].losses["total"], expected[0].losses["total"], rtol=0.05)
    assert reports[-1].losses["total"] < reports[0].losses["total"]


# Mistakes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"content_image": PHOTO[..., 0]}, r"`content_image` must have .* Received: shape=\(40, 56\)"),
        ({"content_image": "photo.jpg"}, "Received: str"),
        ({"content_image": PHOTO * 255}, "values from 0.6983 to 254"),
        ({"style_images": [PAINTING[:8]]}, "at least 16 pixels"),
        ({"style_images": []}, "Received: an empty list"),
        ({"content_layers": ["block9"]}, r"layers that the extractor returns \(stage1_conv1, stage2_conv1\)"),
        ({"style_layers": "stage1_conv1"}, "Received: 'stage1_conv1'"),
        ({"style_layers": {"stage1_conv1": -1}}, "must be positive"),
        ({"style_weights": [1, 2]}, "a positive number for each style. Received: .* for 1 style"),
        ({"masks": np.ones((1, 4, 4))}, r"\(1, 40, 56\). Received: masks.shape=\(1, 4, 4\)"),
        ({"masks": np.zeros((1, 40, 56))}, "black everywhere"),
        ({"masks": np.full((1, 40, 56), 255)}, r"`masks` must lie in \[0, 1\]"),
    ],
)
def test_mistakes_are_named(extractor, changes, message):
    arguments = {"content_image": PHOTO, "style_images": PAINTING, "content_layers": CONTENT, "style_layers": STYLE}
    with pytest.raises(ValueError, match=message):
        optimize(**{**arguments, **changes}, extractor=extractor)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"style_loss": "gramm"}, "gram or moments or wasserstein. Received: style_loss='gramm'"),
        ({"num_steps": 0}, "at least 1"),
        ({"style_weight": -1.0}, "must not be negative"),
        ({"learning_rate": 0.0}, "must be positive"),
        ({"size_factor": 1.0}, "at least 1.1"),
        ({"average_momentum": 1.0}, r"\[0, 1\)"),
    ],
)
def test_settings_that_make_no_sense(changes, message):
    with pytest.raises(ValueError, match=message):
        OptimizeConfig(**changes)


# Where no step helps


def test_a_size_ends_where_no_step_helps(extractor, caplog, monkeypatch):
    """Not ten evaluations for each of sixty steps."""
    calls = []

    def evaluate(self, canvas):
        calls.append(self)
        self.losses = {"total": 1.0}
        return 1.0, canvas + 1  # an uphill direction that no value confirms

    monkeypatch.setattr("tfstyle.transfer.optimize.Evaluation.__call__", evaluate)
    config = OptimizeConfig(num_steps=60, first_steps=60, first_size=32, size_factor=1.5)
    reports = []
    optimization = Optimization(PHOTO, PAINTING, extractor, CONTENT, STYLE, config)
    optimization.run(reports.append)
    num_sizes = len(optimization.sizes)
    assert num_sizes == 2
    assert len(calls) == 2 * 11 * num_sizes
    assert [(report.step, report.num_steps) for report in reports] == [(1, 120), (2, 120), (61, 120), (62, 120)]
    assert reports[-1].seconds_left >= 0
    np.testing.assert_allclose(optimization.image(), PHOTO, atol=1e-5)
    assert [record.getMessage() for record in caplog.records] == [
        "no step lowers the loss any more at 37x27 pixels: stopped there after 2 of 60 steps",
        "no step lowers the loss any more at 56x40 pixels: stopped there after 2 of 60 steps",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], PAINTING), "`content_image` must have the shape .* Received: shape=\\(2,\\)"),
        (("photo.jpg", PAINTING), "`content_image` must be an array of numbers. Received: str 'photo.jpg'"),
        ((PHOTO, 5), "`style_images` must have the shape .* Received: shape=\\(\\)"),
        ((PHOTO, [PAINTING, "monet.jpg"]), "`style_images` must be an array of numbers. Received: str 'monet.jpg'"),
        ((PHOTO, None), "`style_images` must be an array of numbers. Received: NoneType None"),
        ((PHOTO * 2 - 1, PAINTING), "`content_image` must be uint8 in .* values from -"),
    ],
)
def test_what_is_no_image_is_named(extractor, arguments, message):
    with pytest.raises(ValueError, match=message):
        optimize(*arguments, extractor, CONTENT, STYLE)


def test_lists_and_batches_of_styles_are_taken(extractor):
    styles = Optimization(PHOTO.tolist(), np.stack([PAINTING, PAINTING]), extractor, CONTENT, STYLE).styles
    assert len(styles) == 2
