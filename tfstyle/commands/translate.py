"""`tfstyle translate`: image-to-image translation."""

from pathlib import Path

from tfstyle.commands.clips import add_clip_flags, do_clips, split_clips
from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command, fraction
from tfstyle.commands.jobs import add_job_flags, add_memory_flag, do_jobs


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "translate",
        run,
        "translate images into another domain, such as drawings into colored pictures",
        "tfstyle translate PHOTO... --model NAME_OR_FOLDER --output FILE_OR_FOLDER [options]",
        (
            "tfstyle translate drawing.png --model models/lineart2color --output colored.png",
            "tfstyle translate photos/ --model models/photo2monet --strength 0.7 --output monets/",
        ),
    )
    add = parser.add_argument
    add("photos", nargs="*", type=Path, metavar="PHOTO", help="image files, folders of them, or clips")
    add("--model", required=True, metavar="NAME_OR_FOLDER", help="a translator exported with tfstyle export")
    add(
        "--strength",
        type=fraction,
        default=1.0,
        metavar="S",
        help="from 0, the photograph, to 1, its translation (default: 1)",
    )
    add("--preserve-color", action="store_true", help="keep the colors of the photograph; only luminance is translated")
    add_job_flags(parser)
    add_clip_flags(parser)
    add_memory_flag(parser)


def run(options) -> int:
    if not options.photos:
        raise UsageError("no photo was named. Photos come first: tfstyle translate PHOTO... --model NAME --output FILE")
    from tfstyle import artifacts, zoo
    from tfstyle.saved.family import TRANSLATE
    from tfstyle.saved.registry import find_family

    metadata = artifacts.read_metadata(artifacts.find_model(options.model))
    family = find_family(metadata)
    if family.use != TRANSLATE:
        raise UsageError(f"{options.model} is a {family.title}, which does not translate images.")

    def open_painter(jobs):
        import_tensorflow()
        from tfstyle.transfer.large import stylize_large

        model = zoo.load(options.model)
        return lambda photo: stylize_large(
            photo, model, None, options.strength, options.preserve_color, memory=options.memory
        )

    recipe = f"Translated by the model {metadata['name']}; strength: {options.strength:g}"

    def open_model():
        given = {"styles": None, "strength": options.strength, "preserve_color": options.preserve_color}
        return zoo.load(options.model), given

    clips, photos = split_clips(options.photos, options.output)
    code = do_clips(clips, open_model, recipe, options) if clips else 0
    return (do_jobs(photos, open_painter, recipe, options) or code) if photos else code
