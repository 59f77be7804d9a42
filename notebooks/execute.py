"""Runs notebooks from top to bottom and keeps what they show: `python notebooks/execute.py notebooks/*.ipynb`."""

import base64
import io
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

LARGE = 50_000  # bytes of a PNG that is better kept as a JPEG, if that is less than half as large
QUALITY = 88


def execute(notebook):
    """Runs all cells in a new kernel, in the folder of the notebooks; what the cells show is replaced.

    Args:
        notebook: `nbformat.NotebookNode`.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell ends with an error.
    """
    folder = str(Path(__file__).parent)
    NotebookClient(notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()


def tidy(notebook):
    """Drops what is of no interest to a reader: times, a second form of each picture, notes on the machine.

    Args:
        notebook: executed `nbformat.NotebookNode`.
    """
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number:02d}", {}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                data = output.get("data", {})
                data.pop("image/jpeg", None)
                if "image/png" in data:
                    kept = smaller(base64.b64decode(data.pop("image/png")))
                    data[kept[0]] = base64.b64encode(kept[1]).decode()


def smaller(png):
    """A picture as it is kept: photographs as JPEG, curves and small pictures as PNG.

    Args:
        png: bytes of a PNG file.

    Returns:
        Pair of the MIME type and the bytes of the file.
    """
    if len(png) > LARGE:
        with Image.open(io.BytesIO(png)) as picture:
            file = io.BytesIO()
            picture.convert("RGB").save(file, "JPEG", quality=QUALITY, subsampling=0)
        if len(file.getvalue()) < len(png) / 2:
            return "image/jpeg", file.getvalue()
    return "image/png", png


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        content = nbformat.read(file, as_version=4)
        execute(content)
        tidy(content)
        nbformat.write(content, file)
        print(f"{file}: {file.stat().st_size / 1e3:.0f} kB")
