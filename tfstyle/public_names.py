"""How a package of tfstyle gives out its public names: when they are first used, and the former ones with a warning."""

import importlib
import importlib.util
import pkgutil
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def lazy_names(package: str, names_of: Mapping[str, Sequence[str]]) -> tuple[Callable, Callable]:
    """Makes a package's public names and modules attributes that are imported when they are first read (PEP 562).

    Args:
        package: string, the package's `__name__`.
        names_of: module's name within the package -> the public names that it defines. A name must not be that of a
            module of the package, too: importing the module would hide it.

    Returns:
        The package's `__getattr__` and `__dir__`.

    Example:

    ```python
    __getattr__, __dir__ = lazy_names(__name__, {"image_folder": ["ImageFolder"]})
    ```
    """
    module_of = {name: f"{package}.{module}" for module, names in names_of.items() for name in names}

    def get(name: str) -> Any:
        if name in module_of:
            value = getattr(importlib.import_module(module_of[name]), name)
        elif not name.startswith("_") and importlib.util.find_spec(f"{package}.{name}"):
            value = importlib.import_module(f"{package}.{name}")
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, value)  # found without this function from now on
        return value

    def names() -> list[str]:
        module = sys.modules[package]
        modules = (found.name for found in pkgutil.iter_modules(module.__path__))
        return sorted({*vars(module), *module_of, *modules})

    return get, names


def former_method(name: str, new_name: str) -> Callable:
    """Keeps a method's former name for one version: a call warns, and calls the method by its new name.

    Example:

    ```python
    observe_paintings = former_method("observe_paintings", "adapt")
    ```
    """

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        warnings.warn(
            f"{type(self).__name__}.{name} is called {new_name} now; the former name goes with the next version.",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(self, new_name)(*args, **kwargs)

    return call


def renamed(module: str, new_names: Mapping[str, str]) -> Callable:
    """Keeps former names of a module for one version: reading one warns and gives what it is called now.

    Args:
        module: string, the module's `__name__`.
        new_names: former name -> the new one with its module, such as "tfstyle.saved.LoadedGenerator".

    Returns:
        The module's `__getattr__`.
    """

    def get(name: str) -> Any:
        if name not in new_names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        new = new_names[name]
        warnings.warn(
            f"{module}.{name} is called {new} now; the former name goes with the next version.",
            DeprecationWarning,
            stacklevel=2,
        )
        return pkgutil.resolve_name(new)

    return get
