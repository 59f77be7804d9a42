"""Reading, writing and converting images."""

import errno
import io
import os
import stat
import subprocess
import sys
import threading
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from tfstyle import images
from tfstyle.images import ImageError, load_image, save_image

SIZES = [(1, 1), (3, 400), (17, 24)]  # height, width


def smooth_rgb(height=17, width=24):
    """Red grows to the right, green downwards, blue is constant: lossy formats keep it within a few steps."""
    rows, columns = np.mgrid[:height, :width]
    red, green = np.minimum(40 + 3 * columns, 200), np.minimum(60 + 4 * rows, 200)
    return np.stack([red, green, np.full_like(red, 90)], axis=-1).astype(np.uint8)


def noise(height=16, width=16, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def largest_difference(first, second):
    assert first.shape == second.shape
    return np.abs(first.astype(int) - second.astype(int)).max()


def write(path, array_or_picture, file_format=None, **options):
    picture = array_or_picture if isinstance(array_or_picture, Image.Image) else Image.fromarray(array_or_picture)
    picture.save(path, file_format, **options)
    return path


# Formats and modes


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("extension", "options", "tolerance"),
    [
        ("png", {}, 0),
        ("bmp", {}, 0),
        ("tiff", {}, 0),
        ("tiff", {"compression": "tiff_lzw"}, 0),
        ("webp", {"lossless": True}, 0),
        ("webp", {"quality": 95}, 12),
        ("jpg", {"quality": 95}, 6),
        ("jpg", {"quality": 95, "progressive": True}, 6),
        pytest.param("avif", {"quality": 95}, 12, marks=pytest.mark.skipif(not features.check("avif"), reason="AVIF")),
    ],
)
def test_rgb_in_every_format(tmp_path, size, extension, options, tolerance):
    expected = smooth_rgb(*size)
    loaded = load_image(write(tmp_path / f"image.{extension}", expected, **options))
    assert loaded.dtype == np.uint8
    assert largest_difference(loaded, expected) <= tolerance
    loaded[0, 0] = 0  # writable


SOME_COLORS = np.array([[[40, 60, 90], [190, 180, 90], [120, 90, 70], [100, 100, 100]]], np.uint8)


def grey_ramp():
    return np.linspace(0, 255, 24).astype(np.uint8)[None].repeat(5, axis=0)


def palette_picture():
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 100, 50])
    picture.putpixel((1, 0), 1)
    return picture


@pytest.mark.parametrize(
    ("name", "picture", "expected", "tolerance"),
    [
        ("grey.png", Image.fromarray(grey_ramp()), grey_ramp(), 0),
        ("grey.jpg", Image.fromarray(grey_ramp()), grey_ramp(), 6),
        ("grey.tif", Image.fromarray(grey_ramp()), grey_ramp(), 0),
        ("bit.png", Image.fromarray(grey_ramp() > 99), (grey_ramp() > 99) * 255, 0),
        ("bit.tif", Image.fromarray(grey_ramp() > 99), (grey_ramp() > 99) * 255, 0),
        ("palette.png", palette_picture(), [[[10, 20, 30], [200, 100, 50]]], 0),
        ("palette.gif", palette_picture(), [[[10, 20, 30], [200, 100, 50]]], 0),
        ("palette.bmp", palette_picture(), [[[10, 20, 30], [200, 100, 50]]], 0),
        ("ycbcr.tif", Image.fromarray(smooth_rgb()).convert("YCbCr"), smooth_rgb(), 3),
        ("cmyk.tif", Image.fromarray(smooth_rgb()).convert("CMYK"), smooth_rgb(), 1),
        # Pillow writes CMYK as Adobe does, inverted.
        ("cmyk.jpg", Image.fromarray(smooth_rgb()).convert("CMYK"), smooth_rgb(), 12),
        ("lab.tif", Image.fromarray(SOME_COLORS).convert("LAB"), SOME_COLORS, 3),
    ],
)
def test_modes(tmp_path, name, picture, expected, tolerance):
    expected = np.array(expected, dtype=np.uint8)
    if expected.ndim == 2:
        expected = np.stack([expected] * 3, axis=-1)
    path = write(tmp_path / name, picture)
    with Image.open(path) as written:
        assert written.mode == picture.mode or (picture.mode, written.mode) == ("1", "L")
    assert largest_difference(load_image(path), expected) <= tolerance


