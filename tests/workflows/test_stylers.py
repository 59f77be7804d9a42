"""The command line with a tiny network that paints like any painting."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tfstyle
from tfstyle import artifacts, zoo
from tfstyle.commands.console import UsageError
from tfstyle.commands.evaluate import print_summary, trials_of_bank, trials_of_paintings
from tfstyle.images import load_image, read_tags, resize_longest_side, save_image
from tfstyle.transfer import evaluate
from tfstyle.transfer.evaluate import StyleScore
from tfstyle.transfer.masks import soften


@pytest.fixture
def adain(shipped, styler_folder):
    """The tiny styler ships beside the tiny bank; two photos, two paintings and two masks lie in the working folder."""
    shutil.copytree(styler_folder, shipped / "adain")
    artifacts.write_manifest(shipped)
    random = np.random.default_rng(0)
    for name, size in {"photo.png": (28, 40), "photos/other.png": (30, 20)}.items():
        save_image(name, random.integers(0, 256, (*size, 3), np.uint8))
    save_image("monet.png", np.full((900, 3, 3), (250, 30, 60), np.uint8))
    save_image("klee.jpg", np.full((8, 9, 3), (20, 200, 90), np.uint8))
    left = np.zeros((28, 40, 1), np.uint8)
    left[:, :15] = 255
    save_image("left.png", left)
    save_image("right.png", left[:, ::-1])
    return tfstyle.load("adain")


def test_paintings_are_blended_at_their_size(run, adain):
    arguments = (
        "--style",
        "monet.png=3",
        "klee.jpg",
        "--strength",
        0.5,
        "--preserve-color",
        "--save-style",
        "new/a.npy",
    )
    code, out, err = run("stylize", "photo.png", *arguments, "--output", "out.png")
    assert (code, out, err) == (0, ["photo.png -> out.png"], [])
    monet, klee = adain.encode_style([load_image(name) for name in ("monet.png", "klee.jpg")])
    vector = np.load("new/a.npy")
    np.testing.assert_allclose(vector, 0.75 * monet + 0.25 * klee, atol=1e-5)
    expected = tfstyle.stylize(load_image("photo.png"), adain, vector, 0.5, preserve_color=True)
    np.testing.assert_array_equal(load_image("out.png"), expected)
    description = read_tags("out.png")["Description"]
    assert description.endswith("tiny_styler; styles: monet.png 0.75, klee.jpg 0.25; strength: 0.5")

    arguments = ("--style", "new/a.npy", "--strength", 0.5, "--preserve-color")
    assert run("stylize", "photo.png", *arguments, "--output", "again.png")[0] == 0
    np.testing.assert_array_equal(load_image("again.png"), expected)


def test_strokes_of_a_bank(run, adain, bank):
    photo = load_image("photo.png")
    arguments = ("--style", "waves", "--model", "style_bank", "--stroke-size", 0.7, "--seed", 5)
    assert run("stylize", "photo.png", *arguments, "--output", "out.png")[0] == 0
    expected = tfstyle.stylize(photo, bank, "waves", stroke_size=0.7, seed=5)
    np.testing.assert_array_equal(load_image("out.png"), expected)
    assert read_tags("out.png")["Description"].endswith("waves 1; strength: 1; stroke_size: 0.7; seed: 5")
    for other in ({}, {"stroke_size": 0.7}, {"seed": 5}):
        assert np.any(expected != tfstyle.stylize(photo, bank, "waves", **other))


def test_strokes_of_a_painting_grow_with_it(run, adain):
    arguments = ("--style", "monet.png", "--style-size", 20, "--stroke-size", 2, "--save-style", "a.npy")
    assert run("stylize", "photo.png", *arguments, "--output", "out.png")[0] == 0
    vector = adain.encode_style(resize_longest_side(load_image("monet.png"), 40))
    np.testing.assert_allclose(np.load("a.npy"), vector[0], atol=1e-5)
    painting = load_image("monet.png")
    enlarged = resize_longest_side(painting, 2 * max(painting.shape))
    np.testing.assert_array_equal(
        tfstyle.stylize(load_image("photo.png"), adain, painting, stroke_size=2),
        tfstyle.stylize(load_image("photo.png"), adain, enlarged),
    )
    with pytest.raises(ValueError, match="A style embedding has the stroke size of its painting"):
        tfstyle.stylize(load_image("photo.png"), adain, vector[0], stroke_size=2)


def test_seeds_vary_the_style_of_each_region(run, adain):
    arguments = ("--style", "monet.png", "klee.jpg", "--noise", 5)  # the name of --seed in version 0.1.0
    assert run("stylize", "photo.png", *arguments, "--save-style", "a.npy", "--output", "out.png")[0] == 0
    vectors = adain.encode_style([load_image(name) for name in ("monet.png", "klee.jpg")])
    varied = adain.vary_style(vectors.mean(axis=0), 5)[0]
    np.testing.assert_allclose(np.load("a.npy"), varied, atol=1e-5)
    expected = tfstyle.stylize(load_image("photo.png"), adain, varied)
    np.testing.assert_array_equal(load_image("out.png"), expected)

    masks = ("--mask", "left.png", "right.png")
    assert run("stylize", "photo.png", *arguments, *masks, "--output", "regions.png")[0] == 0
    one, other = (adain.vary_style(vector, 5)[0] for vector in vectors)
    photo, painted = load_image("photo.png"), load_image("regions.png")
    np.testing.assert_array_equal(painted[:, :8], tfstyle.stylize(photo, adain, one)[:, :8])
    np.testing.assert_array_equal(painted[:, -8:], tfstyle.stylize(photo, adain, other)[:, -8:])


def test_the_size_of_a_painting(run, adain, monkeypatch):
    sizes = []
    encode_style = type(adain).encode_style

    def keep_size(self, style_images, refine=None):
        sizes.append(np.shape(style_images))
        return encode_style(self, style_images, refine)

    monkeypatch.setattr(type(adain), "encode_style", keep_size)
    for arguments in ((), ("--style-size", 90)):
        run("stylize", "photo.png", "photos", "--style", "monet.png", *arguments, "--output", "out", "--overwrite")
    assert sizes == [(512, 2, 3), (90, 1, 3)]  # once for all photos


def test_each_region_in_its_style(run, adain):
    masks = ("--mask", "left.png", "right.png")
    assert run("stylize", "photo.png", "--style", "monet.png", "klee.jpg", *masks, "--output", "out.png")[0] == 0
    photo = load_image("photo.png")
    vectors = list(adain.encode_style([load_image(name) for name in ("monet.png", "klee.jpg")]))
    left = np.zeros((28, 40), np.float32)
    left[:, :15] = 1
    expected = tfstyle.stylize(photo, adain, vectors, masks=soften(np.stack([left, left[:, ::-1]])))
    painted = load_image("out.png")
    np.testing.assert_allclose(painted, expected, atol=1)
    np.testing.assert_array_equal(painted[:, 18:22], photo[:, 18:22])
    np.testing.assert_allclose(painted[:, :10], tfstyle.stylize(photo, adain, vectors[0])[:, :10], atol=1)
    assert "styles: monet.png in left.png, klee.jpg in right.png" in read_tags("out.png")["Description"]


def test_regions_of_a_bank_and_a_photo_that_they_do_not_fit(run, adain):
    arguments = ("--style", "waves", "--mask", "left.png", "--output", "out")
    code, out, err = run("stylize", "photo.png", "photos", *arguments)
    assert (code, out) == (2, ["photo.png -> out/photo.png"])
    assert "left.png: 40x28 pixels have another aspect ratio than the photograph's 20x30" in err[0]
    photo, painted = load_image("photo.png"), load_image("out/photo.png")
    np.testing.assert_array_equal(painted[:, 20:], photo[:, 20:])
    assert np.abs(painted[:, :12].astype(int) - photo[:, :12]).mean() > 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--style monet.png waves", "waves is a name and monet.png is a file, and no model takes both"),
        ("--style monet.png --model style_bank", "monet.png is a file, but tiny_bank is a style bank"),
        ("--style monet.png --model style_bank", "The model adain takes any painting"),
        ("--style waves --model adain", "waves: no such file. tiny_styler has no named styles"),
        ("--style missing.jpg", "missing.jpg: no such file"),
        ("--style notes.png", "notes.png: not an image in a supported format"),
        ("--style monet.png=0", "must be a positive number, as in monet.png=0.5"),
        ("--style long.npy", "long.npy: is not a style embedding of tiny_styler, which has 4 finite floats"),
        ("--style notes.npy", "notes.npy: is not an array"),
        ("--style monet.png --mask left.png right.png", "Received: 1 style and 2 masks"),
        ("--style monet.png=2 --mask left.png", "the masks set the share of each style"),
        ("--style monet.png --mask missing.png", "missing.png: no such file"),
        ("--style monet.png --mask left.png --save-style a.npy", "--save-style saves one embedding, but --mask need"),
        ("--style monet.png --save-style a.txt", "a.txt: a style embedding is a .npy file"),
        ("--style monet.png --save-style long.npy", "long.npy: already exists. Name another file, or add --overwrite"),
        ("--style waves --save-style a.npy", "--save-style is for paintings. The styles of style_bank are chosen by"),
        ("--style waves --style-size 9", "--style-size is for paintings"),
        ("--style monet.png --style-size 0", "must be at least 1"),
        ("--style waves --stroke-size 3", "must lie in 0.5 to 2, not 3"),
        ("--style long.npy --stroke-size 2", "long.npy: a style embedding has the stroke size of its painting"),
        ("--style waves --seed -1", "must lie in 0 to 2147483647, not -1"),
    ],
)
def test_mistakes_are_told_in_one_line(run, adain, monkeypatch, arguments, message):
    def load(name):
        raise AssertionError("a model was loaded for nothing")

    monkeypatch.setattr(zoo, "load", load)
    np.save("long.npy", np.ones(5))
    for name in ("notes.png", "notes.npy"):
        Path(name).write_text("monet")
    before = sorted(Path().rglob("*"))
    code, out, err = run("stylize", "photo.png", *arguments.split(), "--output", "out.png")
    assert (code, out, len(err)) == (2, [], 1), err
    assert err[0].startswith("tfstyle")
    assert message in err[0]
    assert sorted(Path().rglob("*")) == before


def test_mistakes_are_found_without_tensorflow(styler_folder, photo_file):
    code = """
