"""CONTRIBUTING: whoever follows it has a layer, a model and a trainer that work."""

import ast
import dataclasses
import re
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.conformance import test_conformance as conformance
from tests.conftest import draw_photo
from tfstyle.data.image_folder import ImageFolder
from tfstyle.images import load_image, save_image
from tfstyle.training.loop.run_directory import RunDirectory

CHECKOUT = Path(__file__).parents[1]
TEXT = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
FILE = re.compile(r"# (tfstyle/[\w/]+)\.py\n")


@pytest.fixture
def written(monkeypatch):
    """The names of the files that a reader writes, as if they were there."""
    names = {}
    registered = keras.saving.get_custom_objects()
    before = dict(registered)
    for block in BLOCKS:
        if match := FILE.match(block):
            module = types.ModuleType(match[1].replace("/", "."))
            monkeypatch.setitem(sys.modules, module.__name__, module)
            exec(compile(block, match[1], "exec"), vars(module))
            names |= {name: value for name, value in vars(module).items() if not name.startswith("_")}
    yield names
    for name in registered.keys() - before.keys():
        del registered[name]


def test_paths_of_the_map_exist():
    (section,) = re.findall(r"^## The map\n(.*?)^## ", TEXT, re.DOTALL | re.MULTILINE)
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert len(rows) > 10
    for row in rows:
        paths = re.findall(r"`([\w/.]+)`", row.split("|")[1])
        for path in paths:
            assert (CHECKOUT / path).exists() or (CHECKOUT / "tfstyle" / path).exists() or "NAME" in path, path
    packages = {path.parent.name for path in (CHECKOUT / "tfstyle").glob("*/__init__.py")}
    assert {name for name in packages if f"{name}/" not in section} == set()


def test_tests_that_it_names_exist():
    for path in re.findall(r"`(tests/[\w/]+\.py)`", TEXT):
        assert (CHECKOUT / path).exists(), path


def test_new_layers_and_models_conform(written, tmp_path):
    cases = [eval(block, {"Case": conformance.Case, **written}) for block in BLOCKS if block.startswith("Case(")]
    assert [case.kind.__name__ for case in cases] == ["ColorMatrix", "Toner"]
    for case in cases:
        folder = tmp_path / case.kind.__name__
        folder.mkdir()
        conformance.test_config_gives_back_what_went_in(case)
        conformance.test_keras_file_round_trip(case, folder)


@pytest.mark.slow
def test_the_new_trainer_trains_and_resumes(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        save_image(f"photographs/{number}.png", draw_photo(40, 30, number))
    save_image("painting.png", draw_photo(30, 30, 9))
    (block,) = [block for block in BLOCKS if block.startswith("run = ")]
    names = {**written, "RunDirectory": RunDirectory, "ImageFolder": ImageFolder, "load_image": load_image}
    exec(block, names)
    assert np.isfinite(names["losses"]["loss"])
    photographs, painting = ImageFolder("photographs"), load_image("painting.png")

    def train(folder, config):
        run, toner = RunDirectory(folder), written["Toner"]()
        run.start(config, resume=True)
        written["train_toner"](toner, photographs, painting, config, run)
        return toner.get_weights()

    whole, half = names["config"], dataclasses.replace(names["config"], num_steps=2, schedule_steps=4)
    first = [np.eye(3), np.zeros(3)]
    straight = train("straight", whole)
    assert all((weight != start).any() for weight, start in zip(straight, first, strict=True))
    train("resumed", half)
    for weight, again in zip(straight, train("resumed", whole), strict=True):
        np.testing.assert_array_equal(weight, again)


def test_examples_say_what_they_are():
    for block in BLOCKS:
        if FILE.match(block):
            tree = ast.parse(block)
            for node in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef))]:
                assert ast.get_docstring(node), getattr(node, "name", block.splitlines()[0])