def half_transparent_palette():
    picture = palette_picture()
    picture.info["transparency"] = bytes([255, 51])
    return picture


# Color, alpha and the color on white: white * (1 - alpha / 255) + color * alpha / 255, by hand.
@pytest.mark.parametrize(
    ("name", "picture", "options", "rgba", "on_white"),
    [
        ("rgba.png", Image.new("RGBA", (1, 1), (0, 100, 200, 51)), {}, (0, 100, 200, 51), (204, 224, 244)),
        ("rgba.tif", Image.new("RGBA", (1, 1), (0, 100, 200, 51)), {}, (0, 100, 200, 51), (204, 224, 244)),
        (
            "rgba.webp",
            Image.new("RGBA", (1, 1), (0, 100, 200, 51)),
            {"lossless": True},
            (0, 100, 200, 51),
            (204, 224, 244),
        ),
        ("empty.png", Image.new("RGBA", (1, 1), (0, 0, 0, 0)), {}, (0, 0, 0, 0), (255, 255, 255)),
        ("la.png", Image.new("LA", (1, 1), (100, 51)), {}, (100, 100, 100, 51), (224, 224, 224)),
        (
            "palette.png",
            half_transparent_palette().crop((1, 0, 2, 1)),
            {"transparency": bytes([255, 51])},
            (200, 100, 50, 51),
            (244, 224, 214),
        ),
        ("index.gif", palette_picture(), {"transparency": 0}, (10, 20, 30, 0), (255, 255, 255)),
        ("key.png", Image.new("RGB", (1, 1), (1, 2, 3)), {"transparency": (1, 2, 3)}, (1, 2, 3, 0), (255, 255, 255)),
        ("grey_key.png", Image.new("L", (1, 1), 7), {"transparency": 7}, (7, 7, 7, 0), (255, 255, 255)),
        ("opaque.png", Image.new("RGB", (1, 1), (1, 2, 3)), {}, (1, 2, 3, 255), (1, 2, 3)),
        ("opaque_grey.png", Image.new("L", (1, 1), 7), {}, (7, 7, 7, 255), (7, 7, 7)),
    ],
)
def test_transparency(tmp_path, name, picture, options, rgba, on_white):
    path = write(tmp_path / name, picture, **options)
    with_alpha = load_image(path, keep_alpha=True)
    assert with_alpha.shape[2] == 4
    np.testing.assert_array_equal(with_alpha[0, 0], rgba)
    np.testing.assert_array_equal(load_image(path)[0, 0], on_white)


def test_transparent_value_of_16_bit_grey(tmp_path):
    path = write(tmp_path / "key.png", np.array([[1000, 65535]], np.uint16), transparency=1000)
    np.testing.assert_array_equal(load_image(path, keep_alpha=True)[0, :, 3], [0, 255])


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("16.png", np.array([[0, 1000, 30000, 65535]], np.uint16), [0, 4, 117, 255]),
        ("16.tif", np.array([[0, 1000, 30000, 65535]], np.uint16), [0, 4, 117, 255]),
        ("16_dark.png", np.array([[0, 100, 200, 257]], np.uint16), [0, 0, 1, 1]),  # 16 bits remain 16 bits
        ("32_as_8.tif", np.array([[0, 1, 100, 255]], np.int32), [0, 1, 100, 255]),
        ("32_as_16.tif", np.array([[0, 1000, 30000, 65535]], np.int32), [0, 4, 117, 255]),
        ("32.tif", np.array([[-100, 0, 100, 100000]], np.int32), [0, 0, 1, 255]),
        ("float.tif", np.array([[0, 0.1, 0.5, 0.6]], np.float32), [0, 26, 128, 153]),  # not stretched
        ("float_wide.tif", np.array([[-10, 0, 10, 30]], np.float32), [0, 64, 128, 255]),  # stretched
        ("float_flat.tif", np.array([[7, 7]], np.float32), [0, 0]),
    ],
)
def test_deep_images_are_scaled_not_clipped(tmp_path, name, values, expected):
    loaded = load_image(write(tmp_path / name, values))
    np.testing.assert_array_equal(loaded[0], np.stack([expected] * 3, axis=-1))


