"""The examples of the docstrings run, and give what they say.

They may use `tfstyle`, `np`, `keras`, `tf`, the names of their module, the models, and what a reader has at hand:
`photo`, `painting`, and `images`, a batch in [0, 1]. An example that takes long or needs files of its own is a code
block instead of a doctest.
"""

import doctest
import importlib
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tests.conftest import draw_photo
from tfstyle.images import to_float

PACKAGE = Path(tfstyle.__file__).parent
WITH_EXAMPLES = sorted(path for path in PACKAGE.rglob("*.py") if ">>> " in path.read_text())
SLOW = ("tfstyle.training.gan", "tfstyle.models.translation.unet_generator", "tfstyle.models.translation.networks")
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def module_name(path):
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def examples_of(path):
    module = importlib.import_module(module_name(path))
    photo, painting = draw_photo(32, 48), draw_photo(40, 36, seed=1)
    at_hand = {
        "tfstyle": tfstyle,
        "np": np,
        "keras": keras,
        "tf": tf,
        "photo": photo,
        "painting": painting,
        "images": to_float(np.stack([photo, photo[::-1]])),
        **{name: getattr(tfstyle.models, name) for name in tfstyle.models.__all__},
    }
    return doctest.DocTestFinder(exclude_empty=True).find(module, globs={**at_hand, **vars(module)})


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.slow if module_name(path) in SLOW else ()) for path in WITH_EXAMPLES],
    ids=module_name,
)
def test_examples_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    found = [example for example in examples_of(path) if example.examples]
    assert found, f"{path}: its examples are in no docstring"
    said = []
    for example in found:
        runner.run(example, out=said.append)
    assert not runner.failures, "".join(said)


def test_no_example_is_skipped():
    skipped = [path for path in PACKAGE.rglob("*.py") if "doctest: +SKIP" in path.read_text()]
    assert not skipped


def test_an_example_that_is_wrong_is_found():
    example = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    assert doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=lambda text: None).failed == 1
