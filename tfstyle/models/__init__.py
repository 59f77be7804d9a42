"""Networks by subject, one family a file.

All are imported at once: Keras finds a saved model by the name under which its module registers it.
"""

from tfstyle.models.gan import (
    ConvDiscriminator,
    ConvGenerator,
    DenseDiscriminator,
    DenseGenerator,
    Discriminator,
    FastGANDiscriminator,
    FastGANGenerator,
    Generator,
    MatchingDiscriminator,
    ResNetDiscriminator,
    ResNetGenerator,
    TextConditionalGenerator,
    TextEncoder,
    create_gan,
    create_networks,
    create_text_networks,
)
from tfstyle.models.perceptual import (
    CompressedVGG19,
    LightStyleExtractor,
    PerceptualExtractor,
    SqueezeNetExtractor,
    VGG19StyleExtractor,
)
from tfstyle.models.style import (
    AdaINStyler,
    AdjustedStyler,
    ArbitraryStyler,
    InverseCNN,
    PlainStyleBank,
    SemanticStyler,
    StyleBank,
    StylePatchDiscriminator,
)
from tfstyle.models.translation import (
    Colorizer,
    Inpainter,
    PatchDiscriminator,
    PatchProjector,
    ResNetTranslator,
    UNetGenerator,
    Upscaler,
    create_restoration_networks,
    create_translation_networks,
)
from tfstyle.public_names import lazy_names

__all__ = [
    "AdaINStyler",
    "AdjustedStyler",
    "ArbitraryStyler",
    "Colorizer",
    "CompressedVGG19",
    "ConvDiscriminator",
    "ConvGenerator",
    "DenseDiscriminator",
    "DenseGenerator",
    "Discriminator",
    "FastGANDiscriminator",
    "FastGANGenerator",
    "Generator",
    "Inpainter",
    "InverseCNN",
    "LightStyleExtractor",
    "MatchingDiscriminator",
    "PatchDiscriminator",
    "PatchProjector",
    "PerceptualExtractor",
    "PlainStyleBank",
    "ResNetDiscriminator",
    "ResNetGenerator",
    "ResNetTranslator",
    "SemanticStyler",
    "SqueezeNetExtractor",
    "StyleBank",
    "StylePatchDiscriminator",
    "TextConditionalGenerator",
    "TextEncoder",
    "UNetGenerator",
    "Upscaler",
    "VGG19StyleExtractor",
    "create_gan",
    "create_networks",
    "create_restoration_networks",
    "create_text_networks",
    "create_translation_networks",
]

__getattr__, __dir__ = lazy_names(__name__, {})  # modules that keep former names
