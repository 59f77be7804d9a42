"""Public names: where they come from, and that all which a reader meets are there after `import tfstyle`."""

import ast
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tfstyle

PACKAGE = Path(tfstyle.__file__).parent
CHECKOUT = PACKAGE.parent
COMMANDS = ("tfstyle.commands", "tfstyle.app")  # of the command line alone
PACKAGES = ["tfstyle", *(item.name for item in pkgutil.walk_packages([str(PACKAGE)], "tfstyle.") if item.ispkg)]
DOTTED = re.compile(r"\btfstyle(?:\.[A-Za-z]\w*)+")


def texts():
    """What a reader of the project sees: documents, cards, and the code of the notebooks."""
    paths = [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("saved_models/*/model_card.md")]
    for path in paths:
        if path.name not in ("CHANGELOG.md", "CONTRIBUTING.md"):  # which name what has gone, and what is to come
            yield path.read_text(encoding="utf-8")
    for path in CHECKOUT.glob("notebooks/*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            yield "".join(cell["source"])


# Each is evaluated as by the first line after `import tfstyle`: what others have imported is forgotten.
FIRST_LINE = """
import json, sys
import tfstyle
heavy = {"tensorflow", "keras", "numpy", "PIL", "matplotlib"} & set(sys.modules)
if heavy:
    sys.exit(f"import tfstyle imports {heavy}")
import keras
for name in json.load(sys.stdin):
    for module in [module for module in sys.modules if module.partition(".")[0] == "tfstyle"]:
        del sys.modules[module]
    import tfstyle
    try:
        eval(name)
    except AttributeError as error:
        print(f"{name}: {error}")
"""


@pytest.mark.slow
def test_names_in_texts_are_there_after_importing_the_package_alone():
    names = {name for text in texts() for name in DOTTED.findall(text)}
    assert {"tfstyle.losses.content_loss", "tfstyle.training.train_gan"} <= names
    names |= {"tfstyle.data.image_array", "tfstyle.metrics.kernel_distance", "tfstyle.saved", "tfstyle.loaded"}
    names |= {"tfstyle.losses.perceptual.content_loss", "tfstyle.training.gan.train_gan"}  # as the README of 0.1.0
    missing = "tfstyle.losses.perceptive"
    process = subprocess.run(
        [sys.executable, "-c", FIRST_LINE],
        input=json.dumps(sorted({*names, missing})),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout.count("\n") == 1
    assert process.stdout.startswith(f"{missing}: module 'tfstyle.losses' has no attribute")


@pytest.mark.parametrize("package", PACKAGES)
def test_all_public_names_are_real_and_listed(package):
    module = importlib.import_module(package)
    names = getattr(module, "__all__", [])
    assert names or package in COMMANDS
    assert set(names) <= set(dir(module))
    for name in names:
        value = getattr(module, name)
        assert getattr(value, "__name__", name) in (name, f"tfstyle.{name}")


@pytest.mark.parametrize("package", PACKAGES)
def test_editors_and_type_checkers_see_the_names_of_the_table(package):
    path = PACKAGE.joinpath(*package.split(".")[1:], "__init__.py")
    body = ast.parse(path.read_text(encoding="utf-8")).body
    tables = [
        ast.literal_eval(node.value.args[1])
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.func.id == "lazy_names"
    ]
    if not any(tables):
        return  # imported at once: there is no second list
    in_table = {name: f"{package}.{module}" for module, names in tables[0].items() for name in names}
    (block,) = [node for node in body if isinstance(node, ast.If) and node.test.id == "TYPE_CHECKING"]
    for_checkers = {alias.name: node.module for node in block.body for alias in node.names}
    rooms = {name for name, module in for_checkers.items() if module == "tfstyle"}
    assert {name: module for name, module in for_checkers.items() if name not in rooms} == in_table
    public = set(importlib.import_module(package).__all__)
    assert public == in_table.keys() | rooms | ({"__version__"} if package == "tfstyle" else set())
    modules = {item.name for item in pkgutil.iter_modules([str(path.parent)])}
    assert not in_table.keys() & modules, "importing the module would hide the name"


def test_a_package_imports_at_once_what_keras_finds_by_its_registered_name():
    """But for trainings, which bring TensorFlow: whoever loads an `AdversarialModel` imports it."""
    for path in PACKAGE.rglob("*.py"):
        in_training = path.is_relative_to(PACKAGE / "training")
        if not in_training and "register_keras_serializable" in path.read_text(encoding="utf-8"):
            package = ".".join(path.relative_to(CHECKOUT).parent.parts)
            init = path.with_name("__init__.py").read_text(encoding="utf-8")
            assert re.search(rf"^from {package}\.{path.stem} import ", init, re.MULTILINE), path


def test_every_module_of_a_package_is_its_attribute():
    for item in pkgutil.walk_packages([str(PACKAGE)], "tfstyle."):
        parent, _, name = item.name.rpartition(".")
        if parent in COMMANDS:
            continue
        assert hasattr(importlib.import_module(parent), name), item.name


def test_names_that_do_not_exist():
    with pytest.raises(AttributeError, match=r"module 'tfstyle\.training' has no attribute 'train_everything'"):
        tfstyle.training.train_everything  # noqa: B018 - reading it is the test
    assert not hasattr(tfstyle.data, "_image_array")


@pytest.mark.parametrize(
    ("module", "name", "new"),
    [
        ("tfstyle.loaded", "LoadedStyleBank", "tfstyle.saved.LoadedStyleBank"),
        ("tfstyle.export", "export_generator", "tfstyle.saved.export_generator"),
        ("tfstyle.models.gan_architectures", "create_networks", "tfstyle.models.create_networks"),
        ("tfstyle.transfer.evaluate", "StyleYardstick", "tfstyle.transfer.evaluate.OptimizationBaseline"),
        ("tfstyle.transfer.film", "Film", "tfstyle.transfer.time_lapse.TimeLapse"),
    ],
)
def test_former_names_work_for_one_version(module, name, new):
    with pytest.warns(DeprecationWarning, match=f"{module}.{name} is called {new} now") as seen:
        value = getattr(importlib.import_module(module), name)
    assert value is pkgutil.resolve_name(new)
    assert seen[0].filename == __file__  # whoever uses the name is told, not we
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'everything'"):
        importlib.import_module(module).everything  # noqa: B018


def public_functions(path):
    """The functions of a module and the methods of its classes, without those that are private."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    body += [node for item in body if isinstance(item, ast.ClassDef) for node in item.body]
    return [node for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def test_public_functions_say_what_they_return():
    untyped = [
        f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in public_functions(path)
        if node.returns is None
    ]
    assert not untyped
