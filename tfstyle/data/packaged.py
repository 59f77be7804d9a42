"""Photographs that installed packages carry."""

import importlib.util
from pathlib import Path

# Public domain or CC0. Those of scikit-image are there if it is installed, such as with the extra `notebooks`.
SKIMAGE_PHOTOGRAPHS = ("astronaut.png", "coffee.png", "chelsea.png")


def packaged_photographs() -> list[Path]:
    """Paths of free photographs: Grace Hopper from matplotlib, and three from scikit-image if that is installed.

    Example:
        >>> packaged_photographs()[0].name
        'grace_hopper.jpg'
    """
    from matplotlib import cbook

    paths = [Path(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))]
    specification = importlib.util.find_spec("skimage")
    if specification is not None and specification.origin:
        folder = Path(specification.origin).parent / "data"
        paths += [folder / name for name in SKIMAGE_PHOTOGRAPHS if (folder / name).is_file()]
    return paths
