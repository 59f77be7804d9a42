import numpy as np
import pytest
from PIL import Image

from tfstyle.data import image_folder
from tfstyle.data.image_folder import ImageFolder, random_crop
from tfstyle.images import ImageError


def write(path, value, size=(10, 8)):
    """A plain image, whose value tells which it is; `size` is (width, height)."""
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, (value, value, value)).save(path)
    return path


@pytest.fixture
def count_reads(monkeypatch):
    """List of the files that were decoded."""
    reads = []
    load_image = image_folder.load_image
    monkeypatch.setattr(image_folder, "load_image", lambda path: reads.append(path.name) or load_image(path))
    return reads


def test_sub_folders_are_labels(tmp_path):
    write(tmp_path / "zebras" / "a.png", 1)
    write(tmp_path / "horses" / "b.png", 2)
    write(tmp_path / "loose.png", 3)
    folder = ImageFolder(tmp_path)
    assert len(folder) == 3
    assert folder.label_names == ("horses", "zebras")
    found = {(int(image[0, 0, 0]), label) for image, label in map(folder.load, range(3))}
    assert found == {(1, 1), (2, 0), (3, -1)}


def test_no_labels(tmp_path):
    files = [write(tmp_path / "b.png", 2), write(tmp_path / "a.png", 1)]
    assert ImageFolder(tmp_path).label_names == ()
    assert ImageFolder(tmp_path).load(0)[1] == -1
    assert ImageFolder(files).load(0)[1] == -1
    assert ImageFolder(files[0]).paths == files[:1]


def test_images_are_uint8_rgb(tmp_path):
    Image.new("L", (6, 4), 200).save(tmp_path / "grey.png")
    image, _ = ImageFolder(tmp_path).load(0)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, np.full((4, 6, 3), 200))


@pytest.mark.parametrize(
    ("longest_side", "shape"), [(None, (20, 100, 3)), (50, (10, 50, 3)), (3, (1, 3, 3)), (200, (20, 100, 3))]
)
def test_longest_side(tmp_path, longest_side, shape):
    write(tmp_path / "wide.png", 77, size=(100, 20))
    image, _ = ImageFolder(tmp_path, longest_side).load(0)
    np.testing.assert_array_equal(image, np.full(shape, 77))


def test_broken_files_are_skipped_and_counted(tmp_path, count_reads):
    for index in (0, 2, 5):
        write(tmp_path / f"{index}.png", index)
    for index in (1, 3, 4):
        (tmp_path / f"{index}.png").write_bytes(b"not an image")
    folder = ImageFolder(tmp_path)
    values = [int(folder.load(index)[0][0, 0, 0]) for index in range(6)]
    assert values == [0, 2, 2, 5, 5, 5]  # the next one stands in
    assert sorted(path.name for path in folder.skipped) == ["1.png", "3.png", "4.png"]
    assert all(str(path) in reason for path, reason in folder.skipped.items())
    folder.load(4)
    assert count_reads.count("4.png") == 1  # remembered: not tried again


def test_the_last_file_is_stood_in_for_by_the_first(tmp_path):
    write(tmp_path / "a.png", 7)
    (tmp_path / "b.png").write_bytes(b"")
    assert ImageFolder(tmp_path).load(1)[0][0, 0, 0] == 7


def test_nothing_can_be_read(tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"not an image")
    folder = ImageFolder(tmp_path)
    for _ in range(2):
        with pytest.raises(ImageError, match=r"None of the 2 images can be read; the first: .*a\.png"):
            folder.load(0)


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(ImageError, match="nowhere"):
        ImageFolder(tmp_path / "nowhere")
    with pytest.raises(ImageError, match=str(tmp_path)):
        ImageFolder(tmp_path)


def test_cache_holds_no_more_than_its_limit(tmp_path, count_reads):
    for index in range(3):
        write(tmp_path / f"{index}.png", index)  # 240 bytes each
    folder = ImageFolder(tmp_path, cache_bytes=500)
    for _ in range(3):
        for index in range(3):
            assert folder.load(index)[0][0, 0, 0] == index
    assert [count_reads.count(f"{index}.png") for index in range(3)] == [1, 1, 3]


def test_cache_counts_the_shrunk_images(tmp_path, count_reads):
    for index in range(3):
        write(tmp_path / f"{index}.png", index, size=(100, 80))  # 240 bytes when shrunk to 10 pixels
    folder = ImageFolder(tmp_path, longest_side=10, cache_bytes=3 * 240)
    for _ in range(2):
        for index in range(3):
            folder.load(index)
    assert len(count_reads) == 3


def crop(image, size, seed=0, **kwargs):
    return random_crop(image, size, np.random.default_rng(seed), **kwargs)


RAMP = np.repeat(np.tile(np.arange(0, 256, 2, dtype=np.uint8), (64, 1))[..., None], 3, axis=-1)  # 64 x 128


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (64, 48)])
def test_crop_of_any_image_is_a_square(shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    result = crop(image, 24, min_scale=1.0, max_scale=2.0)
    assert result.shape == (24, 24, 3)
    assert result.dtype == np.uint8


def test_crop_depends_on_the_generator_alone():
    first = [crop(RAMP, 16, seed, max_scale=2.0) for seed in range(8)]
    again = [crop(RAMP, 16, seed, max_scale=2.0) for seed in range(8)]
    np.testing.assert_array_equal(first, again)
    assert len({image.tobytes() for image in first}) == 8


def test_crop_of_a_square_at_scale_one_is_the_whole():
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    np.testing.assert_array_equal(crop(image, 16, flip=False), image)


@pytest.mark.parametrize("scale", [1.0, 2.0, 4.0])
def test_scale_says_how_much_of_the_shorter_side_is_seen(scale):
    """The ramp rises by 2 a pixel, so that the range of values in the crop tells its width."""
    for seed in range(5):
        result = crop(RAMP, 32, seed, min_scale=scale, max_scale=scale).astype(float)
        assert np.ptp(result) == pytest.approx(2 * 64 / scale * 31 / 32, abs=3)


def test_scales_lie_between_the_limits():
    steps = [np.ptp(crop(RAMP, 32, seed, min_scale=1.0, max_scale=4.0).astype(float)) for seed in range(60)]
    widths = np.array(steps) / 2 * 32 / 31
    assert 15 < widths.min() < 24
    assert 48 < widths.max() < 66


def test_half_of_the_crops_are_mirrored():
    rising = [crop(RAMP, 16, seed)[0, 0, 0] < crop(RAMP, 16, seed)[0, -1, 0] for seed in range(100)]
    assert 35 < sum(rising) < 65
    assert all(np.diff(crop(RAMP, 16, seed, flip=False)[0, :, 0].astype(int)).min() > 0 for seed in range(20))


def test_crops_are_antialiased():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    np.testing.assert_allclose(crop(stripes, 8), 127.5, atol=20)
