"""Sections of Keras' docstrings that Google's style does not know, in forms that it does."""

import re

import griffe

CALL_ARGUMENTS = re.compile(r"^( *)Call arguments:\n((?:\1 +.*\n?|\n)+)", re.MULTILINE)
EXAMPLE = re.compile(r"^( *)Example:$", re.MULTILINE)
NAME = re.compile(r"^(\*{0,2}\w+(?:, \w+)*):", re.MULTILINE)


class KerasSections(griffe.Extension):
    """Lists the call arguments of layers and models, and reads an example as one of "Examples"."""

    def on_object(self, *, obj, **kwargs):
        if obj.docstring:
            obj.docstring.value = with_google_sections(obj.docstring.value)


def with_google_sections(docstring):
    return CALL_ARGUMENTS.sub(as_list, EXAMPLE.sub(r"\1Examples:", docstring))


def as_list(match):
    """`name: what it is`, one after the other -> items of a Markdown list."""
    indent, arguments = match[1], match[2]
    inner = re.match(r" *", arguments)[0]
    plain = re.sub(f"^{inner}", "", arguments, flags=re.MULTILINE)
    items = NAME.sub(r"- `\1`:", plain)
    return f"{indent}Call arguments:\n" + re.sub(r"^(?=.)", inner, items, flags=re.MULTILINE)
