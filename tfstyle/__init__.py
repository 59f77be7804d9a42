"""Neural style transfer and generative adversarial networks for TensorFlow and Keras 3.

    import tfstyle

    bank = tfstyle.load("style_bank")
    painting = tfstyle.stylize(tfstyle.load_image("photo.jpg"), bank, bank.style_names[1])

Names and modules (`tfstyle.training.gan`) are imported when they are first used: `import tfstyle` and `tfstyle --help`
do not wait for TensorFlow.
"""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # for editors and type checkers: the same as the table below
    from tfstyle import (
        artifacts,
        data,
        errors,
        images,
        interpret,
        layers,
        losses,
        metrics,
        models,
        optimizers,
        saved,
        statistics,
        training,
        transfer,
        video,
        zoo,
    )
    from tfstyle.images import load_image, save_image
    from tfstyle.models import SemanticStyler, SqueezeNetExtractor, StyleBank, VGG19StyleExtractor
    from tfstyle.transfer.optimize import optimize
    from tfstyle.transfer.stylize import stylize
    from tfstyle.transfer.video import stylize_video
    from tfstyle.zoo import list_models, load, load_pretrained

__version__ = "0.1.0"

__all__ = [
    "SemanticStyler",
    "SqueezeNetExtractor",
    "StyleBank",
    "VGG19StyleExtractor",
    "__version__",
    "artifacts",
    "data",
    "errors",
    "images",
    "interpret",
    "layers",
    "list_models",
    "load",
    "load_image",
    "load_pretrained",
    "losses",
    "metrics",
    "models",
    "optimize",
    "optimizers",
    "save_image",
    "saved",
    "statistics",
    "stylize",
    "stylize_video",
    "training",
    "transfer",
    "video",
    "zoo",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "images": ["load_image", "save_image"],
        "models": ["SemanticStyler", "SqueezeNetExtractor", "StyleBank", "VGG19StyleExtractor"],
        "transfer.optimize": ["optimize"],
        "transfer.stylize": ["stylize"],
        "transfer.video": ["stylize_video"],
        "zoo": ["list_models", "load", "load_pretrained"],
    },
)
