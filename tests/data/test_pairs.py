import numpy as np
import pytest
from PIL import Image

from tfstyle.data.pairs import ImagePairs, random_crop_pair
from tfstyle.images import ImageError


def write(path, value, size=(10, 8), mode="RGB"):
    """A plain image, whose value tells which it is; `size` is (width, height)."""
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.new(mode, size, value if mode == "L" else (value,) * 3).save(path)
    return path


def write_halves(path, left, right, size=(8, 6)):
    picture = Image.new("RGB", (2 * size[0], size[1]), (left,) * 3)
    picture.paste((right,) * 3, (size[0], 0, 2 * size[0], size[1]))
    path.parent.mkdir(exist_ok=True, parents=True)
    picture.save(path)


def values(pairs):
    return [tuple(int(array[0, 0, 0]) for array in pairs.load_pair(index)) for index in range(len(pairs))]


def test_side_by_side(tmp_path):
    write_halves(tmp_path / "a.png", 10, 20)
    write_halves(tmp_path / "b.png", 30, 40)
    pairs = ImagePairs(tmp_path)
    assert values(pairs) == [(10, 20), (30, 40)]
    assert values(ImagePairs(tmp_path, swap=True)) == [(20, 10), (40, 30)]
    image, target = pairs.load_pair(0)
    for array, value in ((image, 10), (target, 20)):
        np.testing.assert_array_equal(array, np.full((6, 8, 3), value, np.uint8))


def test_two_folders_go_by_the_name_whatever_the_extension(tmp_path):
    for name, value in (("b.png", 2), ("a.b.png", 1), ("sub/a.png", 3)):
        write(tmp_path / "in" / name, value)
        write(tmp_path / "out" / name.replace("png", "bmp"), 10 * value)
    assert sorted(values(ImagePairs(tmp_path / "in", tmp_path / "out"))) == [(1, 10), (2, 20), (3, 30)]


def test_sizes_and_modes_may_differ(tmp_path):
    write(tmp_path / "in" / "a.png", 50, size=(10, 8), mode="L")
    write(tmp_path / "out" / "a.png", 60, size=(40, 32))
    write(tmp_path / "in" / "b.png", 70, size=(101, 67))
    write(tmp_path / "out" / "b.png", 80, size=(10, 7))  # rounded to whole pixels
    pairs = ImagePairs(tmp_path / "in", tmp_path / "out")
    assert [pairs.load_pair(index)[0].shape for index in range(2)] == [(32, 40, 3), (7, 10, 3)]
    assert values(pairs) == [(50, 60), (70, 80)]
    assert not pairs.skipped


def test_what_has_no_partner_is_named(tmp_path):
    for name in "abcdefg":
        write(tmp_path / "in" / f"{name}.png", 1)
    write(tmp_path / "out" / "a.png", 2)
    message = r"6 of 7 inputs have no target of the same name: .*b\.png, .*c\.png, .*d\.png and 3 more. Add"
    with pytest.raises(ImageError, match=message):
        ImagePairs(tmp_path / "in", tmp_path / "out")
    with pytest.raises(ImageError, match=r"6 of 7 targets have no input of the same name: .*b\.png"):
        ImagePairs(tmp_path / "out", tmp_path / "in")


def test_two_files_of_one_name(tmp_path):
    for name in ("in/a.png", "in/a.jpg", "out/a.png"):
        write(tmp_path / name, 1)
    with pytest.raises(ImageError, match=r"a\.jpg and .*a\.png have the same name. Keep one"):
        ImagePairs(tmp_path / "in", tmp_path / "out")


def test_broken_files_and_misfits_are_left_out_and_named(tmp_path):
    for name, size in (("a", (10, 8)), ("b", (10, 8)), ("c", (8, 10)), ("d", (10, 8))):
        write(tmp_path / "in" / f"{name}.png", ord(name), size=size)
        write(tmp_path / "out" / f"{name}.png", ord(name))
    (tmp_path / "out" / "b.png").write_bytes(b"not an image")
    pairs = ImagePairs(tmp_path / "in", tmp_path / "out")
    assert [chr(first) for first, _ in values(pairs)] == ["a", "d", "d", "d"]
    reasons = {path.name: reason for path, reason in pairs.skipped.items()}
    assert reasons.keys() == {"b.png", "c.png"}
    assert str(tmp_path / "out" / "b.png") in reasons["b.png"]
    assert "8x10 pixels do not have the aspect ratio of" in reasons["c.png"]
    assert "which has 10x8. Crop one of them" in reasons["c.png"]


@pytest.mark.parametrize("by_name", [False, True])
def test_some_are_held_back(tmp_path, by_name):
    for index in range(7):
        if by_name:
            write(tmp_path / "in" / f"{index}.png", index)
            write(tmp_path / "out" / f"{index}.png", 10 * index)
        else:
            write_halves(tmp_path / "in" / f"{index}.png", index, 10 * index)
    pairs = ImagePairs(tmp_path / "in", tmp_path / "out" if by_name else None)
    kept, held_back = pairs.split(2, seed=3)
    assert (len(kept), len(held_back)) == (5, 2)
    assert sorted(values(kept) + values(held_back)) == values(pairs)
    assert values(pairs.split(2, seed=3)[1]) == values(held_back)
    assert held_back.fingerprint() != kept.fingerprint()
    assert kept.skipped is held_back.skipped is pairs.skipped
    with pytest.raises(ImageError, match="Of 7 pairs, 1 to 6 can be held back, not 7"):
        pairs.split(7)


def test_an_odd_width_cannot_be_halved(tmp_path):
    write(tmp_path / "a.png", 1, size=(13, 8))
    with pytest.raises(ImageError, match=r"The only image cannot be read: .*a\.png: .* has 13 pixels"):
        ImagePairs(tmp_path).load_pair(0)


def test_swap_is_for_halves(tmp_path):
    write(tmp_path / "a.png", 1)
    with pytest.raises(ImageError, match="Exchange the two folders instead"):
        ImagePairs(tmp_path, tmp_path, swap=True)


def test_both_of_a_pair_are_cropped_alike():
    image = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)
    target = 255 - image
    crops = [random_crop_pair(image, target, 24, (5, number), max_scale=1.5) for number in range(20)]
    for one, other in crops:
        assert one.shape == other.shape == (24, 24, 3)
        np.testing.assert_allclose(one, 255.0 - other, atol=1)  # interpolated values are rounded
    assert len({one.tobytes() for one, _ in crops}) == 20
    again = random_crop_pair(image, target, 24, (5, 7), max_scale=1.5)
    np.testing.assert_array_equal(again, crops[7])
