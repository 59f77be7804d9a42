"""SavedModels out of the trained networks and in again, one family a file: what writes them beside what reads them."""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # what the table below does at run time, in a form that editors and type checkers read
    from tfstyle.saved.archive import ExportError
    from tfstyle.saved.extractor import LoadedExtractor, export_extractor
    from tfstyle.saved.generator import LoadedGenerator, export_generator
    from tfstyle.saved.registry import export_run, load_saved_model
    from tfstyle.saved.style_bank import LoadedStyleBank, export_style_bank
    from tfstyle.saved.styler import LoadedStyler, export_styler
    from tfstyle.saved.translator import LoadedTranslator, export_translator

__all__ = [
    "ExportError",
    "LoadedExtractor",
    "LoadedGenerator",
    "LoadedStyleBank",
    "LoadedStyler",
    "LoadedTranslator",
    "export_extractor",
    "export_generator",
    "export_run",
    "export_style_bank",
    "export_styler",
    "export_translator",
    "load_saved_model",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "archive": ["ExportError"],
        "extractor": ["LoadedExtractor", "export_extractor"],
        "generator": ["LoadedGenerator", "export_generator"],
        "registry": ["export_run", "load_saved_model"],
        "style_bank": ["LoadedStyleBank", "export_style_bank"],
        "styler": ["LoadedStyler", "export_styler"],
        "translator": ["LoadedTranslator", "export_translator"],
    },
)
