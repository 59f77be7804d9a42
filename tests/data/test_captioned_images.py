"""Images with captions, from archives and folders."""

import json

import numpy as np
import pytest
from PIL import Image

from tfstyle.data.captioned_images import CaptionedImages, CaptionError, load_captioned_images, unicode_caption
from tfstyle.data.drawn_scenes import DrawnScenes

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8)
CAPTIONS = ["a red boot", "a blue boot", "a hat", "two hats, green"]


def test_samples_are_shuffled_and_wrong_captions_are_wrong():
    images = CaptionedImages(IMAGES, CAPTIONS)
    assert images.num_words == 3
    assert images.vocabulary.words == ("a", "blue", "boot", "green", "hat", "hats", "red", "two")
    seen = []
    for number in range(8):
        image, caption, wrong = images.load(number, seed=3)
        assert np.array_equal(image, IMAGES[CAPTIONS.index(caption)])
        assert wrong in CAPTIONS and wrong != caption
        seen.append(caption)
    assert sorted(seen[:4]) == sorted(seen[4:]) == sorted(CAPTIONS)
    assert images.load(5, seed=3)[1:] == images.load(5, seed=3)[1:]


def test_an_archive(tmp_path):
    alpha = np.zeros((4, 8, 8, 1), np.uint8)
    np.savez(tmp_path / "tiles.npz", x=np.concatenate([IMAGES, alpha], -1), caption=CAPTIONS)
    images = load_captioned_images(tmp_path / "tiles.npz")
    assert images.captions == CAPTIONS
    assert images.image_shape == (8, 8, 3)
    assert (images.images == 255).all()  # transparent is white


def test_a_folder_with_a_file_of_captions(tmp_path):
    for name, image in zip("abcd", IMAGES, strict=True):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    (tmp_path / "captions.json").write_text(json.dumps({"b.png": "a hat", "a.png": "two hats"}))
    images = load_captioned_images(tmp_path, 8)
    assert images.captions == ["two hats", "a hat"]
    np.testing.assert_array_equal(images.images, IMAGES[:2])


def test_a_folder_of_emoji(tmp_path):
    for name in ("emoji_u1f600", "u1f431", "logo"):
        Image.fromarray(IMAGES[0]).save(tmp_path / f"{name}.png")
    assert load_captioned_images(tmp_path).captions == ["grinning face", "cat face"]


@pytest.mark.parametrize(
    ("stem", "caption"),
    [("emoji_u1f600", "grinning face"), ("1f468_200d_1f527", "man wrench"), ("2764-fe0f", "heavy black heart"),
     ("cat", ""), ("face", "")],
)  # fmt: skip
def test_names_of_code_points(stem, caption):
    assert unicode_caption(stem) == caption


def test_drawn_scenes():
    assert isinstance(load_captioned_images("scenes", 24), DrawnScenes)
    assert load_captioned_images("scenes").image_shape == (32, 32, 3)


def test_mistakes_of_the_user(tmp_path):
    with pytest.raises(CaptionError, match="no such file or folder"):
        load_captioned_images(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    Image.fromarray(IMAGES[0]).save(tmp_path / "empty" / "logo.png")
    with pytest.raises(CaptionError, match=r"no image has a caption. Add a captions.json"):
        load_captioned_images(tmp_path / "empty")
    (tmp_path / "empty" / "captions.json").write_text("[1")
    with pytest.raises(CaptionError, match="must hold a JSON object"):
        load_captioned_images(tmp_path / "empty")
    np.savez(tmp_path / "bare.npz", images=IMAGES)
    with pytest.raises(CaptionError, match="holds no strings named captions or caption, but images"):
        load_captioned_images(tmp_path / "bare.npz")
    with pytest.raises(CaptionError, match="4 images, 2 captions"):
        CaptionedImages(IMAGES, CAPTIONS[:2])
    with pytest.raises(CaptionError, match="needs a word"):
        CaptionedImages(IMAGES, [*CAPTIONS[:3], "?!"])
    with pytest.raises(CaptionError, match="captions that differ"):
        CaptionedImages(IMAGES, ["a hat"] * 4)
