"""`tfstyle evaluate`: metrics of a model, or of painted clips."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfstyle import artifacts
from tfstyle.commands.console import UsageError, complain_of_skipped, import_tensorflow
from tfstyle.commands.evaluate_translator import USES, evaluate_translator
from tfstyle.commands.evaluate_translator import add_flags as add_translator_flags
from tfstyle.commands.evaluate_video import evaluate_video
from tfstyle.commands.extractors import (
    EXTRACTOR_HELP,
    check_metric_extractor,
    extractor_name,
    features_of,
    make_extractor,
    make_metric_extractor,
    parse_extractor,
)
from tfstyle.commands.flags import add_command, add_flag, natural_number, positive_integer
from tfstyle.commands.models import open_model, read_data, read_family
from tfstyle.saved.family import EXTRACT, GENERATE, STYLIZE
from tfstyle.saved.registry import is_run
from tfstyle.wording import counted

FEWEST_IMAGES = 6  # each image needs five neighbors for precision and recall
NUM_DRAWN = 16  # generated images in the figure of neighbors


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "evaluate",
        run,
        "evaluate a model: a generator against real images, a style model against the optimization baseline, a loss "
        "network against another one, or a translator against targets",
        "tfstyle evaluate --model NAME_OR_FOLDER --data SOURCE [options]\n"
        "       tfstyle evaluate --model NAME_OR_FOLDER --content FOLDER... --style FOLDER... [options]\n"
        "       tfstyle evaluate --model NAME_OR_FOLDER --pairs FOLDER | --source A --target B | --target B [options]\n"
        "       tfstyle evaluate --video ORIGINAL PAINTED...",
        (
            "tfstyle evaluate --model runs/shapes --num-images 500",
            "tfstyle evaluate --model style_bank --content photos/ --style paintings/",
            "tfstyle evaluate --model runs/monet --source photos/ --target monets/ --size 256",
            "tfstyle evaluate --video clip.mp4 painted.mp4",
        ),
    )
    parser.add_argument("model_argument", nargs="?", metavar="MODEL", help=argparse.SUPPRESS)
    parser.add_argument(
        "--model", metavar="NAME_OR_FOLDER", help="a shipped model, an exported one, or a run directory"
    )
    parser.add_argument(
        "--extractor",
        default="light",
        metavar="NAME[=WEIGHTS]",
        help=f"network whose features are compared (default: light): {EXTRACTOR_HELP}; for a generator also pixels (no "
        "network) and inception=FILE.pb",
    )
    group = parser.add_argument_group("a generator")
    add = group.add_argument
    add(
        "--data",
        nargs="+",
        metavar="SOURCE",
        help="real images, as in tfstyle train gan (default for a run directory: its training data)",
    )
    add(
        "--num-images",
        type=positive_integer,
        default=2000,
        metavar="N",
        help="number of generated images, and of real ones if there are that many (default: 2000)",
    )
    add(
        "--seed",
        type=natural_number,
        default=0,
        metavar="S",
        help="seed of the generated images and of the choice of real ones (default: 0)",
    )
    add("--report", type=Path, metavar="FILE", help="write the results and the protocol as JSON")
    add(
        "--neighbors",
        type=Path,
        metavar="FILE",
        help="draw generated images above their nearest neighbors in --data, to detect copies",
    )
    group = parser.add_argument_group("a style model or a loss network")
    add = group.add_argument
    add_flag(
        group,
        "--content",
        "--photographs",
        type=Path,
        nargs="+",
        metavar="FILE_OR_FOLDER",
        help="photographs; each is stylized in one or more styles",
    )
    add_flag(
        group,
        "--style",
        "--paintings",
        type=Path,
        nargs="+",
        metavar="FILE_OR_FOLDER",
        help="paintings; for a style bank, files named after its styles (styles without a file are skipped)",
    )
    add(
        "--rounds",
        type=positive_integer,
        default=1,
        metavar="N",
        help="photographs per style of a bank, otherwise paintings per photograph (default: 1)",
    )
    add("--pictures", type=Path, metavar="FOLDER", help="for a loss network: save the images optimized with it")
    add(
        "--size",
        type=positive_integer,
        default=320,
        metavar="N",
        help="longest side of photographs; for a translator, side of the square crops (default: 320)",
    )
    add(
        "--style-size", type=positive_integer, default=400, metavar="N", help="longest side of paintings (default: 400)"
    )
    group = parser.add_argument_group("painted clips")
    group.add_argument(
        "--video",
        type=Path,
        nargs="+",
        metavar="CLIP",
        help="the original, then the clips painted from it: how much each flickers, and how fine its texture is",
    )
    add_translator_flags(parser)


def run(options) -> None:
    if options.video:
        check_outputs(options)
        evaluate_video(options)
        return
    given = [model for model in (options.model, options.model_argument) if model is not None]
    if len(given) != 1:
        raise UsageError(f"one model is needed, as in tfstyle evaluate --model style_bank. Received: {len(given)}.")
    options.model = given[0]
    family, _ = read_family(options.model)
    check_outputs(options)
    if family.use == GENERATE:
        evaluate_generator(options)
        return
    if family.use in USES:
        evaluate_translator(options, family.use)
        return
    if family.use not in (STYLIZE, EXTRACT):
        raise UsageError(f"{options.model} is a {family.title}, which this version cannot evaluate.")
    missing = [f"--{name}" for name in ("content", "style") if getattr(options, name) is None]
    if missing:
        raise UsageError(f"{options.model} is evaluated with {' and '.join(missing)} (see --help).")
    if family.use == EXTRACT:
        evaluate_extractor(options, extractor_name(family))
    else:
        evaluate_stylizer(options)


def check_outputs(options) -> None:
    """Raises an error for outputs that cannot be written, before anything is computed."""
    from tfstyle.images import check_writable

    for file in filter(None, (options.report, options.neighbors, options.pictures and options.pictures / "image.png")):
        check_writable(file)


def evaluate_generator(options) -> None:
    text = options.extractor
    check_metric_extractor(text)
    sources = options.data or read_data(options.model).get("source")
    if not sources:
        raise UsageError("--data is needed: real images to compare with, as in tfstyle train gan.")
    import_tensorflow()
    import numpy as np

    from tfstyle.data.image_array import load_image_array
    from tfstyle.images import to_float
    from tfstyle.metrics.report import compare_images

    with open_model(options.model) as generator:
        height, width, channels = generator.image_shape
        if height != width:
            raise UsageError(f"{options.model} generates images of {height}x{width} pixels; only squares are measured.")
        dataset = load_image_array(sources[0] if len(sources) == 1 else sources, height, channels)
        complain_of_skipped(dataset.skipped, len(dataset) + len(dataset.skipped))
        if min(len(dataset), options.num_images) < FEWEST_IMAGES:
            raise UsageError(
                f"at least {FEWEST_IMAGES} real and {FEWEST_IMAGES} generated images are needed. "
                f"Received: {len(dataset)} real, --num-images {options.num_images}."
            )
        chosen = np.random.default_rng(options.seed).permutation(len(dataset))[: options.num_images]
        labels = None
        if generator.num_classes and dataset.num_classes == generator.num_classes:
            labels = np.resize(dataset.labels[chosen], options.num_images)  # with the frequencies of the data
        generated = generator.generate(options.num_images, options.seed, labels)
        extractor = make_metric_extractor(text, height)
        real = to_float(dataset.images[chosen])
        report = compare_images(batches(real), batches(generated), extractor)
        print(f"{generator.metadata['name']} against {' '.join(map(str, sources))}")
    print(report)
    if options.neighbors:
        draw_neighbors(options.neighbors, generated[:NUM_DRAWN], dataset.images, extractor)
    if options.report:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(report.to_json())


def draw_neighbors(file, generated, real, extractor) -> None:
    """Draws generated images in a row, and below each one its nearest real neighbor in feature space."""
    import numpy as np

    from tfstyle.images import image_grid, save_image, to_float
    from tfstyle.metrics.features import as_rgb
    from tfstyle.metrics.manifold import nearest_neighbors

    nearest, _ = nearest_neighbors(features_of(extractor, generated), features_of(extractor, real))
    pictures = np.concatenate([generated, to_float(real[nearest])])
    file.parent.mkdir(parents=True, exist_ok=True)
    save_image(file, image_grid(as_rgb(pictures), num_columns=len(generated)), overwrite=True)


def batches(images, size=64) -> Iterator[Any]:
    return (images[start : start + size] for start in range(0, len(images), size))


def evaluate_stylizer(options) -> None:
    extractor_name, weights = parse_extractor(options.extractor)
    from tfstyle.images import list_images, load_image, resize_longest_side, to_float

    photographs, paintings = list_images(options.content), list_images(options.style)
    import_tensorflow()
    from tfstyle.transfer.evaluate import OptimizationBaseline

    def read(path, size):
        return to_float(resize_longest_side(load_image(path), size))

    scores = []
    with open_model(options.model) as model:
        style_names = model.metadata.get("style_names")
        if style_names:
            trials, missing = trials_of_bank(style_names[1:], photographs, paintings, options.rounds)
            if missing:
                print(f"not evaluated, because there is no painting: {', '.join(missing)}", flush=True)
        else:
            trials = trials_of_paintings(photographs, paintings, options.rounds)
        baseline = OptimizationBaseline(*make_extractor(extractor_name, weights, "float32"))
        for photograph_path, painting_path in trials:
            style = painting_path.stem
            photograph, painting = read(photograph_path, options.size), read(painting_path, options.style_size)
            stylized = model.painter(style if style_names else painting)(photograph[None])[0]
            score = baseline.score(style, photograph_path.stem, photograph, painting, stylized)
            scores.append(score)
            print(
                f"{style:<36} {score.photograph:<20} closes {score.closed:6.1%}  content {score.content_ratio:.2f}  "
                f"periodicity {score.periodicity:.2f}",
                flush=True,
            )
    print_summary(scores, extractor_name)


def evaluate_extractor(options, name) -> None:
    if is_run(options.model):
        raise UsageError(f"{options.model} is a run directory. Export it with tfstyle export, then evaluate the model.")
    reference_name, weights = parse_extractor(options.extractor)
    from tfstyle.images import image_grid, list_images, load_image, resize_longest_side, save_image, to_float, to_uint8

    folder = artifacts.find_model(options.model)
    photographs, paintings = list_images(options.content), list_images(options.style)
    import_tensorflow()
    import numpy as np

    from tfstyle.transfer.compare import score_extractor
    from tfstyle.transfer.evaluate import OptimizationBaseline

    layers: list[Any]
    extractor, *layers = make_extractor(name, folder, "float32")
    trained = OptimizationBaseline(extractor, *layers)
    random = OptimizationBaseline(type(extractor).from_config(extractor.get_config()), *layers)
    reference = OptimizationBaseline(*make_extractor(reference_name, weights, "float32"))
    scores = []
    for photograph_path, painting_path in trials_of_paintings(photographs, paintings, options.rounds):
        photograph = to_float(resize_longest_side(load_image(photograph_path), options.size))
        painting = to_float(resize_longest_side(load_image(painting_path), options.style_size))
        names = painting_path.stem, photograph_path.stem
        score, pictures = score_extractor(reference, trained, random, *names, photograph, painting)
        scores.append(score)
        print(
            f"{score.style:<36} {score.photograph:<20} closes {score.closed:6.1%}, random weights "
            f"{score.closed_by_random:6.1%}  content {score.content_ratio:.2f}",
            flush=True,
        )
        if options.pictures:
            row = np.stack([photograph, *(pictures[kind] for kind in ("random", "trained", "reference"))])
            file = options.pictures / f"{score.photograph}_{score.style}.png"
            save_image(file, image_grid(to_uint8(row), num_columns=4), overwrite=True)
    closed, by_random, content = (
        sum(getattr(score, field) for score in scores) / len(scores)
        for field in ("closed", "closed_by_random", "content_ratio")
    )
    print(
        f"{counted(len(scores), 'pair')}, in the features of {reference_name}: optimization through {options.model} "
        f"closes {closed:.1%}, through random weights {by_random:.1%}: {(closed - by_random) / (1 - by_random):.1%} of "
        f"the way from these to {reference_name}; content {content:.2f}"
    )


def trials_of_bank(styles, photographs, paintings, rounds) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Pairs photographs with every style of a bank that has a painting.

    Args:
        styles: sequence of names.
        photographs: list of paths.
        paintings: list of paths; a file belongs to the style of its name.
        rounds: integer, photographs per style.

    Returns:
        List of (photograph, painting), and list of the styles without a painting.

    Raises:
        UsageError: if no style has a painting.
    """
    by_name = {path.stem: path for path in paintings}
    missing = [style for style in styles if style not in by_name]
    measured = [style for style in styles if style in by_name]
    if not measured:
        raise UsageError(
            f"--style has no painting for any of the styles {', '.join(styles)}. Name the files after them."
        )
    trials = [
        # A different photograph for the same style in each round.
        (photographs[(number + number // len(measured)) % len(photographs)], by_name[style])
        for number, style in enumerate(measured * rounds)
    ]
    return trials, missing


def trials_of_paintings(photographs, paintings, rounds) -> list[tuple[Path, Path]]:
    """Pairs every photograph with `rounds` paintings: the first photograph with the first painting, and so on.

    Returns:
        List of (photograph, painting).
    """
    return [
        (photograph, paintings[(number + offset) % len(paintings)])
        for offset in range(rounds)
        for number, photograph in enumerate(photographs)
    ]


def print_summary(scores, extractor_name) -> None:
    """Prints the means of all scores and those of the worst style."""
    from statistics import mean

    def means(group):
        return [mean(getattr(score, name) for score in group) for name in ("closed", "content_ratio", "periodicity")]

    closed, content, periodicity = means(scores)
    pairs = counted(len(scores), "pair")
    print(
        f"{pairs}, in the features of {extractor_name}: closes {closed:.1%}, content {content:.2f}, "
        f"periodicity {periodicity:.2f}"
    )
    by_style = [means([score for score in scores if score.style == style]) for style in {s.style for s in scores}]
    closed, contents, periodicities = zip(*by_style, strict=True)
    print(f"worst style: closes {min(closed):.1%}, content {max(contents):.2f}, periodicity {max(periodicities):.2f}")
