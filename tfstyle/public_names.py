"""Lazy public names of packages, and deprecated names."""

import importlib
import importlib.util
import pkgutil
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def lazy_names(package: str, names_of: Mapping[str, Sequence[str]]) -> tuple[Callable, Callable]:
    """Imports the public names and modules of a package when they are first used (PEP 562).

    Args:
        package: string, `__name__` of the package.
        names_of: module name within the package -> its public names. A name must not also be a module of the package,
            because importing the module would hide it.

    Returns:
        `__getattr__` and `__dir__` of the package.

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
        setattr(sys.modules[package], name, value)  # next time it is found without this function
        return value

    def names() -> list[str]:
        module = sys.modules[package]
        modules = (found.name for found in pkgutil.iter_modules(module.__path__))
        return sorted({*vars(module), *module_of, *modules})

    return get, names


def former_method(name: str, new_name: str) -> Callable:
    """Creates a deprecated alias of a method for one version. A call warns, and calls the method by its new name.

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
    """Creates deprecated aliases of the names of a module for one version. Reading one warns.

    Args:
        module: string, `__name__` of the module.
        new_names: former name -> new name with its module, such as "tfstyle.saved.LoadedGenerator".

    Returns:
        `__getattr__` of the module.
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
