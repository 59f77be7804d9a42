import numpy as np
import pytest

import tfstyle
from tfstyle import cli
from tfstyle.images import load_image
from tfstyle.models.gan.fastgan import FastGANGenerator
from tfstyle.saved.generator import export_generator
from tfstyle.transfer.latents import LatentsError
from tfstyle.transfer.mixing import check_mixing, mix_layers, mixing_sheet


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    """A generator of two classes with random weights, as `tfstyle.load` returns it."""
    network = FastGANGenerator(64, filters=(3,) * 5, latent_dim=3, num_classes=2)
    for number, variable in enumerate(network.trainable_variables):
        scale = 0.3 if "block" in variable.path or "pixels" in variable.path else 2.0
        variable.assign(scale * np.random.default_rng(number).normal(size=variable.shape))
    folder = tmp_path_factory.mktemp("models") / "landscapes"
    export_generator(network, folder, {"class_names": ["day", "night"]})
    return tfstyle.load(folder)


def test_images_mixed_with_themselves_are_those_of_the_saved_model(generator):
    latents, labels = generator.draw_latents(3), np.array([0, 1, 1])
    expected = generator(latents, labels).numpy()
    mixed = mix_layers(generator, latents, latents[[2, 1, 2]], labels, [1, 1, 1])
    np.testing.assert_allclose(mixed[1:], expected[1:], atol=2e-3)
    assert np.abs(mixed[0] - expected[0]).max() > 5e-2


def test_a_sheet_has_contents_as_rows_and_styles_as_columns(generator):
    contents, styles = generator.draw_latents(2), generator.draw_latents(3, seed=1)
    sheet = mixing_sheet(generator, contents, styles, [0, 1], [1, 0, 1])
    assert sheet.shape == (3 * 66 - 2, 4 * 66 - 2, 3)
    assert (sheet[:64, :64] == 1).all()
    np.testing.assert_allclose(sheet[66:130, :64], generator(contents, [0, 1])[0], atol=1e-6)
    np.testing.assert_allclose(sheet[:64, 198:], generator(styles, [1, 0, 1])[2], atol=1e-6)
    mixed = mix_layers(generator, contents[1:], styles[:1], [1], [1])[0]
    np.testing.assert_allclose(sheet[132:, 66:130], mixed, atol=1e-5)


def test_the_command(generator, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    flags = ["generate", "--model", str(generator.folder), "--mix", "3", "--num-images", "2", "--labels", "night"]
    assert cli.main([*flags, "--output", "sheet.png"]) == 0
    assert capsys.readouterr().out == "sheet.png: 6 mixed images of landscapes\n"
    assert load_image("sheet.png").shape == (3 * 66 - 2, 4 * 66 - 2, 3)
    for arguments, message in (
        (["--output", "sheets"], "--mix draws one sheet: --output must be an image file"),
        (["--output", "sheet.png"], "sheet.png: already exists"),
        (["--output", "new.png", "--upscale", "upscale"], "--upscale is not for the sheet of --mix"),
        (["--output", "new.png", "--directions", "2"], "--directions and --mix exclude each other"),
    ):
        assert cli.main([*flags, *arguments]) == 2
        assert message in capsys.readouterr().err


def test_what_cannot_be_mixed(generator):
    with pytest.raises(LatentsError, match=r"Received: ConvGenerator, 64 pixels\. tfstyle train gan --architecture"):
        check_mixing({"class": "ConvGenerator", "image_size": [64, 64]})
    with pytest.raises(LatentsError, match="Received: FastGANGenerator, 32 pixels"):
        check_mixing({"class": "FastGANGenerator", "image_size": 32})
    latents = generator.draw_latents(2)
    with pytest.raises(LatentsError, match=r"shape \(num_images, 3\).*style_latents.shape=\(1, 3\)"):
        mix_layers(generator, latents, latents[:1], [0, 1], [0])
    with pytest.raises(ValueError, match="labels=None"):
        mix_layers(generator, latents, latents, [0, 1])
