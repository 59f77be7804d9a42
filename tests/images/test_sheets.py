"""Many images as one."""

import numpy as np
import pytest

from tests.images.pictures import noise
from tfstyle import images
from tfstyle.images import ImageError


@pytest.mark.parametrize("as_float", [False, True])
def test_image_grid(as_float):
    batch = np.stack([np.full((2, 3, 1), value, np.uint8) for value in (10, 20, 30, 40, 50)])
    white = 255
    if as_float:
        batch, white = images.to_float(batch), 1
    grid = images.image_grid(batch)
    assert grid.dtype == batch.dtype
    assert grid.shape == (2 * 2 + 2, 3 * 3 + 2 * 2, 1)
    np.testing.assert_array_equal(grid[0:2, 5:8], batch[1])
    np.testing.assert_array_equal(grid[4:6, 0:3], batch[3])
    assert (grid[2:4] == white).all()
    assert (grid[:, 3:5] == white).all()
    assert (grid[4:6, 10:] == white).all()  # the sixth place is empty
    assert images.image_grid(batch, num_columns=5, gap=0).shape == (2, 15, 1)
    assert images.image_grid(batch, num_columns=9, gap=1).shape == (2, 19, 1)
    assert images.image_grid(batch[:1]).shape == (2, 3, 1)


def test_image_grid_refuses():
    with pytest.raises(ImageError, match=r"shapes=\[\]"):
        images.image_grid([])
    with pytest.raises(ImageError, match="all of one size"):
        images.image_grid([noise(2, 2), noise(2, 3)])
    for options in ({"num_columns": 0}, {"gap": -1}):
        with pytest.raises(ImageError, match="Received: num_columns"):
            images.image_grid(noise()[None], **options)


@pytest.mark.parametrize("wrong", [5, "photos", None])
def test_what_is_no_sequence_is_named(wrong):
    for function in (images.image_grid, lambda images_: images.contact_sheet(images_, ["a"])):
        with pytest.raises(ImageError, match=f"must be a sequence of images. Received: {type(wrong).__name__} "):
            function(wrong)


def test_contact_sheet():
    pictures = [
        np.zeros((60, 96, 3), np.uint8),
        np.full((30, 48, 1), 0.5, np.float32),
        np.concatenate([noise(), np.zeros((16, 16, 1), np.uint8)], axis=-1),  # wholly transparent
    ]
    sheet = images.contact_sheet(pictures, ["waves", "half\ngrey", ""], num_columns=3)
    assert sheet.dtype == np.uint8
    assert sheet.ndim == 3
    margin = 4
    assert (sheet[margin : margin + 60, margin : margin + 96] == 0).all()
    second = margin + 96 + margin
    np.testing.assert_array_equal(sheet[margin + 15 : margin + 45, second + 24 : second + 72], 128)
    third = second + 96 + margin
    assert (sheet[:, third:] == 255).all()
    assert (sheet[margin + 60 :, margin : margin + 96] < 100).any()  # the label
    titled = images.contact_sheet(pictures, ["waves", "half\ngrey", ""], num_columns=3, title="Styles")
    extra = len(titled) - len(sheet)
    assert extra > 0
    np.testing.assert_array_equal(titled[margin + extra :], sheet[margin:])
    assert (titled[:extra] < 100).any()


def test_contact_sheet_cuts_long_labels():
    pictures = [np.full((20, 60, 3), 255, np.uint8)] * 2
    sheet = images.contact_sheet(pictures, ["W" * 200, ""], num_columns=2, title="T" * 500)
    short = images.contact_sheet(pictures, ["W", ""], num_columns=2, title="T")
    assert sheet.shape == short.shape
    assert (sheet[-15:, 66:] == 255).all()  # nothing runs into the neighbor

    def label_of(text):
        return images.contact_sheet(pictures, [text, ""], num_columns=2)

    assert any(np.array_equal(label_of("W" * 200), label_of("W" * count + "…")) for count in range(3, 9))


def test_contact_sheet_breaks_a_label_at_an_underscore():
    pictures = [np.full((20, 90, 3), 255, np.uint8)] * 2
    margin = 4

    def below(*labels):
        """What stands below the first picture."""
        return images.contact_sheet(pictures, labels, num_columns=2)[margin + 20 : -margin, margin : margin + 90]

    names = ("matisse_woman_", "with_hat_1905")
    first, second = (below(name, "") for name in names)
    np.testing.assert_array_equal(below("".join(names), ""), np.concatenate([first, second]))
    # The other label stands in the first of the two lines.
    one_line = below("waves", "")
    np.testing.assert_array_equal(below("waves", "".join(names))[: len(one_line)], one_line)


def test_contact_sheet_refuses():
    with pytest.raises(ImageError, match="images of length 2, labels of length 1"):
        images.contact_sheet([noise(), noise()], ["one"])
    with pytest.raises(ImageError, match="images of length 0"):
        images.contact_sheet([], [])
    with pytest.raises(ImageError, match=r"shape=\(16, 16\)"):
        images.contact_sheet([noise()[..., 0]], ["flat"])
