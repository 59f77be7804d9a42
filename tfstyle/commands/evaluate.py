"""`tfstyle evaluate`: how good a model is."""

from pathlib import Path

from tfstyle import artifacts
from tfstyle.commands.console import UsageError, complain_of_skipped, import_tensorflow
from tfstyle.commands.extractors import (
    EXTRACTOR_HELP,
    check_metric_extractor,
    extractor_name,
    features_of,
    make_extractor,
    make_metric_extractor,
    parse_extractor,
)
from tfstyle.commands.flags import add_command, natural_number, positive_integer
from tfstyle.commands.models import open_model, read_data, read_family
from tfstyle.saved.family import EXTRACT, GENERATE, STYLIZE
from tfstyle.saved.registry import is_run

FEWEST_IMAGES = 6  # of which one has five neighbors, as the measures of manifolds need
NUM_DRAWN = 16  # made images in the picture of neighbors


def add_flags(commands):
    usage = (
        "tfstyle evaluate MODEL --data SOURCE [options]   for a generator\n"
        "       tfstyle evaluate MODEL --photographs FOLDER --paintings FOLDER [options]   "
        "for a network that paints, or that judges"
    )
    summary = (
        "measure a generator against real images, a network that paints against optimizing the pixels themselves, or "
        "what optimizing through a perceptual network gives against optimizing through another one"
    )
    parser = add_command(commands, "evaluate", run, summary, usage)
    parser.add_argument(
        "model", metavar="MODEL", help="name of a shipped model, its folder, or the folder of a training"
    )
    parser.add_argument(
        "--extractor",
        default="light",
        metavar="NAME[=WEIGHTS]",
        help=f"network that judges (default: light): {EXTRACTOR_HELP}; for a generator also pixels (no network) and "
        "inception=FILE.pb",
    )
    add = parser.add_argument_group("a generator").add_argument
    add(
        "--data",
        nargs="+",
        metavar="SOURCE",
        help="real images, as in tfstyle train gan (default for a training's folder: what it is trained on)",
    )
    add(
        "--num-images",
        type=positive_integer,
        default=2000,
        metavar="N",
        help="images to make, and real ones where there are as many (default: 2000)",
    )
    add(
        "--seed",
        type=natural_number,
        default=0,
        metavar="S",
        help="of what is made, and which are compared (default: 0)",
    )
    add("--report", type=Path, metavar="FILE", help="write the numbers and what they were measured by as JSON")
    add(
        "--neighbors",
        type=Path,
        metavar="FILE",
        help="draw made images, below each the one of --data that is most like it: are they copies?",
    )
    add = parser.add_argument_group("a network that paints, or that judges").add_argument
    add("--photographs", type=Path, metavar="FOLDER", help="each is painted in one or more styles")
    add(
        "--paintings",
        type=Path,
        metavar="FOLDER",
        help="for a style bank files named after its styles, of which those without one are left out; otherwise any",
    )
    add(
        "--rounds",
        type=positive_integer,
        default=1,
        metavar="N",
        help="photographs for each style of a bank; otherwise paintings for each photograph (default: 1)",
    )
    add("--pictures", type=Path, metavar="FOLDER", help="for a network that judges: keep what is optimized through it")
    add("--size", type=positive_integer, default=320, metavar="N", help="longest side of photographs (default: 320)")
    add(
        "--style-size", type=positive_integer, default=400, metavar="N", help="longest side of paintings (default: 400)"
    )


def run(options):
    family, _ = read_family(options.model)
    if family.use == GENERATE:
        evaluate_generator(options)
        return
    if family.use not in (STYLIZE, EXTRACT):
        raise UsageError(f"{options.model} is a {family.title}, for which there is no measure.")
    missing = [f"--{name}" for name in ("photographs", "paintings") if getattr(options, name) is None]
    if missing:
        raise UsageError(f"{options.model} is measured with {', '.join(missing)} (see --help).")
    if family.use == EXTRACT:
        evaluate_extractor(options, extractor_name(family))
    else:
        evaluate_painter(options)


