"""Training of translators by every method, in steps that take a second."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.data.image_folder import ImageFolder
from tfstyle.data.pairs import ImagePairs
from tfstyle.images import resize_image, save_image
from tfstyle.models.translation.networks import create_translation_networks
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.translator import TRAINERS, train_translator
from tfstyle.training.translator_config import METHODS, TranslatorConfig, translator_preset
from tfstyle.training.translator_trainer import make_adam, values_of

SIDE = 16


def small_config(method, **settings):
    return dataclasses.replace(
        translator_preset(method),
        **{
            "num_steps": 4,
            "batch_size": 2,
            "crop_size": SIDE,
            "receptive_field": 16,
            "num_patches": 8,
            "pool_size": 3,
            "log_every": 1,
            "sample_every": 4,
            "checkpoint_every": 2,
            "precision": "float32",
            **settings,
        },
    )


def make_networks(method, dtype="float32", **options):
    keras.utils.set_random_seed(0)
    architecture = translator_preset(method).architecture
    sizes = {"num_residual_blocks": 1} if architecture == "resnet" else {"dropout": options.get("dropout", 0.5)}
    return create_translation_networks(
        method, architecture, {"filters": (4, 6), **sizes}, {"receptive_field": 16, "filters": 4}, dtype
    )


def draw(folder, invert, seed):
    """Five smooth random pictures, or their negatives."""
    random = np.random.default_rng(seed)
    for number in range(5):
        picture = np.clip(resize_image(random.random((4, 5, 3)), 20, 24), 0, 1)
        save_image(folder / f"{number}.png", 1 - picture if invert else picture)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Method -> inputs and targets. The targets of pairs are the negatives of the inputs."""
    root = tmp_path_factory.mktemp("images")
    inputs, negatives = draw(root / "inputs", False, 0), draw(root / "negatives", True, 0)
    unpaired = ImageFolder(inputs), ImageFolder(draw(root / "targets", True, 1))
    return {method: (ImagePairs(inputs, negatives), None) if method == "pix2pix" else unpaired for method in METHODS}


def make_trainer(folder, data, method, networks=None, strategy=None, resume=False, **settings):
    run, config = RunDirectory(folder), small_config(method, **settings)
    run.start(config, resume=resume)
    return TRAINERS[method](networks or make_networks(method), *data[method], config, run, strategy)


def batch_of(trainer):
    samples = [trainer.load_sample(number) for number in range(trainer.config.batch_size)]
    return [tf.constant(np.stack(images)) for images in zip(*samples, strict=True)]


def values(variables):
    return [np.asarray(variable) for variable in variables]


each_method = pytest.mark.parametrize("method", METHODS)
STEP = tf.constant(0, tf.int64)


# What a step computes


def least_squares(logits, label):
    return np.mean((np.asarray(logits) - label) ** 2) / 2


def cross_entropy(logits, is_real):
    return np.mean(np.log1p(np.exp(-logits if is_real else logits)))


def l1(one, other):
    return np.mean(np.abs(np.asarray(one) - np.asarray(other)))


def test_the_losses_of_pix2pix_by_a_second_computation(tmp_path, data):
    trainer = make_trainer(tmp_path / "run", data, "pix2pix", make_networks("pix2pix", dropout=0.0), pool_size=0)
    inputs, targets = batch_of(trainer)
    generator, discriminator = trainer.networks.values()
    fakes = generator(inputs).numpy()
    real_logits, fake_logits = (discriminator(images, inputs).numpy() for images in (targets, fakes))
    expected = {
        "adversarial": cross_entropy(fake_logits, True),
        "l1": l1(fakes, targets),
        "discriminator": cross_entropy(real_logits, True) + cross_entropy(fake_logits, False),
        "accuracy": np.mean(real_logits > fake_logits),
    }
    losses = trainer.train_step(STEP, inputs, targets)
    assert 0 <= losses.pop("diversity") < 10
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(losses[name], value, rtol=1e-4, err_msg=name)
    objectives = trainer.objectives({"adversarial": 2.0, "l1": 3.0, "discriminator": 5.0})
    assert objectives == {("generator",): 2 + 100 * 3, ("discriminator",): 5}


