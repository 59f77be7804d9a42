"""Writing images, whole or not at all."""

import errno
import io
import os
import stat

import numpy as np
import pytest
from PIL import Image, features

from tests.images.pictures import SIZES, largest_difference, noise, smooth_rgb
from tfstyle import atomic, images
from tfstyle.images import ImageError, load_image, save_image

needs_avif = pytest.mark.skipif(not features.check("avif"), reason="a Pillow without AVIF")
LOSSLESS = ["png", "tif", "tiff", "bmp"]
LOSSY = ["jpg", "jpeg", "webp", "JPG", pytest.param("avif", marks=needs_avif)]


@pytest.mark.parametrize("extension", LOSSLESS + LOSSY)
@pytest.mark.parametrize("size", SIZES)
def test_save_and_load(tmp_path, extension, size):
    path = tmp_path / "new" / "folder" / f"image.{extension}"
    save_image(path, smooth_rgb(*size))
    assert largest_difference(load_image(path), smooth_rgb(*size)) <= (0 if extension in LOSSLESS else 12)
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("extension", ["png", "tif", "bmp", "jpg", "webp"])
@pytest.mark.parametrize("channels", [1, 4])
def test_save_grey_and_alpha(tmp_path, extension, channels):
    path = tmp_path / f"image.{extension}"
    image = np.full((8, 8, channels), 100, np.uint8)
    image[..., -1] = 51
    save_image(path, image)
    if channels == 1:
        expected = (51, 51, 51, 255)
    elif extension in ("jpg", "bmp"):
        expected = (224, 224, 224, 255)  # 255 * 0.8 + 100 * 0.2
    else:
        expected = (100, 100, 100, 51)
    assert largest_difference(load_image(path, keep_alpha=True)[3, 3], np.array(expected)) <= 1


def test_save_rounds_and_clips_floats(tmp_path):
    path = tmp_path / "image.png"
    save_image(path, np.array([[[-0.5, 0.5 / 255 - 1e-5, 0.5 / 255 + 1e-5], [1.5, 254.6 / 255, 99.4 / 255]]]))
    np.testing.assert_array_equal(load_image(path), [[[0, 0, 1], [255, 255, 99]]])


def test_quality(tmp_path):
    for extension in ("jpg", "webp"):
        for quality in (30, 95):
            save_image(tmp_path / f"{quality}.{extension}", noise(32, 32), quality=quality)
        sizes = [(tmp_path / f"{quality}.{extension}").stat().st_size for quality in (30, 95)]
        assert sizes[0] < 0.7 * sizes[1]
    with pytest.raises(ImageError, match="quality=0"):
        save_image(tmp_path / "image.jpg", noise(), quality=0)


def test_jpeg_keeps_the_full_color_resolution(tmp_path):
    stripes = np.zeros((16, 16, 3), np.uint8)
    stripes[:, ::2] = (200, 0, 0)
    stripes[:, 1::2] = (0, 0, 200)
    save_image(tmp_path / "stripes.jpg", stripes)
    assert largest_difference(load_image(tmp_path / "stripes.jpg"), stripes) < 30  # above 100 with 4:2:0


@pytest.mark.parametrize(
    ("name", "image", "options", "message"),
    [
        ("image.xyz", noise(), {}, r"unknown extension '\.xyz'\. Use one of \.png, \.jpg, .*\.bmp"),
        ("image", noise(), {}, "unknown extension ''"),
        ("image.gif", noise(), {}, r"unknown extension '\.gif'"),
        ("image.png", noise()[None], {}, r"images\[0\].*Received: shape=\(1, 16, 16, 3\)"),
        ("image.png", noise()[:, :, 0], {}, r"shape=\(16, 16\)"),
        ("image.png", noise()[:, :, :2], {}, r"shape=\(16, 16, 2\)"),
        ("image.png", noise()[:0], {}, r"shape=\(0, 16, 3\)"),
        ("image.png", noise().astype(int), {}, "dtype=int64"),
        ("image.png", np.full((2, 2, 3), np.nan), {}, "12 of 12 values are NaN"),
        ("image.png", noise(), {"tags": {"Style": "waves"}}, "unknown tags Style. Use Description, Software"),
        ("image.webp", noise(1, 16500), {}, "cannot be written as WEBP"),
        ("image.jpg", noise(1, 70000), {}, "cannot be written as JPEG"),
        ("image.jpg", noise(), {"tags": {"Description": "x" * 70000}}, "cannot be written as JPEG"),
    ],
)
def test_what_cannot_be_saved(tmp_path, name, image, options, message):
    with pytest.raises(ImageError, match=message) as error:
        save_image(tmp_path / name, image, **options)
    assert str(error.value).startswith(str(tmp_path / name))
    assert "\n" not in str(error.value)
    assert os.listdir(tmp_path) == []


def test_existing_files_are_kept_unless_told(tmp_path):
    path = tmp_path / "image.png"
    save_image(path, noise(seed=1))
    with pytest.raises(ImageError, match=r"already exists.*overwrite=True"):
        save_image(path, noise(seed=2))
    np.testing.assert_array_equal(load_image(path), noise(seed=1))
    save_image(path, noise(seed=2), overwrite=True)
    np.testing.assert_array_equal(load_image(path), noise(seed=2))
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ImageError, match="is a folder"):
        save_image(tmp_path / "folder.png", noise(), overwrite=True)
    with pytest.raises(ImageError, match="cannot be written"):
        save_image(path / "image.png", noise())  # its folder is a file


class FullDisk(io.FileIO):
    def write(self, data):
        super().write(bytes(data)[:10])
        raise OSError(errno.ENOSPC, "No space left on device")


