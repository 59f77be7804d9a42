"""The page of a report: whole, offline, and safe against names that contain markup."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfstyle.interpret.drawing import new_figure, show_picture
from tfstyle.interpret.report import Report, ReportError, check_output, first_sentence


def plot_square(color):
    """Draws a square.

    Shows: a square of the color that was asked for,
    and "nothing" else.

    Does not show: a circle.

    Args:
        color: float.
    """
    figure = new_figure(2, 1)
    show_picture(figure.subplots(), np.full((4, 4, 3), color))
    return figure


def gif():
    file = io.BytesIO()
    frames = [Image.new("L", (8, 6), level) for level in (0, 255)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


@pytest.fixture
def report():
    report = Report("Why <b>so</b>?", "By a & b.")
    report.add("The square", "It is 0.5 wide. It is gray.", plot_square, 0.5)
    report.add("Words <only>", "Nothing to draw.")
    report.add_animation("The film", "", gif())
    report.add("A picture", "", lambda: Image.new("RGB", (5, 7), "red"))
    return report


class Page(HTMLParser):
    """What a page consists of."""

    VOID = ("meta", "img", "br", "link")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


def test_the_page_loads_nothing_and_runs_nothing(report):
    page = Page(report.to_html())
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object"}
    addresses = [attrs[name] for _, attrs in page.tags for name in ("src", "href") if name in attrs]
    assert len(addresses) == 3 + 2  # pictures, and links to the two sections with a text
    assert all(address.startswith(("data:image/", "#")) for address in addresses)
    assert not re.search(r"https?://|@import|url\(", report.to_html())
    ids = {attrs.get("id") for _, attrs in page.tags}
    assert {address[1:] for address in addresses if address[0] == "#"} <= ids


def test_pictures_are_in_the_page_in_their_sizes(report):
    pictures = [attrs for tag, attrs in Page(report.to_html()).tags if tag == "img"]
    formats = []
    for attrs in pictures:
        with Image.open(io.BytesIO(base64.b64decode(attrs["src"].partition(",")[2]))) as image:
            assert image.size == (int(attrs["width"]), int(attrs["height"]))
            formats.append(image.format)
            assert attrs["alt"]
    assert formats == ["WEBP", "GIF", "WEBP"]
    assert pictures[2]["height"] == "7"


def test_the_page_says_what_is_shown_and_what_not(report):
    text = " ".join("".join(Page(report.to_html()).text).split())
    assert 'The picture shows: A square of the color that was asked for, and "nothing" else.' in text
    assert "It does not show: A circle." in text
    assert "Why <b>so</b>?" in text and "Words <only>" in text  # as text, not as markup
    assert "The square: It is 0.5 wide. Words" in text  # the first sentence in the summary


def test_the_page_is_for_phones_too(report):
    metas = [attrs for tag, attrs in Page(report.to_html()).tags if tag == "meta"]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in metas


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("It is 0.5 wide. It is gray.", "It is 0.5 wide."),
        ("A share of 5 %. The rest.", "A share of 5 %."),
        ("One sentence.", "One sentence."),
    ],
)
def test_the_first_sentence(text, first):
    assert first_sentence(text) == first


def test_a_report_replaces_another_only_if_asked(report, tmp_path):
    page = report.write(tmp_path / "new" / "report")
    assert page.name == "index.html" and page.read_text(encoding="utf-8") == report.to_html()
    with pytest.raises(ReportError, match="already exists.*overwrite=True"):
        report.write(page.parent)
    report.write(page.parent, overwrite=True)
    with pytest.raises(ReportError, match="is a file"):
        check_output(page)


def test_tensorboard_shows_the_same(report, tmp_path):
    report.write_summaries(tmp_path, step=7)
    (file,) = tmp_path.iterdir()
    tags = {}
    for event in tf.compat.v1.train.summary_iterator(str(file)):
        for value in event.summary.value:
            tags.setdefault(value.tag, []).append(event.step)
    assert len(tags) == 4
    assert sorted(len(steps) for steps in tags.values()) == [1, 1, 1, 2]  # the square has a text and a picture
    assert {step for steps in tags.values() for step in steps} == {7}
