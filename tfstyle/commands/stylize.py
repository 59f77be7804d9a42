"""`tfstyle stylize`: photographs and clips in a style."""

from pathlib import Path

from tfstyle.backend import silenced_stderr
from tfstyle.commands.clips import add_clip_flags, do_clips, split_clips
from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command, add_flag, fraction, natural_number, positive_integer, seed, stroke_size
from tfstyle.commands.jobs import add_job_flags, add_memory_flag, do_jobs


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "stylize",
        run,
        "stylize photographs and clips in one feed-forward pass",
        "tfstyle stylize PHOTO... --style STYLE[=WEIGHT]... --output FILE_OR_FOLDER [options]",
        (
            "tfstyle stylize photo.jpg --style hokusai_great_wave --output wave.jpg",
            "tfstyle stylize photos/ --style painting.jpg --strength 0.7 --output stylized/",
            "tfstyle stylize clip.mp4 --style hokusai_great_wave --start 0:10 --end 0:20 --output waves.mp4",
        ),
    )
    add = parser.add_argument
    add("photos", nargs="*", type=Path, metavar="PHOTO", help="image files, folders of them, or clips")
    add_flag(
        parser,
        "--content",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="PHOTO",
        help="the same as PHOTO",
    )
    add(
        "--style",
        dest="styles",
        nargs="+",
        action="extend",
        required=True,
        metavar="STYLE[=WEIGHT]",
        help="a style name (see tfstyle zoo), the file of a painting, or an embedding saved by --save-style; several "
        "styles are blended by their weights",
    )
    add(
        "--mask",
        dest="masks",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="FILE",
        help="one image for each style, white where the style applies; where all are black, the photograph stays",
    )
    add(
        "--strength",
        type=fraction,
        default=1.0,
        metavar="S",
        help="from 0, the photograph, to 1, the full style (default: 1)",
    )
    add("--preserve-color", action="store_true", help="keep the colors of the photograph; only luminance is stylized")
    add(
        "--style-size",
        type=positive_integer,
        metavar="N",
        help="longest side at which a painting is encoded; smaller gives finer strokes (default: 512)",
    )
    add("--save-style", type=Path, metavar="FILE.npy", help="save the style embedding of the paintings for reuse")
    add(
        "--stroke-size",
        type=stroke_size,
        default=1.0,
        metavar="S",
        help="size of the strokes, from 0.5, fine, to 2, broad (default: 1)",
    )
    add_flag(
        parser,
        "--seed",
        "--noise",
        type=seed,
        metavar="N",
        help="seed of the placement of strokes; the same seed gives the same image",
    )
    add(
        "--canvas",
        type=natural_number,
        metavar="N",
        help="longest side at which a smaller photograph is painted before it is reduced to its size; larger keeps "
        "finer details and takes longer, 0 paints it as it is (default: that of the model)",
    )
    add(
        "--refine",
        action="store_true",
        help="refine the embedding of each painting on a few photographs, which takes seconds: closer to the painting",
    )
    add(
        "--model",
        metavar="NAME_OR_FOLDER",
        help="default: style_bank for names, a model for arbitrary style transfer for paintings",
    )
    add_job_flags(parser)
    add_clip_flags(parser)
    add_memory_flag(parser)


def run(options) -> int:
    photos = [*options.photos, *options.content]
    if not photos:
        raise UsageError("no photo was named. Photos come first: tfstyle stylize PHOTO... --style STYLE --output FILE")
    from tfstyle.transfer.painter import PainterOptions, make_painter, open_styles, plan_painter
    from tfstyle.transfer.quick import open_quick_model

    # All errors of the user are reported before TensorFlow is imported.
    plan = plan_painter(
        PainterOptions(
            styles=options.styles,
            model=options.model,
            masks=options.masks,
            strength=options.strength,
            preserve_color=options.preserve_color,
            style_size=options.style_size,
            stroke_size=options.stroke_size,
            seed=options.seed,
            canvas=options.canvas,
            refine=options.refine,
            save_style=options.save_style,
            memory=options.memory,
            overwrite=options.overwrite,
        )
    )
    clips, photos = split_clips(photos, options.output)
    code = do_clips(clips, lambda: open_styles(plan), plan.recipe, options) if clips else 0

    def open_painter(jobs):
        with silenced_stderr():  # LiteRT says which instructions it uses
            model = open_quick_model(plan.model, [job.photo for job in jobs], options.size, plan.canvas)
        if model is None:
            import_tensorflow()
        return make_painter(plan, model)

    return (do_jobs(photos, open_painter, plan.recipe, options, plan.canvas) or code) if photos else code
