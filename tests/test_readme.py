"""Every command and every Python block of the README, run as a reader would run them."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_photo
from tfstyle.artifacts import list_names, saved_models_folder
from tfstyle.cli import main

CHECKOUT = Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
PYTHON_BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = [
    line for block in re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL) for line in block.splitlines()
]
OURS = [line for line in COMMANDS if line.startswith("tfstyle ")]
# What makes a training of hours one of seconds.
SMALL = {
    "style-bank": "--num-steps 2 --batch-size 2 --crop-size 32 --style-size 48 --precision float32",
    "optimize": "--size 48 --first-size 32 --first-steps 2 --num-steps 1",
    "gan": "--num-steps 2 --batch-size 4 --num-samples 4 --image-size 16 --precision float32",
}


@pytest.fixture(scope="module")
def readers_folder(tmp_path_factory):
    """A folder with the files that the README speaks of."""
    folder = tmp_path_factory.mktemp("reader")
    for name, seed in {"photo.jpg": 0, "holidays/1.jpg": 1, "my_photos/2.jpg": 2, "my_photos/3.jpg": 3}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(draw_photo(48, 64, seed)).save(folder / name)
    (folder / "my_paintings").mkdir()
    for number, name in enumerate(["my_painting.jpg", "my_paintings/one.png", "my_paintings/two.png"]):
        Image.fromarray(draw_photo(60, 50, 10 + number)).save(folder / name)
    (folder / "saved_models").symlink_to(saved_models_folder())
    return folder


def test_the_two_commands_stand_at_the_top():
    assert COMMANDS[:2] == ["pip install . && tfstyle demo", 'pip install -e ".[test]" && pytest']


def test_the_commands_run_one_after_the_other(readers_folder, monkeypatch):
    missing = {"style_bank", "light_style_extractor", "vgg19_style_extractor"} - set(list_names())
    if missing:
        pytest.skip(f"{', '.join(missing)} does not ship with this checkout")
    assert len(OURS) >= 6
    monkeypatch.chdir(readers_folder)
    for line in ["tfstyle demo", *OURS]:
        arguments = shlex.split(line)[1:]
        if arguments[0] == "train":
            arguments = shlex.split(re.sub(r"--num-steps \d+", "", line))[1:]
        name = arguments[1] if arguments[0] == "train" else arguments[0]
        arguments += shlex.split(SMALL.get(name, ""))
        assert main(arguments) == 0, line
    for name in ("demo.png", "wave.jpg", "mixed.png", "painted/1.jpg", "mine.jpg", "optimized.png", "shapes.png"):
        assert np.asarray(Image.open(name)).std() > 0


def test_the_python_blocks_run(readers_folder, monkeypatch):
    missing = {"style_bank", "conditional_dcgan_mnist"} - set(list_names())
    if missing:
        pytest.skip(f"{', '.join(missing)} does not ship with this checkout")
    assert len(PYTHON_BLOCKS) >= 3
    monkeypatch.chdir(readers_folder)
    for block in PYTHON_BLOCKS:
        names = {}
        exec(compile(block, "README.md", "exec"), names)
        for name in {"painting", "painted"} & set(names):
            assert np.asarray(names[name]).std() > 0


def test_links_lead_somewhere():
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)\)", prose):
        if not target.startswith(("https://", "http://")):
            assert (CHECKOUT / target).exists(), target
