"""What all training commands do: settings, the run's folder, TensorFlow, data, the loss network, a last line."""

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
    """A training command as it runs, from its flags to its last line.

    Args:
        options: what the parser returned, with the flags of `add_run_flags`.
        config_class: of the training's config.
        default: config whose values stand for the flags that are not given; by default those of the training that is
            resumed.

    Attributes:
        directory: `RunDirectory`.
        saved: the settings of the training that is resumed, or None.
        config: the training's settings, with a precision that is not "auto" after `prepare`.

    Raises:
        UsageError: if a flag's value is refused.

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
        """Imports TensorFlow, seeds what is random, and finds the precision that suits the machine."""
        import_tensorflow()
        import keras

        from tfstyle.training.loop.strategy import enable_memory_growth, fastest_precision

        enable_memory_growth()
        keras.utils.set_random_seed(self.config.seed)
        if self.config.precision == "auto":
            self.config = replace(self.config, precision=fastest_precision())

    @property
    def has_checkpoint(self) -> bool:
        """Whether the training goes on from a checkpoint."""
        return self.options.resume and self.directory.latest_checkpoint() is not None

    def image_folder(self, folder, shortest_side) -> "ImageFolder":
        """The images of a folder, with the cache that --cache asks for.

        Args:
            folder: path, or several.
            shortest_side: float, pixels: of more than that no crop makes use.
        """
        from tfstyle.data.image_folder import ImageFolder

        if self.options.cache is None:
            return ImageFolder(folder)
        return ImageFolder(folder, shortest_side=math.ceil(shortest_side), cache_folder=self.options.cache)

    @contextlib.contextmanager
    def started(self, folders=(), hint="") -> Iterator[None]:
        """The folder of the training is there within this context, in which the training runs. Then a last line.

        Args:
            folders: `ImageFolder`s; what of them could not be read is said.
            hint: string, a sentence about what to do next.
        """
        with self.directory.removed_if_nothing_begins():
            self.directory.start(self.config, resume=self.options.resume)
            yield
        report_training(self.directory.path, folders, hint)


def report_training(path, folders=(), hint="") -> None:
    """Says that a training is done, what images of its `ImageFolder`s were left out, and what to do next."""
    for folder in folders:
        complain_of_skipped(folder.skipped, len(folder))
    command = f"tfstyle export {shlex.quote(str(path))} --output FOLDER"
    print(f"{path}: trained. {hint}{command} makes a SavedModel of it.", flush=True)


def add_run_flags(parser, resumed_with="", has_cache=True) -> None:
    """Where a training keeps its files, and whether it goes on there.

    Args:
        parser: parser of a training.
        resumed_with: string, what --resume takes from there besides the checkpoint.
        has_cache: bool, whether the training reads images from folders as it goes on.
    """
    parser.add_argument(
        "--run-directory",
        type=Path,
        required=True,
        metavar="RUN",
        help="checkpoints, samples and losses go there",
    )
    parser.add_argument("--resume", action="store_true", help=f"go on from the newest checkpoint of RUN{resumed_with}")
    if has_cache:
        parser.add_argument(
            "--cache",
            type=Path,
            metavar="FOLDER",
            help="keep images there, shrunk to what the crops need: large files are decoded once and not for each crop",
        )


def add_extractor_flag(parser) -> None:
    """--extractor, the loss network."""
    from tfstyle.commands.extractors import EXTRACTOR_HELP

    parser.add_argument(
        "--extractor",
        default="light",
        metavar="NAME[=WEIGHTS]",
        help=f"loss network (default: light): {EXTRACTOR_HELP}",
    )


def make_loss_network(options, config) -> tuple[Any, str, tuple[str, ...]]:
    """What --extractor names: the extractor, the layer that holds content, and those that hold style.

    Raises:
        UsageError: if the weights are not its.
    """
    from tfstyle.commands.extractors import make_extractor, parse_extractor

    try:
        name, weights = parse_extractor(options.extractor)
        return make_extractor(name, weights, config.precision)
    except ValueError as error:
        raise UsageError(f"--extractor {options.extractor}: {error}") from error
