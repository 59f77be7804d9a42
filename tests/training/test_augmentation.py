"""The study of data augmentation, on images of known distribution and with stand-ins for the GAN."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from tfstyle.data.image_array import ImageArray
from tfstyle.models.gan.architectures import create_networks
from tfstyle.training.augmentation import GanAugmenter, augmentation_study, draw_labeled
from tfstyle.training.augmentation_config import METHODS, AugmentationStudyConfig
from tfstyle.training.augmentation_results import AugmentationStudy
from tfstyle.training.gan_config import GanConfig
from tfstyle.training.loop.run_directory import TrainingError

NUM_CLASSES = 3
CONFIG = AugmentationStudyConfig(
    sizes=(9,), methods=("nothing", "gan"), num_seeds=3, num_steps=80, batch_size=32, learning_rate=0.02
)


def draw(labels, seed):
    """Images of a pattern for each class and much noise, so that a few of them say little about the pattern."""
    patterns = np.random.default_rng(0).normal(0, 11, (NUM_CLASSES, 8, 8, 1))
    noise = np.random.default_rng((1, seed)).normal(0, 30, (len(labels), 8, 8, 1))
    return np.clip(128 + patterns[labels] + noise, 0, 255).astype(np.uint8)


LABELS = np.arange(300) % NUM_CLASSES
DATA = (draw(LABELS, 0), LABELS, draw(LABELS, 1), LABELS)


def linear():
    return keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Rescaling(8.0, offset=-4.0),
            keras.layers.Flatten(),
            keras.layers.Dense(NUM_CLASSES),
        ]
    )


class StandIn:
    """Instead of a GAN: draws images from a distribution."""

    def __init__(self, draw):
        self.draw, self.trained = draw, []

    def __call__(self, dataset, seed):
        self.trained.append((len(dataset), seed))
        return lambda labels, seed: self.draw(labels, 1000 + seed) / 255.0


def noise(labels, seed):
    return np.random.default_rng(seed).integers(0, 256, (len(labels), 8, 8, 1))


def test_more_of_the_real_distribution_helps_and_noise_does_not():
    real = augmentation_study(*DATA, linear, StandIn(draw), CONFIG)
    assert real.mean("nothing", 9) < 0.85
    assert real.gain("gan", 9)[0] > 0.08 and real.verdict("gan", 9) == "helps"
    made_up = augmentation_study(*DATA, linear, StandIn(noise), CONFIG)
    assert made_up.accuracies["nothing", 9] == real.accuracies["nothing", 9]
    assert made_up.gain("gan", 9)[0] < 0.03 and made_up.verdict("gan", 9) != "helps"


def test_both_is_the_gan_with_classic_augmentation():
    """With changes of size zero, "classic" is "nothing", and "both" is "gan"."""
    all_methods = dataclasses.replace(CONFIG, methods=METHODS, num_seeds=1, num_steps=30)
    config = dataclasses.replace(all_methods, max_shift=0.0, max_rotation=0.0, max_scale=0.0)
    study = augmentation_study(*DATA, linear, StandIn(draw), config)
    assert study.accuracies["classic", 9] == study.accuracies["nothing", 9]
    assert study.accuracies["both", 9] == study.accuracies["gan", 9] != study.accuracies["nothing", 9]
    study = augmentation_study(*DATA, linear, StandIn(draw), dataclasses.replace(all_methods, max_shift=0.5))
    assert study.accuracies["classic", 9] != study.accuracies["nothing", 9]
    assert study.accuracies["both", 9] != study.accuracies["gan", 9]


def test_a_study_goes_on_where_it_was_interrupted(tmp_path):
    file, config = tmp_path / "study.json", dataclasses.replace(CONFIG, num_seeds=2, num_steps=5)
    expected = augmentation_study(*DATA, linear, StandIn(draw), config)

    class Killed(StandIn):
        def __call__(self, dataset, seed):
            if seed == 1:
                raise KeyboardInterrupt
            return super().__call__(dataset, seed)

    with pytest.raises(KeyboardInterrupt):
        augmentation_study(*DATA, linear, Killed(draw), config, file)
    done = [(cell["method"], cell["seed"]) for cell in json.loads(file.read_text())["cells"]]
    assert done == [("nothing", 0), ("gan", 0), ("nothing", 1)]

    stand_in, built = StandIn(draw), []
    study = augmentation_study(*DATA, lambda: built.append(1) or linear(), stand_in, config, file)
    assert study == expected
    assert stand_in.trained == [(9, 1)] and len(built) == 2  # the one whose step is traced, and the one cell left
    assert AugmentationStudy.from_file(file) == study
    more = dataclasses.replace(config, sizes=(3, 9))  # extended
    assert augmentation_study(*DATA, linear, stand_in, more, file).sizes == (3, 9)
    assert stand_in.trained == [(9, 1), (3, 0), (3, 1)]


@pytest.mark.parametrize(
    ("content", "changes", "message"),
    [
        ("no JSON", {}, "holds no results of a study. Name another file."),
        ('{"cells": []}', {}, "holds no results of a study"),
        (None, {"num_steps": 6}, "was started with num_steps=5, now 6. Name another file."),
    ],
)
def test_a_file_of_another_study(tmp_path, content, changes, message):
    file, config = tmp_path / "study.json", dataclasses.replace(CONFIG, num_seeds=1, num_steps=5, methods=("nothing",))
    if content is None:
        augmentation_study(*DATA, linear, StandIn(draw), config, file)
    else:
        file.write_text(content)
    with pytest.raises(TrainingError, match=message):
        augmentation_study(*DATA, linear, StandIn(draw), dataclasses.replace(config, **changes), file)
    with pytest.raises(TrainingError, match="Name the file of `augmentation_study`"):
        AugmentationStudy.from_file(tmp_path / "nothing.json")


def test_too_few_images():
    with pytest.raises(ValueError, match="301 labeled images are asked for, and there are 300"):
        augmentation_study(*DATA, linear, StandIn(draw), dataclasses.replace(CONFIG, sizes=(9, 301)))


def test_few_labeled_images_have_all_classes_and_are_a_part_of_more():
    pool = ImageArray(DATA[0], np.repeat([0, 1, 2], [200, 97, 3]))
    few, more = draw_labeled(pool, 8, 0), draw_labeled(pool, 100, 0)
    assert sorted(np.bincount(few.labels)) == [2, 3, 3]
    assert np.bincount(more.labels)[2] == 3 and abs(np.diff(np.bincount(more.labels)[:2])) <= 1
    np.testing.assert_array_equal(more.images[:8], few.images)
    assert not np.array_equal(draw_labeled(pool, 8, 1).images, few.images)


def test_a_gan_is_trained_on_the_labeled_images_and_resumes(tmp_path):
    def networks():
        options = {"discriminator_options": {"units": (8,)}}
        return create_networks("dense", (8, 8, 1), NUM_CLASSES, latent_dim=4, units=(8,), **options)

    config = GanConfig(num_steps=2, batch_size=4, num_samples=3, log_every=1, precision="float32")
    augmenter = GanAugmenter(networks, config, tmp_path)
    dataset = ImageArray(*DATA[:2])
    labels = np.arange(7, dtype=np.int32) % NUM_CLASSES
    images = augmenter(dataset, 5)(labels, 0)
    assert images.shape == (7, 8, 8, 1) and images.min() >= 0 and images.max() <= 1
    log = tmp_path / "300_images_seed_5" / "losses.jsonl"
    assert len(log.read_text().splitlines()) == 2
    np.testing.assert_array_equal(augmenter(dataset, 5)(labels, 0), images)  # from the checkpoint
    assert len(log.read_text().splitlines()) == 2
    assert not np.array_equal(augmenter(dataset, 5)(labels, 1), images)


STUDY = AugmentationStudy(
    {
        ("nothing", 50): (0.70, 0.80, 0.75),
        ("classic", 50): (0.81, 0.90, 0.85),
        ("gan", 50): (0.60, 0.72, 0.66),
        ("nothing", 100): (0.9, 0.8, 0.85),
        ("classic", 100): (0.9, 0.9, 0.8),
    }
)


def test_differences_are_those_of_pairs():
    gain, error = STUDY.gain("classic", 50)
    assert gain == pytest.approx((0.11 + 0.10 + 0.10) / 3)
    assert error == pytest.approx(np.std([0.11, 0.10, 0.10], ddof=1) / np.sqrt(3))
    assert [STUDY.verdict("classic", 50), STUDY.verdict("gan", 50)] == ["helps", "hurts"]
    assert STUDY.verdict("classic", 100) == "unclear"
    assert "classic: helps with 50 images (+10.3 points), unclear with 100 images (+1.7 points)." in STUDY.describe()
    assert " ".join(STUDY.table().splitlines()[1].split()) == "50 75.0 +- 5.0 85.3 +- 4.5 66.0 +- 6.0"
    single = AugmentationStudy({("nothing", 5): (0.5,), ("classic", 5): (0.9,)})
    assert single.verdict("classic", 5) == "unclear" and single.standard_deviation("classic", 5) == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sizes": ()}, "Name a size and a method"),
        ({"methods": ("flip",)}, "methods"),
        ({"generated_share": 1.0}, "generated_share"),
    ],
)
def test_settings_that_make_no_study(values, message):
    with pytest.raises(ValueError, match=message):
        AugmentationStudyConfig(**values)
