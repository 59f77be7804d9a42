"""`tfstyle repair`, `colorize`, `upscale` and their trainings, from end to end, in steps that take a second."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_photo
from tests.workflows.trainings import check_goes_on, save_noise
from tfstyle.images import load_image, luma, read_tags, save_image
from tfstyle.models.translation.colorizer import Colorizer
from tfstyle.models.translation.inpainter import Inpainter
from tfstyle.models.translation.upscaler import Upscaler
from tfstyle.saved.restorer import export_restorer
from tfstyle.zoo import load_pretrained

SMALL = (
    "--num-steps 2 --batch-size 2 --crop-size 16 --receptive-field 16 --discriminator-filters 4 --precision float32 "
    "--num-held-back 1"
)
FILTERS = {"colorize": "4 6", "upscale": "4", "repair": "4 6"}


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Command -> SavedModel of an untrained network; not to be written to."""
    root = tmp_path_factory.mktemp("models")
    networks = {
        "repair": Inpainter((4, 6), 1),
        "colorize": Colorizer((4, 6)),
        "upscale": Upscaler(4, 4, 1),
    }
    for name, network in networks.items():
        random = np.random.default_rng(0)
        network.set_weights([weight + random.normal(0, 0.1, weight.shape) for weight in network.get_weights()])
        export_restorer(network, root / name)
    return {name: root / name for name in networks}


@pytest.mark.slow
@pytest.mark.parametrize("task", FILTERS)
def test_photographs_to_a_model_that_restores(run, shipped, weights, task):
    save_noise(("photos/a.png", "photos/b.png", "photos/c.png"), 24, 30)
    training = f"train translator --task {task} --target photos --run-directory run --filters {FILTERS[task]}"
    code, out, err = run(*training.split(), "--extractor", f"squeezenet={weights}", *SMALL.split())
    assert (code, err) == (0, [])
    assert out[0].startswith(f"3 images for {task}; ")
    assert any(line.startswith("images held back (1): restored PSNR") for line in out)
    check_goes_on(run, f"train translator --target photos --run-directory run --extractor squeezenet={weights}")
    assert run("export", "run", "--output", "model")[0] == 0
    on = f"train translator --task {task} --target photos --start-from model --run-directory on"  # of its size
    code, out, err = run(*on.split(), *SMALL.split(), "--perceptual-weight", "0", "--learning-rate", "1e-9")
    assert (code, err) == (0, [])
    check_goes_on(run, "train translator --target photos --run-directory on")
    assert run("export", "on", "--output", "on_model")[0] == 0
    for new, old in zip(load_pretrained("on_model").weights, load_pretrained("model").weights, strict=True):
        np.testing.assert_allclose(new, old, atol=1e-6)
    flags = ["--find-damage"] if task == "repair" else []
    code, out, err = run(task, "photos/a.png", *flags, "--model", "run", "--output", "restored.png")
    assert (code, err) == (0, [])
    assert load_image("restored.png").shape == ((96, 120, 3) if task == "upscale" else (24, 30, 3))


def test_repair_gives_other_pixels_back_bit_for_bit(run, shipped, models):
    photo = draw_photo(40, 52)
    photo[20, 5:45] = 255
    save_image("photo.png", photo)
    mask = np.zeros((40, 52), np.uint8)
    mask[4:12, 10:30] = 255
    Image.fromarray(mask).save("mask.png")
    flags = ["repair", "photo.png", "--mask", "mask.png", "--output", "out.png", "--save-mask", "filled.png"]
    code, out, err = run(*flags, "--model", models["repair"])
    assert (code, err) == (0, [])
    assert out == ["7.7% of the pixels are filled", "photo.png -> out.png"]
    repaired = load_image("out.png")
    np.testing.assert_array_equal(repaired[mask == 0], photo[mask == 0])
    assert np.any(repaired[mask > 0] != photo[mask > 0])
    np.testing.assert_array_equal(load_image("filled.png")[..., 0], mask)
    assert read_tags("out.png")["Description"] == "Repaired by the model repair"
    code, out, err = run(*flags, "--model", "diffusion", "--overwrite")
    assert (code, err) == (0, [])
    diffused = load_image("out.png")
    np.testing.assert_array_equal(diffused[mask == 0], photo[mask == 0])
    assert np.any(diffused[mask > 0] != repaired[mask > 0])
    assert read_tags("out.png")["Description"] == "Repaired by diffusion"
    code, out, err = run(*flags, "--model", models["repair"], "--find-damage", "--overwrite")
    assert (code, err) == (0, [])
    found = load_image("filled.png")[..., 0] > 0
    assert found[mask > 0].all() and found[20, 6:44].mean() > 0.9 and found.mean() < 0.4


