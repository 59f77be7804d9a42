"""The page, in Gradio's components. What it does is in `Studio`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from tfstyle.app.checks import SIZES
from tfstyle.app.components import Mask, Picture, Pictures, in_words, unchecked
from tfstyle.app.studio import FEWEST_ON_MAP, MOST_ON_MAP, RESTORE_USES, Studio
from tfstyle.images import load_image, resize_longest_side
from tfstyle.saved.family import COLORIZE, GENERATE, ILLUSTRATE, REPAIR, STYLIZE, TRANSLATE

FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
MONOSPACE = ["ui-monospace", "Menlo", "Consolas", "monospace"]
SOURCES = ["upload", "webcam", "clipboard"]
CANVAS = 640  # longest side of the picture that a mask is painted on
RESULT_HEIGHT = 520
QUEUE = {"concurrency_id": "models", "concurrency_limit": 1, "api_visibility": "undocumented"}
CSS = """
.gradio-container {max-width: 1240px !important; margin: 0 auto !important}
#title h1 {font-size: 1.9rem; margin: 0.4rem 0 0}
#title p {margin: 0.2rem 0 0.4rem; opacity: 0.75}
.styles .grid-wrap {max-height: 460px; padding-top: 2.2rem}
.styles .caption-label {
  left: 0; right: 0; bottom: 0; max-width: none; border-radius: 0; padding: 0.15rem 0.25rem;
  font-size: 0.68rem; line-height: 1.15; white-space: normal; overflow-wrap: anywhere; text-align: center
}
.gradio-container .tabs {overflow-x: clip}
.pixels img {image-rendering: pixelated}
@media (max-width: 760px) {
  .gradio-container {width: 100vw !important; max-width: 100vw !important; overflow-x: clip}
  .gradio-container .main.fillable {padding: 0.75rem !important}
  .gradio-container .tab-container {max-width: calc(100vw - 6rem)}
  .styles .grid-container {grid-template-columns: repeat(3, minmax(0, 1fr)) !important}
  #title h1 {font-size: 1.5rem}
  .result {order: 1}
}
"""
UNTRAINED = """
**No model of this kind ships with this version.** Train one on your own pictures, and show it here:

```
tfstyle train translator --task colorize --target photos/ --num-held-back 50 --run-directory runs/colorize
tfstyle export runs/colorize --output my_colorizer
tfstyle app --model ./my_colorizer
```

`--task repair` and `--task upscale` train networks that fill holes and enlarge. For translation between two kinds of
pictures, such as photographs and paintings, leave `--task` out and name both folders:

