"""The common part of all training commands: settings, run directory, TensorFlow, data, loss network, last line."""

import contextlib
import math
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfstyle.commands.console import UsageError, complain_of_skipped, import_tensorflow
from tfstyle.commands.flags import config_from

if TYPE_CHECKING:
    from tfstyle.data.image_folder import ImageFolder


class TrainingCommand:
    """Runs a training command, from its flags to its last line.

    Args:
        options: return value of the parser, with the flags of `add_run_flags`.
        config_class: class of the config.
        default: config with the values of flags that are not given; by default that of the resumed training.

    Attributes:
        directory: `RunDirectory`.
        saved: the settings of the resumed training, or None.
        config: the settings of the training; its precision is not "auto" after `prepare`.

    Raises:
        UsageError: if a flag has an invalid value.

    Example:

    ```python
    command = TrainingCommand(options, AdaINConfig)
    ...  # what can be checked without TensorFlow
    command.prepare()
    ...  # networks and data
    with command.started([photographs]):
        train_adain(..., command.config, command.directory)
    ```
    """

    def __init__(self, options, config_class, default=None):
        from tfstyle.training.loop.run_directory import RunDirectory

        self.options = options
        self.directory = RunDirectory(options.run_directory)
        self.saved = self.directory.saved_config(config_class) if options.resume else None
        self.config = config_from(config_class, options, default or self.saved)
        if self.config.precision == "auto" and self.saved:
            self.config = replace(self.config, precision=self.saved.precision)

    def prepare(self) -> None:
        """Imports TensorFlow, sets the random seed, and selects the precision for this machine."""
        import_tensorflow()
        import keras

        from tfstyle.training.loop.strategy import enable_memory_growth, fastest_precision

        enable_memory_growth()
        keras.utils.set_random_seed(self.config.seed)
        if self.config.precision == "auto":
            self.config = replace(self.config, precision=fastest_precision())

    @property
    def has_checkpoint(self) -> bool:
        """Whether the training resumes from a checkpoint."""
        return self.options.resume and self.directory.latest_checkpoint() is not None

    def image_folder(self, folder, shortest_side) -> "ImageFolder":
        """The images of a folder, with the cache of --cache.

        Args:
            folder: path, or several.
            shortest_side: float, pixels: the maximum that crops need.
        """
        from tfstyle.data.image_folder import ImageFolder

        if self.options.cache is None:
            return ImageFolder(folder)
        return ImageFolder(folder, shortest_side=math.ceil(shortest_side), cache_folder=self.options.cache)

    @contextlib.contextmanager
    def started(self, folders=(), hint="") -> Iterator[None]:
        """Context in which to train. It starts the run directory, and prints the last line at the end.

        Args:
            folders: `ImageFolder`s, whose unreadable files are reported.
            hint: string, a sentence about the next step.
        """
        with self.directory.removed_if_nothing_begins():
            self.directory.start(self.config, resume=self.options.resume)
            yield
        report_training(self.directory.path, folders, hint)


def report_training(path, folders=(), hint="") -> None:
    """Prints that a training is finished, the skipped images of its `ImageFolder`s, and the next step."""
    for folder in folders:
        complain_of_skipped(folder.skipped, len(folder))
    command = f"tfstyle export {shlex.quote(str(path))} --output FOLDER"
    print(f"{path}: trained. {hint}{command} makes a SavedModel of it.", flush=True)


def add_run_flags(parser, resumed_with="", has_cache=True) -> None:
    """Adds --run-directory and --resume, and --cache.

    Args:
        parser: parser of a training.
        resumed_with: string, what --resume restores besides the checkpoint.
        has_cache: bool, whether the training reads images from folders while it runs.
    """
    parser.add_argument(
        "--run-directory",
        type=Path,
        required=True,
        metavar="RUN",
        help="folder of the checkpoints, samples and losses",
    )
    parser.add_argument("--resume", action="store_true", help=f"resume from the newest checkpoint of RUN{resumed_with}")
    if has_cache:
        parser.add_argument(
            "--cache",
            type=Path,
            metavar="FOLDER",
            help="cache resized images in FOLDER, so that large files are decoded once and not for each crop",
        )


def add_extractor_flag(parser) -> None:
    """Adds --extractor, the loss network."""
    from tfstyle.commands.extractors import EXTRACTOR_HELP

    parser.add_argument(
        "--extractor",
        default="light",
        metavar="NAME[=WEIGHTS]",
        help=f"loss network (default: light): {EXTRACTOR_HELP}",
    )


def make_loss_network(options, config) -> tuple[Any, str, tuple[str, ...]]:
    """Creates the loss network of --extractor, and returns it with its content layer and its style layers.

    Raises:
        UsageError: if the weights do not belong to the network.
    """
    from tfstyle.commands.extractors import make_extractor, parse_extractor

    try:
        name, weights = parse_extractor(options.extractor)
        return make_extractor(name, weights, config.precision)
    except ValueError as error:
        raise UsageError(f"--extractor {options.extractor}: {error}") from error