def test_float_tiff_with_nan(tmp_path):
    path = write(tmp_path / "nan.tif", np.array([[0, np.nan]], np.float32))
    with pytest.raises(ImageError, match=r"nan\.tif: holds values that are not finite"):
        load_image(path)


def png_bytes(color_type, bit_depth, width, height, rows):
    """A PNG written by hand, for what Pillow reads but does not write."""

    def chunk(name, data):
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([bit_depth, color_type, 0, 0, 0])
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_16_bit_rgb_png(tmp_path):
    path = tmp_path / "deep.png"
    row = np.array([0, 1000, 30000, 65535, 65535, 0], ">u2").tobytes()
    path.write_bytes(png_bytes(2, 16, 2, 1, [row]))
    assert largest_difference(load_image(path), np.array([[[0, 4, 117], [255, 255, 0]]])) <= 1


def test_first_frame_of_several(tmp_path):
    frames = [Image.new("RGB", (4, 3), color) for color in ((255, 0, 0), (0, 255, 0))]
    for name in ("film.gif", "film.png", "pages.tif", "film.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        np.testing.assert_array_equal(load_image(tmp_path / name)[0, 0], (255, 0, 0))


def test_format_is_told_from_content_not_name(tmp_path):
    path = write(tmp_path / "photo.jpg", smooth_rgb(), "PNG")
    np.testing.assert_array_equal(load_image(str(path)), smooth_rgb())


# Orientation and color profiles

# What has to be done to the stored array so that it stands upright, by the EXIF standard.
UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).swapaxes(0, 1),
    8: lambda stored: np.rot90(stored, 1),
}


