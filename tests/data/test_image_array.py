import numpy as np
import pytest
from PIL import Image

from tfstyle.data.image_array import ImageArray, images_from_folder, images_from_npz, load_image_array, square
from tfstyle.images import ImageError

RANDOM = np.random.default_rng(0)


def save(path, shape, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RANDOM.integers(0, 256, shape, np.uint8)).convert(mode).save(path)


@pytest.fixture
def folder(tmp_path):
    """Two labels, four modes, four sizes, and two files of ten that are broken."""
    for index, (shape, mode) in enumerate(
        [((20, 30), "L"), ((16, 16, 3), "RGB"), ((40, 9, 4), "RGBA"), ((5, 5, 3), "P")] * 2
    ):
        save(tmp_path / ("cats" if index % 2 else "dogs") / f"{index}.png", shape, mode)
    (tmp_path / "cats" / "broken.png").write_bytes(b"not an image")
    (tmp_path / "dogs" / "empty.jpg").write_bytes(b"")
    return tmp_path


def test_a_folder_of_any_sizes_and_modes(folder):
    images = images_from_folder(folder, 16)
    assert images.images.shape == (8, 16, 16, 3)
    assert images.label_names == ("cats", "dogs")
    assert images.num_classes == 2
    assert sorted(images.labels.tolist()) == [0] * 4 + [1] * 4
    assert {path.name for path in images.skipped} == {"broken.png", "empty.jpg"}
    image, label = images.load(3)
    assert image.shape == images.image_shape == (16, 16, 3)
    assert label == images.labels[3]


def test_labels_belong_to_their_images(tmp_path):
    for name, color in (("black", 0), ("white", 255)):
        for index in range(3):
            path = tmp_path / name / f"{index}.png"
            path.parent.mkdir(exist_ok=True)
            Image.new("RGB", (9, 9), (color,) * 3).save(path)
    images = load_image_array(tmp_path, 8, 1)
    for index in range(6):
        image, label = images.load(index)
        assert np.all(image == (255 if images.label_names[label] == "white" else 0))


def test_a_stray_image_beside_the_classes_is_left_out_and_named(folder, caplog):
    save(folder / "stray.png", (8, 8, 3))
    images = images_from_folder(folder, 8)
    assert len(images) == 8 and images.label_names == ("cats", "dogs")
    assert f"{folder / 'stray.png'} lies beside the classes cats, dogs and is left out." in caplog.text


def test_many_images_beside_sub_folders_have_no_classes_and_it_is_said(folder, caplog):
    for number in range(4):
        save(folder / f"{number}.png", (8, 8, 3))
    images = images_from_folder(folder, 8)
    assert len(images) == 12 and images.labels is None and images.num_classes == 0
    assert images.load(0)[1] == -1
    assert "2.png ... lie beside sub-folders (cats, dogs): the images have no classes. Move them" in caplog.text


def test_one_image_beside_one_sub_folder_is_none_of_a_class(tmp_path, caplog):
    save(tmp_path / "more" / "a.png", (8, 8, 3))
    save(tmp_path / "b.png", (8, 8, 3))
    images = images_from_folder(tmp_path, 8)
    assert len(images) == 2 and images.labels is None
    assert "b.png lies beside sub-folders (more): the images have no classes. Move it" in caplog.text


def test_classes_without_images_are_named(folder, caplog):
    (folder / "birds").mkdir()
    (folder / ".hidden").mkdir()
    (folder / "fish").mkdir()
    (folder / "fish" / "a.png").write_bytes(b"not an image")
    images = images_from_folder(folder, 8)
    assert images.label_names == ("cats", "dogs")
    assert f"{folder / 'birds'}: contains no images" in caplog.text
    assert f"{folder / 'fish'}: none of its images can be read" in caplog.text
    assert len(caplog.records) == 2


