"""Pages of the site that come from elsewhere in the repository: notebooks, model cards, docstrings, a table."""

import functools
import re
from pathlib import Path

import griffe
import nbformat
from latex2mathml.converter import convert
from mkdocs.structure.files import File
from nbconvert import MarkdownExporter

REPOSITORY = Path(__file__).parents[1]
ARTICLES = "<!-- From the articles -->"
PACKAGE = re.compile(r"^<!-- API of ([\w.]+) -->$", re.MULTILINE)


def on_files(files, config):
    """Adds the notebooks with their stored outputs, the model cards with their pictures, and files of the root."""
    for notebook in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        for file in notebook_files(notebook, config):
            files.append(file)
    for path in sorted((REPOSITORY / "saved_models").glob("*/**/*")):
        if path.name == "model_card.md" or path.parent.name == "pictures":
            files.append(copied(path, config))
    files.append(copied(REPOSITORY / "CHANGELOG.md", config))
    files.append(copied(REPOSITORY / "CONTRIBUTING.md", config))
    return files


def on_page_markdown(markdown, page, config, files):
    """Fills in what a page asks for: the table of the articles, which the README holds, or the API of a package."""
    if ARTICLES in markdown:
        readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
        section = re.search(r"^## From the articles\n(.*?)^## ", readme, re.DOTALL | re.MULTILINE)[1]
        markdown = markdown.replace(ARTICLES, links_to_pages(section))
    return PACKAGE.sub(lambda match: api_of(match[1]), markdown)


def on_config(config):
    """The package is documented as it is in this checkout, whatever is installed."""
    config.watch.extend(str(REPOSITORY / name) for name in ("README.md", "notebooks", "saved_models", "tfstyle"))
    return config


def copied(path, config):
    return File.generated(config, path.relative_to(REPOSITORY).as_posix(), abs_src_path=str(path))


def notebook_files(path, config):
    """A notebook as a page, and the pictures that its cells have drawn."""
    folder = f"notebooks/{path.stem}"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = with_mathml(cell.source)
    markdown, resources = MarkdownExporter().from_notebook_node(
        notebook, resources={"unique_key": path.stem, "output_files_dir": path.stem}
    )
    yield File.generated(config, f"{folder}.md", content=links_to_pages(markdown))
    for name, content in resources["outputs"].items():
        yield File.generated(config, f"notebooks/{name}", content=content)


def with_mathml(markdown):
    """Formulas as MathML, which browsers draw without a script from elsewhere."""
    markdown = re.sub(r"\$\$(.+?)\$\$", lambda match: convert(match[1], display="block"), markdown, flags=re.DOTALL)
    return re.sub(r"\$([^$\n]+)\$", lambda match: convert(match[1]), markdown)


def links_to_pages(markdown):
    return re.sub(r"(?<=\]\()([\w/.]+)\.ipynb(?=\))", r"\1.md", markdown)


@functools.cache
def package():
    """The package, read without importing it: no TensorFlow is needed to build the site."""
    return griffe.load("tfstyle", search_paths=[REPOSITORY], resolve_aliases=True)


def api_of(name):
    """Markdown: what a package says of itself, a table of the names that it exports, and the API of its modules."""
    room = package() if name == package().path else package()[name.removeprefix(f"{package().path}.")]
    if not room.is_init_module:
        return f"::: {name}"
    exported = [room[member] for member in room.exports or [] if room[member].is_alias and room[member].has_docstring]
    rows = [f"| [`{name}.{member.name}`][{member.canonical_path}] | {first_line(member)} |" for member in exported]
    parts = [room.docstring.value]
    if rows:
        parts.append("\n".join(["| name | |", "| --- | --- |", *rows]))
    if room is not package():
        parts += [f"## {module.path}\n\n::: {module.path}" for module in modules_of(room)]
    return "\n\n".join(parts)


def modules_of(room):
    """The modules of a package and of its sub-packages, or the module itself, but for those without docstrings."""
    if not room.is_init_module:
        return [room] if room.has_docstrings else []
    inner = sorted(room.modules.values(), key=lambda module: module.path)
    return [module for child in inner if not child.is_alias for module in modules_of(child)]


def first_line(member):
    return member.docstring.value.partition("\n")[0]
