"""Styles as the command line names them."""

import numpy as np
import pytest

from tfstyle import artifacts
from tfstyle.images import save_image
from tfstyle.transfer import styles
from tfstyle.transfer.styles import check_names, choose_model, parse_styles, read_style
from tfstyle.transfer.stylize import StylizeError

BANK = {"name": "bank", "style_names": ["identity", "waves", "starry_night", "a=b"]}
STYLER = {"name": "styler", "style_dim": 4}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shipped(monkeypatch):
    """Sets the names of the models that ship."""
    monkeypatch.setattr(artifacts, "find_model", lambda name: name)
    monkeypatch.setattr(artifacts, "read_metadata", lambda folder: {**BANK, "family": folder})
    return lambda *names: monkeypatch.setattr(artifacts, "list_names", lambda: names)


def test_styles_are_read(tmp_path):
    assert parse_styles(["waves"]) == [("waves", 1.0)]
    assert parse_styles(["waves=2", "monet.jpg=.5", "waves"]) == [("waves", 2.0), ("monet.jpg", 0.5), ("waves", 1.0)]
    assert parse_styles(["a=b", "a=b=2"], BANK["style_names"]) == [("a=b", 1.0), ("a=b", 2.0)]
    assert parse_styles(["x=1/monet.jpg", "x=1/monet.jpg=2"]) == [("x=1/monet.jpg", 1.0), ("x=1/monet.jpg", 2.0)]
    (tmp_path / "monet=2").touch()
    assert parse_styles(["monet=2"]) == [("monet=2", 1.0)]


def test_names_of_version_0_1_0():
    assert parse_styles(["klimt_mada_primavesi", "Klimt=2"], ["klimt_mada_primavesi"]) == [
        ("klimt_mada_primavesi", 1.0),
        ("klimt_mada_primavesi", 2.0),
    ]
    assert parse_styles(["klimt_mada_primavesi"], ["klimt_mada_primavesi", "klimt_mada_primavesi"]) == [
        ("klimt_mada_primavesi", 1.0)
    ]
    assert parse_styles(["klimt_mada_primavesi"], ["waves"]) == [("klimt_mada_primavesi", 1.0)]


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf", "much", ""])
def test_weights_are_positive_numbers(weight):
    with pytest.raises(StylizeError, match="positive number, as in waves=0.5. Received: waves="):
        parse_styles([f"waves={weight}"])


def test_names_are_those_of_the_bank(shipped):
    shipped("style_bank")
    check_names(["waves", "a=b"], BANK)
    with pytest.raises(
        StylizeError, match=r"bank has no style 'Wave'. Did you mean 'waves'\? Its styles: identity, wa"
    ):
        check_names(["Wave"], BANK)
    with pytest.raises(StylizeError, match="no style 'zzzz'. The file of a painting needs its extension. Its styles"):
        check_names(["waves", "zzzz"], BANK)
    with pytest.raises(StylizeError, match=r"monet.JPG is a file, but bank is a style bank.* No model that takes any"):
        check_names(["monet.JPG"], BANK)
    shipped("adain", "style_bank")
    with pytest.raises(StylizeError, match=r"monet.JPG is a file, but bank is .* The model adain takes any painting"):
        check_names(["monet.JPG"], BANK)


def test_the_model_that_fits_the_styles(shipped):
    files = ["monet.jpg=2", "vector.npy"]
    shipped("adain", "style_bank", "semantic_style")
    assert choose_model(files)[0] == "semantic_style"
    shipped("adain", "style_bank")
    assert choose_model(files)[0] == "adain"
    assert choose_model(["waves=2", "unknown", "a=b"])[0] == "style_bank"
    shipped("style_bank")
    assert choose_model(files)[0] == "style_bank"  # which then says that it has names
    with pytest.raises(StylizeError, match=r"waves is a name and monet.jpg is a file, and no model takes both"):
        choose_model(["waves", "monet.jpg"])


def test_a_style_of_the_bank_is_a_name_though_a_file_is_called_so(shipped, tmp_path):
    shipped("adain", "style_bank")
    (tmp_path / "waves").touch()
    assert choose_model(["waves"])[0] == "style_bank"
    assert choose_model(["./waves"])[0] == "adain"


def test_paintings_are_made_smaller_but_not_larger():
    save_image("large.png", np.zeros((6, 12, 3), np.uint8))
    assert read_style("large.png", STYLER, size=8).shape == (4, 8, 3)
    assert read_style("large.png", STYLER).shape == (6, 12, 3)
    save_image("huge.png", np.zeros((2 * styles.STYLE_SIZE, 2, 3), np.uint8))
    assert read_style("huge.png", STYLER).shape == (styles.STYLE_SIZE, 1, 3)


@pytest.mark.parametrize("vector", [np.arange(4.0), np.ones((1, 4), np.float16)])
def test_style_vectors(vector):
    np.save("style.npy", vector)
    style = read_style("style.npy", STYLER)
    assert style.dtype == np.float32
    np.testing.assert_array_equal(style, vector.reshape(4))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.ones(5), r"is not a style embedding of styler, which has 4 finite floats. Received: shape=\(5,\)"),
        (np.ones((2, 4)), r"shape=\(2, 4\), dtype=float64. Save one with styler and `save_style`"),
        (np.ones(4, int), "is not a style embedding of styler"),
        (np.array([1, np.nan, 0, 0]), "is not a style embedding of styler"),
        (np.array([None] * 4), "is not an array that NumPy can read"),
        (b"", "is not an array that NumPy can read"),
        (b"no array", "is not an array that NumPy can read"),
        (b"PK\x03\x04", "is not an array that NumPy can read"),
        (None, "style.npy: no such file"),
    ],
)
def test_what_is_no_style_vector(tmp_path, content, message):
    if isinstance(content, bytes):
        (tmp_path / "style.npy").write_bytes(content)
    elif content is not None:
        np.save("style.npy", content)
    with pytest.raises(StylizeError, match=message):
        read_style("style.npy", STYLER)


def test_an_archive_of_arrays_is_no_style_vector(tmp_path):
    np.savez("arrays.npz", np.ones(4))
    (tmp_path / "arrays.npz").rename("style.npy")
    with pytest.raises(StylizeError, match="is not an array that NumPy can read"):
        read_style("style.npy", STYLER)


def test_a_name_for_a_network_that_has_none():
    with pytest.raises(StylizeError, match="waves: no such file. styler has no named styles: use a painting"):
        read_style("waves", STYLER)
