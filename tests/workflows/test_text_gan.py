"""`tfstyle train text-gan` and `tfstyle generate --text`, in steps that take a second."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfstyle.images import read_tags


@pytest.fixture(scope="module")
def hats(tmp_path_factory):
    """A folder of four images with captions."""
    folder = tmp_path_factory.mktemp("hats")
    random = np.random.default_rng(0)
    captions = {"a.png": "a hat", "b.png": "a red hat", "c.png": "two red hats", "d.png": "a boot"}
    for name in captions:
        Image.fromarray(random.integers(0, 256, (20, 18, 3), np.uint8)).save(folder / name)
    (folder / "captions.json").write_text(json.dumps(captions))
    return folder


def test_a_generator_is_trained_and_goes_on_and_makes_images_of_words(run, hats, tmp_path):
    flags = f"--data {hats} --image-size 16 --num-steps 1 --batch-size 2 --precision float32 --num-samples 2".split()
    code, out, err = run("train", "text-gan", *flags, "--run-directory", "run")
    assert (code, err) == (0, [])
    assert "captions of 6 words, images of 16x16; TextConditionalGenerator of" in out[0]
    assert "tfstyle generate --model run --text CAPTION --output grid.png" in out[-1]
    code, out, err = run(*["train", "text-gan", "--run-directory", "run", "--resume", "--num-steps", "2"])
    assert (code, err) == (0, [])
    assert [line for line in out if line.startswith("step ")][-1].startswith("step 2/2")

    texts = ("a boot", "two red hats")
    code, out, err = run("generate", "--model", "run", "--text", *texts, "--num-images", "4", "--output", "grid.png")
    assert (code, err, out) == (0, [], ["grid.png: 4 images of run"])
    assert min(Image.open("grid.png").size) >= 2 * 16
    code, _, _ = run(
        "generate", "--model", "run", "--text", *texts, "--variations", "1", "--num-images", "2", "--output", "images"
    )
    assert code == 0
    assert read_tags("images/00003.png")["Description"].endswith("label: two red hats")

    # Mistakes, each in one line, before TensorFlow is imported.
    code, _, err = run("generate", "--model", "run", "--text", "a hta", "--output", "other.png")
    assert code == 2
    assert err == ["tfstyle: the model does not know the word 'hta'. Near words that it knows: hat, hats, a."]
    code, _, err = run("generate", "--model", "run", "--output", "other.png")
    assert (code, len(err)) == (2, 1)
    assert '--text is needed, as in --text "CAPTION"' in err[0]
    code, _, err = run("generate", "--model", "run", "--text", "a hat", "--labels", "1", "--output", "other.png")
    assert (code, len(err)) == (2, 1)
    code, _, err = run(*["train", "text-gan", "--run-directory", "run", "--resume", "--image-size", "32"])
    assert code == 2
    assert "the training was started with images of [16, 16, 3] and 6 words" in err[0]


def test_a_training_needs_captions(run, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "logo.png")
    code, _, err = run("train", "text-gan", "--run-directory", "other")
    assert (code, len(err)) == (2, 1)
    assert "--data is needed: scenes, a folder of images with captions" in err[0]
    code, _, err = run("train", "text-gan", "--data", str(tmp_path), "--run-directory", "other")
    assert (code, len(err)) == (2, 1)
    assert "no image has a caption" in err[0]


def test_other_generators_take_no_words(run):
    folder = Path("noise/assets.extra")
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text(json.dumps({"name": "noise", "family": "generator", "task": "images"}))
    (folder.parent / "saved_model.pb").touch()
    code, _, err = run("generate", "--model", "noise", "--text", "a cat", "--output", "cat.png")
    assert (code, len(err)) == (2, 1)
    assert "noise makes images from noise, not from words. Leave --text out." in err[0]