def test_colorize_keeps_the_luminance_and_upscale_the_alpha(run, shipped, models):
    photo = draw_photo(21, 33)
    save_image("photo.png", photo)
    code, _, err = run(
        *["colorize", "photo.png", "--output", "out.png", "--color-size", "16", "--model"], models["colorize"]
    )
    assert (code, err) == (0, [])
    colored = load_image("out.png")
    np.testing.assert_allclose(luma(colored.astype(float)), luma(photo.astype(float)), atol=1)
    assert np.any(colored != photo)
    save_image("alpha.png", np.concatenate([photo, np.full((21, 33, 1), 80, np.uint8)], axis=-1))
    code, _, err = run(*["upscale", "alpha.png", "--keep-alpha", "--output", "large.png", "--model"], models["upscale"])
    assert (code, err) == (0, [])
    large = load_image("large.png", keep_alpha=True)
    assert large.shape == (84, 132, 4)
    np.testing.assert_array_equal(large[..., 3], 80)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("repair photo.png --find-damage --model style_bank", "is a style bank; this command needs a model to"),
        ("colorize photo.png", "no model named 'colorize' ships with this version yet"),
        ("colorize photo.png", "tfstyle train translator --task colorize trains"),
        ("generate --model style_bank --upscale", "not a generator"),
        ("repair photo.png", "what shall be filled? Name an image with --mask, or add --find-damage."),
        ("repair photo.png photo.png --mask photo.png", "--mask and --save-mask are for one photograph"),
        ("repair photo.png --mask nowhere.png", "nowhere.png: no such file"),
        ("colorize photo.png --model style_bank", "is a style bank; this command needs a model to add colors to gray"),
        ("colorize", "no photo was named"),
        ("colorize photo.png --saturation 4", "number from 0 to 3"),
    ],
)
def test_mistakes(run, shipped, photo_file, command, message):
    Path("photo.png").write_bytes(photo_file.read_bytes())
    code, out, err = run(*command.split(), "--output", "out.png")
    assert (code, out) == (2, [])
    assert message in err[-1]
    assert not Path("out.png").exists()


@pytest.mark.slow
def test_generated_images_are_enlarged(run, shipped, models, tmp_path):
    from tfstyle.models.gan.dense_gan import DenseGenerator
    from tfstyle.saved.generator import export_generator

    export_generator(DenseGenerator((6, 6, 1), latent_dim=4, units=(8, 8)), tmp_path / "generator")
    flags = ["--model", tmp_path / "generator", "--upscale", models["upscale"], "--num-images", "2", "--output", "many"]
    code, _, err = run("generate", *flags)
    assert (code, err) == (0, [])
    assert load_image("many/00001.png").shape == (24, 24, 3)


@pytest.mark.parametrize("task", FILTERS)
def test_restorers_are_evaluated(run, shipped, models, task):
    save_noise(("photos/a.png", "photos/b.png"), 24, 30)
    code, out, err = run(*["evaluate", "--target", "photos", "--size", "20", "--model"], models[task])
    assert (code, err) == (0, [])
    measures = {line.split()[0] for line in out[1:]}
    expected = {"psnr", "ssim", "degraded_psnr", "degraded_ssim"} | ({"psnr_in_holes"} if task == "repair" else set())
    assert measures == expected
    code, _, err = run(*["evaluate", "--pairs", "photos", "--model"], models[task])
    assert code == 2 and "is evaluated with --target. Received: --pairs." in err[0]
