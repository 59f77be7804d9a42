"""The README: what a reader would run is run, what it states is compared with its source, and both languages agree."""

import re
import shlex
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfstyle
from tests.conftest import draw_photo
from tests.video.clips import moving_square, read_clip, write_clip
from tfstyle.artifacts import list_names, saved_models_folder
from tfstyle.cli import main
from tfstyle.zoo import list_models

CHECKOUT = Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
CHINESE = (CHECKOUT / "README.zh-CN.md").read_text(encoding="utf-8")
CODE_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = CODE_BLOCK.findall(README)
PYTHON_BLOCKS = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [line for language, code in BLOCKS if language == "console" for line in code.splitlines()]
OURS = [line for line in COMMANDS if line.startswith("tfstyle ")]
# What makes a training of hours one of seconds.
SMALL = {
    "style-bank": "--num-steps 2 --batch-size 2 --crop-size 32 --loss-margin 4 --style-size 48 --precision float32",
    "optimize": "--size 48 --first-size 32 --first-steps 2 --num-steps 1",
    "explain": "--size 48",
    "gan": "--num-steps 2 --log-every 1 --batch-size 4 --num-samples 4 --image-size 16 --precision float32",
}


def sections(text):
    """The text at the top, and that of each heading with it; without code blocks."""
    return re.split(r"^(?=#+ )", CODE_BLOCK.sub("", text), flags=re.MULTILINE)[1:]


def rows(section):
    """The rows of a section's tables, as lists of their cells."""
    lines = [line.strip() for line in section.splitlines()]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines if line.startswith("|")]


def code_spans(text):
    return re.findall(r"`([^`]+)`", text)


def targets(text):
    """What links and pictures lead to."""
    return re.findall(r'(?<=\]\()[^)]+(?=\))|(?<=src=")[^"]+(?=")', text)


def numbers(text):
    return re.findall(r"\d+(?:[.,]\d+)*", text)


def facts(text):
    """What a text says in any language, each as often as it is said."""
    of_the_project = [target for target in targets(text) if not target.startswith("README")]
    prose = re.sub(r'`[^`]+`|\]\([^)]+\)|src="[^"]+"', "", text)
    return {
        "code": Counter(code_spans(text)),
        "targets": Counter(of_the_project),
        "numbers": Counter(numbers(prose)),
    }


def table_of(first_cell):
    """The rows, below its heading, of the table whose heading begins so."""
    for section in sections(README):
        table = rows(section)
        if table and table[0][0] == first_cell:
            return table[2:]
    raise AssertionError(f"The README has no table that begins with {first_cell!r}.")


ZOO = table_of("model")
ARTICLES = table_of("in the articles")


@pytest.fixture(scope="module")
def readers_folder(tmp_path_factory):
    """A folder with the files that the README speaks of."""
    folder = tmp_path_factory.mktemp("reader")
    for name, seed in {"photo.jpg": 0, "holidays/1.jpg": 1, "my_photos/2.jpg": 2, "my_photos/3.jpg": 3}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(draw_photo(48, 64, seed)).save(folder / name)
    (folder / "my_paintings").mkdir()
    write_clip(folder / "clip.mp4", moving_square(3))
    for number, name in enumerate(["my_painting.jpg", "my_paintings/one.png", "my_paintings/two.png"]):
        Image.fromarray(draw_photo(60, 50, 10 + number)).save(folder / name)
    (folder / "saved_models").symlink_to(saved_models_folder())
    return folder


def test_the_two_commands_stand_at_the_top():
    assert COMMANDS[:2] == ["pip install . && tfstyle demo", 'pip install -e ".[test]" && pytest']


@pytest.mark.slow
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
        if not (name == "explain" and Path(arguments[1]).is_dir()):  # a training has its size already
            arguments += shlex.split(SMALL.get(name, ""))
        assert main(arguments) == 0, line
    for name in ("demo.png", "wave.jpg", "mixed.png", "painted/1.jpg", "mine.jpg", "optimized.png", "shapes.png"):
        assert np.asarray(Image.open(name)).std() > 0
    assert read_clip("waves.mp4")[0].std() > 0


def test_the_python_blocks_run(readers_folder, monkeypatch):
    missing = {"style_bank", "conditional_dcgan_mnist"} - set(list_names())
    if missing:
        pytest.skip(f"{', '.join(missing)} does not ship with this checkout")
    assert len(PYTHON_BLOCKS) >= 3
    monkeypatch.chdir(readers_folder)
    for block in PYTHON_BLOCKS:
        names = {}
        exec(compile(block, "README.md", "exec"), names)
        for name in {"painting", "painted", "sevens"} & set(names):
            assert np.asarray(names[name]).std() > 0
    for name in ("painting.png", "sevens.png"):
        assert np.asarray(Image.open(name)).std() > 0


