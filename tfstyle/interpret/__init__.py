"""Figures for notebooks."""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # what the table below does at run time, in a form that editors and type checkers read
    from tfstyle.interpret.figures import plot_losses, read_losses, show_images
    from tfstyle.interpret.style_map import plot_style_map, principal_components

__all__ = [
    "plot_losses",
    "plot_style_map",
    "principal_components",
    "read_losses",
    "show_images",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "figures": ["plot_losses", "read_losses", "show_images"],
        "style_map": ["plot_style_map", "principal_components"],
    },
)
