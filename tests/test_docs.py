"""The site: every package has its page of the API, and what the guides tell a reader to type is understood."""

import argparse
import ast
import importlib
import re
import shlex
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
IMPORTS = [
    pytest.param(node, id=f"{page}: {ast.unparse(node)}")
    for page, language, code in BLOCKS
    if language == "python"
    for node in ast.walk(ast.parse(code))
    if isinstance(node, ast.ImportFrom) and node.module.startswith("tfstyle")
]


def test_each_package_has_a_page_of_the_api():
    pages = {path.stem for path in (DOCS / "api").glob("*.md")} - {"index"}
    assert pages == set(tfstyle._ROOMS) - {"artifacts"}
    for name in pages:
        text = (DOCS / "api" / f"{name}.md").read_text(encoding="utf-8")
        assert f"<!-- API of tfstyle.{name} -->" in text
        assert f"[`tfstyle.{name}`]({name}.md)" in (DOCS / "api" / "index.md").read_text(encoding="utf-8")


def test_the_guides_have_commands():
    assert len(COMMANDS) > 20
    assert len(IMPORTS) > 5


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_are_understood(line):
    options = build_parser().parse_args(shlex.split(line)[1:])
    assert isinstance(options, argparse.Namespace)


def test_a_command_that_is_not_understood_fails():
    with pytest.raises(SystemExit):
        build_parser().parse_args(["stylize", "photo.jpg", "--stile", "Klimt", "--output", "a.png"])


@pytest.mark.parametrize("node", IMPORTS)
def test_names_can_be_imported(node):
    module = importlib.import_module(node.module)
    for alias in node.names:
        assert hasattr(module, alias.name)
