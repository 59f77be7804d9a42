"""Reading images."""

import errno
import io
import sys
import threading
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from tests.images.pictures import SIZES, largest_difference, noise, smooth_rgb, write
from tfstyle import images
from tfstyle.images import ImageError, load_image, reading

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
        ("jfif", {"quality": 95}, 6),
        ("jp2", {}, 0),
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


@pytest.mark.parametrize(
    ("width", "height", "longest_side", "decoded"),
    [(96, 64, 30, (32, 48)), (96, 64, 12, (16, 24)), (96, 64, 33, (64, 96)), (97, 64, 12, (64, 97))],
)
def test_a_jpeg_that_will_be_small_is_decoded_small(tmp_path, width, height, longest_side, decoded):
    """By a factor that divides both sides, so that the proportions stay; other formats are decoded whole."""
    picture = smooth_rgb(height, width)
    loaded = load_image(write(tmp_path / "image.jpg", picture, quality=95), longest_side=longest_side)
    assert loaded.shape[:2] == decoded
    small = images.resize_longest_side(picture, longest_side)
    assert largest_difference(images.resize_longest_side(loaded, longest_side), small) <= 6
    assert load_image(write(tmp_path / "image.png", picture), longest_side=12).shape == picture.shape


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

    monkeypatch.setattr(reading, "open", refuse, raising=False)  # file modes do not bind an administrator
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


def test_tags_of_other_programs(tmp_path):
    exif = Image.Exif()
    exif[0x0131] = "Köln".encode("latin-1")
    exif[0x010E] = 7  # a number where a text belongs
    path = write(tmp_path / "image.jpg", noise(), exif=exif)
    assert images.read_tags(path)["Software"] == "Köln"
    assert images.read_tags(write(tmp_path / "exif.png", noise(), exif=exif))["Software"] == "Köln"


@pytest.fixture
def heic(tmp_path):
    """A photograph as phones take it. Its container says how it is turned; what EXIF says of it does not count."""
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    return write(tmp_path / "photo.heic", smooth_rgb(16, 32), quality=100, chroma=444, exif=exif)


def test_heic(heic):
    assert largest_difference(load_image(heic), smooth_rgb(16, 32)) <= 12
    assert images.list_images(heic.parent) == [heic]


def test_heic_without_its_package(heic, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match=r'photo\.heic: .* need .*pillow-heif\. Run pip install "tfstyle\[heif\]"'):
        load_image(heic)


def test_damaged_heic(tmp_path):
    pytest.importorskip("pillow_heif")
    (tmp_path / "cut.heic").write_bytes(b"\0\0\0\x1cftypheic" + bytes(50))
    with pytest.raises(ImageError, match=r"cut\.heic: (damaged|not an image)"):
        load_image(tmp_path / "cut.heic")


def test_a_folder_shows_every_file_that_can_be_named():
    pytest.importorskip("pillow_heif").register_heif_opener()
    Image.init()
    readable = {extension for extension, name in Image.registered_extensions().items() if name in images.READ_FORMATS}
    assert set(images.READ_EXTENSIONS) >= readable


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
