"""Networks without one block, among them blocks that are known to be dead."""

import numpy as np
import pytest

from tests.conftest import draw_photo
from tests.interpret.toys import is_drawn
from tfstyle.interpret.ablation import Ablation, ablate_blocks, blocks_of, plot_ablation, tone_and_detail
from tfstyle.interpret.octaves import noises_of
from tfstyle.models.gan.dcgan import ConvGenerator
from tfstyle.models.style.adain import AdaINStyler
from tfstyle.models.style.plain_style_bank import PlainStyleBank
from tfstyle.models.style.semantic_style import SemanticStyler
from tfstyle.models.style.style_bank import StyleBank

PHOTO = draw_photo(32, 40)[None] / np.float32(255)
STYLE = np.array([[0.0, 1.0]], np.float32)


def randomized(network, seed=0):
    random = np.random.default_rng(seed)
    network.set_weights([random.normal(0, 0.3, weight.shape) for weight in network.weights])
    return network


def kill(block):
    """A residual block that adds nothing."""
    block.second.normalization.scale.assign(np.zeros(block.second.normalization.scale.shape))
    block.second.normalization.shift.assign(np.zeros(block.second.normalization.shift.shape))


@pytest.fixture(scope="module")
def bank():
    return randomized(PlainStyleBank(("identity", "waves"), (4, 6, 4), 2))


def test_the_dead_block_is_the_one_without_effect(bank):
    kill(bank.residual_blocks[1])
    before = np.asarray(bank(PHOTO, STYLE))
    found = ablate_blocks(bank, lambda: bank(PHOTO, STYLE))
    changes = dict(zip(found.names, found.changes, strict=True))
    assert changes.pop("residual_1") == 0
    assert min(changes.values()) > 0.01
    assert "Without effect on this picture" in found.describe() and "residual_1" in found.describe()
    np.testing.assert_array_equal(bank(PHOTO, STYLE), before)  # every block is back
    assert is_drawn(plot_ablation(found))


def test_blocks_left_out_and_averaged_are_ranked_apart():
    images = np.zeros((4, 8, 8, 3))
    found = Ablation(
        ("entry", "painter", "exit", "extra"),
        np.array([False, True, False, True]),
        images[0],
        images,
        np.array([40.0, 3.0, 50.0, 1.0]),
        np.array([0.0, 4.0, 0.0, 0.0]),
    )
    assert found.ranked(True).tolist() == [1, 3] and found.ranked(False).tolist() == [2, 0]
    left_out, detail, averaged = found.describe().split(". ")
    assert "2 blocks left out, painter changes a pixel most, by 5" in left_out and "least, by 1.0" in left_out
    assert "painter adds is mostly detail: 4 levels" in detail
    assert "exit changes a pixel most, by 50" in averaged and "entry least, by 40.0" in averaged
    assert "cannot be compared" in averaged
    top, bottom = plot_ablation(found).subfigs
    titles = [axes.get_title() for axes in top.axes]
    assert titles[1:5] == ["painter: left out", "extra: left out", "entry: mean", "exit: mean"]
    labels = [[label.get_text() for label in axes.get_yticklabels()] for axes in bottom.axes]
    assert labels == [["painter", "extra"], ["entry", "exit"]]


def test_blocks_of_a_bank_come_in_their_order():
    bank = StyleBank(("identity", "waves"), (4, 6, 4), 1, learned_stroke_sizes=(1.0,))
    names = [block.name for block in blocks_of(bank)]
    assert {"stem", "noise_0", "residual_0", "noise_half", "to_rgb"} <= set(names)
    assert "first" not in names  # a part of a residual block
    assert names.index("stem") < names.index("residual_0") < names.index("refine_more")


def test_a_plain_bank_has_no_noise(bank):
    names = [block.name for block in blocks_of(bank)]
    assert "residual_0" in names and not any(name.startswith("noise") for name in names)


def test_without_the_injection_adain_does_not_see_the_style():
    styler = AdaINStyler(encoder_weights=None, decoder_filters=(4,))
    vector = np.concatenate([np.full((1, styler.style_dim // 2), 3.0), np.ones((1, styler.style_dim // 2))], axis=1)
    one = np.ones(1, np.float32)
    found = ablate_blocks(styler, lambda: styler(PHOTO, vector, one))
    index = found.names.index("adaptive_normalization")
    assert found.is_left_out[index]
    unstyled = np.asarray(styler(PHOTO, vector, np.zeros(1, np.float32)))[0]
    np.testing.assert_allclose(found.images[index], unstyled, atol=1e-5)
    assert not any(name.startswith("block1_conv1_") or "encoder" in name for name in found.names)


def test_what_only_paintings_pass_is_no_block_of_the_picture():
    styler = SemanticStyler(None, style_dim=3, hidden_dim=4, filters=(4, 6, 4), num_residual_blocks=1)
    vector, one = np.ones((1, 3), np.float32), np.ones(1, np.float32)
    encoder, block = styler.to_vector, styler.bank.residual_blocks[0]
    assert {"hidden", "to_vector", "residual_0"} <= {each.name for each in blocks_of(styler)}
    assert len(noises_of(styler.bank)) == 3
    found = ablate_blocks(styler, lambda: styler(PHOTO, vector, one), [encoder, block])
    assert found.names == ("residual_0",) and len(found.changes) == 1


def test_a_dead_convolution_of_a_generator():
    generator = ConvGenerator(28, 1, latent_dim=4, filters=(8, 8, 8))
    generator.to_pixels.set_weights([np.zeros_like(weight) for weight in generator.to_pixels.get_weights()])
    latents = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    found = ablate_blocks(generator, lambda: generator(latents) * 0.5 + 0.5)
    assert {"dense", "first", "to_pixels"} <= set(found.names)
    assert not found.changes.any()


def test_nothing_to_take_away():
    import keras

    with pytest.raises(ValueError, match="no blocks"):
        ablate_blocks(keras.Sequential([keras.layers.ReLU()]), lambda: None)


def test_tone_and_detail_are_told_apart():
    tone = np.full((1, 16, 16, 3), 10 / 255)
    rows, columns = np.mgrid[:16, :16]
    checks = np.broadcast_to(np.where((rows + columns) % 2, 5, -5)[None, ..., None] / 255, tone.shape)
    assert tone_and_detail(tone) == pytest.approx((10, 0), abs=1e-6)
    assert tone_and_detail(checks) == pytest.approx((0, 5), abs=1e-6)
    assert tone_and_detail(tone + checks) == pytest.approx((10, 5), abs=1e-6)
    assert tone_and_detail(np.full((1, 13, 9, 3), 10 / 255)) == pytest.approx((10, 0), abs=1e-6)
