"""Photographs shrunk once and kept on disk."""

import os

import numpy as np
import pytest
from PIL import Image

from tfstyle.data import image_folder
from tfstyle.data.image_folder import ImageFolder, random_crop


def save(path, seed, size=(120, 90)):
    path.parent.mkdir(exist_ok=True)
    random = np.random.default_rng(seed)
    Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8)).resize(size).save(path)


@pytest.fixture
def photographs(tmp_path):
    for number in range(2):
        save(tmp_path / "photographs" / f"{number}.png", number)
    return tmp_path / "photographs"


@pytest.fixture
def reads(monkeypatch):
    """List of the source files that were decoded."""
    found, load_image = [], image_folder.load_image
    monkeypatch.setattr(image_folder, "load_image", lambda path: found.append(path.name) or load_image(path))
    return found


def entries(tmp_path):
    return sorted((tmp_path / "cache").rglob("*.png"))


def test_a_photograph_is_decoded_once_and_the_same_ever_after(tmp_path, photographs, reads):
    first = ImageFolder(photographs, shortest_side=30, cache_folder=tmp_path / "cache", cache_bytes=0)
    images = [first.load(index)[0] for index in (0, 1)]
    assert [image.shape for image in images] == [(30, 40, 3)] * 2
    again = ImageFolder(photographs, shortest_side=30, cache_folder=tmp_path / "cache", cache_bytes=0)
    for index in (0, 1, 0, 1):
        np.testing.assert_array_equal(again.load(index)[0], images[index])
    assert sorted(reads) == ["0.png", "1.png"]
    np.testing.assert_array_equal(ImageFolder(photographs, shortest_side=30).load(0)[0], images[0])
    assert len(entries(tmp_path)) == 2


def test_crops_are_nearly_those_of_the_full_size(tmp_path, photographs):
    full, shrunk = ImageFolder(photographs), ImageFolder(photographs, shortest_side=45, cache_folder=tmp_path / "cache")
    crops = [
        random_crop(folder.load(0)[0], 30, np.random.default_rng(7), 1.0, 1.5).astype(int) for folder in (full, shrunk)
    ]
    assert np.abs(crops[0] - crops[1]).mean() < 2.0


def test_a_changed_source_takes_the_place_of_what_was_kept(tmp_path, photographs, reads):
    def load():
        folder = ImageFolder(photographs, longest_side=20, cache_folder=tmp_path / "cache")
        return [folder.load(index)[0] for index in (0, 1)]

    before = load()
    kept = entries(tmp_path)
    save(photographs / "0.png", seed=9)
    os.utime(photographs / "0.png", ns=(1, 1))
    after = load()
    assert np.any(before[0] != after[0])
    np.testing.assert_array_equal(before[1], after[1])
    assert reads == ["0.png", "1.png", "0.png"]
    assert len(entries(tmp_path)) == 2 and len(set(kept) & set(entries(tmp_path))) == 1


def test_broken_entries_are_made_again(tmp_path, photographs, reads):
    cached = {"shortest_side": 30, "cache_folder": tmp_path / "cache"}
    image, _ = ImageFolder(photographs, **cached).load(0)
    for content in (b"", b"\x89PNG broken", entries(tmp_path)[0].read_bytes()[:200]):
        entries(tmp_path)[0].write_bytes(content)
        np.testing.assert_array_equal(ImageFolder(photographs, **cached).load(0)[0], image)
    assert reads == ["0.png"] * 4


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path, photographs, caplog):
    (tmp_path / "cache").write_text("a file")
    folder = ImageFolder(photographs, shortest_side=30, cache_folder=tmp_path / "cache")
    assert [folder.load(index)[0].shape for index in (0, 1)] == [(30, 40, 3)] * 2
    assert len(caplog.records) == 1
    assert "cannot be written" in caplog.text and "continues without it" in caplog.text


def test_broken_photographs_are_left_out_as_ever(tmp_path, photographs):
    (photographs / "1.png").write_bytes(b"no image")
    folder = ImageFolder(photographs, shortest_side=30, cache_folder=tmp_path / "cache")
    assert folder.load(1)[0].shape == (30, 40, 3)
    assert [path.name for path in folder.skipped] == ["1.png"]


def test_a_cache_needs_a_size(photographs, tmp_path):
    with pytest.raises(ValueError, match="`cache_folder` needs `longest_side` or `shortest_side`"):
        ImageFolder(photographs, cache_folder=tmp_path / "cache")


def test_fingerprints_tell_folders_apart_wherever_they_lie(tmp_path, photographs):
    first = ImageFolder(photographs).fingerprint()
    assert first.startswith("2 files ")
    photographs.rename(tmp_path / "moved")
    assert ImageFolder(tmp_path / "moved").fingerprint() == first
    assert ImageFolder(tmp_path / "moved", shortest_side=30).fingerprint() != first
    (tmp_path / "moved" / "0.png").rename(tmp_path / "moved" / "2.png")
    assert ImageFolder(tmp_path / "moved").fingerprint() != first
