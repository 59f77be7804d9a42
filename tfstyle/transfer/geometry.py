"""How far a network sees and how much memory it takes: what tiles of a picture have to know."""

from dataclasses import dataclass
from typing import Any

from tfstyle.saved.registry import find_family

# Bytes for each pixel of the input while a network runs on a CPU (tests/benchmarks/test_large_pictures.py measures it).
BYTES_PER_PIXEL = {
    "StyleBank": 500,
    "PlainStyleBank": 300,
    "SemanticStyler": 500,
    "AdjustedStyler": 1000,
    "AdaINStyler": 2200,
    "ResNetTranslator": 2200,
    "UNetGenerator": 1200,
}
MOST_BYTES_PER_PIXEL = max(BYTES_PER_PIXEL.values())


@dataclass(frozen=True)
class Geometry:
    """The geometry of a network.

    Args:
        stride: integer, side in pixels of the area of one position of its coarsest features. Tiles begin at multiples.
        reach: integer, a multiple of the stride: with given statistics, a pixel of the output depends on no pixel
            farther away.
        bytes_per_pixel: integer, memory for each pixel of the input while the network runs.
    """

    stride: int
    reach: int
    bytes_per_pixel: int


def geometry_of(metadata: dict[str, Any]) -> Geometry | None:
    """The geometry of a network, or None if it is not known: such a network is not tiled.

    The reach adds half the kernel size of each convolution, in pixels, along the longest way through the network, and
    twice the stride: upsampling repeats pixels, and a stride of 2 rounds.

    Args:
        metadata: of its SavedModel.
    """
    family = find_family(metadata)
    kind = metadata.get("class", family.class_names[0])
    try:
        stride, reach = _stride_and_reach(kind, metadata["config"])
    except LookupError:  # a class, or a configuration, that this table does not know
        return None
    return Geometry(stride, -(-(reach + 2 * stride) // stride) * stride, BYTES_PER_PIXEL[kind])


def _stride_and_reach(kind: str, config: dict[str, Any]) -> tuple[int, int]:
    if kind in (
        "StyleBank",
        "SemanticStyler",
    ):
        # 5x5, 3x3 at 2 and 4, blocks at 8, a block at 4, three convolutions at 2
        stride, reach = 8, 2 + 2 + 4 + 16 * config["num_residual_blocks"] + 8 + 6
    elif kind == "PlainStyleBank":  # 5x5, 3x3 at 2, blocks at 4, three convolutions at 2
        stride, reach = 4, 2 + 2 + 8 * config["num_residual_blocks"] + 6
    elif kind == "AdjustedStyler":  # extractor to a quarter, two at 4, blocks at 8, a block at 4, three at 2
        stride, reach = 8, 13 + 8 + 16 * config["num_residual_blocks"] + 8 + 6
    elif kind == "AdaINStyler":  # VGG19 and its mirror image, with 2 to 4 convolutions at each resolution
        stride = 2 ** len(config["decoder_filters"])
        reach = 10 * stride
    elif kind == "ResNetTranslator":  # 7x7, halvings, blocks at the stride, doublings, 7x7
        stride = 2 ** (len(config["filters"]) - 1)
        reach = 6 + stride * (3 + 2 * config["num_residual_blocks"])
    elif kind == "UNetGenerator":  # 4x4 in every halving and doubling
        stride = 2 ** len(config["filters"])
        reach = 2 * stride
    else:
        raise LookupError(kind)
    return stride, reach
