"""The style of a few pictures: settings, adaptive augmentation, measures, and the best weights."""

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from tests.training.test_translator import draw, make_networks, small_config, values
from tfstyle.data.image_folder import ImageFolder
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.saved.registry import export_run, load_saved_model
from tfstyle.training.adaptive_augmentation import AdaptiveAugmentation
from tfstyle.training.cut import CutTrainer
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.translator import train_translator
from tfstyle.training.translator_config import SINGLE_IMAGE_SCALE, personal_config, personal_preset
from tfstyle.training.translator_measures import DomainMeasure, patch_diversity

LAYER = "stage2_conv2"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("images")
    return draw(root / "photos", False, 0), draw(root / "pictures", True, 1)


@pytest.fixture(scope="module")
def extractor():
    return LightStyleExtractor((LAYER,))


def config_of(**settings):
    config = dataclasses.replace(small_config("cut"), augment=("geometry", "color"), keep_best=True, measure_every=2)
    return dataclasses.replace(config, **{"num_held_back": 2, "pool_size": 0, **settings})


def make_trainer(path, folders, extractor, resume=False, **settings):
    run, config = RunDirectory(path), config_of(**settings)
    run.start(config, resume=resume)
    return CutTrainer(make_networks("cut"), *map(ImageFolder, folders), config, run, extractor=extractor)


def test_settings_for_few_and_for_many_pictures():
    few, some = personal_config(3), personal_config(30)
    assert (few.num_held_back, few.target_max_scale) == (0, SINGLE_IMAGE_SCALE)
    assert (some.num_held_back, some.target_max_scale) == (4, personal_preset.target_max_scale)
    assert personal_config(5).num_held_back == 1
    assert few.keep_best and some.augment


def test_the_probability_of_augmentation_follows_the_accuracy():
    augmentation = AdaptiveAugmentation(("color",), target=0.6, num_images=100, batch_size=10)
    for accuracy, expected in ((0.9, 0.1), (0.9, 0.2), (0.7, 0.1), (0.5, 0.0), (0.5, 0.0)):
        augmentation.adapt(tf.constant(accuracy))
        assert float(augmentation.probability) == pytest.approx(expected)
    for _ in range(20):
        augmentation.adapt(tf.constant(1.0))
    assert float(augmentation.probability) == pytest.approx(0.8)
    images = tf.random.stateless_uniform((10, 8, 8, 3), (0, 1), -1.0)
    seen = augmentation(images, tf.constant([0, 3], tf.int64))
    is_changed = np.any(seen != images, axis=(1, 2, 3))
    assert 0.5 < is_changed.mean() <= 1
    augmentation.probability.assign(0.0)
    np.testing.assert_allclose(augmentation(images, tf.constant([0, 3], tf.int64)), images, atol=1e-6)


def test_diversity_of_patches_by_hand():
    images = tf.random.stateless_uniform((1, 16, 18, 3), (0, 1))
    assert float(patch_diversity(images, images)) == pytest.approx(1)
    assert float(patch_diversity(images, tf.ones_like(images))) == pytest.approx(0, abs=1e-3)


def test_measures_of_the_targets_themselves_and_of_the_inputs(extractor):
    random = np.random.default_rng(0)
    inputs = random.random((6, 16, 16, 3)).astype("float32")
    targets = 0.3 * random.random((12, 16, 16, 3)).astype("float32")
    measure = DomainMeasure(extractor, LAYER, inputs, targets)
    untouched, arrived = measure(inputs), measure(targets[:6])
    assert untouched["structure"] == pytest.approx(1)
    assert untouched["kernel_distance"] == pytest.approx(measure.input_distance)
    assert measure.badness(untouched) == pytest.approx(1)
    assert arrived["kernel_distance"] < 0.1 * measure.input_distance
    assert arrived["coverage"] > untouched["coverage"]
    assert arrived["structure"] < 0.5
    assert measure.badness({"kernel_distance": 0.0, "structure": 0.75}) == pytest.approx(0.25)


def test_the_best_weights_are_kept_and_exported(tmp_path, folders, extractor, monkeypatch):
    trainer = make_trainer(tmp_path / "run", folders, extractor, num_steps=3, measure_every=1, checkpoint_every=3)
    assert len(trainer.targets) == 3 and len(trainer.held_back_targets) == 2
    ranks = itertools.chain([2.0, 1.0, 3.0])
    monkeypatch.setattr(DomainMeasure, "badness", lambda self, measures: next(ranks))
    kept = []
    look = trainer.look

    def remember(step, losses):
        look(step, losses)
        kept.append([values(trainer.averages["generator"].variables), values(trainer.best)])

    trainer.look = remember
    losses = trainer.fit()
    assert {"kernel_distance", "structure", "coverage", "augment_probability", "diversity"} <= losses.keys()
    for average, best in zip(kept[1][0], kept[2][1], strict=True):  # those of the second step
        np.testing.assert_array_equal(average, best)
    assert any(np.any(average != best) for average, best in zip(kept[2][0], kept[2][1], strict=True))
    export_run(tmp_path / "run", tmp_path / "model")
    generator = trainer.networks["generator"]
    for source, best in zip(trainer.averages["generator"].sources, trainer.best, strict=True):
        source.assign(best)
    image = np.random.default_rng(0).random((1, 12, 16, 3), np.float32)
    expected = (generator(2 * image - 1).numpy() + 1) / 2
    np.testing.assert_allclose(load_saved_model(tmp_path / "model")(image), expected, atol=0.01)


@pytest.mark.slow
def test_resumed_training_is_bit_for_bit_the_uninterrupted_one(tmp_path, folders, extractor):
    whole = make_trainer(tmp_path / "whole", folders, extractor, num_steps=4, checkpoint_every=1)
    whole.fit()
    half = make_trainer(tmp_path / "run", folders, extractor, num_steps=3, schedule_steps=4, checkpoint_every=1)
    monitor = half.measure
    half.measure = lambda: monitor() if int(half.step.numpy()) < 3 else {}  # not the evaluation of the last step
    half.fit()
    half.last_measured.assign(2)
    second = make_trainer(tmp_path / "run", folders, extractor, resume=True, num_steps=4, checkpoint_every=1)
    second.fit()
    items = second.checkpoint_items()
    assert {"best", "best_badness", "augment_probability"} <= items.keys()
    for name in set(items) - {"last_measured"}:
        one, other = (getattr(part, "variables", part) for part in (items[name], whole.checkpoint_items()[name]))
        for left, right in zip(values(one), values(other), strict=True):
            np.testing.assert_array_equal(left, right, err_msg=name)


@pytest.mark.slow
def test_one_picture_is_enough(tmp_path, folders, extractor):
    config = config_of(num_held_back=0, target_max_scale=SINGLE_IMAGE_SCALE, num_steps=2)
    run = RunDirectory(tmp_path / "run")
    run.start(config)
    picture = ImageFolder([folders[1] / "0.png"])
    losses = train_translator(make_networks("cut"), ImageFolder(folders[0]), picture, config, run, extractor=extractor)
    assert np.isfinite(losses["kernel_distance"])


def test_an_extractor_is_needed_to_choose(tmp_path, folders):
    with pytest.raises(ValueError, match="`keep_best` needs an `extractor`"):
        make_trainer(tmp_path / "run", folders, None)