def test_a_single_image(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no")
    with pytest.raises(ImageError, match=r"The only image cannot be read: .*a\.png"):
        images_from_folder(tmp_path, 8)
    with pytest.raises(ImageError, match="One image cannot be divided"):
        ImageArray(np.zeros((1, 4, 4, 3), np.uint8)).split(1)


def test_a_folder_without_a_good_image(tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"no")
    with pytest.raises(ImageError, match=r"None of the 2 images can be read; the first: .*a\.png"):
        images_from_folder(tmp_path, 8)
    with pytest.raises(ImageError, match="no such file or folder"):
        load_image_array(tmp_path / "missing")


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("own", [1, 3, 4])
def test_channels(own, channels):
    image = np.full((6, 10, own), 200, np.uint8)
    if own == 4:
        image[..., 3] = 0  # all transparent: white where alpha is dropped
    result = square(image, 4, channels)
    assert result.shape == (4, 4, channels)
    color = 255 if own == 4 and channels != 4 else 200
    if own != 4 or channels != 4:
        np.testing.assert_allclose(result[..., : min(channels, 3)], color, atol=1)
    if channels == 4:
        assert np.all(result[..., 3] == (0 if own == 4 else 255))


def test_the_square_is_the_center():
    image = np.zeros((4, 8, 1), np.uint8)
    image[:, 2:6] = 255
    np.testing.assert_array_equal(square(image, 4, 1), np.full((4, 4, 1), 255))


def test_archives(tmp_path):
    images, labels = RANDOM.integers(0, 256, (5, 28, 28), np.uint8), np.array([0, 2, 1, 1, 0], np.uint8)
    np.savez(tmp_path / "one.npz", x=images[:2], y=labels[:2])
    np.savez_compressed(tmp_path / "two.npz", x_train=images[2:], y_train=labels[2:])
    read = images_from_npz([tmp_path / "one.npz", tmp_path / "two.npz"])
    np.testing.assert_array_equal(read.images, images[..., None])
    np.testing.assert_array_equal(read.labels, labels)
    assert read.label_names == ("0", "1", "2")
    small = load_image_array(tmp_path / "one.npz", image_size=14, channels=3)
    assert small.images.shape == (2, 14, 14, 3)
    np.savez(tmp_path / "wide.npz", images=RANDOM.integers(0, 256, (2, 10, 20, 3), np.uint8))
    wide = load_image_array(tmp_path / "wide.npz")
    assert wide.image_shape == (10, 10, 3) and wide.labels is None


def test_archives_that_hold_something_else(tmp_path):
    np.savez(tmp_path / "names.npz", pictures=np.zeros((2, 4, 4), np.uint8))
    with pytest.raises(ImageError, match="images, x, x_train, but pictures"):
        images_from_npz(tmp_path / "names.npz")
    np.savez(tmp_path / "floats.npz", x=np.zeros((2, 4, 4)))
    with pytest.raises(ImageError, match="must be uint8.*float64"):
        images_from_npz(tmp_path / "floats.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK broken")
    with pytest.raises(ImageError, match="cannot be read"):
        images_from_npz(tmp_path / "broken.npz")
    with pytest.raises(ImageError, match="no such file"):
        images_from_npz(tmp_path / "missing.npz")
    np.savez(tmp_path / "pickle.npz", x=np.array([{}], object))
    with pytest.raises(ImageError, match="cannot be read"):
        images_from_npz(tmp_path / "pickle.npz")


def test_split_holds_back_without_loss():
    array = ImageArray(np.arange(20, dtype=np.uint8).reshape(20, 1, 1, 1), np.arange(20) % 3)
    train, held_back = array.split(6, seed=1)
    assert (len(train), len(held_back)) == (14, 6)
    values = np.concatenate([train.images, held_back.images]).ravel()
    assert sorted(values) == list(range(20))
    for part in (train, held_back):
        np.testing.assert_array_equal(part.images.ravel() % 3, part.labels)
        assert part.num_classes == 3
    assert held_back.images.ravel().tolist() != array.split(6, seed=2)[1].images.ravel().tolist()
    with pytest.raises(ImageError, match="1 to 19 can be held back, not 20"):
        array.split(20)


def test_arrays_that_are_no_images():
    with pytest.raises(ImageError, match="float64"):
        ImageArray(np.zeros((2, 4, 4, 3)))
    with pytest.raises(ImageError, match=r"shape \(2,\), at least 0"):
        ImageArray(np.zeros((2, 4, 4, 3), np.uint8), [0, -1])
    with pytest.raises(ImageError, match="Label 5 has no name"):
        ImageArray(np.zeros((2, 4, 4, 3), np.uint8), [0, 5], ("a", "b"))
