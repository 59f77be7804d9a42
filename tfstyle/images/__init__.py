"""Reading, writing and resizing images: the only place where files and value ranges are converted.

An image is a NumPy array of shape `(height, width, channels)` with 1 (gray), 3 (RGB) or 4 (RGB and alpha) channels, in
one of three ranges: uint8 in [0, 255], as in files; float in [0, 1], as networks for style take and give it; float in
[-1, 1] ("signed"), as a generator ending in tanh gives it. Colors are sRGB, alpha is not premultiplied.
"""

from tfstyle.images.arrays import (
    ImageError,
    from_signed,
    resize_image,
    resize_longest_side,
    to_float,
    to_signed,
    to_uint8,
)
from tfstyle.images.reading import (
    DEFAULT_MAX_PIXELS,
    EXIF_TAGS,
    READ_EXTENSIONS,
    READ_FORMATS,
    StrPath,
    list_images,
    load_image,
    read_tags,
)
from tfstyle.images.sheets import contact_sheet, image_grid
from tfstyle.images.writing import WITHOUT_ALPHA, WRITE_FORMATS, save_image

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "EXIF_TAGS",
    "READ_EXTENSIONS",
    "READ_FORMATS",
    "WITHOUT_ALPHA",
    "WRITE_FORMATS",
    "ImageError",
    "StrPath",
    "contact_sheet",
    "from_signed",
    "image_grid",
    "list_images",
    "load_image",
    "read_tags",
    "resize_image",
    "resize_longest_side",
    "save_image",
    "to_float",
    "to_signed",
    "to_uint8",
]
