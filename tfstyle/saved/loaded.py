"""Base class of models loaded from SavedModels."""

import copy
from pathlib import Path
from typing import Any

from tfstyle import artifacts


class LoadedModel:
    """A model loaded from a SavedModel, which can be copied, pickled, and sent to other processes.

    A copy shares the weights with the original. A pickle contains the location of the model instead of its weights: the
    name of a shipped model, or the absolute path of its folder. Unpickling loads the model from there, so that
    `multiprocessing` with the start method "spawn", joblib and Dask work, also on other machines that have the folder.

    TensorFlow does not support `fork`: a child process that is forked after its parent has called a model hangs when it
    calls one. Use `multiprocessing.get_context("spawn")`.

    Args:
        saved_model: return value of `tf.saved_model.load`.
        metadata: dict, metadata of the SavedModel.
        folder: path of the SavedModel; None for a model that cannot be pickled.

    Example:
        ```python
        bank = tfstyle.load("style_bank")
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            painted = pool.starmap(tfstyle.stylize, [(photo, bank, "klimt_mada_primavesi") for photo in photos])
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
                f"This {type(self).__name__} was not loaded from a folder and cannot be pickled. Use tfstyle.load."
            )
        is_shipped = self.folder.parent == artifacts.saved_models_folder()
        return _load_again, (self.folder.name if is_shipped else str(self.folder),)


def _load_again(name_or_folder):
    from tfstyle.saved.registry import load_saved_model  # knows all families, whose loaders need this file

    return load_saved_model(artifacts.find_model(name_or_folder))
