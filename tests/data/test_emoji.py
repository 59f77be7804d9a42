import itertools
from pathlib import Path

import pytest

from tfstyle.data.emoji import CODE_POINTS, emoji_group, emoji_groups


def ends(text):
    """First and last code point of each range."""
    return [[int(code, 16) for code in (part.split("-") * 2)[:2]] for part in text.split()]


@pytest.mark.parametrize("group", CODE_POINTS)
def test_no_range_is_hidden_by_another_group(group):
    ranges = ends(CODE_POINTS[group])
    for first, last in ranges:
        assert first <= last
        for code in {first, last}:
            assert emoji_group(f"emoji_u{code:04x}.png") == group, hex(code)


def test_ranges_of_a_group_do_not_overlap():
    for text in CODE_POINTS.values():
        ranges = sorted(ends(text))
        assert all(before[1] < after[0] for before, after in itertools.pairwise(ranges))


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("emoji_u1f600.png", "faces"),
        ("U1F638", "animals"),  # a grinning cat, amid the faces
        ("1f4a9.svg", "faces"),
        ("emoji_u1f469_200d_1f680.png", "people"),  # a woman with a rocket
        ("1f468-200d-1f469-200d-1f466.png", "symbols"),  # a family
        ("emoji_u1f3c4_200d_2640.png", "figures"),
        ("emoji_u1f44d.png", "body"),
        ("emoji_u1f33d.png", "food"),
        ("emoji_u1f33b.png", "nature"),
        ("emoji_u1f309.png", "places"),
        ("emoji_u1f680.png", "transport"),
        ("emoji_u1f302.png", "clothes"),
        ("emoji_u1f3b8.png", "activities"),
        ("emoji_u0030_20e3.png", "letters"),
        ("emoji_u2764_200d_1f525.png", "symbols"),
        ("emoji_u1f50b.png", "objects"),  # which are what has no range
        ("emoji_u1faff.png", "objects"),
        ("face.png", None),
        ("readme", None),
    ],
)
def test_groups(name, group):
    assert emoji_group(name) == emoji_group(Path("emoji_u1f408") / name) == group


def test_groups_hold_the_names_in_order():
    paths = [Path("some") / name for name in ("u1f415.png", "u1f600.png", "notes.txt", "u1f408.png")]
    assert emoji_groups(paths) == {"animals": [paths[3], paths[0]], "faces": [paths[1]]}
    assert emoji_groups([]) == {}


def test_no_group_is_too_small_to_train_with():
    """Of a font with all blocks of emoji, where persons are also women and men."""
    codes = [*range(0x1F170, 0x1F172), *range(0x1F18E, 0x1F19B), *range(0x1F1E6, 0x1F200), *range(0x30, 0x3A)]
    codes += [*range(0x2600, 0x27C0), *range(0x1F300, 0x1F650), *range(0x1F680, 0x1F700), *range(0x1F900, 0x1FAFF)]
    names = [f"u{code:04x}" for code in codes]
    persons = [name for name in names if emoji_group(name) in ("figures", "people")]
    names += [f"{name}_200d_{sign}" for name in persons for sign in ("2640", "2642")]
    names += [f"u{code:04x}_20e3" for code in range(0x30, 0x3A)]
    sizes = {group: len(found) for group, found in emoji_groups(names).items()}
    assert set(sizes) == set(CODE_POINTS)
    assert min(sizes.values()) >= 60, sizes