def fail_with(error):
    def fail(*_):
        raise error

    return fail


@pytest.mark.parametrize("step", ["open", "write", "fsync", "replace", "interrupt"])
@pytest.mark.parametrize("exists", [False, True])
def test_failed_writing_leaves_everything_as_it_was(tmp_path, monkeypatch, step, exists):
    path = tmp_path / "image.png"
    if exists:
        save_image(path, noise(seed=1))
    before = path.read_bytes() if exists else None
    error = OSError(errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as patch:
        if step == "open":
            patch.setattr(atomic, "open", fail_with(error), raising=False)
        elif step == "write":
            patch.setattr(atomic, "open", FullDisk, raising=False)
        elif step == "interrupt":
            patch.setattr(os, "fsync", fail_with(KeyboardInterrupt()))
        else:
            patch.setattr(os, step, fail_with(error))
        expected = KeyboardInterrupt if step == "interrupt" else ImageError
        with pytest.raises(expected, match=None if step == "interrupt" else "No space left on device.*free space"):
            save_image(path, noise(seed=2), overwrite=True)
    assert os.listdir(tmp_path) == (["image.png"] if exists else [])
    if exists:
        assert path.read_bytes() == before


def test_disk_limit_of_the_system(tmp_path):
    """The real thing: the operating system itself refuses to write on."""
    resource = pytest.importorskip("resource")
    path = tmp_path / "image.bmp"
    save_image(path, noise(4, 4))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(ImageError, match=r"image\.bmp: cannot be written \(File too large\)"):
            save_image(path, noise(64, 64), overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    np.testing.assert_array_equal(load_image(path), noise(4, 4))
    assert os.listdir(tmp_path) == ["image.bmp"]


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_saved_file_has_the_usual_permissions(tmp_path):
    umask = os.umask(0o022)
    try:
        save_image(tmp_path / "image.png", noise())
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "image.png").stat().st_mode) == 0o644


@pytest.mark.parametrize("extension", ["png", "jpg", "webp", "tif", pytest.param("avif", marks=needs_avif)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tags_round_trip(tmp_path, extension, channels):
    path = tmp_path / f"image.{extension}"
    tags = {
        "Software": "tfstyle 1.2",
        "Description": 'styles: Große Welle 波, strength 0.5, {"a": 1}',
        "Author": "Ada",
        "Copyright": "© 2024",
    }
    image = noise(16, 16, channels)
    save_image(path, image, tags=tags)
    assert images.read_tags(path) == tags
    assert load_image(path, keep_alpha=True).shape == (16, 16, 4)
    save_image(path, image, tags={"Software": "only this"}, overwrite=True)
    assert images.read_tags(path) == {"Software": "only this"}
    save_image(path, image, overwrite=True)
    assert images.read_tags(path) == {}


def test_tags_lie_where_other_programs_look(tmp_path):
    tags = {"Software": "tfstyle", "Description": "waves"}
    save_image(tmp_path / "image.png", noise(), tags=tags)
    data = (tmp_path / "image.png").read_bytes()
    assert b"tEXtSoftware\0tfstyle" in data
    assert b"tEXtDescription\0waves" in data
    for name in ("image.jpg", "image.webp", "image.tif"):
        save_image(tmp_path / name, noise(), tags=tags)
        with Image.open(tmp_path / name) as picture:
            exif = picture.getexif()
            assert (exif[0x0131], exif[0x010E]) == ("tfstyle", "waves")


def test_a_pillow_without_avif(tmp_path, monkeypatch):
    Image.init()
    monkeypatch.delitem(Image.SAVE, "AVIF", raising=False)
    with pytest.raises(ImageError, match="cannot be written as AVIF.*Use .png"):
        save_image(tmp_path / "image.avif", noise())


def test_animation(tmp_path):
    frames = [np.full((6, 8, 3), value, np.uint8) for value in (0, 128, 255)]
    images.save_animation(tmp_path / "new" / "film.gif", frames, [100, 100, 500])
    with Image.open(tmp_path / "new" / "film.gif") as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (3, (8, 6), 0)
        film.seek(2)
        assert film.info["duration"] == 500
    assert os.listdir(tmp_path / "new") == ["film.gif"]
    with pytest.raises(ImageError, match=r"already exists"):
        images.save_animation(tmp_path / "new" / "film.gif", frames, [100] * 3)
    with pytest.raises(ImageError, match=r"ends in \.gif"):
        images.save_animation(tmp_path / "film.mp4", frames, [100] * 3)
    with pytest.raises(ImageError, match="Received: 0 frames"):
        images.save_animation(tmp_path / "film.gif", [], [])
    with pytest.raises(ImageError, match="frames of one size"):
        images.save_animation(tmp_path / "film.gif", [frames[0], frames[0][:3]], [1, 1])


def test_an_output_is_checked_before_the_work(tmp_path, monkeypatch):
    images.check_writable(tmp_path / "new" / "folders" / "image.png")
    assert os.listdir(tmp_path) == []
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match=r"image\.png: cannot be written \(.*file is not a folder\)"):
        images.check_writable(tmp_path / "file" / "new" / "image.png")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # permissions do not bind an administrator
    with pytest.raises(ImageError, match=r"image\.png: cannot be written \(no permission to write to .*\)"):
        images.check_writable(tmp_path / "new" / "image.png")


def test_bmp_goes_without_tags(tmp_path):
    save_image(tmp_path / "image.bmp", noise(), tags={"Software": "tfstyle"})
    assert images.read_tags(tmp_path / "image.bmp") == {}
