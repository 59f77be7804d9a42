"""Reports on tiny networks: each holds its sections, and what is missing is said."""

import json

import numpy as np
import pytest

from tests.conftest import draw_photo
from tests.interpret.test_report import Page
from tfstyle.artifacts import find_model, read_metadata
from tfstyle.data.procedural import procedural_images
from tfstyle.data.procedural_paintings import PAINTINGS, procedural_painting
from tfstyle.interpret import style_report
from tfstyle.interpret.report import ReportError
from tfstyle.interpret.style_report import explain_styles
from tfstyle.interpret.training_report import explain_training, film_bytes, load_gan
from tfstyle.interpret.transfer_report import explain_transfer, picture_of_style, smaller, variations_of
from tfstyle.models.gan.dense_gan import DenseDiscriminator, DenseGenerator
from tfstyle.models.perceptual.light_extractor import STYLE_LAYERS, LightStyleExtractor
from tfstyle.models.style.adain import AdaINStyler
from tfstyle.saved.styler import export_styler
from tfstyle.training.gan import train_gan
from tfstyle.training.gan_config import GanConfig
from tfstyle.training.loop.run_directory import RunDirectory

PHOTO, PAINTING = draw_photo(48, 64), procedural_painting("tiles", 64)


@pytest.fixture(scope="module")
def extractor():
    return LightStyleExtractor(STYLE_LAYERS, weights=None)