def test_the_losses_of_cyclegan_by_a_second_computation(tmp_path, data):
    trainer = make_trainer(tmp_path / "run", data, "cyclegan", pool_size=0)
    inputs, targets = batch_of(trainer)
    forward, judge, backward, backward_judge = trainer.networks.values()
    there, back = forward(inputs), backward(targets)
    expected = {
        "cycle": l1(backward(there), inputs),
        "backward_cycle": l1(forward(back), targets),
        "identity": l1(forward(targets), targets),
        "backward_identity": l1(backward(inputs), inputs),
    }
    for direction, network, reals, fakes in (("", judge, targets, there), ("backward_", backward_judge, inputs, back)):
        expected[f"{direction}adversarial"] = least_squares(network(fakes), 1)
        expected[f"{direction}discriminator"] = least_squares(network(reals), 1) + least_squares(network(fakes), 0)
        expected[f"{direction}accuracy"] = np.mean(network(reals) > network(fakes))
    losses = trainer.train_step(STEP, inputs, targets)
    assert 0 <= losses.pop("diversity") < 10
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(losses[name], value, rtol=1e-4, err_msg=name)
    numbers = dict(zip(expected, (1.0, 2, 3, 4, 5, 6, 0, 7, 8, 0), strict=True))
    total = 2 * (5 + 7) + 10 * (1 + 2) + 5 * (3 + 4)
    assert trainer.objectives(numbers) == {
        ("generator", "backward_generator"): total,
        ("discriminator",): 6,
        ("backward_discriminator",): 8,
    }


def test_the_losses_of_cut_by_a_second_computation(tmp_path, data):
    """With as many patches as there are places nothing is drawn; the order of patches does not matter."""
    trainer = make_trainer(tmp_path / "run", data, "cut", pool_size=0, num_patches=SIDE**2)
    inputs, targets = batch_of(trainer)
    generator, judge, projector = (trainer.networks[name] for name in ("generator", "discriminator", "projector"))

    def contrast(images):
        features = []
        for values_ in (generator.features(generator(images)), generator.features(images)):
            features.append(projector(*(tf.reshape(part, (len(images), -1, part.shape[-1])) for part in values_)))
        losses = []
        for queries, keys in zip(*features, strict=True):
            logits = np.einsum("bqd,bkd->bqk", queries, keys) / 0.07
            shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
            losses.append(-np.mean(np.log(np.diagonal(shares, axis1=1, axis2=2))))
        return np.mean(losses)

    real_logits, fake_logits = judge(targets), judge(generator(inputs))
    expected = {
        "adversarial": least_squares(fake_logits, 1),
        "discriminator": least_squares(real_logits, 1) + least_squares(fake_logits, 0),
        "accuracy": np.mean(real_logits > fake_logits),
        "nce": contrast(inputs),
        "nce_identity": contrast(targets),
    }
    losses = trainer.train_step(STEP, inputs, targets)
    assert 0 <= losses.pop("diversity") < 10
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(losses[name], value, rtol=1e-3, err_msg=name)
    numbers = {"adversarial": 2.0, "nce": 3.0, "nce_identity": 5.0, "discriminator": 7.0}
    assert trainer.objectives(numbers) == {("generator", "projector"): 2 * 2 + 4, ("discriminator",): 7}


def test_fastcut_weighs_the_contrastive_loss_of_inputs_alone(tmp_path, data):
    trainer = make_trainer(tmp_path / "run", data, "fastcut")
    numbers = {"adversarial": 2.0, "nce": 3.0, "discriminator": 7.0}
    assert trainer.objectives(numbers) == {("generator", "projector"): 2 * 2 + 30, ("discriminator",): 7}


