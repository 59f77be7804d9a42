"""`tfstyle repair`: fills the holes of photographs."""

from pathlib import Path

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command, fraction
from tfstyle.commands.jobs import add_job_flags, do_jobs
from tfstyle.commands.models import load_model, read_restorer
from tfstyle.saved.family import REPAIR

DIFFUSION = "diffusion"  # in place of a model


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "repair",
        run,
        "fill what is damaged or unwanted in photographs",
        "tfstyle repair PHOTO --mask MASK --output FILE [options]\n"
        "       tfstyle repair PHOTO... --find-damage --output FILE_OR_FOLDER [options]",
        (
            "tfstyle repair photo.png --mask mask.png --output repaired.png",
            "tfstyle repair scan.png --find-damage --save-mask found.png --output repaired.png",
            "tfstyle repair photo.png --mask mask.png --model diffusion --output repaired.png",
        ),
    )
    add = parser.add_argument
    add("photos", nargs="*", type=Path, metavar="PHOTO", help="image files, or folders of them")
    add("--mask", type=Path, metavar="FILE", help="an image, white where one photograph is to be filled")
    add(
        "--find-damage",
        action="store_true",
        help="find thin scratches, dust and small stains by a median filter, and fill them, too; it takes other thin "
        "things for damage, such as wires and letters: see --save-mask",
    )
    add(
        "--sensitivity",
        type=fraction,
        default=0.5,
        metavar="S",
        help="of --find-damage, from 0 to 1; more finds fainter damage (default: 0.5)",
    )
    add("--save-mask", type=Path, metavar="FILE", help="write what is filled of one photograph as an image, in white")
    add(
        "--model",
        default="repair",
        metavar="NAME_OR_FOLDER",
        help="an inpainter, or the run directory of its training; or diffusion: colors diffuse into the holes from "
        "their edges, without a network (default: repair)",
    )
    add_job_flags(parser)


def run(options) -> int:
    if not options.photos:
        raise UsageError("no photo was named. Photos come first: tfstyle repair PHOTO --mask MASK --output FILE")
    if options.mask is None and not options.find_damage:
        raise UsageError("what shall be filled? Name an image with --mask, or add --find-damage.")
    is_single = len(options.photos) == 1 and not options.photos[0].is_dir()
    if not is_single and (options.mask or options.save_mask):
        raise UsageError("--mask and --save-mask are for one photograph. Repair several of them one by one.")
    from tfstyle.images import check_writable, load_image

    if options.mask:
        load_image(options.mask)  # a broken mask is found before TensorFlow is imported
    if options.save_mask:
        check_writable(options.save_mask)
        if options.save_mask.exists() and not options.overwrite:
            raise UsageError(f"{options.save_mask}: already exists. Add --overwrite, or name another file.")
    if options.model != DIFFUSION:
        read_restorer(options.model, "repair", REPAIR, "repair")

    def open_painter(_):
        import_tensorflow()
        import numpy as np

        from tfstyle.images import save_image
        from tfstyle.transfer.damage import find_damage
        from tfstyle.transfer.masks import load_masks
        from tfstyle.transfer.restore import repair

        model = None if options.model == DIFFUSION else load_model(options.model)

        def paint(photo):
            holes = np.zeros(photo.shape[:2], bool)
            if options.mask:
                holes |= load_masks([options.mask], *holes.shape)[0] >= 0.5
            if options.find_damage:
                holes |= find_damage(photo, options.sensitivity)
            print(f"{holes.mean():.1%} of the pixels are filled", flush=True)
            if options.save_mask:
                save_image(options.save_mask, np.uint8(255) * holes[..., None], overwrite=options.overwrite)
            return repair(photo, holes, model)

        return paint

    by = DIFFUSION if options.model == DIFFUSION else f"the model {Path(options.model).name}"
    return do_jobs(options.photos, open_painter, f"Repaired by {by}", options)