@pytest.fixture(scope="module")
def adain_folder(tmp_path_factory):
    """An untrained network for any style; not to be written to."""
    folder = tmp_path_factory.mktemp("models") / "tiny_adain"
    export_styler(AdaINStyler(encoder_weights=None, decoder_filters=(4,)), folder)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A short training of a class-conditional GAN; not to be written to."""
    dataset = procedural_images(24, 12, 1)
    networks = DenseGenerator((12, 12, 1), 4, (8,), num_classes=5), DenseDiscriminator((12, 12, 1), (8,), num_classes=5)
    config = GanConfig(num_steps=4, batch_size=4, num_samples=4, log_every=1, sample_every=2, precision="float32")
    run = RunDirectory(tmp_path_factory.mktemp("runs") / "shapes")
    run.start(config)
    train_gan(*networks, dataset, config, run)
    np.savez(run.path / "images.npz", images=dataset.images, labels=dataset.labels)
    run.write_data({"source": [str(run.path / "images.npz")], "image_shape": dataset.image_shape})
    return run.path


def titles(report):
    assert Page(report.to_html()).tags
    return [section.title for section in report.sections]


@pytest.mark.slow
def test_a_photograph_in_a_style_of_a_bank(bank_folder, extractor):
    report = explain_transfer(PHOTO, bank_folder, "waves", size=48, extractor=extractor, strength=0.4)
    assert "at strength 0.4 and 48x36 pixels" in report.introduction
    assert titles(report) == [
        "The picture",
        "Where the content was given up",
        "Comparisons with the painting",
        "What the strength does",
        "What each block of the network adds",
        "What each octave of noise does",
        "What a change of the style changes",
    ]
    by_title = {section.title: section for section in report.sections}
    assert "`--painting FILE`" in by_title["Comparisons with the painting"].text  # the bank does not hold it
    assert "Half way to starry_night" in by_title["What a change of the style changes"].text
    assert "grid of" in by_title["What each octave of noise does"].text


@pytest.mark.slow
def test_a_photograph_in_the_style_of_a_painting(adain_folder, extractor):
    report = explain_transfer(PHOTO, adain_folder, PAINTING, size=48, extractor=extractor)
    by_title = {section.title: section for section in report.sections}
    assert len(titles(report)) == 8
    assert "has no noise" in by_title["What each octave of noise does"].text
    assert "Direction" in by_title["What a change of the style changes"].text
    assert by_title["Where in the painting each patch comes from"].picture
    assert by_title["What each layer of the style loss still asks for"].picture


def test_each_style_of_the_shipped_bank_has_a_picture_of_its_painting():
    folder = find_model("style_bank")
    names = read_metadata(folder)["style_names"][1:]
    shapes = [picture_of_style(folder, name).shape for name in names]
    assert all(max(shape) == 320 and shape[-1] == 3 for shape in shapes)
    assert picture_of_style(folder, "nobody") is None


@pytest.mark.parametrize("strength", [0.0, 1.5])
def test_a_strength_without_style(bank_folder, strength):
    with pytest.raises(ReportError, match=f"must be above 0.*Received: {strength}"):
        explain_transfer(PHOTO, bank_folder, "waves", strength=strength)


def test_a_generator_stylizes_nothing():
    with pytest.raises(ReportError, match="is a generator, which stylizes no photographs"):
        explain_transfer(PHOTO, "dense_gan_mnist", "waves")


def test_pictures_are_made_smaller_and_not_larger():
    assert smaller(draw_photo(40, 80), 40).shape == (20, 40, 3)
    assert smaller(draw_photo(20, 30), 40).shape == (20, 30, 3)


def test_variations_differ_from_their_painting():
    painting, *others = variations_of(PAINTING)
    np.testing.assert_array_equal(painting, smaller(PAINTING, 64))
    assert len(others) > 12
    assert all(other.shape != painting.shape or np.abs(other - painting).mean() > 0.01 for other in others)
    assert all(other.min() >= 0 and other.max() <= 1 for other in others)


@pytest.mark.slow
def test_paintings_of_four_painters(adain_folder, extractor, monkeypatch):
    monkeypatch.setattr(style_report, "TEXTURE_STEPS", 2)
    paintings = {f"{kind}_{seed}": procedural_painting(kind, 128, seed) for kind in PAINTINGS for seed in range(3)}
    groups = [name.partition("_")[0] for name in paintings]
    report = explain_styles(paintings, adain_folder, groups, "painter", extractor)
    by_title = {section.title: section for section in report.sections}
    assert len(by_title) == 6 and all(section.picture for section in report.sections)
    assert "The painter can be read from the vector" in by_title["What can be read from a vector"].text
    assert "crops of two painters" in by_title["Two crops of one painting against two painters"].text


def test_too_few_paintings_and_a_bank(bank_folder):
    with pytest.raises(ReportError, match="Received: 1"):
        explain_styles({"a": PAINTING})
    with pytest.raises(ReportError, match="style bank, which has no style vectors"):
        explain_styles(dict.fromkeys("abc", PAINTING), bank_folder)


@pytest.mark.slow
def test_a_training(run):
    report = explain_training(run, [(3, "collapse"), (4, "collapse")])
    assert titles(report) == [
        "Losses and findings",
        "Samples through the training",
        "The film of samples",
        "Equilibrium of the two networks",
        "What the discriminator looks at",
        "Gradients of each layer",
        "What each block of the generator adds",
    ]
    assert "collapse (steps 3 to 4)" in report.sections[0].text
    assert report.sections[2].picture.startswith(b"GIF8")
    assert "generator" in report.sections[5].text and "discriminator" in report.sections[5].text


def test_the_networks_are_those_of_the_checkpoint(run):
    import tensorflow as tf

    generator, discriminator = load_gan(run)
    reader = tf.train.load_checkpoint(str(run / "checkpoints"))
    for part, network in (("generator", generator), ("discriminator", discriminator)):
        saved = reader.get_tensor(f"{part}/0/.ATTRIBUTES/VARIABLE_VALUE")
        np.testing.assert_array_equal(network.variables[0].numpy(), saved)


def test_what_a_folder_lacks_is_said(run, tmp_path):
    for name in ("config.json", "model.json", "losses.jsonl"):
        (tmp_path / name).write_text((run / name).read_text())
    report = explain_training(tmp_path)
    assert titles(report) == ["Losses and findings", "The two networks"]
    assert "no checkpoint yet" in report.sections[1].text
    (tmp_path / "losses.jsonl").write_text(json.dumps({"step": 1, "loss": 1.0}) + "\n")
    with pytest.raises(ReportError, match="Train for more steps"):
        explain_training(tmp_path)


def test_a_film_has_all_frames():
    import io

    from PIL import Image

    from tfstyle.interpret.history import sample_film

    film = sample_film(range(4), [np.full((600, 300, 3), 60 * level, np.uint8) for level in range(4)])
    with Image.open(io.BytesIO(film_bytes(film))) as image:
        assert image.n_frames == 4 and image.size == (256, 512)
    small = sample_film([0, 1], [np.full((30, 100, 3), level, np.uint8) for level in (0, 200)])
    with Image.open(io.BytesIO(film_bytes(small))) as image:
        assert image.size == (500, 150)
