"""Clips that are painted frame by frame, or so that they do not flicker."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the extra `video`")

import tfstyle
from tests.conftest import draw_photo
from tests.video.clips import moving_square
from tfstyle.images import to_float
from tfstyle.metrics import measure_clip
from tfstyle.transfer.video import SteadyPainter, follow_noise, follow_painting, with_texture_of

FRAMES = moving_square(5, height=48, width=64)


def paint_with_noise(seed=0, share=0.2):
    """A painter that flickers: to each frame it adds other noise. It notes what it is given."""
    random = np.random.default_rng(seed)
    calls = []

    def paint(frame, displacements, share_of_statistics):
        calls.append((displacements, share_of_statistics))
        return np.clip(frame * (1 - share) + share * random.random(frame.shape, np.float32), 0, 1).astype(np.float32)

    return paint, calls


def test_zero_is_frame_by_frame_bit_for_bit(bank):
    painted = list(tfstyle.stylize_video(iter(FRAMES[:2]), bank, "waves", smooth=0, strength=0.7))
    for frame, image in zip(FRAMES, painted, strict=False):
        np.testing.assert_array_equal(image, tfstyle.stylize(frame, bank, "waves", strength=0.7))
    (same,) = tfstyle.stylize_video(FRAMES[:1], bank, "waves", strength=0)
    np.testing.assert_array_equal(same, FRAMES[0])


@pytest.mark.slow
def test_a_bank_paints_steadily(bank):
    frames = np.repeat(FRAMES[:1], 3, axis=0)
    steady = list(tfstyle.stylize_video(frames, bank, "waves", smooth=0.5))
    # What stands still is painted once and for all, the first frame as by itself.
    assert np.abs(steady[0].astype(int) - tfstyle.stylize(FRAMES[0], bank, "waves")).max() <= 3
    np.testing.assert_allclose(steady[2], steady[0].astype(int), atol=3)
    assert len(list(tfstyle.stylize_video(FRAMES[:2], bank, "waves", preserve_color=True))) == 2


@pytest.mark.slow
def test_every_family_is_painted(styler, tiny_styler, monkeypatch):
    monkeypatch.setattr("tfstyle.zoo.load_pretrained", lambda folder: tiny_styler)
    painted = list(tfstyle.stylize_video(FRAMES[:2], styler, draw_photo(30, 40), strength=0.5, seed=1))
    expected = tfstyle.stylize(FRAMES[0], styler, draw_photo(30, 40), 0.5, seed=1)
    np.testing.assert_allclose(painted[0], expected.astype(int), atol=2)
    assert painted[1].shape == FRAMES[1].shape


def test_half_the_flicker_and_as_sharp():
    random = np.random.default_rng(1)
    still = np.repeat(draw_photo(96, 128)[None], 8, axis=0)
    still = np.clip(still + random.integers(0, 2, still.shape), 0, 255).astype(np.uint8)  # noise of a camera
    paint, _ = paint_with_noise()
    alone = [np.uint8(np.rint(255 * paint(to_float(frame), None, 0))) for frame in still]
    painter = SteadyPainter(paint_with_noise()[0], 0.8)
    steady = [painter(frame) for frame in still]
    before, after = measure_clip(still, alone), measure_clip(still, steady)
    assert after.painted_error < 0.5 * before.painted_error
    assert after.painted_texture == pytest.approx(before.painted_texture, rel=0.15)


def test_another_scene_or_size_begins_anew():
    paint, calls = paint_with_noise(share=0)
    painter = SteadyPainter(paint, 0.8)
    for frame in (FRAMES[0], FRAMES[1], 255 - FRAMES[1], draw_photo(20, 30)):
        assert np.abs(painter(frame).astype(int) - frame).mean() < 2
    assert [share for _, share in calls] == [0, 0.8, 0, 0]
    assert [displacements.shape[:2] for displacements, _ in calls] == [(48, 64)] * 3 + [(20, 30)]
    assert not calls[2][0].any()


def test_noise_travels_and_begins_anew_where_nothing_was():
    flow = np.zeros((10, 12, 2), np.float32)
    flow[..., 0] = -2  # what is seen was two columns to the left
    is_sure = np.ones((10, 12), bool)
    is_sure[:, :2] = False
    once = follow_noise(np.zeros_like(flow), flow, is_sure)
    twice = follow_noise(once, flow, is_sure)
    assert not once[:, :2].any() and not twice[:, :2].any()
    np.testing.assert_allclose(once[:, 2:], np.broadcast_to([0, -2], (10, 10, 2)))
    np.testing.assert_allclose(twice[:, 5:], np.broadcast_to([0, -4], (10, 7, 2)))
    stretched = np.zeros_like(flow)
    stretched[..., 1] = np.arange(12)  # one column wide becomes two: the noise would be coarser
    assert not follow_noise(stretched, np.zeros_like(flow), np.ones((10, 12), bool)).any()
    line = np.zeros((1, 5, 2), np.float32)  # a frame of one row has no gradient along it
    assert not follow_noise(line, line, np.ones((1, 5), bool)).any()


def test_no_ghost_where_the_paintings_differ():
    black, white = np.zeros((40, 40, 3), np.float32), np.ones((40, 40, 3), np.float32)
    sure = np.ones((40, 40), bool)
    np.testing.assert_allclose(follow_painting(white, black, sure, 0.9), white, atol=0.01)
    similar = white - 0.02
    assert follow_painting(white, similar, sure, 0.9).mean() < 0.984
    np.testing.assert_array_equal(follow_painting(white, similar, ~sure, 0.9), white)


def test_a_mixture_gets_the_texture_of_a_painting():
    random = np.random.default_rng(0)
    one, other = 0.5 + 0.1 * random.standard_normal((2, 64, 64, 3)).astype(np.float32)
    mixed = (one + other) / 2
    sharp = with_texture_of(one, mixed)
    assert mixed.std() < 0.8 * one.std()
    assert sharp.std() == pytest.approx(one.std(), rel=0.1)
    assert np.corrcoef(sharp.ravel(), mixed.ravel())[0, 1] > 0.95


def test_wrong_arguments(bank):
    with pytest.raises(ValueError, match=r"`smooth` must lie in \[0, 1\)\. Received: smooth=1"):
        tfstyle.stylize_video(FRAMES, bank, "waves", smooth=1)
    with pytest.raises(ValueError, match="Unknown style: wave"):
        tfstyle.stylize_video(FRAMES, bank, "wave")
