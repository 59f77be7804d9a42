"""Figures for notebooks."""

import json

import numpy as np
import pytest

from tfstyle.images import ImageError
from tfstyle.interpret.figures import plot_losses, read_losses, show_images


def test_a_pixel_is_as_large_as_asked_for():
    images = np.array([[[[0]]], [[[255]]]], np.uint8)
    figure = np.asarray(show_images(images, num_columns=2, zoom=3))
    # three pixels of the first image, a gap of two pixels of it, three of the second
    assert figure.tolist() == [[0] * 3 + [255] * 6 + [255] * 3] * 3


def test_floats_are_rounded_and_colors_stay():
    figure = np.asarray(show_images(np.full((1, 2, 2, 3), (0.0, 0.5, 1.0), np.float32)))
    assert figure.shape == (2, 2, 3)
    assert figure[0, 0].tolist() == [0, 128, 255]


def test_labels_stand_below_images_of_any_size():
    images = [np.zeros((20, 30, 3), np.uint8), np.zeros((10, 12, 3), np.uint8)]
    figure = np.asarray(show_images(images, ["left", "right"]))
    assert figure.shape[1] > 60 and figure.shape[0] > 20
    assert len(np.unique(figure[-12:])) > 2  # letters, smoothed


def test_a_zoom_of_nothing():
    with pytest.raises(ImageError, match="zoom=0"):
        show_images(np.zeros((1, 2, 2, 3), np.uint8), zoom=0)


@pytest.fixture
def run_directory(tmp_path):
    lines = [{"step": 2, "loss": 9.0}, {"step": 4, "loss": 9.0}, {"step": 2, "loss": 1.0}, {"step": 3, "loss": 2.0}]
    (tmp_path / "losses.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def test_steps_written_twice_count_once(run_directory):
    assert read_losses(run_directory) == [{"step": 2, "loss": 1.0}, {"step": 3, "loss": 2.0}, {"step": 4, "loss": 9.0}]


def test_a_folder_without_losses(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no losses"):
        plot_losses({"mine": tmp_path})


def test_a_line_for_each_run(run_directory):
    one = np.asarray(plot_losses({"folder": run_directory}))
    two = np.asarray(plot_losses({"folder": str(run_directory), "by hand": [{"step": 2, "loss": 5.0, "other": 1.0}]}))
    assert one.ndim == 3 and one.std() > 0
    assert two.shape[1] > one.shape[1]  # a second panel
    blue = (31, 119, 180)  # the first line's color
    assert (one == blue).all(axis=-1).sum() > 20


def test_a_loss_that_no_run_has(run_directory):
    with pytest.raises(ValueError, match="No run has the loss fid. Losses: loss"):
        plot_losses({"mine": run_directory}, ["fid"])
