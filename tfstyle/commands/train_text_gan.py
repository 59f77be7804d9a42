"""`tfstyle train text-gan`: trains a generator of images from words."""

import shlex

from tfstyle.commands.console import UsageError
from tfstyle.commands.flags import add_command, add_config_flags, positive_integer
from tfstyle.commands.models import read_data
from tfstyle.commands.training import TrainingCommand, add_run_flags
from tfstyle.wording import counted

EXAMPLES = (
    "tfstyle train text-gan --data scenes --run-directory runs/text2shapes",
    "tfstyle train text-gan --data pictures/ --image-size 64 --run-directory runs/words",
)


def add_flags(models) -> None:
    from tfstyle.training.loop.config import OLD_NAMES
    from tfstyle.training.text_gan_config import UNUSED, TextGanConfig

    usage = "tfstyle train text-gan --data scenes|FOLDER|FILE.npz --run-directory RUN [options]"
    parser = add_command(models, "text-gan", run, "train a generator of images from words", usage, EXAMPLES)
    add = parser.add_argument
    add(
        "--data",
        metavar="SOURCE",
        help="scenes: shapes drawn by code, with captions; a folder of images with a captions.json (file name -> "
        "caption), or named by code points as emoji are; or an .npz file with images and captions",
    )
    add_run_flags(parser, ", with its settings and data", has_cache=False)
    add(
        "--image-size",
        type=positive_integer,
        metavar="N",
        help="height and width (default: as in an archive, otherwise 32)",
    )
    leave_out = ("schedule_steps", "measure_every", "stop_at", "reconstruction_weight", *UNUSED)
    add_config_flags(parser.add_argument_group("settings"), TextGanConfig, leave_out, OLD_NAMES)


def run(options) -> None:
    from tfstyle.data.captioned_images import load_captioned_images
    from tfstyle.training.text_gan_config import TextGanConfig

    command = TrainingCommand(options, TextGanConfig)
    directory = command.directory
    kept = read_data(directory.path) if command.saved else {}
    source = options.data or kept.get("source")
    if not source:
        raise UsageError("--data is needed: scenes, a folder of images with captions, or an .npz file.")
    dataset = load_captioned_images(source, options.image_size or (kept.get("image_shape") or [None])[0])
    data = {"source": str(source), "image_shape": list(dataset.image_shape), "words": list(dataset.vocabulary.words)}
    if kept and (kept["image_shape"], kept["words"]) != (data["image_shape"], data["words"]):
        raise UsageError(
            f"the training was started with images of {kept['image_shape']} and {len(kept['words'])} words; these have "
            f"{data['image_shape']} and {len(data['words'])}. Resume with the same data."
        )

    command.prepare()
    from tfstyle.models.gan.text_gan import create_text_networks
    from tfstyle.training.text_gan import train_text_gan

    config = command.config
    try:
        generator, discriminator = create_text_networks(
            dataset.vocabulary.words, dataset.num_words, dataset.image_shape[0], dtype=config.precision
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    path = shlex.quote(str(directory.path))
    hint = f"tfstyle generate --model {path} --text CAPTION --output grid.png shows what it generates; "
    with command.started(hint=hint):
        directory.write_data(data)
        height, width, _ = dataset.image_shape
        print(
            f"captions of {counted(len(data['words']), 'word')}, images of {height}x{width}; "
            f"{type(generator).__name__} of {generator.count_params() / 1e6:.2f} million weights, {config.precision}",
            flush=True,
        )
        train_text_gan(generator, discriminator, dataset, config, directory)
