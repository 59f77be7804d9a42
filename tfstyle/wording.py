"""Words of messages."""


def counted(number: int, noun: str) -> str:
    """A number of things: "1 image", "2 images".

    Args:
        number: integer.
        noun: string, in the singular, whose plural ends in "s" or, after "s", "x" or "ch", in "es".
    """
    ending = "es" if noun.endswith(("s", "x", "ch")) else "s"
    return f"{number} {noun}{'' if number == 1 else ending}"
