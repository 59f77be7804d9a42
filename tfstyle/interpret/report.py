"""Reports: one HTML page with text and pictures that opens offline, and the same for TensorBoard."""

import base64
import html
import io
import re
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

import tfstyle
from tfstyle.atomic import write_atomically
from tfstyle.errors import TfstyleError
from tfstyle.interpret.drawing import captions_of, png_bytes

PAGE = "index.html"
SENTENCE_END = re.compile(r"(?<=[\w%)])\. (?=[A-Z])")
WIDE = 700  # pixels: on a phone, such pictures are scrolled sideways, so that their words can be read
QUALITY = 90  # of the pictures, as WebP: a tenth of the bytes of PNG


class ReportError(TfstyleError):
    """A report cannot be made or written; the message says why and what to do."""


class Section(NamedTuple):
    """A section of a report.

    Attributes:
        title: string.
        text: sentences with the measured numbers.
        picture: PNG or GIF file in memory, or None.
        captions: what the picture shows, and what it does not; empty strings without.
    """

    title: str
    text: str
    picture: bytes | None
    captions: tuple[str, str]


class Report:
    """A page that explains something, section by section.

    Args:
        title: string.
        introduction: sentences about what is explained, and with what.

    Example:
        >>> report = Report("A photograph as tiles", "The model is style_bank.")
        >>> report.add("What each block adds", "Without block 1, the strokes vanish.")
    """

    def __init__(self, title: str, introduction: str = ""):
        self.title, self.introduction = title, introduction
        self.sections: list[Section] = []

    def add(self, title: str, text: str, plot: Any = None, *data: Any, **options: Any) -> None:
        """Adds a section with a figure.

        Args:
            title: string.
            text: sentences; the first one is repeated in the summary at the top.
            plot: a `plot_` function of `tfstyle.interpret`, whose docstring has the captions; None for text only.
            *data: its arguments.
            **options: its further arguments.
        """
        if plot is None:
            self.sections.append(Section(title, text, None, ("", "")))
            return
        figure = plot(*data, **options)
        picture = _png_of_image(figure) if isinstance(figure, Image.Image) else png_bytes(figure)
        self.sections.append(Section(title, text, picture, captions_of(plot)))

    def add_animation(self, title: str, text: str, gif: bytes) -> None:
        """Adds a section with an animated GIF, the bytes of a file."""
        self.sections.append(Section(title, text, gif, ("", "")))

    @property
    def summary(self) -> list[tuple[str, str]]:
        """The first sentence of each section that has a text, with the title of the section."""
        return [(section.title, first_sentence(section.text)) for section in self.sections if section.text]

    def to_html(self) -> str:
        """The page: HTML without scripts, with all pictures in it."""
        anchors = {section.title: f"part-{number}" for number, section in enumerate(self.sections, start=1)}
        points = "\n".join(
            f'<li><a href="#{anchors[title]}">{html.escape(title)}</a>: {html.escape(sentence)}</li>'
            for title, sentence in self.summary
        )
        parts = "\n".join(self._section_html(section, anchors[section.title]) for section in self.sections)
        return PAGE_TEMPLATE.format(
            title=html.escape(self.title),
            introduction=html.escape(self.introduction),
            points=points,
            parts=parts,
            version=html.escape(tfstyle.__version__),
        )

    @staticmethod
    def _section_html(section: Section, anchor: str) -> str:
        lines = [f'<section id="{anchor}">', f"<h2>{html.escape(section.title)}</h2>"]
        if section.text:
            lines.append(f"<p>{html.escape(section.text)}</p>")
        if section.picture:
            shows, does_not = section.captions
            address, width, height = data_uri(section.picture)
            kind = ' class="wide"' if width > WIDE else ""
            alternative = html.escape(shows or section.title, quote=True)
            lines.append(
                f'<figure><img{kind} src="{address}" width="{width}" height="{height}" alt="{alternative}"></figure>'
            )
            if shows:
                lines.append(f'<p class="caption"><b>The picture shows:</b> {html.escape(shows)}</p>')
            if does_not:
                lines.append(f'<p class="caption"><b>It does not show:</b> {html.escape(does_not)}</p>')
        return "\n".join([*lines, "</section>"])

    def write(self, folder: Any, overwrite: bool = False) -> Path:
        """Writes the page as `FOLDER/index.html`.

        Args:
            folder: path; it is created.
            overwrite: bool, whether to replace an existing page.

        Returns:
            Path of the page.

        Raises:
            ReportError: if there is a page already, or the folder cannot be written.
        """
        page = check_output(folder, overwrite)
        try:
            page.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(page, self.to_html())
        except OSError as error:
            raise ReportError(f"{page} cannot be written: {error.strerror}. Name another folder.") from error
        return page

    def write_summaries(self, folder: Any, step: int = 0) -> None:
        """Writes texts and pictures for TensorBoard.

        Args:
            folder: path of the event files, such as `RUN/tensorboard/explain`.
            step: integer, the step that they belong to.
        """
        import numpy as np
        import tensorflow as tf

        with tf.summary.create_file_writer(str(folder)).as_default():
            for section in self.sections:
                if section.text:
                    tf.summary.text(section.title, section.text, step=step)
                if section.picture:
                    picture = np.asarray(Image.open(io.BytesIO(section.picture)).convert("RGB"))
                    tf.summary.image(section.title, picture[None], step=step)