```
tfstyle train translator --method cut --source photos/ --target paintings/ --run-directory runs/painted
```
"""


def theme() -> Any:
    """The colors and fonts of the page: those of the system, so that nothing is downloaded."""
    return gr.themes.Soft(primary_hue="indigo", neutral_hue="slate", font=FONTS, font_mono=MONOSPACE)


def build_page(studio: Studio) -> gr.Blocks:
    """Builds the page.

    Args:
        studio: what it is a page of.

    Returns:
        `gradio.Blocks`, to be launched with `theme=theme(), css=CSS`.
    """
    with gr.Blocks(title="tfstyle", analytics_enabled=False, fill_width=True) as page:
        gr.Markdown(
            "# tfstyle\nPhotographs in the style of paintings. Everything is computed on this machine.",
            elem_id="title",
        )
        with gr.Tabs():
            banks = studio.names(STYLIZE, has_named_styles=True)
            stylers = studio.names(STYLIZE, has_named_styles=False)
            if banks:
                with gr.Tab("Style"):
                    _style_tab(studio, banks)
            if stylers:
                with gr.Tab("Any painting"):
                    _painting_tab(studio, stylers)
            with gr.Tab("Translate and repair"):
                _restore_tab(studio, studio.names(*RESTORE_USES))
            if generators := studio.names(GENERATE):
                with gr.Tab("Generate"):
                    _generate_tab(studio, generators)
            if illustrators := studio.names(ILLUSTRATE):
                with gr.Tab("Words to pictures"):
                    _words_tab(studio, illustrators)
            if stylers:
                with gr.Tab("Map of styles"):
                    _map_tab(studio, stylers)
    page.queue(max_size=16, default_concurrency_limit=4)
    return page


def _style_tab(studio: Studio, banks: list[str]) -> None:
    names = studio.style_names(banks[0])
    with gr.Row():
        with gr.Column(min_width=300):
            photo, mask = _photo_and_mask(studio)
            model = _model(banks)
            gallery = gr.Gallery(
                studio.thumbnails(banks[0]),
                label="Styles",
                columns=4,
                height="auto",
                allow_preview=False,
                interactive=False,
                buttons=[],
                elem_classes="styles",
            )
            chosen = gr.Dropdown(names, value=names[:1], multiselect=True, label="Style", info="Several are blended.")
        with gr.Column(min_width=300):
            results = _results()
            controls = _controls(studio, banks[0])
            button = gr.Button("Paint", variant="primary")

    def take(event: gr.SelectData) -> Any:
        return [event.value["caption"]] if event.value else gr.skip()

    def change(name: str) -> list[Any]:
        known = studio.style_names(name)
        return [studio.thumbnails(name), gr.update(choices=known, value=known[:1]), *_shown(studio, name)]

    gallery.select(take, None, chosen, show_progress="hidden", api_visibility="private")
    model.change(in_words(change), model, [gallery, chosen, *controls[1:3]], **QUEUE)
    _connect(button, studio.paint, [photo, chosen, model, *controls[:4], mask, controls[4]], results, "paint_style")


def _painting_tab(studio: Studio, stylers: list[str]) -> None:
    with gr.Row():
        with gr.Column(min_width=300):
            photo, mask = _photo_and_mask(studio)
            painting = Picture(label="Painting", sources=SOURCES, height=280, buttons=[])
            _examples(studio.paintings(), painting, "Or take one of these, drawn by code")
        with gr.Column(min_width=300):
            results = _results()
            model = _model(stylers)
            controls = _controls(studio, stylers[0])
            button = gr.Button("Paint", variant="primary")
            gr.Markdown("The first picture of a painting takes longer: its style is learned once, then kept.")

    def paint(photo: Any, painting: Any, *rest: Any) -> Any:
        return studio.paint(photo, [painting], *rest)

    model.change(in_words(lambda name: _shown(studio, name)), model, controls[1:3], **QUEUE)
    _connect(button, paint, [photo, painting, model, *controls[:4], mask, controls[4]], results, "paint_like")


def _restore_tab(studio: Studio, models: list[str]) -> None:
    if not models:
        gr.Markdown(UNTRAINED)
        return

    def shown(name: str) -> list[Any]:
        use = studio.use(name)
        is_translation, is_repair = use == TRANSLATE, use == REPAIR
        visible = (is_translation, is_translation, is_repair, is_repair, use == COLORIZE)
        return [gr.update(visible=value) for value in visible]

    start = [update["visible"] for update in shown(models[0])]
    with gr.Row():
        with gr.Column(min_width=300):
            photo = _photo(studio)
            with gr.Column(visible=start[2]) as mask_column:
                mask = _mask(photo, "Paint what shall be filled", "Cover it with a margin of a pixel or two.", True)
        with gr.Column(min_width=300):
            model = gr.Dropdown(models, value=models[0], label="Model")
            strength = gr.Slider(0, 1, 1, step=0.05, label="Strength", visible=start[0])
            preserve_color = gr.Checkbox(False, label="Keep the colors", visible=start[1])
            finds_damage = gr.Checkbox(False, label="Find scratches and small stains", visible=start[3])
            saturation = gr.Slider(0, 3, 1, step=0.1, label="Saturation", visible=start[4])
            size = _size()
            button = gr.Button("Start", variant="primary")
            results = _results()
    changed = [strength, preserve_color, mask_column, finds_damage, saturation]
    model.change(in_words(shown), model, changed, **QUEUE)
    inputs = [photo, model, strength, preserve_color, mask, finds_damage, saturation, size]
    _connect(button, studio.restore, inputs, results, "restore")


def _generate_tab(studio: Studio, generators: list[str]) -> None:
    def labels(name: str) -> Any:
        names = studio.metadata_of(name).get("class_names") or []
        return gr.update(choices=[("all in turn", ""), *names], value="", visible=bool(names))

    start = labels(generators[0])
    with gr.Row():
        with gr.Column(min_width=300):
            model = gr.Dropdown(generators, value=generators[0], label="Generator")
            label = gr.Dropdown(start["choices"], value="", label="Class", visible=start["visible"])
            count = gr.Slider(1, 64, 16, step=1, label="Images", info="With steps: rows.")
            seed = gr.Number(0, label="Seed", info="The same seed gives the same images.", precision=0)
            steps = gr.Slider(
                1, 16, 1, step=1, label="Steps", info="From 2 on, each row changes one image into another."
            )
            button = gr.Button("Generate", variant="primary")
        with gr.Column(min_width=300):
            results = _images()

    model.change(in_words(labels), model, label, show_progress="hidden", api_visibility="private")
    inputs = unchecked([model, count, seed, label, steps])
    button.click(_shows_grid(studio.generate), inputs, results, api_name="generate", **QUEUE)


def _words_tab(studio: Studio, illustrators: list[str]) -> None:
    def known(name: str) -> str:
        vocabulary, num_words = studio.words_of(name)
        shown = ", ".join(vocabulary.words[:60]) + (", ..." if len(vocabulary) > 60 else "")
        return f"{name} reads up to {num_words} words, out of these {len(vocabulary)}: {shown}."

    with gr.Row():
        with gr.Column(min_width=300):
            model = _model(illustrators)
            captions = studio.captions(illustrators[0])
            text = gr.Textbox(
                "\n".join(captions),
                label="Words",
                info="What to draw, such as the examples. Several lines are drawn in turn.",
                lines=4,
                max_lines=8,
            )
            if captions:
                gr.Examples([[caption] for caption in captions], text, label="Examples", api_visibility="private")
            words = gr.Markdown(known(illustrators[0]))
            count = gr.Slider(1, 64, 4, step=1, label="Images")
            seed = gr.Number(0, label="Seed", info="The same seed gives the same images.", precision=0)
            button = gr.Button("Draw", variant="primary")
        with gr.Column(min_width=300):
            results = _images()
    model.change(in_words(known), model, words, show_progress="hidden", api_visibility="private")
    inputs = unchecked([model, text, count, seed])
    button.click(_shows_grid(studio.illustrate), inputs, results, api_name="illustrate", **QUEUE)


def _map_tab(studio: Studio, stylers: list[str]) -> None:
    with gr.Row():
        with gr.Column(min_width=300, scale=2):
            paintings = Pictures(
                [str(path) for path in studio.paintings()],
                label=f"{FEWEST_ON_MAP} to {MOST_ON_MAP} paintings",
                file_count="multiple",
                file_types=["image"],
                height=280,
            )
            model = _model(stylers)
            button = gr.Button("Draw the map", variant="primary")
            gr.Markdown(
                "Paintings whose styles the network takes for similar lie close together. The map shows the two "
                "directions in which their style vectors differ most; in others, neighbors may lie far apart."
            )
        with gr.Column(min_width=300, scale=3):
            picture = gr.Image(label="Map of styles", height=RESULT_HEIGHT, interactive=False, format="png")
    inputs = unchecked([paintings, model])
    button.click(in_words(studio.style_map), inputs, picture, api_name="style_map", **QUEUE)


# Parts of the tabs


def _photo_and_mask(studio: Studio) -> tuple[gr.Image, gr.ImageEditor]:
    photo = _photo(studio)
    return photo, _mask(photo, "Paint only a part", "Paint where the style goes. The rest stays a photograph.")


def _photo(studio: Studio) -> gr.Image:
    text = "Drop a photograph here, paste it, or click to choose one"
    photo = Picture(label="Photograph", sources=SOURCES, height=360, buttons=[], placeholder=text)
    _examples(studio.photographs(), photo, "Or take one of these")
    return photo


def _examples(files: list[Path], picture: gr.Image, label: str) -> None:
    gr.Examples([[str(file)] for file in files], picture, label=label, examples_per_page=8, api_visibility="private")


def _mask(photo: gr.Image, title: str, help_text: str, is_open: bool = False) -> gr.ImageEditor:
    """A part of the page, closed at first, where a mask is painted on the photograph."""
    with gr.Accordion(title, open=is_open):
        gr.Markdown(help_text)
        mask = Mask(
            show_label=False,
            sources=[],
            transforms=(),
            layers=False,
            brush=gr.Brush(default_size=40, colors=["#4f46e5"], color_mode="fixed"),
            buttons=[],
            height=420,
        )

    def canvas(file: str | None) -> Any:
        if not file:
            return None
        picture = load_image(file)
        return resize_longest_side(picture, min(CANVAS, max(picture.shape[:2])))

    photo.change(in_words(canvas), photo, mask, show_progress="hidden", api_visibility="private")
    return mask


def _model(names: list[str]) -> gr.Dropdown:
    return gr.Dropdown(names, value=names[0], label="Model", visible=len(names) > 1)


def _size() -> gr.Slider:
    return gr.Slider(*SIZES, 1024, step=64, label="Longest side", info="Pixels. Smaller photographs keep their size.")


def _controls(studio: Studio, name: str) -> list[Any]:
    """Strength, stroke size, seed, colors and size."""
    stroke_size, seed = _shown(studio, name)
    return [
        gr.Slider(0, 1, 1, step=0.05, label="Strength", info="0 is the photograph, 1 the full style."),
        gr.Slider(value=1, step=0.05, label="Stroke size", info="From fine to broad.", **_properties(stroke_size)),
        gr.Number(label="Seed", info="Each places the strokes differently.", precision=0, **_properties(seed)),
        gr.Checkbox(False, label="Keep the colors of the photograph"),
        _size(),
    ]


def _shown(studio: Studio, name: str) -> list[Any]:
    """Stroke size and seed as a model has them."""
    controls = studio.controls(name)
    low, high = controls.stroke_sizes or (0.5, 2.0)
    return [
        gr.update(visible=controls.stroke_sizes is not None, minimum=low, maximum=high),
        gr.update(visible=controls.has_seed),
    ]


def _properties(update: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in update.items() if name != "__type__"}


def _images() -> list[Any]:
    """A grid of images, and its download."""
    grid = gr.Image(
        label="Images",
        show_label=False,  # it would cover a corner
        height=RESULT_HEIGHT,
        format="png",
        interactive=False,
        buttons=[],
        elem_classes="pixels",
    )
    return [grid, _download()]


def _shows_grid(function: Callable) -> Callable:
    """A function of the studio that generates images, for the components of `_images`."""

    @in_words
    def generate(*values: Any) -> list[Any]:
        grid, file = function(*values)
        return [grid[..., 0] if grid.shape[-1] == 1 else grid, gr.update(value=file, interactive=True)]

    return generate


def _results() -> tuple[gr.ImageSlider, gr.DownloadButton]:
    slider = gr.ImageSlider(
        label="Before and after",
        height=RESULT_HEIGHT,
        max_height=RESULT_HEIGHT,
        format="jpeg",
        buttons=["fullscreen"],
        elem_classes="result",
    )
    return slider, _download()


def _download() -> gr.DownloadButton:
    return gr.DownloadButton("Download", interactive=False, elem_classes="result")


def _connect(
    button: gr.Button,
    function: Callable,
    inputs: list[Any],
    results: tuple[gr.ImageSlider, gr.DownloadButton],
    name: str,
) -> None:
    """Calls a function of the studio when a button is pressed."""

    @in_words
    def paint(*values: Any) -> list[Any]:
        result = function(*values)
        return [(result.before, result.after), gr.update(value=result.file, interactive=True)]

    button.click(paint, unchecked(inputs), list(results), api_name=name, **QUEUE)
