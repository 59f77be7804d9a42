"""Properties of a picture that a painter would name: lightness, color, contrast, width and direction of strokes."""

from typing import NamedTuple

import numpy as np

from tfstyle.images import luma, to_float

LONGEST_SHARE = 0.25  # of the shorter side: longer waves are the composition and not strokes


class ImageProperties(NamedTuple):
    """Measured properties of a picture.

    Attributes:
        lightness: float in [0, 1], mean luma.
        red_green: float in [-1, 1], mean of red less green.
        yellow_blue: float in [-1, 1], mean of the yellow (red and green) less blue.
        contrast: float, standard deviation of the luma.
        stroke_width: float, pixels: half of the median wavelength.
        orientation: float in [0, 180), degrees: the direction in which strokes run, 0 is horizontal, 90 vertical, and
            45 rises to the right.
        coherence: float in [0, 1]: how far one direction dominates; with 0 the orientation means nothing.
    """

    lightness: float
    red_green: float
    yellow_blue: float
    contrast: float
    stroke_width: float
    orientation: float
    coherence: float


# The columns of `property_changes`.
CHANGES = ("lightness", "red - green", "yellow - blue", "contrast", "stroke width", "orientation")


def image_properties(image) -> ImageProperties:
    """Measures the properties of a picture.

    Args:
        image: uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`, RGB; both sides at least 8.

    Returns:
        `ImageProperties`.

    Raises:
        ValueError: if the picture is smaller, or has no three channels.
    """
    image = to_float(image)
    if image.ndim != 3 or image.shape[-1] != 3 or min(image.shape[:2]) < 8:
        raise ValueError(f"A picture must have the shape (8 or more, 8 or more, 3). Received: shape={image.shape}.")
    red, green, blue = image.reshape(-1, 3).mean(axis=0, dtype=np.float64)
    gray = luma(image).astype(np.float64)
    rows, columns = np.gradient(gray)
    # The structure tensor: its main direction is across the strokes.
    across, along, mixed = (columns**2).sum(), (rows**2).sum(), (rows * columns).sum()
    spread = np.hypot(across - along, 2 * mixed)
    angle = 90 - np.rad2deg(0.5 * np.arctan2(2 * mixed, across - along))  # rows count downwards
    return ImageProperties(
        lightness=float(gray.mean()),
        red_green=float(red - green),
        yellow_blue=float((red + green) / 2 - blue),
        contrast=float(gray.std()),
        stroke_width=median_wavelength(gray) / 2,
        orientation=float(angle % 180),
        coherence=float(spread / max(across + along, 1e-12)),
    )


def median_wavelength(values) -> float:
    """The wavelength that halves the power of a map: as much is in longer waves as in shorter ones.

    Args:
        values: float array `(height, width)`.

    Returns:
        float, pixels, at least 1.4. Waves longer than a quarter of the shorter side do not count; without any others it
        is that quarter.
    """
    values = np.asarray(values, np.float64)
    height, width = values.shape
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])  # or the border is a line
    values = (values - (values * window).sum() / window.sum()) * window
    power = np.abs(np.fft.rfft2(values)) ** 2
    power[:, 1 : (width + 1) // 2] *= 2  # the half of the spectrum that is not computed
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    longest = LONGEST_SHARE * min(height, width)
    counts = frequencies >= 1 / longest
    order = np.argsort(frequencies[counts])
    sums = np.cumsum(power[counts][order])
    if not sums[-1] > 1e-20:
        return longest
    return float(1 / frequencies[counts][order][np.searchsorted(sums, sums[-1] / 2)])


def property_changes(before: ImageProperties, after: ImageProperties) -> np.ndarray:
    """The changes from one picture to another.

    Args:
        before: `ImageProperties`.
        after: `ImageProperties`.

    Returns:
        float64 array `(6,)`, in the order of `CHANGES`: the first four in the units of `ImageProperties`, the stroke
        width in octaves (1 is twice as wide), and the orientation as a distance in [0, 2] without sign: that of the
        vectors of length `coherence` at twice the angle.
    """
    octaves = np.log2(after.stroke_width / before.stroke_width)
    vectors = [each.coherence * np.exp(2j * np.deg2rad(each.orientation)) for each in (before, after)]
    plain = np.subtract(after[:4], before[:4])
    return np.array([*plain, octaves, abs(vectors[1] - vectors[0])])


# Words for the properties that are compared, the factor to the unit of the text, and the least difference that counts.
COMPARED = {
    "lightness": ("lightness", 255, 3),
    "contrast": ("contrast", 255, 3),
    "red_green": ("red less green", 255, 3),
    "yellow_blue": ("yellow less blue", 255, 3),
    "stroke_width": ("width of the pattern", 1, 0.3),
}


def compare_properties(photograph, stylized, painting=None) -> str:
    """What a stylized picture has from its photograph and what from the painting, in sentences.

    Args:
        photograph: `ImageProperties`.
        stylized: `ImageProperties`.
        painting: `ImageProperties`, or None if it is not known.

    Returns:
        String: each property of the photograph and of the picture, how far the picture has come to the painting, and
        the numbers of the painting.
    """
    words: list[str] = []
    near: list[str] = []
    far: list[str] = []
    for name, (title, factor, least) in COMPARED.items():
        before, after = (factor * getattr(each, name) for each in (photograph, stylized))
        shown = round if factor > 1 else "{:.1f}".format
        text = f"{title} {shown(before)} to {shown(after)}"
        if painting is not None:
            goal = factor * getattr(painting, name)
            text += f" ({shown(goal)})"
            if abs(goal - before) >= least:
                (near if abs(goal - after) < 0.5 * abs(goal - before) else far).append(title)
        words.append(text)
    unit = "in levels of 255, the width in pixels"
    if painting is None:
        return f"From the photograph to the picture ({unit}): {', '.join(words)}."
    sentences = []
    if near:
        sentences.append(f"The picture is nearer to the painting than to the photograph in {joined(near)}.")
    if far:
        sentences.append(f"It has not come half of the way to the painting in {joined(far)}.")
    if not sentences:
        sentences.append(
            "Photograph and painting hardly differ in lightness, contrast, colors and the width of patterns."
        )
    return " ".join(
        [*sentences, f"From the photograph to the picture, and of the painting ({unit}): {', '.join(words)}."]
    )


def joined(words) -> str:
    """Words as a list in a sentence: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
