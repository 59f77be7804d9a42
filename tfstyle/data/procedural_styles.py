"""Random styles drawn by code, for training arbitrary style transfer."""

import numpy as np
from PIL import Image, ImageDraw

from tfstyle.data.procedural import hsv_to_rgb
from tfstyle.data.procedural_paintings import as_bytes

OVERSAMPLING = 2  # drawn larger, then shrunk: smooth edges


def procedural_style(image_size=256, seed=0) -> np.ndarray:
    """Draws a square image with a random technique, palette, scale and direction.

    The techniques are planes, glass, strokes, dots, marble, clouds, blocks, threads and rings. Every third image
    combines two of them, one inside shapes of the other. In contrast to `procedural_painting`, every seed is a
    different style.

    Args:
        image_size: integer, height and width in pixels.
        seed: integer.

    Returns:
        uint8 array of shape `(image_size, image_size, 3)`, RGB in [0, 255].
    """
    random = np.random.default_rng(seed)
    size = OVERSAMPLING * image_size
    picture = _draw_one(size, random)
    if random.random() < 1 / 3:
        where = smooth_noise(size, random.uniform(3, 8), random)[..., None] > 0
        picture = np.where(where, picture, _draw_one(size, random))
    if random.random() < 0.5:  # the grain of paper or canvas
        picture += random.uniform(0, 0.08) * random.normal(size=(size, size, 1))
    picture = Image.fromarray(as_bytes(picture)).resize((image_size, image_size), Image.Resampling.BOX)
    return np.asarray(picture)


def _draw_one(size, random):
    draw = MANNERS[random.integers(len(MANNERS))]
    scale = np.exp(random.uniform(np.log(size / 50), np.log(size / 6)))  # of its elements, in pixels
    return draw(size, random_palette(random), scale, random)


def random_palette(random) -> np.ndarray:
    """Two to seven colors of similar or random hue, pale or strong: float array `(num_colors, 3)` in [0, 1]."""
    count = random.integers(2, 8)
    hues = random.random() + random.choice([0.03, 0.1, 0.5]) * random.normal(size=count)
    saturations = np.clip(random.uniform(0, 1) + 0.2 * random.normal(size=count), 0, 1)
    values = np.clip(random.uniform(0.3, 0.9) + random.uniform(0.1, 0.4) * random.normal(size=count), 0, 1)
    return hsv_to_rgb(hues % 1.0, saturations, values)


def smooth_noise(size, num_waves, random) -> np.ndarray:
    """A smooth random height field with about the given number of waves: float array `(size, size)` around 0."""
    coarse = random.normal(size=(int(num_waves) + 2, int(num_waves) + 2)).astype("float32")
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))


def ramp(heights, palette) -> np.ndarray:
    """Colors of heights, interpolated between the colors of the palette at integers."""
    low = np.floor(heights).astype(int)
    share = (heights - low)[..., None]
    return (1 - share) * palette[low % len(palette)] + share * palette[(low + 1) % len(palette)]


def draw_planes(size, palette, scale, random) -> np.ndarray:
    """Large overlapping polygons, with or without outlines."""
    return _painted(size, palette, random, lambda brush, pick: _polygons(brush, pick, size, 2.5 * scale, random))


def _polygons(brush, pick, size, scale, random):
    outline = pick() if random.random() < 0.5 else None
    width = int(random.uniform(1, 0.1 * scale + 2))
    for center in random.uniform(0, size, (int(6 * (size / scale) ** 2) + 4, 2)):
        angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 7)))
        corners = center + scale * random.uniform(0.3, 1) * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        brush.polygon([tuple(corner) for corner in corners], fill=pick(), outline=outline, width=width)


def draw_glass(size, palette, scale, random) -> np.ndarray:
    """Voronoi cells of random points, stretched in one direction, with leads of one color between them."""
    count = max(int((size / scale) ** 2), 4)
    stretch = np.array([1.0, random.uniform(0.4, 1.0)])
    points = random.uniform(0, size, (count, 2)) * stretch
    rows, columns = np.mgrid[:size, :size].astype("float32")
    nearest, next_nearest = np.full((size, size), np.inf, "float32"), np.full((size, size), np.inf, "float32")
    cells = np.zeros((size, size), int)
    for cell, (x, y) in enumerate(points):
        distances = np.hypot(columns * stretch[0] - x, rows * stretch[1] - y)
        next_nearest = np.minimum(next_nearest, np.maximum(distances, nearest))
        cells = np.where(distances < nearest, cell, cells)
        nearest = np.minimum(nearest, distances)
    colors = palette[random.integers(len(palette), size=count)] * random.uniform(0.7, 1.0, (count, 1))
    leads = (next_nearest - nearest < scale * random.uniform(0, 0.25))[..., None]
    return np.where(leads, random.uniform(0, 0.25), colors[cells])