def test_fastcut_mirrors_features_back(tmp_path, data):
    """A generator that gives its input back, mirrored or not, keeps each patch at its place."""
    trainer = make_trainer(tmp_path / "run", data, "fastcut", pool_size=0)
    inputs, targets = batch_of(trainer)
    generator = trainer.networks["generator"]
    seen = []

    class Copy:
        features = staticmethod(generator.features)

        def __call__(self, images, training):
            seen.append(images.numpy())
            return images

    trainer.networks["generator"] = Copy()
    trainer.networks["projector"] = lambda *features: seen.extend(features[:1]) or features
    coins = set()
    for step in range(8):
        seen.clear()
        trainer.compute_losses(tf.constant(step, tf.int64), inputs, targets)
        given, queried, key = seen
        coins.add(bool(np.any(given != inputs)))
        np.testing.assert_array_equal(given, inputs[:, :, ::-1] if np.any(given != inputs) else inputs)
        np.testing.assert_array_equal(queried, key)  # pixels, mirrored back
    assert coins == {True, False}


# Which loss teaches which network

FLOWS = {
    "pix2pix": {"adversarial": {"generator"}, "l1": {"generator"}, "discriminator": {"discriminator"}},
    "cyclegan": {
        "adversarial": {"generator"},
        "backward_adversarial": {"backward_generator"},
        "cycle": {"generator", "backward_generator"},
        "backward_cycle": {"generator", "backward_generator"},
        "identity": {"generator"},
        "backward_identity": {"backward_generator"},
        "discriminator": {"discriminator"},
        "backward_discriminator": {"backward_discriminator"},
    },
    "cut": {
        "adversarial": {"generator"},
        "nce": {"generator", "projector"},
        "nce_identity": {"generator", "projector"},
        "discriminator": {"discriminator"},
    },
    "fastcut": {
        "adversarial": {"generator"},
        "nce": {"generator", "projector"},
        "discriminator": {"discriminator"},
    },
}


@each_method
def test_every_loss_teaches_the_networks_that_it_shall(tmp_path, data, method):
    """By the gradient of each loss as the objectives weigh it; what a loss does to no objective does not count."""
    trainer = make_trainer(tmp_path / "run", data, method)
    with tf.GradientTape(persistent=True) as tape:
        losses = trainer.compute_losses(STEP, *batch_of(trainer))
        objectives = trainer.objectives(losses)
    assert sorted(name for names in objectives for name in names) == sorted(trainer.networks)
    found = {name: set() for name in FLOWS[method]}
    for name in found:
        for names, objective in objectives.items():
            share = tape.gradient(objective, losses[name])
            if share is None:
                continue
            assert float(share) > 0
            variables = {name: values_of(trainer.networks[name]) for name in names}
            for network_name, gradients in tape.gradient(losses[name], variables).items():
                if any(gradient is not None and np.any(gradient) for gradient in gradients):
                    found[name].add(network_name)
    assert found == FLOWS[method]


@each_method
def test_each_optimizer_moves_its_network_and_no_other(tmp_path, data, method):
    trainer = make_trainer(tmp_path / "run", data, method)
    standing = dataclasses.replace(trainer.config, learning_rate=1e-30)
    batch = batch_of(trainer)
    optimizers = dict(trainer.optimizers)
    for name in trainer.networks:
        trainer.optimizers = {
            other: optimizers[name] if other == name else make_adam(standing, network)
            for other, network in trainer.networks.items()
        }
        before = {other: values(network.trainable_variables) for other, network in trainer.networks.items()}
        trainer.train_step(STEP, *batch)
        for other, network in trainer.networks.items():
            for old, variable in zip(before[other], network.trainable_variables, strict=True):
                has_moved = np.abs(old - np.asarray(variable)).max() > 1e-20
                assert has_moved == (other == name), f"{variable.path} when {name} learns"


