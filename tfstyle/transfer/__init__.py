"""Applying styles to images: feed-forward stylization, optimization, masks, colors, and their evaluation.

`stylize` and `optimize` are modules here; the functions are `tfstyle.stylize` and `tfstyle.optimize`.
"""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # what the table below does at run time, in a form that editors and type checkers read
    from tfstyle.transfer.color import match_color_statistics, preserve_color
    from tfstyle.transfer.compare import ExtractorScore, score_extractor
    from tfstyle.transfer.config import OptimizeConfig
    from tfstyle.transfer.damage import find_damage
    from tfstyle.transfer.evaluate import OptimizationBaseline, StyleScore
    from tfstyle.transfer.generate import generate_images
    from tfstyle.transfer.inversion import Inversion, invert
    from tfstyle.transfer.large import stylize_large
    from tfstyle.transfer.latents import (
        closed_path,
        load_latents,
        save_latents,
        spherical_interpolation,
        truncate,
        vary,
        walk_directions,
    )
    from tfstyle.transfer.masks import load_masks, normalize_masks
    from tfstyle.transfer.mixing import mix_layers, mixing_sheet
    from tfstyle.transfer.restore import colorize, repair, upscale

__all__ = [
    "ExtractorScore",
    "Inversion",
    "OptimizationBaseline",
    "OptimizeConfig",
    "StyleScore",
    "closed_path",
    "colorize",
    "find_damage",
    "generate_images",
    "invert",
    "load_latents",
    "load_masks",
    "match_color_statistics",
    "mix_layers",
    "mixing_sheet",
    "normalize_masks",
    "preserve_color",
    "repair",
    "save_latents",
    "score_extractor",
    "spherical_interpolation",
    "stylize_large",
    "truncate",
    "upscale",
    "vary",
    "walk_directions",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "color": ["match_color_statistics", "preserve_color"],
        "compare": ["ExtractorScore", "score_extractor"],
        "config": ["OptimizeConfig"],
        "damage": ["find_damage"],
        "evaluate": ["OptimizationBaseline", "StyleScore"],
        "generate": ["generate_images"],
        "inversion": ["Inversion", "invert"],
        "large": ["stylize_large"],
        "latents": [
            "closed_path",
            "load_latents",
            "save_latents",
            "spherical_interpolation",
            "truncate",
            "vary",
            "walk_directions",
        ],
        "masks": ["load_masks", "normalize_masks"],
        "mixing": ["mix_layers", "mixing_sheet"],
        "restore": ["colorize", "repair", "upscale"],
    },
)
