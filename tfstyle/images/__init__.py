"""Reading, writing and resizing images. File formats and value ranges are converted only here.

An image is a NumPy array of shape `(height, width, channels)` with 1 (gray), 3 (RGB) or 4 (RGBA) channels, in one of
three value ranges: uint8 in [0, 255], as in files; float in [0, 1], the inputs and outputs of style networks; float in
[-1, 1] ("signed"), the output of a generator that ends in tanh. Colors are sRGB, alpha is not premultiplied.
"""

from tfstyle.images.arrays import (
    LUMA_WEIGHTS,
    ImageError,
    as_array,
    check_unit_range,
    from_signed,
    luma,
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
    read_size,
    read_tags,
)
from tfstyle.images.sheets import contact_sheet, image_grid
from tfstyle.images.writing import WITHOUT_ALPHA, WRITE_FORMATS, check_writable, save_animation, save_image

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "EXIF_TAGS",
    "LUMA_WEIGHTS",
    "READ_EXTENSIONS",
    "READ_FORMATS",
    "WITHOUT_ALPHA",
    "WRITE_FORMATS",
    "ImageError",
    "StrPath",
    "as_array",
    "check_unit_range",
    "check_writable",
    "contact_sheet",
    "from_signed",
    "image_grid",
    "list_images",
    "load_image",
    "luma",
    "read_size",
    "read_tags",
    "resize_image",
    "resize_longest_side",
    "save_animation",
    "save_image",
    "to_float",
    "to_signed",
    "to_uint8",
]