# A whole training


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_resumed_training_is_bit_for_bit_the_uninterrupted_one(tmp_path, data, method):
    whole = make_trainer(tmp_path / "whole", data, method)
    whole.fit()
    first = make_trainer(tmp_path / "run", data, method)
    check, calls = first._check_finite, []

    def die_in_step_three(*args):
        calls.append(args)
        if len(calls) == 3:
            raise InterruptedError
        check(*args)

    first._check_finite = die_in_step_three
    with pytest.raises(InterruptedError):
        first.fit()
    networks = make_networks(method)
    for network in networks.values():
        network.set_weights([value + 1 for value in network.get_weights()])  # the checkpoint brings the right ones
    second = make_trainer(tmp_path / "run", data, method, networks, resume=True)
    second.fit()
    items = second.checkpoint_items()
    assert {"pool", "generator_optimizer", "average"} <= items.keys()
    for name, item in items.items():
        one, other = (getattr(part, "variables", part) for part in (item, whole.checkpoint_items()[name]))
        for left, right in zip(values(one), values(other), strict=True):
            np.testing.assert_array_equal(left, right, err_msg=name)


@pytest.mark.slow
def test_two_logical_devices_learn_the_same(tmp_path, data, mirrored_strategy):
    method = "pix2pix"  # others take minutes to compile; what is special to replicas is the pool, which it has, too
    settings = {"num_steps": 3, "checkpoint_every": 3, "sample_every": 3}
    losses = []
    single = make_trainer(tmp_path / "one", data, method, make_networks(method, dropout=0.0), **settings)
    losses.append(single.fit())
    with mirrored_strategy.scope():
        networks = make_networks(method, dropout=0.0)
    losses.append(make_trainer(tmp_path / "two", data, method, networks, mirrored_strategy, **settings).fit())
    for name, value in losses[0].items():
        if name == "diversity":  # within a replica's share of the batch
            continue
        np.testing.assert_allclose(losses[1][name], value, rtol=2e-3, atol=1e-6, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(tmp_path, data, precision):
    networks = make_networks("pix2pix", precision)
    trainer = make_trainer(tmp_path / "run", data, "pix2pix", networks)
    for optimizer in trainer.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer) == (precision == "mixed_float16")
        if precision == "mixed_float16":
            optimizer.dynamic_scale.assign(16.0)  # where the search for it would end
    before = values(networks["generator"].trainable_variables)
    losses = trainer.fit()
    assert all(np.isfinite(value) for value in losses.values())
    after = values(networks["generator"].trainable_variables)
    assert all(np.any(old != new) for old, new in zip(before, after, strict=True))


@pytest.mark.slow
def test_pix2pix_learns_negatives_and_leaves_the_average(tmp_path, data):
    config = small_config(
        "pix2pix", num_steps=150, learning_rate=4e-3, checkpoint_every=150, log_every=150, sample_every=150
    )
    run = RunDirectory(tmp_path / "run")
    run.start(config)
    networks = make_networks("pix2pix", dropout=0.0)
    pairs, _ = data["pix2pix"]
    losses = train_translator(networks, pairs, None, config, run)
    image, target = (array[None, :16, :16] / 127.5 - 1 for array in pairs.load_pair(2))
    made = networks["generator"](image)
    assert l1(made, target) < 0.3 * l1(image, target)
    assert losses["l1"] < 0.3
    reader = tf.train.load_checkpoint(run.latest_checkpoint())
    for index, weight in enumerate(networks["generator"].trainable_variables):
        average = reader.get_tensor(f"average/{index}/.ATTRIBUTES/VARIABLE_VALUE")
        np.testing.assert_array_equal(average, np.asarray(weight))
    assert dataclasses.replace(run.read_config(TranslatorConfig), schedule_steps=0) == config
    assert {path.name for path in (run.path / "samples").iterdir()} == {"0000000.png", "0000150.png"}


# Samples


@each_method
def test_a_sample_depends_on_its_number_alone(tmp_path, data, method):
    trainer = make_trainer(tmp_path / "run", data, method)
    first = trainer.load_sample(5)
    trainer.load_sample(6)
    for image, again in zip(first, trainer.load_sample(np.int64(5)), strict=True):
        np.testing.assert_array_equal(image, again)
        assert (image.shape, image.dtype) == ((SIDE, SIDE, 3), np.float32)
        assert -1 <= image.min() < 0 < image.max() <= 1
    if method == "pix2pix":
        np.testing.assert_allclose(first[0], -first[1], atol=0.03)  # the target is the same crop's negative


