"""The site: every package has its page of the API, and what the guides tell a reader to type is understood."""

import argparse
import ast
import importlib
import importlib.util
import re
import shlex
import types
from pathlib import Path

import pytest

import tfstyle
from tfstyle.cli import build_parser

DOCS = Path(__file__).parents[1] / "docs"
CODE_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = [
    (path.relative_to(DOCS).as_posix(), language, code)
    for path in sorted(DOCS.rglob("*.md"))
    for language, code in CODE_BLOCK.findall(path.read_text(encoding="utf-8"))
]
COMMANDS = [
    pytest.param(line, id=f"{page}: {line[:60]}")
    for page, language, code in BLOCKS
    if language == "console"
    for line in code.splitlines()
    if line.startswith("tfstyle ")
]
PYTHON_BLOCKS = [
    pytest.param(code, id=f"{page}: {code.splitlines()[-1][:60]}")
    for page, language, code in BLOCKS
    if language == "python"
]


def test_each_package_has_a_page_of_the_api():
    pages = {path.stem for path in (DOCS / "api").glob("*.md")} - {"index"}
    packages = {name for name in tfstyle.__all__ if isinstance(getattr(tfstyle, name), types.ModuleType)}
    assert pages == packages - {"artifacts", "errors"}
    for name in pages:
        text = (DOCS / "api" / f"{name}.md").read_text(encoding="utf-8")
        assert f"<!-- API of tfstyle.{name} -->" in text
        assert f"[`tfstyle.{name}`]({name}.md)" in (DOCS / "api" / "index.md").read_text(encoding="utf-8")


def test_the_guides_have_commands():
    assert len(COMMANDS) > 20
    assert len(PYTHON_BLOCKS) > 5


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_are_understood(line):
    options = build_parser().parse_args(shlex.split(line)[1:])
    assert isinstance(options, argparse.Namespace)


def test_a_command_that_is_not_understood_fails():
    with pytest.raises(SystemExit):
        build_parser().parse_args(["stylize", "photo.jpg", "--stile", "klimt_mada_primavesi", "--output", "a.png"])


@pytest.mark.parametrize("code", PYTHON_BLOCKS)
def test_names_of_the_package_exist(code):
    tree = ast.parse(code)
    names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for name in names:
        if re.fullmatch(r"tfstyle(\.\w+)+", name):
            eval(name, {"tfstyle": tfstyle})
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("tfstyle"):
            module = importlib.import_module(node.module)
            assert all(hasattr(module, alias.name) for alias in node.names)


def load(name):
    """A module that the site is built with."""
    for needed in ("griffe", "latex2mathml", "mkdocs", "nbconvert"):
        pytest.importorskip(needed, reason="of the extra `docs`")
    specification = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def hooks():
    return load("hooks")


def test_call_arguments_become_a_list():
    arguments = "Call arguments:\n    images: float\n        tensor.\n    strength: too.\n\n"
    listed = "Call arguments:\n    - `images`: float\n        tensor.\n    - `strength`: too.\n\n"
    rewrite = load("docstrings").with_google_sections
    assert rewrite(f"Does.\n\n{arguments}Example:\n    >>> 1\n") == f"Does.\n\n{listed}Examples:\n    >>> 1\n"


def test_links_to_notebooks_lead_to_their_pages(hooks):
    assert hooks.links_to_pages("[2](02_a.ipynb), [a](notebooks/b.ipynb), `c.ipynb`") == (
        "[2](02_a.md), [a](notebooks/b.md), `c.ipynb`"
    )


def test_formulas_become_mathml(hooks):
    markdown = hooks.with_mathml("Let $x$ be.\n\n$$\\frac{a}{b}$$\n\nA $PWD\nis a folder.")
    assert markdown.count("<math") == 2
    assert re.search(r'<math[^>]* display="block">.*<mfrac>.*a.*b.*</mfrac>', markdown)
    assert markdown.endswith("A $PWD\nis a folder.")


def test_a_package_shows_what_it_exports_and_all_its_modules(hooks):
    markdown = hooks.api_of("tfstyle.losses")
    assert "| [`tfstyle.losses.content_loss`][tfstyle.losses.perceptual.content_loss] | Relative squared" in markdown
    modules = {path.stem for path in Path(tfstyle.losses.__file__).parent.glob("[!_]*.py")}
    assert set(re.findall(r"^::: tfstyle\.losses\.(\w+)$", markdown, re.MULTILINE)) == modules
