"""The locations and checksums of shipped models.

A model is a folder with a SavedModel, described in its `assets.extra/metadata.json`. Shipped models are in
`saved_models/` of a checkout, or in the installed package. `manifest.json` beside them contains their checksums.
"""

import difflib
import hashlib
import json
from pathlib import Path
from typing import Any

from tfstyle.atomic import write_atomically
from tfstyle.errors import TfstyleError

MANIFEST = "manifest.json"
METADATA = Path("assets.extra", "metadata.json")
LITE_MODEL = Path("assets.extra", "model.tflite")  # the same network for LiteRT, if the family has one
SAVED_MODEL = "saved_model.pb"
# Cards and pictures can be corrected without changing the model.
NOT_IN_DIGEST = (".md", ".png", ".jpg")


class ArtifactError(TfstyleError, ValueError):
    """A model is missing or broken; the message says what to do."""


def saved_models_folder() -> Path:
    """The folder of the shipped models.

    Raises:
        ArtifactError: if it is neither in the package nor beside it in a checkout.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "saved_models", package.parent / "saved_models"):
        if (folder / MANIFEST).is_file():
            return folder
    raise ArtifactError(f"The shipped models were not found in {package} nor beside it. Install tfstyle again.")


def list_names(folder: Path | None = None) -> tuple[str, ...]:
    """Names of the models in a folder, sorted.

    Args:
        folder: folder of models; the shipped ones if None.
    """
    folder = folder or saved_models_folder()
    return tuple(sorted(path.name for path in folder.iterdir() if (path / SAVED_MODEL).is_file()))


def find_model(name_or_folder: str | Path) -> Path:
    """The folder of a model.

    Args:
        name_or_folder: name of a shipped model, or path of a folder with a SavedModel. If the name is also a folder in
            the working directory, the shipped model is used; `./name` is the folder.

    Raises:
        ArtifactError: if the model does not exist.
    """
    text = str(name_or_folder)
    names = list_names()
    if text in names:
        return saved_models_folder() / text
    folder = Path(text)
    if (folder / SAVED_MODEL).is_file():
        return folder
    if folder.is_dir():
        raise ArtifactError(
            f"{folder} holds no {SAVED_MODEL}: it is not a SavedModel. Models are made by tfstyle export."
        )
    if folder.is_file():
        raise ArtifactError(f"{folder} is a file; a model is a folder that holds {SAVED_MODEL}.")
    raise ArtifactError(f"There is no model {text!r}.{did_you_mean(text, names)} {available('Shipped models', names)}")


def did_you_mean(text: str, names) -> str:
    """` Did you mean 'x'?` if one of the names looks like `text`, else an empty string."""
    by_lower_case = {name.lower(): name for name in names}
    close = difflib.get_close_matches(text.lower(), by_lower_case, n=1, cutoff=0.5)
    return f" Did you mean {by_lower_case[close[0]]!r}?" if close else ""


def available(what: str, names) -> str:
    """`WHAT: a, b, c.`"""
    return f"{what}: {', '.join(names) or 'none'}."


def read_metadata(folder: str | Path) -> dict[str, Any]:
    """Reads the metadata of a model.

    Args:
        folder: folder of a SavedModel.

    Returns:
        Dict with at least `name`, `family` and `task`.

    Raises:
        ArtifactError: if the file is missing, as in SavedModels of other programs, or broken.
    """
    file = Path(folder) / METADATA
    try:
        metadata = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtifactError(
            f"{folder} has no {METADATA.as_posix()}: tfstyle did not export it, and cannot know its use."
        ) from error
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file} cannot be read: {error}") from error
    missing = [key for key in ("name", "family", "task") if key not in (metadata if isinstance(metadata, dict) else {})]
    if missing:
        raise ArtifactError(f"{file} does not say: {', '.join(missing)}. Export the model again.")
    return metadata


def model_files(folder: Path) -> list[Path]:
    """The files that make up a model, without its card and pictures, sorted by their path from the folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in NOT_IN_DIGEST)
    return sorted(files, key=lambda path: path.relative_to(folder).as_posix())


def folder_digest(folder: str | Path) -> str:
    """SHA-256 of the names and contents of the files of a model, independent of the machine and the order.

    Args:
        folder: folder of a SavedModel.

    Returns:
        64 hexadecimal digits.
    """
    folder = Path(folder)
    digest = hashlib.sha256()
    for path in model_files(folder):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{content}  {path.relative_to(folder).as_posix()}\n".encode())
    return digest.hexdigest()


def describe(folder: Path) -> dict[str, Any]:
    """The entry of a model in the manifest."""
    metadata = read_metadata(folder)
    return {
        "sha256": folder_digest(folder),
        "bytes": sum(path.stat().st_size for path in model_files(folder)),
        **{key: metadata[key] for key in ("family", "task", "image_size", "license") if key in metadata},
    }


def read_manifest(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Dict of a model's name -> dict of sha256, bytes, family, task, image_size and license.

    Args:
        folder: folder of models; the shipped ones if None.

    Raises:
        ArtifactError: if the manifest is missing or broken.
    """
    file = (folder or saved_models_folder()) / MANIFEST
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file} cannot be read: {error}") from error


def write_manifest(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Writes the manifest of all models of a folder. Call it after exporting a model to the folder.

    Args:
        folder: folder of models; the shipped ones if None.

    Returns:
        The manifest.
    """
    folder = folder or saved_models_folder()
    manifest = {name: describe(folder / name) for name in list_names(folder)}
    write_atomically(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    return manifest


def verify(name: str, folder: Path | None = None) -> None:
    """Checks the files of a model against the manifest.

    Args:
        name: the model's name.
        folder: folder of models; the shipped ones if None.

    Raises:
        ArtifactError: if the manifest does not list the model, or its files have changed.
    """
    folder = folder or saved_models_folder()
    manifest = read_manifest(folder)
    if name not in manifest:
        raise ArtifactError(f"{folder / MANIFEST} does not list {name!r}. {available('It lists', manifest)}")
    expected, actual = manifest[name]["sha256"], folder_digest(folder / name)
    if actual != expected:
        raise ArtifactError(
            f"The files of {folder / name} are not those that were shipped (SHA-256 {actual[:12]}..., "
            f"expected {expected[:12]}...). Install tfstyle again."
        )
