"""`tfstyle explain`: a report about a stylized photograph, about paintings, or about a training."""

from pathlib import Path
from typing import Any

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command, fraction, natural_number, positive_integer
from tfstyle.wording import counted

SMALLEST_SIZE = 48


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "explain",
        run,
        "write a report on why a stylized photograph looks as it does, on how the styles of paintings are represented, "
        "or on a training",
        "tfstyle explain PHOTO --style STYLE --output FOLDER [options]\n"
        "       tfstyle explain --style PAINTING_OR_FOLDER... --output FOLDER [options]\n"
        "       tfstyle explain RUN --output FOLDER [options]",
        (
            "tfstyle explain photo.jpg --style painting.jpg --output report/",
            "tfstyle explain photo.jpg --style hokusai_great_wave --painting wave.jpg --output report/",
            "tfstyle explain --style paintings/ --output report/",
            "tfstyle explain runs/shapes --output report/",
        ),
    )
    add = parser.add_argument
    add("subject", nargs="?", type=Path, metavar="PHOTO_OR_RUN", help="a photograph, or the folder of a training")
    add(
        "--style",
        dest="styles",
        nargs="+",
        action="extend",
        default=[],
        metavar="STYLE",
        help="with a photograph: a style name or the file of a painting; without: paintings to compare, or folders of "
        "them, whose sub-folders are painters or movements",
    )
    add("--output", type=Path, required=True, metavar="FOLDER", help="folder of the report, which is index.html")
    add(
        "--model",
        metavar="NAME_OR_FOLDER",
        help="default: style_bank for names, a model for arbitrary style transfer for paintings",
    )
    add(
        "--painting",
        type=Path,
        metavar="FILE",
        help="the painting of a style of a bank, to compare with (default: the small picture beside the model, if any)",
    )
    add(
        "--compare",
        type=Path,
        nargs="+",
        metavar="FILE_OR_FOLDER",
        help="other paintings, which say in what directions styles vary (default: variations of the painting)",
    )
    add(
        "--size",
        type=positive_integer,
        default=256,
        metavar="N",
        help="longest side at which a photograph is explained (default: 256)",
    )
    add(
        "--strength",
        type=fraction,
        default=1.0,
        metavar="S",
        help="the strength of the style to explain, above 0 and at most 1 (default: 1)",
    )
    add("--groups", default="group", metavar="WORD", help="what sub-folders are, such as painter (default: group)")
    add("--seed", type=natural_number, default=0, metavar="N", help="seed of noise and of choices (default: 0)")
    add(
        "--tensorboard",
        action="store_true",
        help="also write the report of a training to RUN/tensorboard/explain, for TensorBoard",
    )
    add("--overwrite", action="store_true", help="replace an existing report")


def run(options) -> None:
    from tfstyle.interpret.report import check_output
    from tfstyle.saved.registry import is_run

    check_output(options.output, options.overwrite)
    if options.subject is None:
        if not options.styles:
            raise UsageError("name a photograph, the folder of a training, or paintings with --style.")
        report = explain_paintings(options)
    elif options.subject.is_dir():
        if not is_run(options.subject):
            raise UsageError(f"{options.subject} is not the folder of a training. A photograph is a single file.")
        if options.styles:
            raise UsageError(f"{options.subject} is the folder of a training, which takes no --style.")
        report = explain_run(options)
    else:
        report = explain_photo(options)
    page = report.write(options.output, options.overwrite)
    print(f"{page}: {counted(len(report.sections), 'section')}. Open it in a browser; it needs no network.")


def explain_photo(options) -> Any:
    from tfstyle import artifacts
    from tfstyle.images import list_images, load_image
    from tfstyle.transfer.styles import check_names, choose_model, read_style

    if len(options.styles) != 1:
        raise UsageError(f"a photograph is explained in one --style. Received: {len(options.styles)}.")
    if not options.strength:
        raise UsageError("--strength must be above 0: without a style there is nothing to explain.")
    if options.size < SMALLEST_SIZE:
        raise UsageError(f"--size must be at least {SMALLEST_SIZE}. Received: {options.size}.")
    (style,) = options.styles
    photo = load_image(options.subject)[..., :3]
    if min(photo.shape[:2]) * min(1, options.size / max(photo.shape[:2])) < SMALLEST_SIZE / 2:
        raise UsageError(f"{options.subject} is too narrow: {photo.shape[1]}x{photo.shape[0]} pixels.")
    if options.model:
        model, metadata = options.model, artifacts.read_metadata(artifacts.find_model(options.model))
    else:
        model, metadata = choose_model(options.styles)
    painting = None
    if "style_names" in metadata:
        check_names([style], metadata)
        if options.compare:
            raise UsageError("--compare is for paintings. The directions of a bank lead to its other styles.")
        painting = options.painting and load_image(options.painting)[..., :3]
    elif "style_dim" in metadata:
        if options.painting:
            raise UsageError("--painting is for a style of a bank. Here --style names the painting.")
        style = read_style(style, metadata)
        if style.ndim != 3:
            raise UsageError(f"{options.styles[0]} is a style embedding. Name the painting, which it is compared with.")
    others = [load_image(path)[..., :3] for path in list_images(options.compare)] if options.compare else []
    import_tensorflow()
    from tfstyle.interpret.transfer_report import explain_transfer

    return explain_transfer(
        photo, model, style, painting, others, options.size, options.seed, strength=options.strength
    )


def explain_paintings(options) -> Any:
    from tfstyle.images import list_images, load_image, resize_longest_side

    roots = [Path(style) for style in options.styles]
    missing = [str(root) for root in roots if not root.exists()]
    if missing:
        raise UsageError(f"{missing[0]}: no such file or folder. Without a photograph, --style names paintings.")
    files = list_images(roots)
    parents = [file.parent for file in files]
    has_groups = len(set(parents)) > 1
    paintings = {}
    for file in files:
        name = f"{file.parent.name}/{file.stem}" if has_groups else file.stem
        image = load_image(file)[..., :3]
        paintings[name] = resize_longest_side(image, 512) if max(image.shape[:2]) > 512 else image
    import_tensorflow()
    from tfstyle.interpret.style_report import explain_styles

    groups = [parent.name for parent in parents] if has_groups else []
    return explain_styles(paintings, options.model or "semantic_style", groups, options.groups)


def explain_run(options) -> Any:
    import_tensorflow()
    from tfstyle.interpret.figures import read_losses
    from tfstyle.interpret.training_report import explain_training
    from tfstyle.training.gan_monitor import findings_of

    try:
        lines = read_losses(options.subject)
    except FileNotFoundError as error:
        raise UsageError(str(error)) from error
    report = explain_training(options.subject, findings_of(lines), options.seed)
    if options.tensorboard:
        report.write_summaries(options.subject / "tensorboard" / "explain", lines[-1]["step"])
    return report
