"""Emoji sorted by what they show, from the code points in the names of their files."""

from collections.abc import Iterable
from pathlib import PurePath

from tfstyle.data.captioned_images import code_points

# Group -> its code points, and ranges of them. The first group that has a code point counts: wide ranges come late.
CODE_POINTS = {
    "letters": "23 2a 30-39 20e3 24c2 1f170-1f251 1f519-1f524 3297 3299",
    "faces": "1f479-1f47b 1f47d-1f480 1f4a9 1f600-1f637 1f641-1f644 1f910-1f917 1f920-1f925 1f927-1f92f "
    "1f970-1f976 1f978-1f97a 1f9d0 1fae0-1fae5 1fae8-1fae9 2639-263a",
    "animals": "1f400-1f43f 1f54a 1f577-1f578 1f638-1f640 1f648-1f64a 1f980-1f9ae 1fab0-1fab3 1fab6 1fab8-1faba "
    "1fabc-1fabd 1fabf 1face-1facf",
    "figures": "1f3c2-1f3c4 1f3c7 1f3ca-1f3cc 1f46f 1f483 1f574 1f57a 1f6a3 1f6b4-1f6b6 1f6c0 1f6cc 1f938-1f93e "
    "1f9cd-1f9ce 1f9d6-1f9d8 1f9da 1f9dc 1f9de-1f9df 1fac3-1fac4 26f7 26f9",
    "people": "1f385 1f464-1f478 1f47c 1f481-1f482 1f486-1f487 1f48f 1f491 1f575 1f5e3 1f645-1f647 1f64b "
    "1f64d-1f64e 1f926 1f930-1f931 1f933-1f937 1f977 1f9b8-1f9b9 1f9cc 1f9cf 1f9d1-1f9d5 1f9d9 1f9db 1f9dd 1fac2 1fac5",
    "body": "1f3fb-1f3ff 1f440-1f450 1f463 1f485 1f48b 1f4aa 1f590 1f595-1f596 1f64c 1f64f 1f90c 1f90f "
    "1f918-1f91f 1f932 1f9b0-1f9b7 1f9bb 1f9be-1f9bf 1f9e0 1fa78 1faac 1fac0-1fac1 1fac6 1fae6 "
    "1faf0-1faf8 261d 270a-270d",
    "food": "1f32d-1f32f 1f336 1f33d 1f345-1f37f 1f382 1f942-1f944 1f950-1f96f 1f9c0-1f9cb 1fad0-1fadf 2615",
    "places": "1f301 1f303-1f307 1f309 1f30b 1f391 1f3a0-1f3a2 1f3aa 1f3d4-1f3f0 1f492 1f54b-1f54d 1f5fa-1f5ff "
    "1f6d5-1f6d6 1f6dd 2668 26e9-26ea 26f0-26f2 26fa",
    "transport": "1f3cd-1f3ce 1f680-1f6a8 1f6b2 1f6de-1f6df 1f6e2-1f6fc 1f9bc-1f9bd 1fa82 2693 26f4-26f5 26fd 2708",
    "clothes": "1f302 1f392-1f393 1f3a9 1f3bd 1f451-1f462 1f484 1f488 1f48d-1f48e 1f4bc 1f4ff 1f576 1f93f 1f94b "
    "1f97b-1f97f 1f9ba 1f9e2-1f9e6 1f9f3-1f9f5 1f9f7 1f9fc 1fa70-1fa74 1fa92 1fa96 1fa9e 1faa1 1faa5 "
    "1faad-1faae 231a 2602 2614 26d1",
    "nature": "1f300-1f32c 1f330-1f344 1f384 1f38b 1f38d 1f490 1f4a5-1f4a8 1f4ae 1f525 1f940 1fa90 1faa8 "
    "1fab4-1fab5 1fab7 1fabb 1fabe 2600-2604 2618 26a1 26c4-26c8 2728 2744 2b50",
    "activities": "1f004 1f0cf 1f380-1f38a 1f38e-1f3d3 1f3f8-1f3f9 1f52b 1f52e 1f579 1f941 1f945-1f94f 1f9e7-1f9e9 "
    "1f9f6 1f9f8 1fa80-1fa89 1fa95 1fa97-1fa98 1faa9 265f 26bd-26be 26f3 26f8",
    "objects": "1f4a1 1f4a3 1f6aa 231b 2328 23f0-23f3 260e 2692 2694 2696-2697 2699 26b0-26b1 26cf 26d3 2702 2709 "
    "270f 2712",
    "symbols": "a9 ae 1f38c 1f3f3-1f3f4 1f493-1f49f 1f4a0-1f4a4 1f4ab-1f4ad 1f4af 1f4b1-1f4b2 1f4b9 1f500-1f506 "
    "1f518 1f52f-1f53d 1f549 1f54e 1f550-1f567 1f5a4 1f5e8 1f5ef 1f6a9-1f6bc 1f6be 1f6c2-1f6c5 "
    "1f6d0-1f6d1 1f6dc 1f7e0-1f7f0 1f90d-1f90e 1f9e1 1fa75-1fa77 1faaf 2000-2fff 3030 303d",
}
OTHER = "objects"
CHILDREN = (0x1F466, 0x1F467)


def emoji_group(name: str | PurePath) -> str | None:
    """The group of what an emoji shows.

    Unicode's blocks of emoji are sorted by subject to some degree; the table follows them, and moves the exceptions. A
    sequence, such as a woman with a rocket, belongs to the group of its first code point; but families are "symbols",
    since Unicode 15.1 recommends to draw them as silhouettes.

    Args:
        name: name or path of an image that is named by code points, such as `emoji_u1f600.png` or `1f469-200d-1f680`.

    Returns:
        One of "faces", "people" (heads and professions), "figures" (whole persons, sports), "body", "animals",
        "nature", "food", "places", "transport", "clothes", "activities", "objects", "letters" and "symbols"; None if
        the name has no code point. What is not in the table, such as emoji of later versions of Unicode, is "objects".

    Example:
        >>> emoji_group("emoji_u1f600.png")
        'faces'
    """
    found = code_points(PurePath(name).name.split(".")[0])
    if not found:
        return None
    if any(code in CHILDREN for code in found[1:]):
        return "symbols"
    for group, text in CODE_POINTS.items():
        for part in text.split():
            first, _, last = part.partition("-")
            if int(first, 16) <= found[0] <= int(last or first, 16):
                return group
    return OTHER


def emoji_groups(names: Iterable[str | PurePath]) -> dict[str, list[str | PurePath]]:
    """Sorts names of emoji into groups, for example as the classes of a class-conditional GAN.

    Args:
        names: names or paths, as for `emoji_group`.

    Returns:
        Dict of group -> its names, both sorted. Names without a code point are left out.

    Example:
        >>> emoji_groups(["emoji_u1f600.png", "emoji_u1f408.png", "emoji_u1f415.png"])
        {'animals': ['emoji_u1f408.png', 'emoji_u1f415.png'], 'faces': ['emoji_u1f600.png']}
    """
    groups: dict[str, list[str | PurePath]] = {}
    for name in sorted(names):
        group = emoji_group(name)
        if group:
            groups.setdefault(group, []).append(name)
    return dict(sorted(groups.items()))