@pytest.mark.parametrize("text", [README, CHINESE], ids=["English", "Chinese"])
def test_links_and_pictures_lead_somewhere(text):
    for target in targets(CODE_BLOCK.sub("", text)):
        assert target.startswith(("https://", "http://")) or (CHECKOUT / target).exists(), target


def test_each_shipped_model_has_a_row_with_its_picture_and_size():
    found = {}
    for model, picture, size, _ in ZOO:
        name = code_spans(model)[0]
        assert targets(model) == [f"saved_models/{name}/model_card.md"]
        assert [target.split("/")[:2] for target in targets(picture)] == [["saved_models", name]]
        found[name] = size
    expected = {}
    for entry in list_models():
        megabytes = entry.num_bytes / 1e6
        expected[entry.name] = f"{megabytes:.0f} MB" if megabytes >= 10 else f"{megabytes:.1f} MB"
    assert found == expected


def test_the_measures_are_those_of_the_model_cards():
    for model, _, _, measured in ZOO:
        card = (CHECKOUT / targets(model)[0]).read_text(encoding="utf-8")
        assert numbers(measured), model
        assert set(numbers(measured)) <= set(numbers(card)), model


def test_each_tutorial_is_listed():
    for notebook in (CHECKOUT / "notebooks").glob("*.ipynb"):
        assert f"notebooks/{notebook.name}" in targets(README), f"{notebook.name}: also in README.zh-CN.md"


def evaluate(expression):
    """What stands behind a name. Nothing is imported for it; `tests/test_public_names.py` asks a fresh interpreter."""
    return eval(expression, {"keras": keras, "tf": tf, "tfstyle": tfstyle})


def test_the_names_beside_those_of_the_articles_exist():
    assert len(ARTICLES) > 10
    for article, *others in ARTICLES:
        for cell, modules in zip(others, [("keras", "tf"), ("tfstyle",)], strict=True):
            assert code_spans(cell), article
            for expression in code_spans(cell):
                assert expression.split(".")[0] in modules
                evaluate(expression)


def test_keras_convolutions_have_the_sizes_of_pytorchs():
    size = 16
    for kind, output_size in {
        "Conv2d": lambda kernel, stride, padding: (size + 2 * padding - kernel) // stride + 1,
        "ConvTranspose2d": lambda kernel, stride, padding: (size - 1) * stride - 2 * padding + kernel,
    }.items():
        ((article, in_keras, _),) = [row for row in ARTICLES if row[0].startswith(f"`nn.{kind}(")]
        channels, filters, *others = map(int, re.search(r"\((.*)\)", article)[1].split(", "))
        shape = evaluate(code_spans(in_keras)[0]).compute_output_shape((1, size, size, channels))
        assert tuple(shape) == (1, output_size(*others), output_size(*others), filters)


def test_both_languages_carry_the_same_blocks():
    assert CODE_BLOCK.findall(CHINESE) == BLOCKS
    assert targets(README)[0] == "README.zh-CN.md"
    assert targets(CHINESE)[0] == "README.md"


def test_both_languages_say_the_same():
    """Numbers, names in code, links and pictures of each section are the same, in tables row by row."""
    for english, chinese in zip(sections(README), sections(CHINESE), strict=True):
        heading = english.splitlines()[0]
        assert heading.split()[0] == chinese.split()[0], heading
        for row, translated in zip(rows(english), rows(chinese), strict=True):
            assert len(row) == len(translated), row
            assert facts(" ".join(row)) == facts(" ".join(translated)), row[0]
        assert facts(english) == facts(chinese), heading


@pytest.mark.parametrize(
    ("english", "chinese", "kind"),
    [
        ("closes 92.5 %", "缩小 92.4 %", "numbers"),
        ("`--size`", "`--sizes`", "code"),
        ("[card](a.md)", "[卡](b.md)", "targets"),
        ('<img src="a.png">', "", "targets"),
        ("16 of 16 styles", "16 种风格", "numbers"),
    ],
)
def test_what_differs_is_found(english, chinese, kind):
    different = {name for name, value in facts(english).items() if value != facts(chinese)[name]}
    assert different == {kind}