def test_sample_sheets_show_input_output_and_target_or_the_way_back(tmp_path, data):
    trainer = make_trainer(tmp_path / "pairs", data, "pix2pix")
    inputs, targets = trainer.examples
    made = trainer.networks["generator"](inputs)
    tiles = [
        [trainer.sample_image()[18 * row : 18 * row + 16, 18 * column : 18 * column + 16] for column in range(3)]
        for row in range(4)
    ]
    for row in range(4):
        for tile, image in zip(tiles[row], (inputs[row], made[row], targets[row]), strict=True):
            np.testing.assert_allclose(tile / 127.5 - 1, image, atol=0.01)
    trainer = make_trainer(tmp_path / "cycle", data, "cyclegan")
    first, second = trainer.networks["generator"], trainer.networks["backward_generator"]
    columns = trainer.example_columns()
    inputs, targets = trainer.examples
    np.testing.assert_allclose(columns[1], np.concatenate([first(inputs), second(targets)]), atol=1e-5)
    np.testing.assert_allclose(columns[2], np.concatenate([second(first(inputs)), first(second(targets))]), atol=1e-5)
    assert trainer.sample_image().shape == (8 * 18 - 2, 3 * 18 - 2, 3)


def test_pairs_held_back_are_shown_and_measured_and_not_trained_on(tmp_path, data):
    trainer = make_trainer(tmp_path / "run", data, "pix2pix", num_held_back=2, max_scale=1.0, flip=False)
    pairs, _ = data["pix2pix"]
    kept, held_back = pairs.split(2, trainer.config.seed)
    assert [len(trainer.inputs), len(trainer.held_back)] == [3, 2]
    assert trainer.inputs.paths == kept.paths and trainer.held_back.paths == held_back.paths
    examples, targets = trainer.examples
    assert len(examples) == 2
    made = trainer.translate(examples)
    expected = {"held_back_l1": l1(made, targets) / 2, "held_back_input_l1": l1(examples, targets) / 2}
    measured = trainer.measure_held_back()
    assert measured == pytest.approx(expected, rel=1e-4)


# Mistakes


def test_networks_of_another_method_are_refused(tmp_path, data):
    with pytest.raises(ValueError, match="cut trains the networks generator, discriminator, projector. Received"):
        make_trainer(tmp_path / "run", data, "cut", make_networks("pix2pix"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "unit"}, "`method` must be one of pix2pix, cyclegan, cut, fastcut"),
        ({"method": "cut"}, "needs the encoder of a resnet. Received: architecture='unet'"),
        ({"crop_size": 20}, "`crop_size` must be at least 24 for a receptive_field of 70. Received: crop_size=20"),
        ({"receptive_field": 71}, "`receptive_field` must be one of 16, 34, 70, 142, 286"),
        ({"filters": (4,)}, r"`filters` must have at least two integers. Received: filters=\(4,\)"),
        ({"task": "repair", "method": "cut", "architecture": "resnet"}, "The task repair makes pairs of its images"),
        (
            {"task": "upscale", "crop_size": 98},
            "`crop_size` must be a multiple of 4 to upscale. Received: crop_size=98",
        ),
        ({"augment": ("color",)}, "are for methods without pairs. Received: augment=.'color',., keep_best=False"),
        ({"target_max_scale": 0.5}, "`target_max_scale` must be at least 1, or 0. Received: target_max_scale=0.5"),
        ({"loss": "wasserstein"}, "`loss` must be one of non_saturating, least_squares, hinge"),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    with pytest.raises(ValueError, match=message):
        TranslatorConfig(**settings)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("unit", "resnet"), "`method` must be pix2pix, cyclegan, cut or fastcut. Received: method='unit'"),
        (("cut", "unet"), "cut needs the architecture resnet"),
        (("cut", "vit"), "`architecture` must be one of unet, resnet. Received: architecture='vit'"),
    ],
)
def test_networks_that_make_no_sense(arguments, message):
    with pytest.raises(ValueError, match=message):
        create_translation_networks(*arguments)
