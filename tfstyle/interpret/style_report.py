"""A report about paintings: how a network represents their styles."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfstyle import artifacts, zoo
from tfstyle.images import resize_longest_side, to_uint8
from tfstyle.interpret.gram_matrices import gram_spectrum, gram_textures, plot_gram_spectrum, plot_gram_textures
from tfstyle.interpret.linear_probes import lightness_labels, linear_probe, palette_labels, plot_linear_probes
from tfstyle.interpret.report import Report, ReportError
from tfstyle.interpret.style_distances import (
    crop_distances,
    nearest_paintings,
    plot_crop_distances,
    plot_nearest_paintings,
)
from tfstyle.interpret.style_map import plot_style_map, principal_components
from tfstyle.models.perceptual.light_extractor import STYLE_LAYERS, LightStyleExtractor
from tfstyle.saved.registry import find_family
from tfstyle.wording import counted

logger = logging.getLogger(__name__)
STYLE_SIZE = 512  # longest side at which a painting is encoded, as in `tfstyle stylize`
FEWEST = 2
SMALLEST_CROP = 64
MOST_NEIGHBORS = 5
MOST_LINES = 60  # to the means of groups, on the map
TEXTURE_LAYERS, TEXTURE_STEPS = STYLE_LAYERS[:5], 60


def explain_styles(
    paintings: Mapping[str, Any],
    model_name: Any = "semantic_style",
    groups: Sequence[str] = (),
    groups_name: str = "group",
    extractor: Any = None,
) -> Report:
    """Explains how a network for arbitrary style transfer represents the styles of paintings.

    Args:
        paintings: mapping of name -> uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`; two at
            least.
        model_name: name of a shipped network for arbitrary style transfer, or folder of a SavedModel.
        groups: for each painting its painter, movement, or another label; empty for none.
        groups_name: string, what the groups are, in the singular.
        extractor: `LightStyleExtractor`, the loss network whose Gram matrices are shown; by default with the shipped
            weights.

    Returns:
        `Report`.

    Raises:
        ReportError: if there are too few paintings, or the model has no style vectors.
        ArtifactError: if there is no such model.
    """
    if len(paintings) < FEWEST:
        raise ReportError(f"{FEWEST} paintings are needed at least to compare styles. Received: {len(paintings)}.")
    metadata = artifacts.read_metadata(artifacts.find_model(model_name))
    if "style_dim" not in metadata:
        raise ReportError(f"{model_name} is a {find_family(metadata).title}, which has no style vectors of paintings.")
    styler = zoo.load(model_name)
    names = list(paintings)
    images = [smaller_painting(image) for image in paintings.values()]
    logger.info("style vectors of %s", counted(len(images), "painting"))
    vectors = styler.encode_style(images, refine=False)
    report = Report(
        "How does a network represent style?",
        f"{counted(len(images), 'painting')} as style vectors of {metadata['name']}, {vectors.shape[1]} numbers each.",
    )
    _, shares = principal_components(vectors)
    lines = groups if groups and len(images) <= MOST_LINES else None
    text = f"The two directions of the map hold {shares.sum():.0%} of all variation between these paintings."
    report.add("The map of styles", text, plot_style_map, vectors, images, lines)
    _add_neighbors(report, vectors, images, names)
    crops, owners = _crops_of(images)
    if crops:
        crop_vectors = styler.encode_style(crops, refine=False)
        _add_crop_distances(report, crop_vectors, owners, groups or names, groups_name if groups else "painting")
        _add_probes(report, crop_vectors, owners, groups, groups_name, images)
    logger.info("Gram matrices")
    extractor = extractor or LightStyleExtractor(STYLE_LAYERS)
    subject = names[_central(vectors)]
    painting = resize_longest_side(images[names.index(subject)], 192)
    spectrum = gram_spectrum(painting, extractor)
    report.add("What a Gram matrix holds", spectrum.describe(), plot_gram_spectrum, spectrum)
    textures = gram_textures(painting, extractor, layer_names=TEXTURE_LAYERS, num_steps=TEXTURE_STEPS)
    title = "Textures from its first components"
    report.add(title, f"{textures.describe()} The painting is {subject}.", plot_gram_textures, textures)
    return report


def smaller_painting(image: Any) -> np.ndarray:
    """A painting as uint8 RGB of at most `STYLE_SIZE` pixels."""
    image = to_uint8(np.asarray(image)[..., :3])
    return resize_longest_side(image, STYLE_SIZE) if max(image.shape[:2]) > STYLE_SIZE else image


def _central(vectors):
    return int(np.linalg.norm(vectors - np.median(vectors, axis=0), axis=1).argmin())


def _crops_of(images):
    """Left and right half of each painting that is large enough, and the numbers of their paintings."""
    crops, owners = [], []
    for number, image in enumerate(images):
        if min(image.shape[0], image.shape[1] // 2) >= SMALLEST_CROP:
            half = image.shape[1] // 2
            crops += [image[:, :half], image[:, -half:]]
            owners += [number, number]
    return crops, np.array(owners, int)


def _add_neighbors(report, vectors, images, names):
    number = _central(vectors)
    others = [index for index in range(len(names)) if index != number]
    found = nearest_paintings(vectors[number], vectors[others], MOST_NEIGHBORS)
    first = others[found.indices[0]]
    text = (
        f"The nearest to {names[number]}, the most central painting, is {names[first]}, at "
        f"{found.distances[0] / max(found.usual, 1e-12):.2f} of the median distance."
    )
    chosen = [images[index] for index in others], [names[index] for index in others]
    report.add("Nearest paintings to a vector", text, plot_nearest_paintings, found, images[number], *chosen)


def _add_crop_distances(report, vectors, owners, groups, groups_name):
    labels = [groups[owner] for owner in owners]
    title = f"Two crops of one painting against two {groups_name}s"
    try:
        distances = crop_distances(vectors, owners, labels)
    except ValueError:
        report.add(title, f"There is only one {groups_name} with crops of {SMALLEST_CROP} pixels: nothing to compare.")
        return
    text = distances.describe().replace("two groups", f"two {groups_name}s").replace("one group", f"one {groups_name}")
    report.add(title, text, plot_crop_distances, distances, groups_name)


def _add_probes(report, vectors, owners, groups, groups_name, images):
    """Probes of what has two labels with two paintings each."""
    # The thirds are of paintings, each counted once.
    questions = {"palette, cool to warm": palette_labels(images), "lightness, dark to light": lightness_labels(images)}
    if groups:
        questions = {groups_name: list(groups), **questions}
    probes = {}
    for name, labels in questions.items():
        present = [labels[owner] for owner in owners]
        counts = {label: len({owner for owner in owners if labels[owner] == label}) for label in set(present)}
        kept = [index for index, label in enumerate(present) if counts[label] >= 2]
        if len({present[index] for index in kept}) >= 2:
            probes[name] = linear_probe(vectors[kept], [present[index] for index in kept], owners[kept])
    if not probes:
        report.add("What can be read from a vector", "Too few paintings: a probe needs two of each of two labels.")
        return
    text = " ".join(probe.describe(f"the {name}") for name, probe in probes.items())
    report.add("What can be read from a vector", text, plot_linear_probes, probes)