def evaluate_generator(options):
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
            raise UsageError(f"{options.model} makes images of {height}x{width} pixels; only squares are measured.")
        dataset = load_image_array(sources[0] if len(sources) == 1 else sources, height, channels)
        complain_of_skipped(dataset.skipped, len(dataset) + len(dataset.skipped))
        if min(len(dataset), options.num_images) < FEWEST_IMAGES:
            raise UsageError(
                f"{FEWEST_IMAGES} images are needed at least: there are {len(dataset)} real ones, and "
                f"{options.num_images} are to be made."
            )
        chosen = np.random.default_rng(options.seed).permutation(len(dataset))[: options.num_images]
        labels = None
        if generator.num_classes and dataset.num_classes == generator.num_classes:
            labels = np.resize(dataset.labels[chosen], options.num_images)  # as often as in the data
        made = generator.generate(options.num_images, options.seed, labels)
        extractor = make_metric_extractor(text, height)
        real = to_float(dataset.images[chosen])
        report = compare_images(batches(real), batches(made), extractor)
        print(f"{generator.metadata['name']} against {' '.join(map(str, sources))}")
    print(report)
    if options.neighbors:
        draw_neighbors(options.neighbors, made[:NUM_DRAWN], dataset.images, extractor)
    if options.report:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(report.to_json())


def draw_neighbors(file, made, real, extractor):
    """Made images in a row, and below each its nearest real one among all, by the distance of their features."""
    import numpy as np

    from tfstyle.images import image_grid, save_image, to_float
    from tfstyle.metrics.features import as_rgb
    from tfstyle.metrics.manifold import nearest_neighbors

    nearest, _ = nearest_neighbors(features_of(extractor, made), features_of(extractor, real))
    pictures = np.concatenate([made, to_float(real[nearest])])
    file.parent.mkdir(parents=True, exist_ok=True)
    save_image(file, image_grid(as_rgb(pictures), num_columns=len(made)), overwrite=True)


def batches(images, size=64):
    return (images[start : start + size] for start in range(0, len(images), size))


def evaluate_painter(options):
    extractor_name, weights = parse_extractor(options.extractor)
    from tfstyle.images import list_images, load_image, resize_longest_side, to_float

    photographs, paintings = list_images(options.photographs), list_images(options.paintings)
    import_tensorflow()
    from tfstyle.transfer.evaluate import StyleYardstick

    def read(path, size):
        return to_float(resize_longest_side(load_image(path), size))

    scores = []
    with open_model(options.model) as model:
        style_names = model.metadata.get("style_names")
        if style_names:
            trials, missing = trials_of_bank(style_names[1:], photographs, paintings, options.rounds)
            if missing:
                print(f"not measured, for want of a painting: {', '.join(missing)}", flush=True)
        else:
            trials = trials_of_paintings(photographs, paintings, options.rounds)
        yardstick = StyleYardstick(*make_extractor(extractor_name, weights, "float32"))
        for photograph_path, painting_path in trials:
            style = painting_path.stem
            photograph, painting = read(photograph_path, options.size), read(painting_path, options.style_size)
            stylized = model.painter(style if style_names else painting)(photograph[None])[0]
            score = yardstick.score(style, photograph_path.stem, photograph, painting, stylized)
            scores.append(score)
            print(
                f"{style:<36} {score.photograph:<20} closes {score.closed:6.1%}  content {score.content_ratio:.2f}",
                flush=True,
            )
    print_summary(scores, extractor_name)


