import numpy as np
import pytest

from tfstyle.transfer.generate import make_plan
from tfstyle.transfer.latents import (
    LatentsError,
    closed_path,
    load_latents,
    save_latents,
    truncate,
    vary,
    walk_directions,
)

RANDOM = np.random.default_rng(0)


class Generator:
    """What a plan needs of a generator."""

    num_classes = 0
    metadata = {"name": "shoes"}  # noqa: RUF012 - as an instance has it

    def draw_latents(self, num_latents, seed):
        return np.random.default_rng(seed).standard_normal((num_latents, 5), np.float32)


def test_truncation_scales_towards_the_mean():
    latents = RANDOM.standard_normal((3, 5)).astype("float32")
    np.testing.assert_allclose(truncate(latents, 0.5), latents / 2)
    np.testing.assert_array_equal(truncate(latents, 0), np.zeros((3, 5)))
    with pytest.raises(LatentsError, match=r"lie in \[0, 1\]. Received: truncation=1.5"):
        truncate(latents, 1.5)


def test_a_loop_passes_each_vector_once_and_closes():
    latents = RANDOM.standard_normal((3, 50))
    path = closed_path(latents, 4)
    assert path.shape == (12, 50)
    np.testing.assert_allclose(path[::4], latents, atol=1e-5)
    steps = np.linalg.norm(np.roll(path, -1, axis=0) - path, axis=1)
    assert steps.max() < 2 * steps.min()  # the last one, back to the first vector, is like the others


def test_variations_lie_on_the_sphere_at_the_given_angle():
    latent = RANDOM.standard_normal(100).astype("float32")
    found = vary(latent, 20, strength=0.6, seed=3)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), np.linalg.norm(latent), rtol=1e-5)
    cosines = found @ latent / np.linalg.norm(latent) ** 2
    np.testing.assert_allclose(cosines, 0.8, rtol=1e-4)  # sine 0.6
    np.testing.assert_array_equal(vary(latent, 5, strength=0.6, seed=3), found[:5])
    np.testing.assert_allclose(vary(latent, 2, strength=0), [latent, latent])
    assert np.isfinite(vary(np.zeros(4), 2)).all()
    with pytest.raises(LatentsError, match="strength=2"):
        vary(latent, 1, strength=2)


def test_walks_go_both_ways():
    directions = np.eye(3)[:2]
    found = walk_directions([1.0, 2.0, 3.0], directions, num_steps=3, reach=4.0)
    np.testing.assert_allclose(found, [[-3, 2, 3], [1, 2, 3], [5, 2, 3], [1, -2, 3], [1, 2, 3], [1, 6, 3]])


def test_plans_of_given_latents():
    generator, starts = Generator(), RANDOM.standard_normal((2, 5)).astype("float32")
    plan = make_plan(generator, 2, truncation=0.5, starts=starts)
    np.testing.assert_allclose(plan.latents, starts / 2)
    assert plan.description == "model: shoes; given latents; truncation: 0.5"
    plan = make_plan(generator, 2, num_variations=3, starts=starts)
    assert plan.latents.shape == (8, 5) and plan.num_columns == 4
    np.testing.assert_array_equal(plan.latents[::4], starts)
    np.testing.assert_array_equal(plan.latents[5:], vary(starts[1], 3, seed=1))
    plan = make_plan(generator, 2, num_steps=6, is_loop=True, starts=starts)
    np.testing.assert_array_equal(plan.latents, closed_path(starts, 6))


def test_files_of_latents(tmp_path):
    latents = RANDOM.standard_normal((2, 5)).astype("float32")
    save_latents(tmp_path / "new" / "two.npz", latents, [1, 0], "shoes")
    found, labels = load_latents(tmp_path / "new" / "two.npz", 5, 3)
    np.testing.assert_array_equal(found, latents)
    np.testing.assert_array_equal(labels, [1, 0])
    assert load_latents(tmp_path / "new" / "two.npz", 5)[1] is None  # a generator without classes
    np.savez(tmp_path / "one.npz", latents=latents[0])
    found, labels = load_latents(tmp_path / "one.npz", 5, 3)
    np.testing.assert_array_equal(found, latents[:1])
    assert labels is None
    with pytest.raises(LatentsError, match=r"already exists. .*overwrite=True"):
        save_latents(tmp_path / "one.npz", latents)
    with pytest.raises(LatentsError, match=r"ends in \.npz"):
        save_latents(tmp_path / "one.txt", latents)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": np.zeros((1, 5))}, "holds no array named latents"),
        ({"latents": np.zeros((1, 4))}, r"needs latents of shape \(number, 5\). Received: shape=\(1, 4\)"),
        ({"latents": np.array(["a"])}, "needs latents"),
        ({"latents": np.full((1, 5), np.nan)}, "not finite"),
        ({"latents": np.zeros((1, 5)), "labels": np.array([3])}, "1 whole numbers in 0 to 2"),
        ({"latents": np.zeros((1, 5)), "labels": np.array([1, 1])}, "1 whole numbers in 0 to 2"),
        (None, "no such file"),
        (b"no zip", "cannot be read as an .npz file"),
    ],
)
def test_files_that_do_not_fit(tmp_path, arrays, message):
    file = tmp_path / "latents.npz"
    if isinstance(arrays, bytes):
        file.write_bytes(arrays)
    elif arrays is not None:
        np.savez(file, **arrays)
    with pytest.raises(LatentsError, match=message):
        load_latents(file, 5, 3)
