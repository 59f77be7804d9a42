"""The tutorials: kept as they were run, and run again with a real kernel."""

import base64
import importlib.util
import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfstyle.artifacts import list_names

nbformat = pytest.importorskip("nbformat", reason="of the extra `notebooks`")
pytest.importorskip("nbclient", reason="of the extra `notebooks`")

FOLDER = Path(__file__).parents[1] / "notebooks"
FILES = sorted(FOLDER.glob("*.ipynb"))
MAX_BYTES, MAX_BYTES_OF_ALL = 2_000_000, 6_000_000
# Trainings are as long as a reader needs to see something; to see that a notebook runs, a few steps are enough.
STEPS = {
    "02": ("= 1024, 600, 64, 5e-4", "= 1024, 60, 64, 5e-4"),
    "03": ("= 64, 2048, 480, 32, 1e-3", "= 64, 2048, 24, 32, 1e-3"),
    "05": ("= 80, 4, 500, 5e-3", "= 80, 4, 24, 5e-3"),
    "08": ("= 96, 2, 240, 160\nPERSONAL_STEPS = 150", "= 96, 2, 24, 16\nPERSONAL_STEPS = 2"),
    "09": ("num_steps=700", "num_steps=210"),
    "10": ("= (50, 100), 2, 200, 150", "= (50,), 1, 4, 4"),
}
OUR_WARNING = re.compile(r"^.*(?:tfstyle/|ipykernel_)\S*:\d+: \w*(?:Deprecation|Future)Warning.*$", re.MULTILINE)

by_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def load_execute():
    specification = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def skip_without_weights(notebook):
    """A notebook can only be run, and kept as it was run, where the network ships by which it judges."""
    if "LightStyleExtractor(" in text(notebook, "code") and "light_style_extractor" not in list_names():
        pytest.skip("no light_style_extractor ships with this checkout")


def shorten(notebook, number):
    """Gives the training of a notebook a few steps."""
    if number in STEPS:
        long, short = STEPS[number]
        assert text(notebook, "code").count(long) == 1, f"{long!r} is not how the steps of this notebook are set"
        for cell in notebook.cells:
            cell.source = cell.source.replace(long, short)


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def text(notebook, kind):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == kind)


def check_outputs(notebook):
    """Fails on an error, on an empty picture, on a figure without image, and on a notebook without pictures."""
    num_pictures = 0
    for output in outputs(notebook):
        assert output.output_type != "error", output.evalue
        data = output.get("data", {})
        kinds = [kind for kind in ("image/png", "image/jpeg") if kind in data]
        if kinds:
            picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(data[kinds[0]]))))
            assert (picture != picture[0, 0]).any(), "a picture of one color"
            num_pictures += 1
        else:
            assert not re.match(r"<Figure|<PIL", data.get("text/plain", "")), "a figure without image"
    assert num_pictures > 0, "no picture"


def test_the_kernel_is_of_the_environment_that_runs_the_tests():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import sys; print(sys.prefix)")])
    load_execute().execute(notebook)
    assert outputs(notebook)[0].text.strip() == sys.prefix


def test_there_are_notebooks():
    assert [file.name[:2] for file in FILES] == sorted({file.name[:2] for file in FILES})
    assert len(FILES) > 0


@by_file
def test_a_notebook_reads_well(file):
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    prose = text(notebook, "markdown")
    assert prose.startswith(f"# {int(file.name[:2])}. ")
    for part in ("**Question:**", "**You need:**", "**Where to go next:**"):
        assert prose.count(part) == 1, part
    for link in re.findall(r"\]\(([^)#]+)\)", prose):
        assert link.startswith("https://") or (FOLDER / link).exists(), link


@by_file
def test_a_notebook_is_kept_as_it_was_run(file):
    assert file.stat().st_size < MAX_BYTES
    notebook = nbformat.read(file, as_version=4)
    skip_without_weights(notebook)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    check_outputs(notebook)
    for output in outputs(notebook):
        assert output.get("name") != "stderr"
        # An absolute path is the machine's, but for temporary files; after a word or a dot it is a part of another.
        assert not re.search(r"(?<![\w.])/(?!tmp/)\w+/", output.get("text", "")), "the path of a machine"


@pytest.mark.slow
@by_file
def test_a_notebook_runs_from_top_to_bottom(file, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent))
    monkeypatch.setenv("PYTHONWARNINGS", "always::DeprecationWarning,always::PendingDeprecationWarning")
    notebook = nbformat.read(file, as_version=4)
    skip_without_weights(notebook)
    shorten(notebook, file.name[:2])
    load_execute().execute(notebook)
    check_outputs(notebook)
    said = "\n".join(output.text for output in outputs(notebook) if output.get("name") == "stderr")
    assert not OUR_WARNING.findall(said)


def picture(color_of_a_corner):
    array = np.zeros((4, 4, 3), np.uint8)
    array[0, 0] = color_of_a_corner
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<PIL.Image.Image>"}
    return nbformat.v4.new_output("display_data", data)


@pytest.mark.parametrize(
    ("output", "finding"),
    [
        (nbformat.v4.new_output("error", ename="ValueError", evalue="broken"), "broken"),
        (picture(0), "one color"),
        (nbformat.v4.new_output("display_data", {"text/plain": "<Figure size 640x480 with 1 Axes>"}), "without image"),
        (nbformat.v4.new_output("stream", text="words"), "no picture"),
    ],
    ids=["error", "empty picture", "figure without image", "no picture"],
)
def test_what_is_wrong_is_found(output, finding):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("run()", outputs=[output])])
    with pytest.raises(AssertionError, match=finding):
        check_outputs(notebook)


def test_a_picture_is_found_to_be_well():
    check_outputs(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("run()", outputs=[picture(255)])]))


def test_large_pictures_are_kept_as_jpeg_and_small_ones_as_png():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))
    files = []
    for image in (noise.resize((240, 240), Image.Resampling.BICUBIC), noise):
        file = io.BytesIO()
        image.save(file, "PNG")
        files.append(file.getvalue())
    keep = load_execute().smaller
    kind, kept = keep(files[0])
    assert kind == "image/jpeg" and len(kept) < len(files[0]) / 2
    assert Image.open(io.BytesIO(kept)).size == (240, 240)
    assert keep(files[1]) == ("image/png", files[1])


def test_all_notebooks_together_are_small():
    assert sum(file.stat().st_size for file in FILES) < MAX_BYTES_OF_ALL


@pytest.mark.parametrize(
    ("line", "is_ours"),
    [
        ("/site-packages/tfstyle/images/reading.py:12: DeprecationWarning: old", True),
        ("/tmp/ipykernel_12/345.py:1: FutureWarning: old", True),
        ("/site-packages/keras/src/x.py:12: DeprecationWarning: old", False),
        ("/site-packages/tfstyle/images/reading.py:12: UserWarning: beware", False),
    ],
)
def test_warnings_of_our_own_code_are_told_from_others(line, is_ours):
    assert bool(OUR_WARNING.findall(f"before\n{line}\nafter")) == is_ours
