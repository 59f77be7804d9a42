"""`tfstyle demo`: a photograph in every style of a model, as one contact sheet."""

import time
from pathlib import Path

from tfstyle import __version__, artifacts
from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command, add_flag, positive_integer
from tfstyle.wording import counted


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "demo",
        run,
        "stylize a photograph in every style of a model, as one contact sheet",
        examples=("tfstyle demo", "tfstyle demo photo.jpg --size 256 --output sheet.png"),
    )
    parser.add_argument("photo", nargs="?", type=Path, metavar="PHOTO", help="default: a photograph from matplotlib")
    add_flag(parser, "--content", type=Path, metavar="PHOTO", help="the same as PHOTO")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="image file to write (default: demo.png, or demo-2.png ... if it exists)",
    )
    parser.add_argument(
        "--model", default="style_bank", metavar="NAME_OR_FOLDER", help="a style bank (default: style_bank)"
    )
    parser.add_argument(
        "--size", type=positive_integer, default=384, metavar="N", help="longest side of each image (default: 384)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace FILE if it exists")


def run(options) -> None:
    start = time.monotonic()
    metadata = artifacts.read_metadata(artifacts.find_model(options.model))
    if "style_names" not in metadata:
        raise UsageError(f"{options.model} has no named styles to show. Use a style bank.")
    if options.photo and options.content:
        raise UsageError("the photograph is given twice, as PHOTO and as --content. Leave one of them out.")
    from tfstyle import images, zoo
    from tfstyle.transfer.stylize import stylize

    output = options.output or first_free(Path("demo.png"))
    if output.exists() and not options.overwrite:
        raise UsageError(f"{output}: already exists. Add --overwrite, or name another --output.")
    if output.suffix.lower() not in images.WRITE_FORMATS:
        raise UsageError(f"{output}: --output must end in one of {', '.join(images.WRITE_FORMATS)}.")
    images.check_writable(output)
    photo = images.load_image(options.photo or options.content or sample_photo())
    photo = images.resize_longest_side(photo, options.size)
    import_tensorflow()
    bank = zoo.load(options.model)
    names = bank.style_names[1:]
    pictures = [photo, *(stylize(photo, bank, name) for name in names)]
    num_styles = counted(len(names), "style")
    title = f"{bank.metadata['name']}: {num_styles}"
    sheet = images.contact_sheet(pictures, ["photograph", *names], num_columns=min(6, len(pictures)), title=title)
    tags = {
        "Software": f"tfstyle {__version__}",
        "Description": f"A photograph in the styles of {bank.metadata['name']}",
    }
    images.save_image(output, sheet, overwrite=options.overwrite, tags=tags)
    seconds = time.monotonic() - start
    print(f"{output}: a photograph in {num_styles}, in {seconds:.1f} seconds")


def sample_photo() -> str:
    """Path of a photograph that ships with matplotlib: Grace Hopper in 1984, in the public domain."""
    from matplotlib import cbook

    return cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)


def first_free(path) -> Path:
    """`path`, or the first of `stem-2`, `stem-3`, ... that does not exist."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate
