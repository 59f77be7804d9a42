"""Files that nobody should upload."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from tests.conftest import draw_photo

PHOTO = draw_photo(24, 32)


def encoded(picture, file_format, **options):
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *chunks):
    """A PNG that says it has this size, whatever it holds."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + data + chunk(b"IEND", b"")


JPEG, PNG = encoded(Image.fromarray(PHOTO), "JPEG"), encoded(Image.fromarray(PHOTO), "PNG")
BOMB = encoded(Image.new("1", (9000, 9000)), "PNG")
LONG_TEXT = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 3_000_000))
NPY = io.BytesIO()
np.save(NPY, np.zeros(4, np.float32))
FRAMES = [Image.fromarray(draw_photo(24, 32, seed)) for seed in range(3)]

# name -> content and what the message says
REFUSED = {
    "empty.png": (b"", "empty"),
    "one_byte.jpg": (b"\xff", "not an image"),
    "text.png": (b"Lorem ipsum dolor sit amet. " * 20, "not an image"),
    "page.jpg": (b"<html><script>alert(1)</script></html>", "not an image"),
    "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not an image"),
    "script.png": (b"#!/bin/sh\nrm -rf /\n", "not an image"),
    "program.gif": (b"MZ" + bytes(300), "not an image"),
    "document.jpg": (b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj", "not an image"),
    "postscript.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n", "not an image"),
    "archive.png": (b"PK\x03\x04" + bytes(200), "not an image"),
    "pickle.npy": (b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.", "not an image"),
    "vector.npy": (NPY.getvalue(), "not an image"),
    "camera.heic": (b"\0\0\0\x18ftypheic" + bytes(100), "HEIF"),
    "bomb.png": (BOMB, "more than 50 million pixels"),
    "claims_billions.png": (png(60_000, 60_000), "more than 50 million pixels"),
    "claims_more.png": (png(2**31 - 1, 2**31 - 1), "pixels"),
    "no_width.png": (png(0, 5), "not an image|damaged"),
    "long_text.png": (png(4, 4, LONG_TEXT), "damaged"),
    "half.jpg": (JPEG[: len(JPEG) // 2], "damaged or incomplete"),
    "half.png": (PNG[: len(PNG) // 2], "damaged or incomplete"),
    "polyglot.gif": (b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", "damaged|not an image"),
    "not_numbers.tif": (encoded(Image.fromarray(np.full((4, 4), np.nan, np.float32)), "TIFF"), "not finite"),
}
# name -> content; these are pictures, if odd ones
ACCEPTED = {
    "deep.png": encoded(Image.fromarray(np.linspace(0, 65535, 24 * 32).reshape(24, 32).astype(np.uint16)), "PNG"),
    "printer.jpg": encoded(Image.fromarray(PHOTO).convert("CMYK"), "JPEG"),
    "animation.gif": encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]),
    "animation.webp": encoded(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]),
    "pages.tif": encoded(FRAMES[0], "TIFF", save_all=True, append_images=FRAMES[1:]),
    "glass.png": encoded(Image.new("RGBA", (32, 24)), "PNG"),
    "palette.png": encoded(Image.fromarray(PHOTO).quantize(8), "PNG", transparency=0),
    "polyglot.jpg": JPEG + b"<script>alert(1)</script>PK\x03\x04" + bytes(50),
    "broken_profile.jpg": encoded(Image.fromarray(PHOTO), "JPEG", icc_profile=b"nonsense", exif=b"Exif\0\0nonsense"),
    "jpeg_named.png": JPEG,
    "pixel.png": encoded(Image.new("RGB", (1, 1), "red"), "PNG"),
    "thread.png": encoded(Image.new("RGB", (900, 1), "red"), "PNG"),
}