@pytest.mark.parametrize("extension", ["png", "tif", "webp", "jpg"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation(tmp_path, extension, orientation):
    stored = smooth_rgb(16, 32)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if extension == "webp" else {}
    path = write(tmp_path / f"turned.{extension}", stored, exif=exif, **options)
    expected = UPRIGHT[orientation](stored)
    assert largest_difference(load_image(path), expected) <= (8 if extension == "jpg" else 0)


def test_orientation_of_16_bit_grey_and_of_alpha(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = write(tmp_path / "deep.png", np.array([[0, 65535]], np.uint16), exif=exif)
    np.testing.assert_array_equal(load_image(path)[:, 0, 0], [0, 255])
    stored = noise(2, 3, 4)
    path = write(tmp_path / "alpha.png", stored, exif=exif)
    np.testing.assert_array_equal(load_image(path, keep_alpha=True), np.rot90(stored, -1))


def test_damaged_exif_is_ignored(tmp_path):
    path = write(tmp_path / "photo.png", smooth_rgb(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    np.testing.assert_array_equal(load_image(path), smooth_rgb())


def profile_with_swapped_primaries():
    """The sRGB profile with the red and green primaries exchanged: red in the file is green to the eye."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert profile.count(b"rXYZ") == profile.count(b"gXYZ") == 1
    return profile.replace(b"rXYZ", b"tmp_").replace(b"gXYZ", b"rXYZ").replace(b"tmp_", b"gXYZ")


@pytest.mark.parametrize("name", ["p3.png", "p3.tif", "p3.jpg"])
def test_color_profile_is_applied(tmp_path, name):
    red = Image.new("RGB", (8, 8), (200, 30, 30))
    path = write(tmp_path / name, red, icc_profile=profile_with_swapped_primaries())
    assert largest_difference(load_image(path)[0, 0], np.array([30, 200, 30])) <= 4


def test_color_profile_with_alpha_and_palette(tmp_path):
    profile = profile_with_swapped_primaries()
    path = write(tmp_path / "alpha.png", Image.new("RGBA", (2, 2), (200, 30, 30, 77)), icc_profile=profile)
    loaded = load_image(path, keep_alpha=True)[0, 0]
    assert largest_difference(loaded, np.array([30, 200, 30, 77])) <= 1
    picture = palette_picture()
    path = write(tmp_path / "palette.png", picture, icc_profile=profile)
    assert largest_difference(load_image(path), np.array([[[20, 10, 30], [100, 200, 50]]])) <= 1


def test_srgb_profile_changes_nothing(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = write(tmp_path / "srgb.png", noise(), icc_profile=profile)
    np.testing.assert_array_equal(load_image(path), noise())


def test_rgb_profile_in_a_grey_file_is_applied(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    # Two red primaries and no green one: whatever has as much of both turns reddish.
    profile = profile[: green + 4] + profile[red + 4 : red + 8] + profile[green + 8 :]
    path = write(tmp_path / "grey.png", np.full((4, 4), 100, np.uint8), icc_profile=profile)
    red, green, _ = load_image(path)[0, 0].astype(int)
    assert red > green + 30


@pytest.mark.parametrize("profile", [b"not a profile", b"\0" * 200, b"cut off"])
def test_damaged_or_unfitting_profile_is_ignored(tmp_path, profile):
    if profile == b"cut off":
        profile = profile_with_swapped_primaries()[:150]
    path = write(tmp_path / "photo.png", noise(), icc_profile=profile)
    np.testing.assert_array_equal(load_image(path), noise())


def test_profile_of_another_color_space_is_ignored(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    path = write(tmp_path / "photo.png", noise(), icc_profile=lab)
    np.testing.assert_array_equal(load_image(path), noise())


# Files that cannot be read


def truncated(extension, keep):
    buffer = io.BytesIO()
    Image.fromarray(noise(64, 64)).save(buffer, {"jpg": "JPEG", "tif": "TIFF"}.get(extension, extension))
    return buffer.getvalue()[: int(len(buffer.getvalue()) * keep)]


def with_wrong_checksum():
    data = bytearray(truncated("png", 1))
    data[data.index(b"IHDR") + 5] ^= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.jpg", b"", "is empty"),
        ("text.png", b"hello, this is not an image at all", "not an image"),
        ("page.jpg", b"<!DOCTYPE html><html>404</html>", "not an image"),
        ("zeros.png", bytes(1000), "not an image"),
        ("cut.jpg", truncated("jpg", 0.5), "damaged or incomplete"),
        ("cut.png", truncated("png", 0.5), "damaged or incomplete"),
        ("cut.webp", truncated("webp", 0.5), "damaged|not an image"),
        ("cut.gif", truncated("gif", 0.5), "damaged or incomplete"),
        ("cut.bmp", truncated("bmp", 0.5), "damaged or incomplete"),
        ("cut.tif", truncated("tif", 0.5), "damaged|not an image"),
        ("signature.png", b"\x89PNG\r\n\x1a\n", "damaged|not an image"),
        ("start.jpg", b"\xff\xd8\xff\xe0", "damaged|not an image"),
        ("checksum.png", with_wrong_checksum(), "damaged|not an image"),
        ("nothing.png", png_bytes(2, 8, 0, 0, []), "damaged|not an image"),
        ("vector.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not an image"),  # would run Ghostscript
    ],
)
def test_broken_files(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ImageError, match=message) as error:
            load_image(path)
    text = str(error.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    with pytest.raises(ImageError):
        images.read_tags(path)


@pytest.mark.parametrize("extension", ["png", "jpg", "webp", "gif", "bmp", "tif"])
def test_randomly_damaged_files_give_an_image_or_an_image_error(tmp_path, extension):
    """No other exception, no warning."""
    generator = np.random.default_rng(0)
    whole = np.frombuffer(truncated(extension, 1), np.uint8)
    path = tmp_path / f"damaged.{extension}"
    num_refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(40):
            data = whole.copy()
            # Half of the damage in the header, where it has the more varied consequences.
            data[generator.integers(0, 64, 3)] = generator.integers(0, 256, 3)
            data[generator.integers(0, len(data), 3)] = generator.integers(0, 256, 3)
            path.write_bytes(data.tobytes())
            try:
                assert load_image(path, max_pixels=10**6).dtype == np.uint8
            except ImageError:
                num_refused += 1
    assert num_refused > 0


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(ImageError, match=r"missing\.png: no such file"):
        load_image(tmp_path / "missing.png")
    with pytest.raises(ImageError, match="is a folder"):
        load_image(tmp_path)
    path = write(tmp_path / "photo.png", smooth_rgb())
    with pytest.raises(ImageError, match=r"cannot be read \(Not a directory\)"):
        load_image(path / "photo.png")


def test_unreadable_file(tmp_path, monkeypatch):
    path = write(tmp_path / "secret.png", smooth_rgb())

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(images, "open", refuse, raising=False)  # file modes do not bind an administrator
    with pytest.raises(ImageError, match=r"secret\.png: cannot be read \(Permission denied\)"):
        load_image(path)


def test_memory_error(tmp_path, monkeypatch):
    path = write(tmp_path / "photo.png", smooth_rgb())

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    with pytest.raises(ImageError, match=r"photo\.png: not enough memory"):
        load_image(path)


def test_too_many_pixels(tmp_path):
    path = write(tmp_path / "photo.png", smooth_rgb(10, 20))
    with pytest.raises(ImageError, match=r"more than 199 pixels.*max_pixels"):
        load_image(path, max_pixels=199)
    assert load_image(path, max_pixels=200).shape == (10, 20, 3)
    assert load_image(path, max_pixels=None).shape == (10, 20, 3)


def test_decompression_bomb_is_refused_before_decoding(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_bytes(0, 8, 60000, 60000, []))  # 3.6 gigapixels promised
    assert images.DEFAULT_MAX_PIXELS == 150_000_000, "README.md and README.zh-CN.md say so"
    for limit, words in (
        (images.DEFAULT_MAX_PIXELS, "150 million"),
        (10**9, "1000 million"),
        (10**9 + 1, "1000000001"),
    ):
        with pytest.raises(ImageError, match=rf"bomb\.png: has more than {words} pixels"):
            load_image(path, max_pixels=limit)


def test_raised_limit_goes_beyond_pillows_own(tmp_path, monkeypatch):
    path = write(tmp_path / "photo.tif", smooth_rgb(10, 20))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    with pytest.raises(ImageError, match="more than 100 pixels"):
        load_image(path, max_pixels=100)
    assert load_image(path, max_pixels=None).shape == (10, 20, 3)
    assert load_image(path, max_pixels=1000).shape == (10, 20, 3)
    assert Image.MAX_IMAGE_PIXELS == 50


def test_no_pillow_warning_leaks_and_settings_come_back(tmp_path, monkeypatch):
    path = write(tmp_path / "photo.png", smooth_rgb(10, 20))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 150)  # 200 pixels: Pillow warns, up to 300
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        filters = list(warnings.filters)
        with pytest.raises(Image.DecompressionBombWarning):
            Image.open(path)
        assert load_image(path, max_pixels=250).shape == (10, 20, 3)
        assert warnings.filters == filters
    assert Image.MAX_IMAGE_PIXELS == 150


def test_many_threads(tmp_path):
    path = write(tmp_path / "photo.png", noise(64, 64))
    filters, limit = list(warnings.filters), Image.MAX_IMAGE_PIXELS
    results = []
    readers = [
        threading.Thread(target=lambda limit=limit: results.append(load_image(path, max_pixels=limit)))
        for limit in [None, 10**6] * 8
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(results) == 16
    assert all(np.array_equal(result, noise(64, 64)) for result in results)
    assert (warnings.filters, Image.MAX_IMAGE_PIXELS) == (filters, limit)


# Writing

LOSSLESS = ["png", "tif", "tiff", "bmp"]
LOSSY = ["jpg", "jpeg", "webp", "JPG"]


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
        ("image.png", np.full((2, 2, 3), np.nan), {}, "12 of 12 values are not numbers"),
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
    with pytest.raises(ImageError, match=r"exists already.*overwrite=True"):
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
            patch.setattr(images, "open", fail_with(error), raising=False)
        elif step == "write":
            patch.setattr(images, "open", FullDisk, raising=False)
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


@pytest.mark.parametrize("extension", ["png", "jpg", "webp", "tif"])
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


def test_bmp_goes_without_tags(tmp_path):
    save_image(tmp_path / "image.bmp", noise(), tags={"Software": "tfstyle"})
    assert images.read_tags(tmp_path / "image.bmp") == {}


def test_tags_of_other_programs(tmp_path):
    exif = Image.Exif()
    exif[0x0131] = "Köln".encode("latin-1")
    exif[0x010E] = 7  # a number where a text belongs
    path = write(tmp_path / "image.jpg", noise(), exif=exif)
    assert images.read_tags(path)["Software"] == "Köln"
    assert images.read_tags(write(tmp_path / "exif.png", noise(), exif=exif))["Software"] == "Köln"


# Value ranges


def test_uint8_to_float_and_back():
    values = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    floats = images.to_float(values)
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(floats, (np.arange(256) / 255).astype(np.float32).reshape(16, 16, 1))
    for dtype in (np.float16, np.float32, np.float64):
        np.testing.assert_array_equal(images.to_uint8(floats.astype(dtype)), values)
    np.testing.assert_array_equal(images.to_uint8(values), values)
    np.testing.assert_array_equal(images.to_float(floats), floats)


def test_to_uint8_rounds_and_clips():
    values = np.array([0.4, 0.6, 1.4, 1.6, 254.4, 254.6, -300.0, 300.0, np.inf, -np.inf]) / 255
    np.testing.assert_array_equal(images.to_uint8(values), [0, 1, 1, 2, 254, 255, 0, 255, 255, 0])


def test_bfloat16():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = np.array([0, 0.5, 1]).astype(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(images.to_uint8(values), [0, 128, 255])
    np.testing.assert_array_equal(images.to_float(values), [0, 0.5, 1])


def test_conversions_refuse_what_they_cannot_convert():
    with pytest.raises(ImageError, match="1 of 3 values are not numbers"):
        images.to_uint8(np.array([0, np.nan, 1]))
    for convert in (images.to_uint8, images.to_float):
        for dtype in (np.int64, np.bool_, np.uint16):
            with pytest.raises(ImageError, match=f"dtype={np.dtype(dtype)}"):
                convert(np.zeros((2, 2, 3), dtype))
    for convert in (images.to_signed, images.from_signed):
        with pytest.raises(ImageError, match="dtype=uint8"):  # would wrap around silently
            convert(noise())


def test_signed_range():
    values = np.array([0, 0.25, 0.5, 1], np.float32)
    signed = images.to_signed(values)
    assert signed.dtype == np.float32
    np.testing.assert_array_equal(signed, [-1, -0.5, 0, 1])
    np.testing.assert_array_equal(images.from_signed(signed), values)


# Sizes


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64])
def test_resize_shape_dtype_and_constant(channels, dtype):
    image = np.full((7, 9, channels), 51, np.uint8)
    image = image if dtype == np.uint8 else images.to_float(image).astype(dtype)
    for height, width in [(1, 1), (3, 20), (14, 2), (7, 9)]:
        resized = images.resize_image(image, height, width)
        assert resized.shape == (height, width, channels)
        assert resized.dtype == dtype
        np.testing.assert_allclose(resized.astype(float), float(image[0, 0, 0]), rtol=1e-3)


def test_resize_is_antialiased():
    checkerboard = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]
    for image, grey in ((checkerboard, 127.5), (images.to_float(checkerboard), 0.5)):
        small = images.resize_image(image, 13, 13)  # no divisor of 64: picking pixels gives 0 and 255
        assert np.abs(small.astype(float) - grey).max() < 0.05 * 2 * grey


def test_resize_of_floats_agrees_with_uint8():
    image = smooth_rgb(20, 30)
    for size in ((7, 11), (33, 50)):
        floats = images.resize_image(images.to_float(image), *size)
        assert largest_difference(images.to_uint8(floats), images.resize_image(image, *size)) <= 1


def test_resize_of_floats_stays_in_range():
    edge = np.zeros((16, 16, 3), np.float32)
    edge[:, 8:] = 1
    for height, width in ((40, 40), (7, 7)):
        resized = images.resize_image(edge, height, width)
        assert resized.min() >= 0
        assert resized.max() <= 1
    signed = images.resize_image(images.to_signed(edge), 7, 7)
    assert signed.min() < -0.9


@pytest.mark.parametrize("as_float", [False, True])
def test_transparent_colors_do_not_bleed(as_float):
    image = np.zeros((8, 8, 4), np.uint8)
    image[:, :4] = (200, 100, 50, 255)
    image[:, 4:] = (0, 255, 0, 0)  # green, but invisible
    resized = images.resize_image(images.to_float(image) if as_float else image, 3, 3)
    resized = images.to_uint8(resized)
    assert 0 < resized[1, 1, 3] < 255
    assert largest_difference(resized[:, :2, :3], np.broadcast_to([200, 100, 50], (3, 2, 3))) <= 2


@pytest.mark.parametrize(
    ("height", "width", "size", "expected"),
    [
        (100, 200, 50, (25, 50)),
        (200, 100, 50, (50, 25)),
        (3, 400, 40, (1, 40)),
        (3, 400, 800, (6, 800)),
        (1, 400, 10, (1, 10)),
        (1, 1, 64, (64, 64)),
        (33, 50, 25, (16, 25)),  # 16.5
        (34, 50, 24, (16, 24)),  # 16.32
        (35, 50, 24, (17, 24)),  # 16.8
    ],
)
def test_resize_longest_side(height, width, size, expected):
    assert images.resize_longest_side(noise(height, width), size).shape == (*expected, 3)


def test_resize_refuses():
    for height, width in ((0, 5), (5, 0), (-1, 5)):
        with pytest.raises(ImageError, match=f"height={height}, width={width}"):
            images.resize_image(noise(), height, width)
    with pytest.raises(ImageError, match="size=0"):
        images.resize_longest_side(noise(), 0)
    with pytest.raises(ImageError, match=r"images\[0\]"):
        images.resize_image(noise()[None], 4, 4)


# Lists, grids, sheets


def test_list_images(tmp_path):
    names = ["b.PNG", "a.jpg", "sub/c.webp", "sub/deep/d.tiff", "notes.txt", ".hidden.png", ".cache/e.png", "f.gif"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    everything = ["a.jpg", "b.PNG", "f.gif", "sub/c.webp", "sub/deep/d.tiff"]
    assert images.list_images(tmp_path) == [tmp_path / name for name in everything]
    assert images.list_images(str(tmp_path), recursive=False) == [tmp_path / name for name in everything[:3]]
    assert images.list_images(tmp_path / "a.jpg") == [tmp_path / "a.jpg"]
    assert images.list_images(tmp_path / ".cache") == [tmp_path / ".cache" / "e.png"]
    several = [tmp_path / "sub", tmp_path / "notes.txt", tmp_path / "sub" / "c.webp"]
    assert images.list_images(several) == [tmp_path / name for name in ("notes.txt", "sub/c.webp", "sub/deep/d.tiff")]


def test_list_images_refuses(tmp_path):
    with pytest.raises(ImageError, match="missing: no such file or folder"):
        images.list_images(tmp_path / "missing")
    with pytest.raises(ImageError, match=r"missing\.png: no such file"):
        images.list_images([tmp_path / "missing.png"])
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ImageError, match=r"no images found.*\.jpg"):
        images.list_images(tmp_path)
    with pytest.raises(ImageError, match="an empty list: no images found"):
        images.list_images([])


@pytest.mark.parametrize("as_float", [False, True])
def test_image_grid(as_float):
    batch = np.stack([np.full((2, 3, 1), value, np.uint8) for value in (10, 20, 30, 40, 50)])
    white = 255
    if as_float:
        batch, white = images.to_float(batch), 1
    grid = images.image_grid(batch)
    assert grid.dtype == batch.dtype
    assert grid.shape == (2 * 2 + 2, 3 * 3 + 2 * 2, 1)
    np.testing.assert_array_equal(grid[0:2, 5:8], batch[1])
    np.testing.assert_array_equal(grid[4:6, 0:3], batch[3])
    assert (grid[2:4] == white).all()
    assert (grid[:, 3:5] == white).all()
    assert (grid[4:6, 10:] == white).all()  # the sixth place is empty
    assert images.image_grid(batch, num_columns=5, gap=0).shape == (2, 15, 1)
    assert images.image_grid(batch, num_columns=9, gap=1).shape == (2, 19, 1)
    assert images.image_grid(batch[:1]).shape == (2, 3, 1)


def test_image_grid_refuses():
    with pytest.raises(ImageError, match=r"shapes=\[\]"):
        images.image_grid([])
    with pytest.raises(ImageError, match="images of one size"):
        images.image_grid([noise(2, 2), noise(2, 3)])
    for options in ({"num_columns": 0}, {"gap": -1}):
        with pytest.raises(ImageError, match="Received: num_columns"):
            images.image_grid(noise()[None], **options)


def test_contact_sheet():
    pictures = [
        np.zeros((60, 96, 3), np.uint8),
        np.full((30, 48, 1), 0.5, np.float32),
        np.concatenate([noise(), np.zeros((16, 16, 1), np.uint8)], axis=-1),  # wholly transparent
    ]
    sheet = images.contact_sheet(pictures, ["waves", "half\ngrey", ""], num_columns=3)
    assert sheet.dtype == np.uint8
    assert sheet.ndim == 3
    margin = 4
    assert (sheet[margin : margin + 60, margin : margin + 96] == 0).all()
    second = margin + 96 + margin
    np.testing.assert_array_equal(sheet[margin + 15 : margin + 45, second + 24 : second + 72], 128)
    third = second + 96 + margin
    assert (sheet[:, third:] == 255).all()
    assert (sheet[margin + 60 :, margin : margin + 96] < 100).any()  # the label
    titled = images.contact_sheet(pictures, ["waves", "half\ngrey", ""], num_columns=3, title="Styles")
    extra = len(titled) - len(sheet)
    assert extra > 0
    np.testing.assert_array_equal(titled[margin + extra :], sheet[margin:])
    assert (titled[:extra] < 100).any()


def test_contact_sheet_cuts_long_labels():
    pictures = [np.full((20, 60, 3), 255, np.uint8)] * 2
    sheet = images.contact_sheet(pictures, ["W" * 200, ""], num_columns=2, title="T" * 500)
    short = images.contact_sheet(pictures, ["W", ""], num_columns=2, title="T")
    assert sheet.shape == short.shape
    assert (sheet[-15:, 66:] == 255).all()  # nothing runs into the neighbor

    def label_of(text):
        return images.contact_sheet(pictures, [text, ""], num_columns=2)

    assert any(np.array_equal(label_of("W" * 200), label_of("W" * count + "…")) for count in range(3, 9))


def test_contact_sheet_breaks_a_label_at_an_underscore():
    pictures = [np.full((20, 90, 3), 255, np.uint8)] * 2
    margin = 4

    def below(*labels):
        """What stands below the first picture."""
        return images.contact_sheet(pictures, labels, num_columns=2)[margin + 20 : -margin, margin : margin + 90]

    names = ("matisse_woman_", "with_hat_1905")
    first, second = (below(name, "") for name in names)
    np.testing.assert_array_equal(below("".join(names), ""), np.concatenate([first, second]))
    # The other label stands in the first of the two lines.
    one_line = below("waves", "")
    np.testing.assert_array_equal(below("waves", "".join(names))[: len(one_line)], one_line)


def test_contact_sheet_refuses():
    with pytest.raises(ImageError, match="2 images, 1 labels"):
        images.contact_sheet([noise(), noise()], ["one"])
    with pytest.raises(ImageError, match="0 images"):
        images.contact_sheet([], [])
    with pytest.raises(ImageError, match=r"shape=\(16, 16\)"):
        images.contact_sheet([noise()[..., 0]], ["flat"])


def test_module_needs_neither_tensorflow_nor_keras():
    program = (
        "import sys; sys.modules.update(tensorflow=None, keras=None); import numpy as np; "
        "from tfstyle import images; print(images.to_uint8(np.ones((1, 1, 3)))[0, 0, 0])"
    )
    root = Path(__file__).parents[1]
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=False)
    assert (result.stdout.strip(), result.stderr) == ("255", "")
