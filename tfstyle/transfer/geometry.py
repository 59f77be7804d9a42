"""How far a network sees and how much memory it takes: what tiles of a picture have to know."""

from dataclasses import dataclass
from typing import Any

from tfstyle.artifacts import ArtifactError
from tfstyle.saved.registry import find_family

MOST_BYTES_PER_PIXEL = 2200  # of a network of unknown geometry


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

    A model class says it itself, in a static method `geometry` of its config. The reach that it returns adds half the
    kernel size of each convolution, in pixels, along the longest way through the network, and twice the stride, because
    upsampling repeats pixels, and a stride of 2 rounds. Here, it is rounded up to a multiple of the stride.

    Args:
        metadata: of its SavedModel.
    """
    try:
        own = vars(find_family(metadata).model_class(metadata)).get("geometry")  # a subclass may see farther
    except ArtifactError:  # a class that this version does not know
        own = None
    if own is None:
        return None
    try:
        stride, reach, bytes_per_pixel = own.__func__(metadata["config"])
    except LookupError:  # an older config
        return None
    return Geometry(stride, -(-reach // stride) * stride, bytes_per_pixel)
