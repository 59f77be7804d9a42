"""`tfstyle evaluate` for networks that translate or restore images."""

import json
from pathlib import Path
from typing import Any

from tfstyle.commands.console import UsageError, complain_of_skipped, import_tensorflow
from tfstyle.commands.extractors import make_extractor, parse_extractor
from tfstyle.commands.flags import flag_of
from tfstyle.commands.models import open_model
from tfstyle.saved.family import COLORIZE, REPAIR, TRANSLATE, UPSCALE
from tfstyle.wording import counted

TASKS = {COLORIZE: "colorize", UPSCALE: "upscale", REPAIR: "repair"}  # use of a family -> task of its training
USES = (TRANSLATE, *TASKS)
PAIRED, UNPAIRED = (("pairs",), ("inputs", "targets")), (("source", "target"),)
FEWEST_IMAGES = 2
TARGETS_PER_INPUT = 2  # crops of the target domain, for a steadier distance


def add_flags(parser) -> None:
    """Adds the flags of translators to those of `tfstyle evaluate`."""
    add = parser.add_argument_group("a translator, or a model that restores images").add_argument
    add("--pairs", type=Path, metavar="FOLDER", help="pairs, with the input on the left and the target on the right")
    add("--inputs", type=Path, metavar="FOLDER", help="inputs of pairs")
    add("--targets", type=Path, metavar="FOLDER", help="a target of the same file name for each input")
    add("--source", type=Path, nargs="+", metavar="FOLDER", help="without pairs: images to translate")
    add(
        "--target",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="without pairs: images of the target domain; for a model that restores images: images to degrade",
    )


def evaluate_translator(options, use) -> None:
    """Evaluates a translator or restorer, prints the results, and writes them to --report.

    Args:
        options: return value of the parser.
        use: string, the use of the model's family, one of `USES`.

    Raises:
        UsageError: if a folder is missing or not used, or there are too few images.
    """
    given = tuple(name for name in ("pairs", "inputs", "targets", "source", "target") if getattr(options, name))
    wanted: tuple[tuple[str, ...], ...] = (*PAIRED, *UNPAIRED) if use == TRANSLATE else (("target",),)
    if given not in wanted:
        ways = ", or ".join(" and ".join(map(flag_of, flags)) for flags in wanted)
        received = ", ".join(map(flag_of, given)) or "no folder"
        raise UsageError(f"{options.model} is evaluated with {ways}. Received: {received}.")
    if use == UPSCALE and options.size % 4:
        raise UsageError(f"--size must be a multiple of 4 for an upscaler. Received: {options.size}.")
    import_tensorflow()
    with open_model(options.model) as model:
        if use != TRANSLATE:
            results = restoration_results(model, TASKS[use], options)
        elif given in PAIRED:
            results = pair_results(model, options)
        else:
            results = domain_results(model, options)
        print(f"{model.metadata['name']}, {counted(results.pop('num_images'), 'image')} of {options.size} pixels")
    for name, value in results.items():
        print(f"{name:24} {value:.4g}")
    if options.report:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(json.dumps(results, indent=2) + "\n")


def restoration_results(model, task, options) -> dict[str, Any]:
    """PSNR and SSIM of restored images, and those of the degraded ones; of repairs also the PSNR in the holes."""
    import numpy as np

    from tfstyle.data.degradation import DegradedImages
    from tfstyle.data.image_folder import ImageFolder
    from tfstyle.images import to_float
    from tfstyle.layers.bicubic_upsampling import BicubicUpsampling2D
    from tfstyle.training.translator_measures import pair_measures

    images = DegradedImages(ImageFolder(options.target), task)
    values: dict[str, list[float]] = {}
    for index in range(min(len(images), options.num_images)):
        degraded, target = map(to_float, images.load_crops(index, options.size, (options.seed, index), 1.0, False))
        if task == "repair":
            holes = degraded[..., 3:] > 0.5
            restored = model(degraded[None, ..., :3], holes[None])[0]
            shown = np.where(holes, np.float32(0.5), target)
            error = np.mean(np.square(restored - target)[np.broadcast_to(holes, target.shape)])
            values.setdefault("psnr_in_holes", []).append(float(-10 * np.log10(max(error, 1e-10))))
        else:
            restored = model(degraded[None])[0]
            shown = np.asarray(BicubicUpsampling2D(4)(degraded[None]))[0] if task == "upscale" else degraded
        for prefix, image in (("", restored), ("degraded_", shown)):
            for name, value in pair_measures(image[None].clip(0, 1), target[None]).items():
                values.setdefault(prefix + name, []).append(value)
    return {"num_images": min(len(images), options.num_images)} | {
        name: float(np.mean(numbers)) for name, numbers in values.items()
    }


def pair_results(model, options) -> dict[str, Any]:
    """PSNR, SSIM and mean absolute difference of translations from their targets, and of the inputs from them."""
    import numpy as np

    from tfstyle.data.pairs import ImagePairs
    from tfstyle.images import to_float
    from tfstyle.training.translator_measures import pair_measures

    pairs = ImagePairs(options.pairs) if options.pairs else ImagePairs(options.inputs, options.targets)
    number = min(len(pairs), options.num_images)
    crops = [pairs.load_crops(index, options.size, (options.seed, index), 1.0, False) for index in range(number)]
    complain_of_skipped(pairs.skipped, len(pairs))
    inputs, targets = (to_float(np.stack(images)) for images in zip(*crops, strict=True))
    results: dict[str, Any] = {"num_images": number}
    for prefix, images in (("", translated(model, inputs)), ("input_", inputs)):
        measures = pair_measures(images, targets) | {"l1": float(np.mean(np.abs(images - targets)))}
        results |= {prefix + name: value for name, value in measures.items()}
    return results


def domain_results(model, options) -> dict[str, Any]:
    """Kernel distance and coverage of translations with the target domain, and the structure that is kept."""
    import numpy as np

    from tfstyle.data.image_folder import ImageFolder, random_crop
    from tfstyle.images import to_float
    from tfstyle.training.translator_measures import DomainMeasure

    def crops(folder, number):
        images = ImageFolder(folder)
        loaded = []
        for index in range(number or min(len(images), options.num_images)):
            random = np.random.default_rng((options.seed, index))
            loaded.append(random_crop(images.load(index % len(images))[0], options.size, random, flip=False))
        complain_of_skipped(images.skipped, len(images))
        return to_float(np.stack(loaded))

    inputs = crops(options.source, 0)
    if len(inputs) < FEWEST_IMAGES:
        raise UsageError(f"at least {FEWEST_IMAGES} images are needed in --source. Received: {len(inputs)}.")
    name, weights = parse_extractor(options.extractor)
    extractor, *_ = make_extractor(name, weights, "float32")
    layer_name = extractor.layer_names[-1]  # as while training
    targets = crops(options.target, TARGETS_PER_INPUT * len(inputs))
    measure = DomainMeasure(extractor, layer_name, inputs, targets)
    distance = {"input_kernel_distance": measure.input_distance}
    return {"num_images": len(inputs)} | measure(translated(model, inputs)) | distance


def translated(model, images) -> Any:
    """Translations of images, one by one: float array of the same shape in [0, 1]."""
    import numpy as np

    return np.concatenate([model(image[None]) for image in images]).clip(0, 1)
