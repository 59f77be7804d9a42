"""Paintings drawn by code: styles for training without files or licenses."""

import numpy as np
from PIL import Image, ImageDraw

from tfstyle.data.procedural import hsv_to_rgb

PAINTINGS = ("dabs", "tiles", "waves", "hatching")
OVERSAMPLING = 2  # drawn larger, then shrunk: smooth edges


def procedural_painting(name, image_size=256, seed=0) -> np.ndarray:
    """Draws a square painting in one of four styles with different palettes, outlines and textures.

    Args:
        name: "dabs", short strokes of blue and yellow along a swirl; "tiles", a warm mosaic with dark joints; "waves",
            arcs of indigo and white on cream; "hatching", crossed pen lines on paper.
        image_size: integer, height and width in pixels; a larger image shows more of the pattern at the same scale.
        seed: integer.

    Returns:
        uint8 array of shape `(image_size, image_size, 3)`, RGB in [0, 255].

    Raises:
        ValueError: if the name is unknown.
    """
    if name not in PAINTINGS:
        raise ValueError(f"`name` must be one of {', '.join(PAINTINGS)}. Received: name={name!r}.")
    draw = {"dabs": draw_dabs, "tiles": draw_tiles, "waves": draw_waves, "hatching": draw_hatching}[name]
    picture = draw(image_size * OVERSAMPLING, np.random.default_rng(seed))
    return np.asarray(picture.resize((image_size, image_size), Image.Resampling.BOX))


def draw_dabs(size, random) -> Image.Image:
    """Short thick strokes, each in the direction of a swirl, blue where that is far and yellow where it is near."""
    picture = Image.new("RGB", (size, size), (24, 42, 96))
    brush = ImageDraw.Draw(picture)
    centers = random.uniform(0, size, (3, 2))
    num_strokes = size * size // 160
    places = random.uniform(-16, size + 16, (num_strokes, 2))
    towards = places[:, None] - centers
    distances = np.linalg.norm(towards, axis=-1)
    nearest = distances.argmin(axis=1)
    towards, distances = towards[np.arange(num_strokes), nearest], distances.min(axis=1)
    angles = np.arctan2(towards[:, 1], towards[:, 0]) + np.pi / 2 + random.normal(0, 0.25, num_strokes)
    light = np.clip(np.cos(distances / 26) * 0.5 + 0.5 + random.normal(0, 0.12, num_strokes), 0, 1)
    colors = hsv_to_rgb(0.61 - 0.48 * (light > 0.72), 0.85 - 0.35 * light, 0.35 + 0.62 * light)
    steps = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * random.uniform(8, 16, (num_strokes, 1))
    for place, step, color in zip(places, steps, as_bytes(colors), strict=True):
        brush.line([tuple(place - step), tuple(place + step)], fill=tuple(color), width=9)
    return picture


def draw_tiles(size, random) -> Image.Image:
    """The Voronoi cells of random points, one color each, with dark joints at equal distances."""
    num_points = size * size // 1600
    points = random.uniform(0, size, (num_points, 2))
    colors = hsv_to_rgb(random.normal(0.06, 0.07, num_points), random.uniform(0.5, 1, num_points), np.ones(num_points))
    colors *= random.uniform(0.45, 1, (num_points, 1))
    rows = np.arange(size)
    pixels = np.empty((size, size, 3))
    for row in rows:  # all distances at once would take gigabytes
        squared = (rows[:, None] - points[:, 0]) ** 2 + (row - points[:, 1]) ** 2
        order = np.argpartition(squared, 1, axis=1)[:, :2]
        near, far = np.sort(np.sqrt(np.take_along_axis(squared, order, axis=1)), axis=1).T
        pixels[row] = np.where((far - near < 6)[:, None], (0.12, 0.08, 0.1), colors[squared.argmin(axis=1)])
    return Image.fromarray(as_bytes(pixels))


def draw_waves(size, random) -> Image.Image:
    """Rows of overlapping fans, each of rings of indigo and white."""
    picture = Image.new("RGB", (size, size), (238, 226, 196))
    brush = ImageDraw.Draw(picture)
    radius = 56
    inks = [(28, 48, 104), (246, 240, 222), (62, 96, 160), (246, 240, 222), (28, 48, 104), (196, 70, 50)]
    for row in range(-1, 2 * size // radius + 3):
        for column in range(-1, size // (2 * radius) + 2):
            x, y = radius * (2 * column + row % 2), row * radius / 2
            x, y = np.array([x, y]) + random.normal(0, 2, 2)
            for ring, ink in enumerate(inks):
                reach = radius * (1 - ring / len(inks))
                brush.ellipse((x - reach, y - reach, x + reach, y + reach), fill=ink)
    return picture


def draw_hatching(size, random) -> Image.Image:
    """Pen lines in two directions, denser where a soft pattern is darker."""
    picture = Image.new("RGB", (size, size), (244, 236, 220))
    pen = ImageDraw.Draw(picture)
    a, b, c, d = random.uniform(0.012, 0.03, 4)
    for angle, threshold in ((0.7, 0.15), (-0.85, 0.55)):
        step = 12.0 * np.array([np.cos(angle), np.sin(angle)])
        for place in random.uniform(0, size, (size * size // 70, 2)):
            tone = 0.5 + 0.5 * np.sin(a * place[0] + 2 * np.sin(b * place[1])) * np.cos(c * place[1] - d * place[0])
            if tone > threshold:
                bend = random.normal(0, 1.2, 2)
                pen.line([tuple(place - step), tuple(place + bend), tuple(place + step)], fill=(34, 28, 40), width=2)
    return picture


def as_bytes(colors) -> np.ndarray:
    return np.rint(255.0 * np.clip(colors, 0.0, 1.0)).astype(np.uint8)
