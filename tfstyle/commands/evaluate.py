"""`tfstyle evaluate`: how good a model is."""

from pathlib import Path

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.extractors import make_extractor, parse_extractor
from tfstyle.commands.flags import add_command, positive_integer


def add_flags(commands):
    usage = "tfstyle evaluate MODEL --photographs FOLDER --paintings FOLDER --extractor NAME[=WEIGHTS] [options]"
    summary = "measure a style bank against optimizing the pixels themselves"
    parser = add_command(commands, "evaluate", run, summary, usage)
    add = parser.add_argument
    add("model", metavar="NAME_OR_FOLDER", help="a style bank")
    add("--photographs", type=Path, required=True, metavar="FOLDER", help="each is painted in one or more styles")
    add("--paintings", type=Path, required=True, metavar="FOLDER", help="with one file for each style, named after it")
    add("--extractor", required=True, metavar="NAME[=WEIGHTS]", help="as in tfstyle train style-bank")
    add("--rounds", type=positive_integer, default=1, metavar="N", help="photographs for each style (default: 1)")
    add("--size", type=positive_integer, default=320, metavar="N", help="longest side of photographs (default: 320)")
    add(
        "--style-size", type=positive_integer, default=400, metavar="N", help="longest side of paintings (default: 400)"
    )


def run(options):
    extractor_name, weights = parse_extractor(options.extractor)
    from tfstyle.images import list_images, load_image, resize_longest_side, to_float

    photographs = list_images(options.photographs)
    paintings = {path.stem: path for path in list_images(options.paintings)}
    import_tensorflow()
    from statistics import mean

    from tfstyle import zoo
    from tfstyle.transfer.evaluate import StyleYardstick

    bank = zoo.load(options.model)
    styles = bank.style_names[1:]
    missing = [name for name in styles if name not in paintings]
    if missing:
        raise UsageError(f"{options.paintings} has no painting for the styles {', '.join(missing)}.")
    yardstick = StyleYardstick(*make_extractor(extractor_name, weights, "float32"))

    def read(path, size):
        return to_float(resize_longest_side(load_image(path), size))

    scores = []
    for number, style in enumerate(styles * options.rounds):
        path = photographs[(number + number // len(styles)) % len(photographs)]  # another one in each round
        photograph = read(path, options.size)
        stylized = bank(photograph[None], bank.style_weights({style: 1.0}))[0]
        painting = read(paintings[style], options.style_size)
        score = yardstick.score(style, path.stem, photograph, painting, stylized)
        scores.append(score)
        print(f"{style:<36} {path.stem:<20} closes {score.closed:6.1%}  content {score.content_ratio:.2f}", flush=True)
    closed, ratio = (mean(getattr(score, name) for score in scores) for name in ("closed", "content_ratio"))
    print(f"{len(scores)} pairs, in the features of {extractor_name}: closes {closed:.1%}, content {ratio:.2f}")
    by_style = [[score for score in scores if score.style == style] for style in styles]
    print(
        f"worst style: closes {min(mean(score.closed for score in group) for group in by_style):.1%}, "
        f"content {max(mean(score.content_ratio for score in group) for group in by_style):.2f}"
    )
