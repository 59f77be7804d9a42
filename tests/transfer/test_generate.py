import numpy as np
import pytest

from tfstyle.transfer.generate import GenerateError, make_plan, output_files, parse_labels, spherical_interpolation


class Generator:
    """What a plan needs of a generator."""

    num_classes = 3
    metadata = {"name": "shoes"}  # noqa: RUF012 - as an instance has it

    def draw_latents(self, num_latents, seed):
        return np.random.default_rng(seed).standard_normal((num_latents, 5), np.float32)


def test_a_path_on_the_sphere():
    path = spherical_interpolation([2.0, 0.0], [0.0, 2.0], 3)
    np.testing.assert_allclose(path, [[2, 0], [2**0.5, 2**0.5], [0, 2]], atol=1e-6)  # a quarter of a circle
    assert path.dtype == np.float32
    long = spherical_interpolation(*np.random.default_rng(0).standard_normal((2, 100)), 5)
    assert np.linalg.norm(long, axis=1).min() > 8  # a straight line would come as near as 7
    np.testing.assert_allclose(spherical_interpolation([1.0, 1.0], [2.0, 2.0], 3)[1], [1.5, 1.5])
    assert np.isfinite(spherical_interpolation([0.0, 0.0], [0.0, 0.0], 3)).all()


@pytest.mark.parametrize("end", [[1.0], [[0.0, 1.0]], "end", None], ids=str)
def test_what_are_no_latents_is_named(end):
    with pytest.raises(ValueError, match="`end`.* must .*Received"):
        spherical_interpolation([0.0, 1.0], end, 3)


def test_outputs_are_checked_before_the_work(tmp_path):
    (tmp_path / "file").touch()
    for output in (tmp_path / "file" / "grid.png", tmp_path / "file" / "folder"):
        with pytest.raises(GenerateError, match="cannot be written .*file is not a folder"):
            output_files(output, 3)


def test_labels_are_taken_in_turn():
    plan = make_plan(Generator(), 5, labels=[2, 1])
    np.testing.assert_array_equal(plan.labels, [2, 1, 2, 1, 2])
    assert plan.num_columns == 2
    plan = make_plan(Generator(), 4)
    np.testing.assert_array_equal(plan.labels, [0, 1, 2, 0])
    assert make_plan(Generator(), 2).num_columns is None
    assert make_plan(Generator(), 5, labels=[1]).num_columns is None


def test_rows_of_an_interpolation_follow_one_another():
    generator = Generator()
    plan = make_plan(generator, 2, seed=1, labels=[0, 2], num_steps=3)
    ends = generator.draw_latents(3, 1)
    np.testing.assert_allclose(plan.latents[[0, 2, 3, 5]], ends[[0, 1, 1, 2]], atol=1e-6)
    np.testing.assert_array_equal(plan.labels, [0, 0, 0, 2, 2, 2])
    assert plan.num_columns == 3
    assert plan.description == "model: shoes; seed: 1; interpolated in 3 steps"


def test_labels_by_name_or_number():
    assert parse_labels(["boot", "1", "0"], ("sandal", "boot")) == [1, 1, 0]
    assert parse_labels(["7"], ("3", "7")) == [1]  # a name comes first
    with pytest.raises(GenerateError, match="this generator has no classes. Leave `labels` out"):
        parse_labels(["1"], ())
    with pytest.raises(GenerateError, match=r"no class 'boots'\. Did you mean 'boot'\? Classes: sandal, boot\."):
        parse_labels(["boots"], ("sandal", "boot"))
