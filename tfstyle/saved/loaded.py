"""What all models that were read from SavedModels have in common."""

import copy
from pathlib import Path
from typing import Any

from tfstyle import artifacts


class LoadedModel:
    """A model read from a SavedModel, which can be copied, pickled, and sent to other processes.

    A copy computes with the same weights, in the same memory. A pickle holds no weights but the model's place: the
    name of a shipped model, or the absolute path of its folder. Whoever unpickles it reads the model there, so that
    `multiprocessing` with the start method "spawn", joblib and Dask work, on other machines too if the folder is there.

    TensorFlow does not survive a `fork`: a child that was forked after its parent has called a model waits for ever
    when it calls one. Use `multiprocessing.get_context("spawn")`.

    Args:
        saved_model: what `tf.saved_model.load` returned.
        metadata: dict, of the SavedModel.
        folder: path of the SavedModel; None for a model that cannot be pickled.

    Example:
        ```python
        bank = tfstyle.load("style_bank")
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            painted = pool.starmap(tfstyle.stylize, [(photo, bank, "Klimt") for photo in photos])
        ```
    """

    def __init__(self, saved_model, metadata: dict[str, Any], folder: str | Path | None = None):
        self._saved_model = saved_model  # the signatures do not keep their variables alive
        self._signatures = saved_model.signatures
        self.metadata = metadata
        self.folder = None if folder is None else Path(folder).absolute()

    def __copy__(self):
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def __deepcopy__(self, memo):
        twin = copy.copy(self)
        own = {name: value for name, value in vars(self).items() if name not in ("_saved_model", "_signatures")}
        vars(twin).update(copy.deepcopy(own, memo))
        return twin

    def __reduce__(self):
        if self.folder is None:
            raise TypeError(
                f"This {type(self).__name__} was not read from a folder and cannot be pickled. Read it by tfstyle.load."
            )
        is_shipped = self.folder.parent == artifacts.saved_models_folder()
        return _load_again, (self.folder.name if is_shipped else str(self.folder),)


def _load_again(name_or_folder):
    from tfstyle.saved.registry import load_saved_model  # knows all families, whose loaders need this file

    return load_saved_model(artifacts.find_model(name_or_folder))
