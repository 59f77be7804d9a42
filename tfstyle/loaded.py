"""The former place of what reads SavedModels, for one version: `tfstyle.saved` is the new one."""

from tfstyle.public_names import renamed

__getattr__ = renamed(
    __name__,
    {
        name: f"tfstyle.saved.{name}"
        for name in ("LoadedExtractor", "LoadedGenerator", "LoadedStyleBank", "LoadedStyler", "load_saved_model")
    },
)
