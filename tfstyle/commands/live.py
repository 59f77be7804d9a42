"""`tfstyle live`: a camera in a style."""

from pathlib import Path

from tfstyle.commands.clips import smoothness
from tfstyle.commands.console import import_tensorflow
from tfstyle.commands.flags import add_command, fraction, positive_integer, stroke_size


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "live",
        run,
        "show a camera in a style (extra: video)",
        "tfstyle live --style STYLE... [--camera NUMBER_OR_FILE] [options]",
        (
            "tfstyle live --style hokusai_great_wave",
            "tfstyle live --style my_painting.jpg other_painting.jpg --camera clip.mp4",
        ),
    )
    add = parser.add_argument
    add(
        "--style",
        dest="styles",
        nargs="+",
        required=True,
        metavar="STYLE",
        help="style names or files of paintings; the keys n and p change between them, or between all styles of the "
        "model if a single name is given",
    )
    add("--camera", default="0", metavar="NUMBER_OR_FILE", help="number of the camera, or a clip (default: 0)")
    add("--size", type=positive_integer, default=384, metavar="N", help="longest side of the painting (default: 384)")
    add("--strength", type=fraction, default=1.0, metavar="S", help="from 0 to 1; keys + and - (default: 1)")
    add("--stroke-size", type=stroke_size, default=1.0, metavar="S", help="0.5 to 2; keys ] and [ (default: 1)")
    add(
        "--smooth",
        type=smoothness,
        default=0.5,
        metavar="S",
        help="how much of each frame follows the one before, from 0 to less than 1 (default: 0.5)",
    )
    add("--snapshots", type=Path, default=Path("."), metavar="FOLDER", help="folder for snapshots, key s (default: .)")
    add("--model", metavar="NAME_OR_FOLDER", help="as in tfstyle stylize")


def run(options) -> None:
    from tfstyle.images import check_writable
    from tfstyle.transfer.painter import PainterOptions, plan_painter

    plan = plan_painter(
        PainterOptions(
            styles=options.styles, model=options.model, strength=options.strength, stroke_size=options.stroke_size
        )
    )
    check_writable(options.snapshots / "snapshot.png")
    source = int(options.camera) if options.camera.isdigit() else options.camera
    from tfstyle.video.camera import camera_frames
    from tfstyle.video.clip import import_package

    import_package("cv2")
    frames = camera_frames(source)
    first = next(frames, None)  # errors of the camera come before the slow import
    from tfstyle.video.window import Window

    window = Window("tfstyle")
    import_tensorflow()
    from tfstyle import zoo
    from tfstyle.transfer.live import LivePainter, paint_live

    model = zoo.load(plan.model)
    names = [Path(text.partition("=")[0]).name for text in options.styles]
    styles = list(zip(names, [style for style, _ in plan.styles], strict=True))
    if len(styles) == 1 and hasattr(model, "style_names"):
        others = [name for name in model.style_names[1:] if name != styles[0][1]]
        styles += [(name, name) for name in others]
    elif hasattr(model, "encode_style"):
        styles = [(name, model.blend(style)) for name, style in styles]
    painter = LivePainter(
        model, styles, options.strength, options.stroke_size, options.smooth, snapshots=options.snapshots
    )

    def all_frames():
        if first is not None:
            yield first
        yield from frames

    num_frames, rate = paint_live(all_frames(), painter, window, options.size)
    print(f"{num_frames} frames, {rate:.1f} per second")
