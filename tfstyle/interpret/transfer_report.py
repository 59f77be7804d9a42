"""A report about one stylized photograph: why does it look as it does?"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle import artifacts, zoo
from tfstyle.data.procedural_paintings import PAINTINGS, procedural_painting
from tfstyle.images import load_image, resize_image, resize_longest_side, to_float
from tfstyle.interpret.ablation import ablate_blocks, plot_ablation
from tfstyle.interpret.content_distance import content_map, plot_content_map
from tfstyle.interpret.drawing import new_figure, show_picture
from tfstyle.interpret.octaves import noise_octaves, plot_noise_octaves
from tfstyle.interpret.patch_matching import correspondence, plot_correspondence
from tfstyle.interpret.properties import compare_properties, image_properties
from tfstyle.interpret.report import Report, ReportError
from tfstyle.interpret.sensitivity import plot_style_sensitivity, principal_directions, style_sensitivity
from tfstyle.interpret.strength import STRENGTHS, plot_strength_effect, strength_effect
from tfstyle.interpret.style_gradients import layer_gradients, plot_layer_gradients
from tfstyle.models.perceptual.light_extractor import CONTENT_LAYER, STYLE_LAYERS, LightStyleExtractor
from tfstyle.saved.family import STYLIZE
from tfstyle.saved.registry import find_family

logger = logging.getLogger(__name__)
NUM_DIRECTIONS = 6
MATCHED_LAYER = "stage3_conv2"  # at a quarter of the resolution, where a patch is a stroke
FAR = 0.5  # of the way to another style of a bank


def explain_transfer(
    photo: Any,
    model_name: Any,
    style: Any,
    painting: Any = None,
    other_paintings: Sequence[Any] = (),
    size: int = 256,
    seed: int = 0,
    extractor: Any = None,
    strength: float = 1.0,
) -> Report:
    """Explains how a photograph is stylized, with everything that can be measured about it.

    Args:
        photo: uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`.
        model_name: name of a shipped model that stylizes photographs, or folder of a SavedModel.
        style: name of a style of a bank, or a painting for a model of any style.
        painting: the painting of a bank's style, which the bank does not hold; by default the small picture of it that
            comes with the model. Without any, the explanations that compare with it are left out.
        other_paintings: images whose style vectors say in which directions styles vary; by default, variations of the
            painting and paintings drawn by code.
        size: integer, longest side at which the photograph is stylized and explained.
        seed: integer, of the noise of a bank.
        extractor: `LightStyleExtractor`, the loss network of all measures; by default with the shipped weights.
        strength: float above 0 and at most 1, at which the photograph was stylized.

    Returns:
        `Report`.

    Raises:
        ReportError: if the model does not stylize photographs, or `strength` is not above 0 and at most 1.
        ArtifactError: if there is no such model.
    """
    if not 0 < strength <= 1:
        raise ReportError(
            f"`strength` must be above 0, where there is no style to explain, and at most 1. Received: {strength}."
        )
    folder = artifacts.find_model(model_name)
    metadata = artifacts.read_metadata(folder)
    family = find_family(metadata)
    if family.use != STYLIZE:
        raise ReportError(f"{model_name} is a {family.title}, which stylizes no photographs. Name another model.")
    model = zoo.load(model_name)
    network: Any = family.model_class(metadata)
    network = network.from_preset(folder)
    photo = smaller(photo, size)
    subject: Any
    if family.has_named_styles:
        subject = _BankSubject(model, network, style, seed, strength)
        painting = picture_of_style(folder, subject.name) if painting is None else painting
        name = f"the style {style}"
    else:
        painting = smaller(style, size)
        subject = _StylerSubject(model, network, style, other_paintings, seed, strength)
        name = "the style of the painting"
    painting = None if painting is None else smaller(painting, size)
    image = subject.paint(subject.vector, photo)
    extractor = extractor or LightStyleExtractor(STYLE_LAYERS)
    report = Report(
        "Why does this picture look as it does?",
        f"A photograph in {name}, by {metadata['name']} ({type(network).__name__}), at strength {strength:g} and "
        f"{photo.shape[1]}x{photo.shape[0]} pixels. Distances are measured in the features of the loss network "
        f"{extractor.family}.",
    )
    pictures = {"photograph": photo, "painting": painting, "stylized": image}
    pictures = {name: each for name, each in pictures.items() if each is not None}
    measured = [None if each is None else image_properties(each) for each in (photo, image, painting)]
    report.add("The picture", compare_properties(*measured), plot_pictures, pictures)
    logger.info("content and style")
    content = content_map(image, photo, extractor, CONTENT_LAYER)
    report.add("Where the content was given up", content.describe(), plot_content_map, content)
    if painting is None:
        report.add(
            "Comparisons with the painting",
            "Where a mark comes from, and which layer of the loss asks for what, is shown if you name the file of the "
            "painting, which the model does not hold: `--painting FILE` in the command, `painting` in Python.",
        )
    else:
        gradients = layer_gradients(image, painting, extractor)
        report.add(
            "What each layer of the style loss still asks for", gradients.describe(), plot_layer_gradients, gradients
        )
        matches = correspondence(image, painting, extractor, MATCHED_LAYER)
        report.add("Where in the painting each patch comes from", matches.describe(), plot_correspondence, matches)
    logger.info("strength")
    effect = strength_effect(
        lambda each: subject.paint_at(each, photo),
        photo,
        extractor,
        CONTENT_LAYER,
        STYLE_LAYERS,
        painting,
        (*STRENGTHS, strength),
    )
    report.add("What the strength does", effect.describe(), plot_strength_effect, effect)
    logger.info("blocks of the network")
    ablation = ablate_blocks(network, lambda: subject.draw(photo))
    report.add("What each block of the network adds", ablation.describe(), plot_ablation, ablation)
    bank = getattr(network, "bank", network)  # within a network for any style
    if getattr(bank, "has_noise", False):
        logger.info("noise")
        octaves = noise_octaves(bank, lambda: subject.draw(photo))
        report.add("What each octave of noise does", octaves.describe(), plot_noise_octaves, octaves)
    else:
        report.add(
            "What each octave of noise does",
            f"{metadata['name']} has no noise in its layers: the same photograph and style always give this picture, "
            "and where the photograph is plain the network can only repeat one pattern.",
        )
    logger.info("directions of the style")
    directions, names, both_ways = subject.directions(NUM_DIRECTIONS)
    sensitivity = style_sensitivity(
        lambda vector: subject.paint(vector, photo), subject.vector, directions, names, both_ways
    )
    report.add("What a change of the style changes", sensitivity.describe(), plot_style_sensitivity, sensitivity)
    return report


def smaller(image: Any, size: int) -> np.ndarray:
    """An image as float32 RGB in [0, 1] whose longest side is at most `size`."""
    image = np.asarray(image)[..., :3]
    return to_float(resize_longest_side(image, size) if max(image.shape[:2]) > size else image)


def picture_of_style(folder: Any, name: str) -> np.ndarray | None:
    """The small picture of a style's painting beside a model, `pictures/painting_NAME.jpg`, or None without one."""
    file = Path(folder) / "pictures" / f"painting_{name}.jpg"
    return load_image(file)[..., :3] if file.is_file() else None


class _BankSubject:
    """A style of a bank; its vector is the row of style weights."""

    def __init__(self, model, network, style, seed, strength):
        self.model, self.network, self.seed, self.strength = model, network, seed, strength
        self.name = model.style_names[int(self.weights_of(style, 1.0).argmax())]  # `style` may be a former name
        self.vector = self.weights_of(style)

    def weights_of(self, style, strength=None) -> np.ndarray:
        return self.model.style_weights({style: 1.0}, self.strength if strength is None else strength)[0]

    def paint(self, vector, photo) -> np.ndarray:
        return self.model(photo[None], vector[None], seed=self.seed)[0]

    def paint_at(self, strength, photo) -> np.ndarray:
        return self.paint(self.weights_of(self.name, strength), photo)

    def draw(self, photo) -> Any:
        """The picture by the Keras network, whose blocks can be taken away."""
        seeds = np.array([self.seed], np.int32)
        return self.network(photo[None], self.vector[None], seeds=seeds)

    def directions(self, count) -> tuple[np.ndarray, Sequence[str], bool]:
        names = self.model.style_names
        others = [name for name in names[1:] if name != self.name] or [names[0]]
        chosen = [others[index] for index in np.linspace(0, len(others) - 1, min(count, len(others))).astype(int)]
        rows = [FAR * (self.weights_of(name) - self.vector) for name in chosen]
        return np.stack(rows), [f"half way to {name}" for name in chosen], False


class _StylerSubject:
    """A painting for a network of any style."""

    def __init__(self, model, network, painting, other_paintings, seed, strength):
        self.model, self.network, self.painting, self.strength = model, network, painting, strength
        self.seed = seed if getattr(network, "has_noise", False) else 0
        if model.refines:
            logger.info("refining the style embedding: about ten seconds")
        self.vector = model.encode_style(painting)[0]
        self.others = list(other_paintings)

    def paint(self, vector, photo) -> np.ndarray:
        return self.model(photo[None], vector, self.strength, seed=self.seed)[0]

    def paint_at(self, strength, photo) -> np.ndarray:
        return self.model(photo[None], self.vector, strength, seed=self.seed)[0]

    def draw(self, photo) -> Any:
        noise = {"seeds": np.array([self.seed], np.int32)} if getattr(self.network, "has_noise", False) else {}
        return self.network(photo[None], self.vector[None], np.full(1, self.strength, np.float32), **noise)

    def directions(self, count) -> tuple[np.ndarray, Sequence[str], bool]:
        paintings = self.others or variations_of(self.painting)
        vectors = self.model.encode_style([to_float(each) for each in paintings], refine=False)
        return principal_directions(vectors, min(count, len(vectors) - 1)), (), True


def variations_of(painting: Any) -> list[np.ndarray]:
    """Paintings that differ from one in a known way, and paintings drawn by code.

    Args:
        painting: uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`.

    Returns:
        List of float32 arrays: the painting in other sizes, colors and directions, and two of each kind of
        `procedural_painting`.
    """
    painting = to_float(painting)[..., :3]
    height, width = painting.shape[:2]
    shares = (0.5, 0.7, 1.4)
    sizes = [resize_image(painting, max(32, round(share * height)), max(32, round(share * width))) for share in shares]
    gray = painting.mean(axis=-1, keepdims=True)
    colors = [painting[..., order] for order in ((1, 2, 0), (2, 0, 1), (2, 1, 0))]
    lights = [0.6 * painting, 0.4 + 0.6 * painting, 0.5 * painting + 0.5 * gray, 0.3 + 0.4 * painting]
    turned = [painting.transpose(1, 0, 2), painting[:, : max(32, width // 2)], painting[:, -max(32, width // 2) :]]
    drawn = [to_float(procedural_painting(name, 128, number)) for name in PAINTINGS for number in (0, 1)]
    return [painting, *sizes, *colors, *lights, *turned, *drawn]


def plot_pictures(pictures: dict[str, Any]) -> Any:
    """Draws pictures side by side.

    Shows: what the other pictures of this report explain.

    Args:
        pictures: dict of title -> image.

    Returns:
        `matplotlib.figure.Figure`.
    """
    tallest = max(np.shape(each)[0] / np.shape(each)[1] for each in pictures.values())
    figure = new_figure(9.2, 0.4 + 9.2 / len(pictures) * tallest)
    for axes, (title, image) in zip(figure.subplots(1, len(pictures), squeeze=False)[0], pictures.items(), strict=True):
        show_picture(axes, image, title)
    return figure