def evaluate_extractor(options, name):
    if is_run(options.model):
        raise UsageError(f"{options.model} is a training. Make a model of it with tfstyle export, then measure that.")
    judge_name, weights = parse_extractor(options.extractor)
    from tfstyle.images import image_grid, list_images, load_image, resize_longest_side, save_image, to_float, to_uint8

    folder = artifacts.find_model(options.model)
    photographs, paintings = list_images(options.photographs), list_images(options.paintings)
    import_tensorflow()
    import numpy as np

    from tfstyle.transfer.compare import score_extractor
    from tfstyle.transfer.evaluate import StyleYardstick

    extractor, *layers = make_extractor(name, folder, "float32")
    trained = StyleYardstick(extractor, *layers)
    random = StyleYardstick(type(extractor).from_config(extractor.get_config()), *layers)
    judge = StyleYardstick(*make_extractor(judge_name, weights, "float32"))
    scores = []
    for photograph_path, painting_path in trials_of_paintings(photographs, paintings, options.rounds):
        photograph = to_float(resize_longest_side(load_image(photograph_path), options.size))
        painting = to_float(resize_longest_side(load_image(painting_path), options.style_size))
        names = painting_path.stem, photograph_path.stem
        score, pictures = score_extractor(judge, trained, random, *names, photograph, painting)
        scores.append(score)
        print(
            f"{score.style:<36} {score.photograph:<20} closes {score.closed:6.1%}, random weights "
            f"{score.closed_by_random:6.1%}  content {score.content_ratio:.2f}",
            flush=True,
        )
        if options.pictures:
            row = np.stack([photograph, *(pictures[kind] for kind in ("random", "trained", "judge"))])
            file = options.pictures / f"{score.photograph}_{score.style}.png"
            save_image(file, image_grid(to_uint8(row), num_columns=4), overwrite=True)
    closed, by_random, content = (
        sum(getattr(score, field) for score in scores) / len(scores)
        for field in ("closed", "closed_by_random", "content_ratio")
    )
    print(
        f"{len(scores)} pairs, in the features of {judge_name}: optimization through {options.model} closes "
        f"{closed:.1%}, through random weights {by_random:.1%}: {(closed - by_random) / (1 - by_random):.1%} of what "
        f"lies between these and {judge_name}; content {content:.2f}"
    )


def trials_of_bank(styles, photographs, paintings, rounds):
    """Every style of a bank that has a painting, on so many photographs.

    Args:
        styles: sequence of names.
        photographs: list of paths.
        paintings: list of paths; a file belongs to the style of its name.
        rounds: integer.

    Returns:
        List of (photograph, painting), and the list of the styles that have no painting.

    Raises:
        UsageError: if no style has a painting.
    """
    by_name = {path.stem: path for path in paintings}
    missing = [style for style in styles if style not in by_name]
    measured = [style for style in styles if style in by_name]
    if not measured:
        raise UsageError(
            f"--paintings has no painting for any of the styles {', '.join(styles)}. Name the files after them."
        )
    trials = [
        # Another photograph for the same style in each round.
        (photographs[(number + number // len(measured)) % len(photographs)], by_name[style])
        for number, style in enumerate(measured * rounds)
    ]
    return trials, missing


def trials_of_paintings(photographs, paintings, rounds):
    """Every photograph with so many paintings: the first with the first, the next ..., the second with the second, ...

    Returns:
        List of (photograph, painting).
    """
    return [
        (photograph, paintings[(number + offset) % len(paintings)])
        for offset in range(rounds)
        for number, photograph in enumerate(photographs)
    ]


def print_summary(scores, extractor_name):
    """The means of all scores, and those of the worst style."""
    from statistics import mean

    def means(group):
        return mean(score.closed for score in group), mean(score.content_ratio for score in group)

    closed, content = means(scores)
    print(f"{len(scores)} pairs, in the features of {extractor_name}: closes {closed:.1%}, content {content:.2f}")
    by_style = [means([score for score in scores if score.style == style]) for style in {s.style for s in scores}]
    closed, content = min(closed for closed, _ in by_style), max(content for _, content in by_style)
    print(f"worst style: closes {closed:.1%}, content {content:.2f}")
