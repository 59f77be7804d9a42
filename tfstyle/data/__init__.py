"""Training data."""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # for editors and type checkers: the same as the table below
    from tfstyle.data.affine import random_affine
    from tfstyle.data.augment import draw_augmentations
    from tfstyle.data.captioned_images import CaptionedImages, load_captioned_images
    from tfstyle.data.degradation import DegradedImages
    from tfstyle.data.drawn_scenes import DrawnScenes
    from tfstyle.data.emoji import emoji_group, emoji_groups
    from tfstyle.data.image_array import ImageArray, load_image_array
    from tfstyle.data.image_folder import ImageFolder
    from tfstyle.data.packaged import packaged_photographs
    from tfstyle.data.pairs import ImagePairs
    from tfstyle.data.procedural import procedural_images
    from tfstyle.data.procedural_paintings import procedural_painting
    from tfstyle.data.procedural_styles import procedural_style
    from tfstyle.data.tfds import images_from_tfds

__all__ = [
    "CaptionedImages",
    "DegradedImages",
    "DrawnScenes",
    "ImageArray",
    "ImageFolder",
    "ImagePairs",
    "draw_augmentations",
    "emoji_group",
    "emoji_groups",
    "images_from_tfds",
    "load_captioned_images",
    "load_image_array",
    "packaged_photographs",
    "procedural_images",
    "procedural_painting",
    "procedural_style",
    "random_affine",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "affine": ["random_affine"],
        "augment": ["draw_augmentations"],
        "captioned_images": ["CaptionedImages", "load_captioned_images"],
        "degradation": ["DegradedImages"],
        "drawn_scenes": ["DrawnScenes"],
        "emoji": ["emoji_group", "emoji_groups"],
        "image_array": ["ImageArray", "load_image_array"],
        "image_folder": ["ImageFolder"],
        "packaged": ["packaged_photographs"],
        "pairs": ["ImagePairs"],
        "procedural": ["procedural_images"],
        "procedural_paintings": ["procedural_painting"],
        "procedural_styles": ["procedural_style"],
        "tfds": ["images_from_tfds"],
    },
)
