"""How often a generator of images from words draws what captions say that it has never seen.

    TEXT_MODEL=FOLDER pytest -s tests/benchmarks/test_words_to_pictures.py

Judged are 500 captions with a combination of shape, color and relation that is held out from training. The judge is a
recognizer that is trained here, on drawn scenes of all combinations, and takes part in no training; it is first judged
itself, on 500 drawn scenes. `RECOGNIZER=FILE` keeps it for the next time.
"""

import os
from pathlib import Path

import numpy as np
import pytest

import tfstyle
from tests.benchmarks.scene_recognizer import make_recognizer, recognize, score, train_recognizer
from tfstyle.data.drawn_scenes import RELATIONS, draw_scene, unseen_scenes

NUM_CAPTIONS = 500
BARS = {"shape": 0.90, "color": 0.90, "count": 0.85, "relation": 0.80}
MODEL = os.environ.get("TEXT_MODEL", "text2shapes")
SCENES = unseen_scenes(NUM_CAPTIONS)


@pytest.fixture(scope="module")
def generator():
    return tfstyle.load(MODEL)


@pytest.fixture(scope="module")
def recognizer(generator):
    size, file = generator.image_shape[0], os.environ.get("RECOGNIZER")
    if file and Path(file).exists():
        recognizer = make_recognizer(size)
        recognizer.load_weights(file)
        return recognizer
    recognizer = train_recognizer(size)
    if file:
        recognizer.save_weights(file)
    return recognizer


def show(name, scores):
    print(f"{name}: " + ", ".join(f"{part} {100 * value:.1f} %" for part, value in scores._asdict().items()))


def test_the_judge_knows_drawn_scenes(generator, recognizer):
    random, size = np.random.default_rng(1), generator.image_shape[0]
    drawn = np.stack([draw_scene(scene, size, random) for scene in SCENES]) / np.float32(255)
    scores = score(recognize(recognizer, drawn), SCENES)
    show("drawn scenes", scores)
    assert min(scores) > 0.95
    reversed_scenes = [scene._replace(relation=RELATIONS[scene.relation]) for scene in SCENES]
    reversed_scores = score(recognize(recognizer, drawn), reversed_scenes)
    show("drawn scenes, said the wrong way round", reversed_scores)
    assert reversed_scores.relation < 0.05 and reversed_scores.color > 0.95


def test_captions_never_seen(generator, recognizer):
    captions = [scene.caption for scene in SCENES]
    latents = generator.draw_latents(NUM_CAPTIONS, seed=0)
    images = np.concatenate(
        [generator(captions[start : start + 50], latents[start : start + 50]) for start in range(0, NUM_CAPTIONS, 50)]
    )
    found = recognize(recognizer, images)
    scores = score(found, SCENES)
    show(f"{generator.metadata['name']}, {NUM_CAPTIONS} captions never seen", scores)
    for count in (1, 2, 3):
        chosen = [index for index, scene in enumerate(SCENES) if scene.first.number == count]
        show(f"  with {count} in the first group", score(found[chosen], [SCENES[index] for index in chosen]))
    short = {name: bar for name, bar in BARS.items() if getattr(scores, name) < bar}
    assert not short, f"below the bars: {short}"