import sys
sys.modules["tensorflow"] = None  # makes `import tensorflow` raise
from tfstyle.cli import main
sys.exit(main(sys.argv[1:]))
"""
    flags = ["--style", photo_file, "--mask", photo_file, photo_file, "--model", styler_folder, "--output", "out.png"]
    process = subprocess.run(
        [sys.executable, "-c", code, "stylize", *map(str, [photo_file, *flags])],
        env={**os.environ, "PYTHONPATH": str(Path(tfstyle.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert process.returncode == 2
    assert process.stderr.count("\n") == 1
    assert "Received: 1 style and 2 masks" in process.stderr


def test_every_photograph_is_judged_with_several_paintings():
    pairs = trials_of_paintings(["a", "b", "c"], ["x", "y"], rounds=2)
    assert pairs == [("a", "x"), ("b", "y"), ("c", "x"), ("a", "y"), ("b", "x"), ("c", "y")]
    assert trials_of_paintings(["a"], ["x", "y"], rounds=1) == [("a", "x")]


def test_every_style_is_judged_on_another_photograph_in_each_round():
    paintings = [Path("waves.jpg"), Path("noise.jpg"), Path("night.png")]
    pairs, missing = trials_of_bank(["night", "waves"], ["a", "b"], paintings, rounds=2)
    assert pairs == [("a", paintings[2]), ("b", paintings[0]), ("b", paintings[2]), ("a", paintings[0])]
    assert missing == []


def test_styles_without_a_painting_are_left_out_and_named():
    paintings = [Path("waves.jpg"), Path("night.png")]
    pairs, missing = trials_of_bank(["sea", "waves", "sky", "night"], ["a", "b"], paintings, rounds=2)
    assert pairs == [("a", paintings[0]), ("b", paintings[1]), ("b", paintings[0]), ("a", paintings[1])]
    assert missing == ["sea", "sky"]
    with pytest.raises(UsageError, match="no painting for any of the styles sea, sky"):
        trials_of_bank(["sea", "sky"], ["a"], paintings, rounds=1)


def test_summary(capsys):
    closed = {"waves": (0.5, 0.7), "night": (0.9, 0.1)}
    content = {"waves": (2.0, 1.0), "night": (1.0, 1.2)}
    scores = [
        StyleScore(style, "photo", closed[style][turn], content[style][turn], 0.1 + 0.2 * (style == "night"))
        for turn in (0, 1)
        for style in closed
    ]
    print_summary(scores, "light")
    assert capsys.readouterr().out.splitlines() == [
        "4 pairs, in the features of light: closes 55.0%, content 1.30, periodicity 0.20",
        "worst style: closes 50.0%, content 1.50, periodicity 0.30",
    ]


@pytest.mark.slow
def test_a_styler_is_measured(run, adain, weights, monkeypatch):
    monkeypatch.setattr(evaluate, "BASELINE_STEPS", 2)
    for name in ("monet.png", "klee.jpg"):
        Path("paintings").mkdir(exist_ok=True)
        shutil.move(name, "paintings")
    flags = ("--photographs", "photos", "--paintings", "paintings", "--size", 32, "--style-size", 32, "--rounds", 2)
    code, out, err = run("evaluate", "adain", *flags, "--extractor", f"squeezenet={weights}")
    assert (code, err) == (0, []), err
    assert [line.split()[0] for line in out] == ["klee", "monet", "2", "worst"]
    assert [line.split()[1] for line in out[:2]] == ["other", "other"]

    code, _, err = run("evaluate", "adain", "--photographs", "photos")
    assert code == 2
    assert "adain is evaluated with --style (see --help)" in err[0]


def test_zoo_says_what_a_styler_takes(run, adain):
    code, out, _ = run("zoo", "--verify")
    assert code == 0
    text = "\n".join(out)
    for expected in ("adain", "paint a photograph like any painting", "style_vectors [batch or 1, 4]", "verified"):
        assert expected in text
