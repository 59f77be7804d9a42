"""Neural style transfer and generative adversarial networks for TensorFlow and Keras 3.

    import tfstyle

    bank = tfstyle.load("style_bank")
    painting = tfstyle.stylize(tfstyle.load_image("photo.jpg"), bank, bank.style_names[1])

Names are imported when they are first used: `import tfstyle` and `tfstyle --help` do not wait for TensorFlow.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what the table below does at run time, in a form that editors and type checkers read
    from tfstyle.images.reading import load_image
    from tfstyle.images.writing import save_image
    from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
    from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor
    from tfstyle.models.style.style_bank import StyleBank
    from tfstyle.transfer.stylize import stylize
    from tfstyle.zoo import list_models, load, load_pretrained

__version__ = "0.1.0"

_MODULE_OF = {
    "SqueezeNetExtractor": "tfstyle.models.perceptual.squeezenet_extractor",
    "StyleBank": "tfstyle.models.style.style_bank",
    "VGG19StyleExtractor": "tfstyle.models.perceptual.vgg19_extractor",
    "list_models": "tfstyle.zoo",
    "load": "tfstyle.zoo",
    "load_image": "tfstyle.images.reading",
    "load_pretrained": "tfstyle.zoo",
    "save_image": "tfstyle.images.writing",
    "stylize": "tfstyle.transfer.stylize",
}
_ROOMS = (
    "artifacts",
    "data",
    "errors",
    "images",
    "interpret",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "saved",
    "statistics",
    "training",
    "transfer",
    "zoo",
)

__all__ = [
    "SqueezeNetExtractor",
    "StyleBank",
    "VGG19StyleExtractor",
    "__version__",
    "list_models",
    "load",
    "load_image",
    "load_pretrained",
    "save_image",
    "stylize",
]


def __getattr__(name):
    if name in _MODULE_OF:
        value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"tfstyle.{name}")
    else:
        raise AttributeError(f"module 'tfstyle' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__, *_ROOMS})
