"""What a photograph is stylized with: checked without TensorFlow, then opened as a function of photographs."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle import artifacts, zoo
from tfstyle.images import check_writable, load_image
from tfstyle.transfer.jobs import describe_recipe
from tfstyle.transfer.large import DEFAULT_MEMORY, stylize_large
from tfstyle.transfer.masks import load_masks, soften
from tfstyle.transfer.styles import STYLE_SIZE, check_names, choose_model, parse_styles, read_style
from tfstyle.transfer.stylize import StylizeError
from tfstyle.wording import counted

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PainterOptions:
    """What `tfstyle stylize` is asked to stylize with, as it was typed.

    To add an option: a field here, a check in `plan_painter` if a model may not have it, and its use in `make_painter`.

    Args:
        styles: each `STYLE` or `STYLE=WEIGHT`; a style is a name, the file of a painting, or the file of an embedding.
        model: name or folder of a model, or None for the shipped one that fits the styles.
        masks: image files, one for each style, or none.
        strength: float in [0, 1].
        preserve_color: whether to keep the colors of the photograph.
        style_size: integer, longest side at which a painting is encoded, or None for 512.
        stroke_size: float, size of the strokes relative to the usual one.
        seed: integer, seed of the strokes, or None.
        canvas: integer, longest side at which a photograph is painted before it is reduced, or None for the model's.
        refine: whether to refine the style embeddings of paintings, which takes seconds.
        save_style: file for the style embedding, or None.
        memory: gigabytes that the process may use; larger photographs are painted in tiles.
        overwrite: whether `save_style` may be replaced.
    """

    styles: Sequence[str]
    model: str | None = None
    masks: Sequence[Path] = ()
    strength: float = 1.0
    preserve_color: bool = False
    style_size: int | None = None
    stroke_size: float = 1.0
    seed: int | None = None
    canvas: int | None = None
    refine: bool = False
    save_style: Path | None = None
    memory: float = DEFAULT_MEMORY
    overwrite: bool = False


@dataclass(frozen=True)
class PainterPlan:
    """Options that passed all checks, with what was read for them.

    Args:
        options: `PainterOptions`.
        model: name or folder of the model.
        styles: list of (style, weight). A style is a name, or an array: a painting or a style embedding.
        recipe: one line for the tags of the outputs.
        canvas: integer, longest side up to which photographs are enlarged, or 0.
    """

    options: PainterOptions
    model: str
    styles: list[tuple[Any, float]]
    recipe: str
    canvas: int


def plan_painter(options: PainterOptions) -> PainterPlan:
    """Checks the options and reads the paintings. TensorFlow is not imported.

    Args:
        options: `PainterOptions`.

    Returns:
        `PainterPlan`, for `make_painter`.

    Raises:
        ArtifactError: if there is no such model.
        ImageError: if a painting or a mask cannot be read.
        StylizeError: if a style is unknown, or the options do not fit one another or the model.
    """
    if options.model:
        model, metadata = options.model, artifacts.read_metadata(artifacts.find_model(options.model))
    else:
        model, metadata = choose_model(options.styles)
    pairs = parse_styles(options.styles, metadata.get("style_names", ()))
    _check_masks(options.masks, pairs)
    if "style_names" in metadata:
        unused = next((name for name in ("save_style", "style_size", "refine") if getattr(options, name)), "")
        if unused:
            raise StylizeError(f"`{unused}` is for paintings. The styles of {model} are chosen by name.")
        check_names([style for style, _ in pairs], metadata)
        sizes = metadata.get("stroke_sizes", (1.0,))
        if not min(sizes) <= options.stroke_size <= max(sizes):
            known = f"{min(sizes):g} to {max(sizes):g}" if len(sizes) > 1 else "of one size"
            raise StylizeError(f"The strokes of {model} are {known}. Received: stroke_size={options.stroke_size:g}.")
        styles: list[tuple[Any, float]] = list(pairs)
    elif "style_dim" in metadata:
        _check_save_style(options)
        size = options.style_size or STYLE_SIZE
        styles = [(read_style(style, metadata, size, options.stroke_size), weight) for style, weight in pairs]
        pairs = [(Path(style).name, weight) for style, weight in pairs]
    else:
        raise StylizeError(
            f"{model} is a {metadata['family'].replace('_', ' ')}, which does not stylize photographs. "
            "Use a style bank, or a model for arbitrary style transfer."
        )
    if options.seed is not None and not (metadata.get("noise_dim") or metadata.get("has_noise")):
        raise StylizeError(f"{model} has no noise, which a seed would vary. Leave `seed` out.")
    for mask in options.masks:
        load_image(mask)
    recipe = describe_recipe(
        f"the model {metadata['name']}",
        pairs,
        options.masks,
        strength=float(options.strength),
        stroke_size=None if options.stroke_size == 1 else float(options.stroke_size),
        seed=options.seed,
        canvas=options.canvas,
    )
    canvas = metadata.get("canvas", 0) if options.canvas is None else options.canvas
    return PainterPlan(options, model, styles, recipe, canvas)


def make_painter(plan: PainterPlan, model: Any = None) -> Callable[[np.ndarray], np.ndarray]:
    """Opens the model of a plan as a function of photographs. See `open_styles`.

    Args:
        plan: `PainterPlan`.
        model: the loaded model of the plan, or None to load it.

    Returns:
        Function of a photograph, as in `stylize`, that returns it stylized.
    """
    model, arguments = open_styles(plan, model)
    files = plan.options.masks

    def paint(photo: np.ndarray) -> np.ndarray:
        masks = soften(load_masks(files, *photo.shape[:2])) if files else None
        return stylize_large(
            photo, model, masks=masks, canvas=plan.options.canvas, memory=plan.options.memory, **arguments
        )

    return paint


def open_styles(plan: PainterPlan, model: Any = None) -> tuple[Any, dict[str, Any]]:
    """Opens the model of a plan, encodes its styles once, and saves the embedding if that is wanted.

    Args:
        plan: `PainterPlan`.
        model: the loaded model of the plan, or None to load it.

    Returns:
        The loaded model, and arguments of `stylize` or `stylize_video`: styles, strength and the like.
    """
    options, model = plan.options, model or zoo.load(plan.model)
    variation: dict[str, Any] = {}
    # With masks a list of one style for each, otherwise the blended styles as one.
    styles: Any = [style for style, _ in plan.styles] if options.masks else plan.styles
    if hasattr(model, "encode_style"):
        if options.refine and not model.can_refine:
            raise StylizeError(f"{plan.model} cannot refine style embeddings. Leave `refine` out.")
        has_paintings = max([np.ndim(style) for style, _ in plan.styles]) > 1
        if has_paintings and (options.refine or model.refines):
            logger.info("refining the style embedding: about ten seconds for each painting")
        refine = options.refine or None
        embeddings = [model.blend(style, refine) for style in (styles if options.masks else [styles])]
        if options.seed is not None and not model.noise_dim:
            variation = {"seed": options.seed}
        elif options.seed is not None:
            embeddings = [model.vary_style(embedding, options.seed)[0] for embedding in embeddings]
        styles = embeddings if options.masks else embeddings[0]
    else:
        variation = {"stroke_size": options.stroke_size, "seed": options.seed}
    if options.save_style:
        options.save_style.parent.mkdir(parents=True, exist_ok=True)
        np.save(options.save_style, styles)
    given = {"styles": styles, "strength": options.strength, "preserve_color": options.preserve_color}
    return model, {**given, **variation}


def _check_masks(masks: Sequence[Path], pairs: Sequence[tuple[str, float]]) -> None:
    if masks and len(masks) != len(pairs):
        raise StylizeError(
            "`masks` must have one image for each style. "
            f"Received: {counted(len(pairs), 'style')} and {counted(len(masks), 'mask')}."
        )
    if masks and any(weight != 1 for _, weight in pairs):
        raise StylizeError("With `masks`, the masks set the share of each style. Leave the weights out.")


def _check_save_style(options: PainterOptions) -> None:
    file = options.save_style
    if not file:
        return
    if options.masks:
        raise StylizeError("`save_style` saves one embedding, but `masks` need several. Leave one of them out.")
    if file.suffix != ".npy":
        raise StylizeError(f"{file}: a style embedding is a .npy file. Name a file that ends in .npy.")
    if file.exists() and not options.overwrite:
        raise StylizeError(f"{file}: already exists. Name another file, or pass overwrite=True.")
    check_writable(file)