def draw_strokes(size, palette, scale, random) -> np.ndarray:
    """Strokes along a direction field, colored by position."""
    angles = random.uniform(0, np.pi) + random.uniform(0, 2.5) * smooth_noise(size, random.uniform(2, 6), random)
    tones = random.uniform(0.5, 2) * smooth_noise(size, random.uniform(2, 8), random)
    width, length = max(int(0.25 * scale), 1), random.uniform(0.5, 2) * scale

    def brush_over(brush, pick):
        for x, y in random.uniform(0, size, (int(5 * size * size / (width * length)), 2)):
            angle, tone = angles[int(y), int(x)], tones[int(y), int(x)] + 0.4 * random.normal()
            step = 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
            color = as_bytes(ramp(np.array(tone), palette))
            brush.line([(x - step[0], y - step[1]), (x + step[0], y + step[1])], fill=tuple(color), width=width)

    return _painted(size, palette, random, brush_over)


def draw_dots(size, palette, scale, random) -> np.ndarray:
    """Dots, random or on a grid."""
    spacing = 0.5 * scale
    rows, columns = np.mgrid[0 : size + spacing : spacing, 0 : size + spacing : spacing]
    places = np.stack([columns.ravel(), rows.ravel()], axis=-1)
    places = places + random.choice([0, 0.15, 1]) * spacing * random.normal(size=places.shape)
    radii = spacing * random.uniform(0.2, 0.8) * random.uniform(random.uniform(0.2, 1), 1, len(places))

    def brush_over(brush, pick):
        for (x, y), radius in zip(places, radii, strict=True):
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=pick())

    return _painted(size, palette, random, brush_over)


def draw_marble(size, palette, scale, random) -> np.ndarray:
    """Stripes distorted by smooth noise, sharp or soft."""
    rows, columns = np.mgrid[:size, :size] / scale
    angle = random.uniform(0, np.pi)
    bend = random.uniform(0, 3) * smooth_noise(size, random.uniform(2, 8), random)
    heights = np.cos(angle) * columns + np.sin(angle) * rows + bend
    return ramp(np.round(heights) if random.random() < 0.5 else heights, palette)


def draw_clouds(size, palette, scale, random) -> np.ndarray:
    """Noise of several scales, like watercolor on paper."""
    octaves = range(random.integers(1, 5))
    heights = sum(0.5**octave * smooth_noise(size, 2**octave * size / scale, random) for octave in octaves)
    return ramp(random.uniform(0.7, 2.5) * heights, palette)


def draw_blocks(size, palette, scale, random) -> np.ndarray:
    """Rectangles in rows and columns of uneven width, with or without joints."""
    edges = [np.sort(random.uniform(0, size, max(int(size / scale), 2))) for _ in range(2)]
    rows, columns = (np.searchsorted(edge, np.arange(size)) for edge in edges)
    colors = palette[random.integers(len(palette), size=(len(edges[0]) + 1, len(edges[1]) + 1))]
    picture = colors[rows[:, None], columns[None, :]]
    if random.random() < 0.5:
        width = random.uniform(0.02, 0.2) * scale
        near = [np.abs(np.arange(size)[:, None] - edge).min(axis=1) < width for edge in edges]
        picture = np.where((near[0][:, None] | near[1][None, :])[..., None], palette[0], picture)
    return picture


def draw_threads(size, palette, scale, random) -> np.ndarray:
    """Long random curves, thin or thick."""
    width = max(int(random.uniform(0.04, 0.3) * scale), 1)
    steps = int(2 * size / scale) + 4
    turn = random.uniform(0.1, 1.2)

    def brush_over(brush, pick):
        for place in random.uniform(0, size, (int(2.5 * size / width) + 5, 2)):
            angles = random.uniform(0, 2 * np.pi) + np.cumsum(turn * random.normal(size=steps))
            path = place + np.cumsum(0.6 * scale * np.stack([np.cos(angles), np.sin(angles)], axis=-1), axis=0)
            brush.line([tuple(point) for point in path], fill=pick(), width=width, joint="curve")

    return _painted(size, palette, random, brush_over)


def draw_rings(size, palette, scale, random) -> np.ndarray:
    """Rings around a few centers; each pixel belongs to the nearest one."""
    rows, columns = np.mgrid[:size, :size]
    centers = random.uniform(0, size, (random.integers(1, 6), 2))
    distances = np.min([np.hypot(columns - x, rows - y) for x, y in centers], axis=0)
    heights = distances / (0.6 * scale) + random.uniform(0, 0.7) * smooth_noise(size, 5, random)
    return ramp(np.floor(heights) if random.random() < 0.5 else heights, palette)


MANNERS = (
    draw_planes,
    draw_glass,
    draw_strokes,
    draw_dots,
    draw_marble,
    draw_clouds,
    draw_blocks,
    draw_threads,
    draw_rings,
)


def _painted(size, palette, random, brush_over):
    """A background of one color with brush strokes in colors of the palette: floats in [0, 1]."""
    inks = [tuple(int(value) for value in color) for color in as_bytes(palette)]
    picture = Image.new("RGB", (size, size), inks[0])
    brush_over(ImageDraw.Draw(picture), lambda: inks[random.integers(len(inks))])
    return np.asarray(picture) / 255.0
