"""What figures of explanations have in common."""

import io

import numpy as np
import pytest
from PIL import Image

import tfstyle
from tests.interpret.toys import check_captions
from tfstyle.interpret.drawing import captions_of, new_figure, png_bytes, show_heat, signed_picture, thumbnail
from tfstyle.interpret.style_gradients import plot_layer_gradients

OLD = ("plot_losses",)  # of a notebook, with a text around them
PLOTS = [name for name in tfstyle.interpret.__all__ if name.startswith("plot_") and name not in OLD]


def test_there_are_explanations():
    assert len(PLOTS) > 12


@pytest.mark.parametrize("name", PLOTS)
def test_each_drawing_says_what_it_shows_and_what_not(name):
    check_captions(getattr(tfstyle.interpret, name))


def test_captions_are_sentences():
    shows, does_not = captions_of(plot_layer_gradients)
    assert shows.startswith("Above, the change of color")
    assert does_not.startswith("How the finished picture would look.")
    assert "\n" not in shows + does_not
    assert captions_of(len) == ("", "")


def test_a_notebook_shows_a_figure():
    figure = new_figure(2, 1)
    with Image.open(io.BytesIO(figure._repr_png_())) as small, Image.open(io.BytesIO(png_bytes(figure))) as large:
        assert (small.format, small.size, large.size) == ("PNG", (152, 76), (280, 140))


def test_a_map_over_a_picture_and_a_plain_map():
    axes = new_figure(2, 2).subplots()
    assert show_heat(axes, np.arange(4.0).reshape(2, 2), picture=np.zeros((8, 8, 3))).get_clim() == (0, 3)
    low, high = show_heat(axes, np.ones((2, 2))).get_clim()
    assert low < high


def test_signed_values_are_around_gray():
    picture = signed_picture(np.array([[[0.0, -1.0, 1.0]]]))
    np.testing.assert_allclose(picture, [[[0.5, 0, 1]]])
    np.testing.assert_array_equal(signed_picture(np.zeros((2, 2, 3))), 0.5)


def test_thumbnails_do_not_grow():
    assert thumbnail(np.zeros((200, 100, 3), np.uint8), 50).shape == (50, 25, 3)
    assert thumbnail(np.zeros((20, 10, 3), np.uint8), 50).shape == (20, 10, 3)