def check_output(folder: Any, overwrite: bool = False) -> Path:
    """The path of the page in a folder.

    Raises:
        ReportError: if the folder is a file, or there is a page already.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ReportError(f"{folder}: is a file. Name a folder for the report.")
    page = folder / PAGE
    if page.exists() and not overwrite:
        raise ReportError(f"{page}: already exists. Name another folder, or pass overwrite=True.")
    return page


def first_sentence(text: str) -> str:
    """The text up to the end of its first sentence."""
    return SENTENCE_END.split(text, maxsplit=1)[0].rstrip(".") + "."


def data_uri(picture: bytes) -> tuple[str, int, int]:
    """An image file as the address of a picture within a page, with its width and height.

    A GIF stays as it is; a PNG becomes WebP.
    """
    with Image.open(io.BytesIO(picture)) as image:
        width, height = image.size
        kind = "gif"
        if image.format != "GIF":
            file, kind = io.BytesIO(), "webp"
            image.convert("RGB").save(file, "WEBP", quality=QUALITY, method=4)
            picture = file.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}", width, height


def _png_of_image(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


PAGE_TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="tfstyle {version}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: #f6f4f0; color: #22262b; font: 1.02rem/1.6 system-ui, -apple-system, "Segoe UI",
  Roboto, "Helvetica Neue", Arial, sans-serif; -webkit-text-size-adjust: 100%; overflow-wrap: anywhere; }}
main {{ max-width: 66rem; margin: 0 auto; padding: 1rem clamp(0.8rem, 4vw, 2.5rem) 4rem; }}
header {{ padding: 1.5rem 0 0.5rem; }}
h1 {{ font-size: clamp(1.5rem, 5vw, 2.3rem); line-height: 1.2; margin: 0 0 0.6rem; letter-spacing: -0.01em; }}
h2 {{ font-size: 1.25rem; line-height: 1.3; margin: 0 0 0.5rem; }}
p {{ margin: 0 0 0.8rem; max-width: 46rem; }}
a {{ color: #a33b0c; }}
nav, section {{ background: white; border: 1px solid #e4dfd6; border-radius: 10px; margin: 1.1rem 0;
  padding: clamp(0.9rem, 3vw, 1.6rem); }}
nav {{ border-left: 4px solid #c2410c; }}
ul {{ margin: 0; padding-left: 1.2rem; }}
li {{ margin: 0.35rem 0; max-width: 46rem; }}
figure {{ margin: 0.6rem 0 0.9rem; overflow-x: auto; }}
img {{ display: block; max-width: 100%; height: auto; margin: 0 auto; }}
@media (max-width: 42rem) {{ img.wide {{ max-width: none; width: 40rem; }} }}
.caption {{ font-size: 0.9rem; line-height: 1.5; color: #565c64; margin: 0 0 0.4rem; }}
footer {{ font-size: 0.85rem; color: #6a7078; }}
@media print {{ body {{ background: white; }} nav, section {{ break-inside: avoid; border-color: #ccc; }} }}
</style>
</head>
<body>
<main>
<header>
<h1>{title}</h1>
<p>{introduction}</p>
</header>
<nav aria-label="Summary">
<h2>In short</h2>
<ul>
{points}
</ul>
</nav>
{parts}
<footer>Made by tfstyle {version}. The page holds its pictures and loads nothing.</footer>
</main>
</body>
</html>
"""
