"""Export and loading of SavedModels: one file per family, with its exporter and its loader."""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # for editors and type checkers: the same as the table below
    from tfstyle.saved.archive import ExportError
    from tfstyle.saved.extractor import LoadedExtractor, export_extractor
    from tfstyle.saved.family import Family
    from tfstyle.saved.generator import LoadedGenerator, export_generator
    from tfstyle.saved.lite import convert_to_lite
    from tfstyle.saved.lite_bank import LiteStyleBank
    from tfstyle.saved.loaded import LoadedModel
    from tfstyle.saved.registry import export_model, export_run, list_families, load_saved_model, register
    from tfstyle.saved.restorer import LoadedColorizer, LoadedInpainter, LoadedUpscaler, export_restorer
    from tfstyle.saved.style_bank import LoadedStyleBank, export_style_bank
    from tfstyle.saved.styler import LoadedStyler, export_styler
    from tfstyle.saved.text_generator import LoadedTextGenerator, export_text_generator
    from tfstyle.saved.translator import LoadedTranslator, export_translator

__all__ = [
    "ExportError",
    "Family",
    "LiteStyleBank",
    "LoadedColorizer",
    "LoadedExtractor",
    "LoadedGenerator",
    "LoadedInpainter",
    "LoadedModel",
    "LoadedStyleBank",
    "LoadedStyler",
    "LoadedTextGenerator",
    "LoadedTranslator",
    "LoadedUpscaler",
    "convert_to_lite",
    "export_extractor",
    "export_generator",
    "export_model",
    "export_restorer",
    "export_run",
    "export_style_bank",
    "export_styler",
    "export_text_generator",
    "export_translator",
    "list_families",
    "load_saved_model",
    "register",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "archive": ["ExportError"],
        "extractor": ["LoadedExtractor", "export_extractor"],
        "family": ["Family"],
        "generator": ["LoadedGenerator", "export_generator"],
        "lite": ["convert_to_lite"],
        "lite_bank": ["LiteStyleBank"],
        "loaded": ["LoadedModel"],
        "registry": ["export_model", "export_run", "list_families", "load_saved_model", "register"],
        "restorer": ["LoadedColorizer", "LoadedInpainter", "LoadedUpscaler", "export_restorer"],
        "style_bank": ["LoadedStyleBank", "export_style_bank"],
        "styler": ["LoadedStyler", "export_styler"],
        "text_generator": ["LoadedTextGenerator", "export_text_generator"],
        "translator": ["LoadedTranslator", "export_translator"],
    },
)
