"""The former place of what writes SavedModels, for one version: `tfstyle.saved` is the new one."""

from tfstyle.public_names import renamed

__getattr__ = renamed(
    __name__,
    {
        name: f"tfstyle.saved.{name}"
        for name in (
            "ExportError",
            "export_extractor",
            "export_generator",
            "export_run",
            "export_style_bank",
            "export_styler",
        )
    },
)
