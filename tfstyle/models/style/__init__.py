"""Networks that paint: in the styles they know, or in that of any painting."""

from tfstyle.models.style.adain import AdaINStyler, InverseCNN
from tfstyle.models.style.adjusted_styler import AdjustedStyler
from tfstyle.models.style.arbitrary_styler import ArbitraryStyler
from tfstyle.models.style.plain_style_bank import PlainStyleBank
from tfstyle.models.style.semantic_style import SemanticStyler, StylePatchDiscriminator
from tfstyle.models.style.style_bank import StyleBank

__all__ = [
    "AdaINStyler",
    "AdjustedStyler",
    "ArbitraryStyler",
    "InverseCNN",
    "PlainStyleBank",
    "SemanticStyler",
    "StyleBank",
    "StylePatchDiscriminator",
]
