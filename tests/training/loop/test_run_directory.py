"""The folder of a training: what it refuses, what it keeps, and who may train there."""

import dataclasses
import json
import logging
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfstyle.data.image_array import ImageArray
from tfstyle.training.loop.config import TrainingConfig
from tfstyle.training.loop.fingerprint import fingerprint_of_arrays, fingerprint_of_data, fingerprint_of_network
from tfstyle.training.loop.run_directory import RunDirectory, TrainingError

CONFIG = TrainingConfig(num_steps=9, learning_rate=0.1)


def test_resuming_where_there_is_nothing_says_so(tmp_path, caplog):
    caplog.set_level(logging.INFO, "tfstyle")
    RunDirectory(tmp_path / "run").start(CONFIG, resume=True)
    assert "contains no training to resume: a new one starts" in caplog.text
    caplog.clear()
    RunDirectory(tmp_path / "run").start(CONFIG, resume=True)
    assert caplog.text == ""


def test_run_directory_refuses_what_would_lose_something(tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.start(CONFIG)
    with pytest.raises(TrainingError, match="already contains a training. Pass resume=True"):
        run.start(CONFIG)
    with pytest.raises(TrainingError, match=r"learning_rate=0\.1, now 0\.2"):
        run.start(dataclasses.replace(CONFIG, learning_rate=0.2), resume=True)
    run.start(dataclasses.replace(CONFIG, num_steps=20), resume=True)  # a longer training is no other one
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("precious")
    with pytest.raises(TrainingError, match="is not a run directory"):
        RunDirectory(tmp_path / "other").start(CONFIG)
    (tmp_path / "file").write_text("x")
    with pytest.raises(TrainingError):
        RunDirectory(tmp_path / "file" / "run").start(CONFIG)


def test_a_training_that_does_not_begin_leaves_nothing(tmp_path):
    run = RunDirectory(tmp_path / "run")
    with pytest.raises(ValueError), run.removed_if_nothing_begins():
        run.start(CONFIG)
        run.write_model({"config": {}})
        raise ValueError("the networks do not fit")
    assert not (tmp_path / "run").exists()
    with pytest.raises(KeyboardInterrupt), run.removed_if_nothing_begins():
        run.start(CONFIG)
        run.write_config(CONFIG)  # now it trains
        raise KeyboardInterrupt
    assert (tmp_path / "run" / "config.json").exists()
    with pytest.raises(ValueError), RunDirectory(tmp_path / "run").removed_if_nothing_begins():
        RunDirectory(tmp_path / "run").start(CONFIG, resume=True)
        raise ValueError("other paintings")
    assert (tmp_path / "run" / "config.json").exists()


def test_a_folder_of_somebody_else_is_left_as_it_is(tmp_path):
    (tmp_path / "data.json").write_text("precious")
    run = RunDirectory(tmp_path)
    with pytest.raises(TrainingError, match="is not a run directory"), run.removed_if_nothing_begins():
        run.start(CONFIG)
    assert (tmp_path / "data.json").read_text() == "precious"


HOLDER = """
import sys, time
from tfstyle.training.loop.run_directory import RunDirectory
with RunDirectory(sys.argv[1]).locked():
    print("trains", flush=True)
    time.sleep(60)
"""


def test_one_process_trains_in_a_folder_and_a_kill_leaves_no_lock(tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.start(CONFIG)
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run.path)], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        assert other.stdout.readline() == "trains\n"
        with pytest.raises(TrainingError, match="is being trained by another process"):
            run.start(CONFIG, resume=True)
        with pytest.raises(TrainingError, match="is being trained by another process"), run.locked():
            pass
    finally:
        other.kill()
        other.wait(timeout=30)
    run.start(CONFIG, resume=True)
    with run.locked(), pytest.raises(TrainingError, match="another process"), RunDirectory(run.path).locked():
        pass


def test_other_sources_are_refused_in_words(tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.start(CONFIG)
    run.write_fingerprints({"loss network": "VGG19StyleExtractor 01", "photographs": "6 files 0a"})
    run.write_fingerprints({"loss network": "VGG19StyleExtractor 01"})
    with pytest.raises(TrainingError) as caught:
        run.write_fingerprints({"loss network": "LightStyleExtractor 02", "photographs": "6 files 0a"})
    assert str(caught.value).startswith(
        f"the loss network: VGG19StyleExtractor 01, now LightStyleExtractor 02. {run.path} was started with another."
    )
    assert "6 files 0a" in (run.path / "fingerprint.json").read_text()


def test_a_run_of_an_earlier_version_goes_on_with_a_warning(tmp_path, caplog, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    run.start(CONFIG)
    monkeypatch.setattr(run, "latest_checkpoint", lambda: "run/checkpoints/ckpt-4")
    run.write_fingerprints({"loss network": "VGG19StyleExtractor 01"})
    assert "has no fingerprint because an earlier version started it: make sure that loss network" in caplog.text
    caplog.clear()
    run.write_fingerprints({"loss network": "VGG19StyleExtractor 01"})
    assert caplog.text == ""


def test_fingerprints_tell_networks_apart():
    keras.utils.set_random_seed(0)
    networks = [keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]) for _ in range(2)]
    first, second = map(fingerprint_of_network, networks)
    assert first.startswith("Sequential ") and first != second
    networks[1].set_weights(networks[0].get_weights())
    assert fingerprint_of_network(networks[1]) == first
    assert fingerprint_of_network(test_fingerprints_tell_networks_apart) == "test_fingerprints_tell_networks_apart"


def test_fingerprints_tell_data_apart():
    images = np.arange(96, dtype=np.uint8).reshape(2, 4, 4, 3)
    first = fingerprint_of_data(ImageArray(images, [0, 1]))
    assert first.startswith("2 images ")
    assert fingerprint_of_data(ImageArray(images.copy(), [0, 1])) == first
    assert fingerprint_of_data(ImageArray(images[::-1], [0, 1])) != first
    assert fingerprint_of_data(ImageArray(images, [1, 0])) != first
    paintings = {"waves": images[0], "dots": images[1]}
    assert fingerprint_of_arrays(paintings) != fingerprint_of_arrays({"waves": images[1], "dots": images[0]})


def test_what_is_kept_of_the_data_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    run.start(CONFIG)
    run.write_data({"num_images": 3})

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        run.write_data({"num_images": 4})
    assert json.loads((run.path / "data.json").read_text()) == {"num_images": 3}
