"""What the page asks for, as functions of uploaded files and numbers. Nothing here knows of Gradio."""

import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tfstyle
from tfstyle import artifacts, zoo
from tfstyle.app import examples
from tfstyle.app.checks import MAX_PIXELS, StudioError, captions_of, number, read_photo, whole
from tfstyle.images import image_grid, load_image, resize_longest_side, save_image, to_uint8
from tfstyle.interpret import plot_style_map
from tfstyle.saved.family import COLORIZE, GENERATE, ILLUSTRATE, REPAIR, STYLIZE, TRANSLATE, UPSCALE
from tfstyle.saved.registry import find_family
from tfstyle.transfer.damage import find_damage
from tfstyle.transfer.generate import generate_images, make_plan, parse_labels, with_captions, write_images
from tfstyle.transfer.large import stylize_large
from tfstyle.transfer.masks import load_masks, soften
from tfstyle.transfer.painter import PainterOptions, PainterPlan, open_styles, plan_painter
from tfstyle.transfer.restore import colorize, repair, upscale
from tfstyle.transfer.styles import shipped_stylizers
from tfstyle.transfer.stylize import stylize
from tfstyle.vocabulary import Vocabulary
from tfstyle.wording import counted

MAP_SIZE = 256  # longest side at which paintings of the map are encoded
FEWEST_ON_MAP, MOST_ON_MAP = 3, 60
THUMBNAIL = 224  # pixels of a style in the gallery
OPENED_KEPT = 32  # style vectors
RESULTS_KEPT = 64  # files for download; the oldest are deleted
RESTORE_USES = (TRANSLATE, REPAIR, COLORIZE, UPSCALE)
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Controls:
    """What a model can be asked for.

    Args:
        stroke_sizes: smallest and largest stroke size, or None if it has one size.
        has_seed: whether a seed varies the strokes.
    """

    stroke_sizes: tuple[float, float] | None
    has_seed: bool


@dataclass(frozen=True)
class Result:
    """A painting.

    Args:
        before: uint8 array `(height, width, 3)`, RGB in [0, 255].
        after: uint8 array of the same kind; larger if it was enlarged.
        file: PNG of `after`, with the tags of `tfstyle stylize`.
    """

    before: np.ndarray
    after: np.ndarray
    file: Path


class Studio:
    """The models of the page, loaded on first use, and a folder for its files.

    Args:
        models: names or folders of models beside the shipped ones.

    Raises:
        ArtifactError: if there is no such model.
    """

    def __init__(self, models: Sequence[str | Path] = ()):
        self._lock = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="tfstyle-app-"))
        self._results: deque[Path] = deque()
        self._loaded: dict[str, Any] = {}
        self._opened: dict[tuple, dict[str, Any]] = {}
        self.folders: dict[str, Path] = {}
        for model in [*models, *artifacts.list_names()]:  # one's own come first
            folder = artifacts.find_model(model)
            self.folders.setdefault(folder.resolve().name, folder)
        self.metadata = {name: artifacts.read_metadata(folder) for name, folder in self.folders.items()}

    def close(self) -> None:
        """Deletes the files."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def names(self, *uses: str, has_named_styles: bool | None = None) -> list[str]:
        """Names of the models of some uses, and, if given, those with named styles or those that take any painting."""
        found = []
        for name, metadata in self.metadata.items():
            family = find_family(metadata)
            if family.use in uses and has_named_styles in (None, family.has_named_styles):
                found.append(name)
        own = [name for name in found if self.folders[name].parent != artifacts.saved_models_folder()]
        return [*own, *sorted((name for name in found if name not in own), key=_preference)]

    def metadata_of(self, name: Any) -> dict[str, Any]:
        """The metadata of a model.

        Raises:
            StudioError: if there is no such model.
        """
        if not isinstance(name, str) or name not in self.metadata:
            raise StudioError(f"There is no model {str(name)[:40]!r}. {artifacts.available('Models', self.metadata)}")
        return self.metadata[name]

    def use(self, name: Any) -> str:
        """The use of a model."""
        return find_family(self.metadata_of(name)).use

    def model(self, name: str) -> Any:
        """A loaded model. The first call imports TensorFlow."""
        self.use(name)
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = zoo.load(self.folders[name])
            return self._loaded[name]

    def style_names(self, name: str) -> list[str]:
        """Names of the styles of a bank, without the one that returns the photograph."""
        return list(self.metadata_of(name).get("style_names", ())[1:])

    def controls(self, name: str) -> Controls:
        """What a model that stylizes can be asked for, from its metadata."""
        metadata = self.metadata_of(name)
        sizes = metadata.get("stroke_sizes", (1.0,)) if "style_names" in metadata else (0.5, 2.0)
        has_sizes = min(sizes) < max(sizes)
        has_seed = bool(metadata.get("noise_dim") or metadata.get("has_noise"))
        return Controls((float(min(sizes)), float(max(sizes))) if has_sizes else None, has_seed)

    def thumbnails(self, name: str) -> list[tuple[np.ndarray, str]]:
        """The gallery of a bank: a small photograph in each of its styles, and the name of the style."""
        photo = resize_longest_side(load_image(self.photographs()[0]), THUMBNAIL)
        side = min(photo.shape[:2])
        photo, bank = photo[:side, :side], self.model(name)
        return [(stylize(photo, bank, style), style) for style in self.style_names(name)]

    def photographs(self) -> list[Path]:
        """Files of photographs to try."""
        return examples.example_photographs(self._folder / "photographs")

    def paintings(self) -> list[Path]:
        """Files of paintings to try."""
        return examples.example_paintings(self._folder / "paintings")

    def paint(
        self,
        photo: Any,
        styles: Sequence[Any],
        model: str,
        strength: float = 1.0,
        stroke_size: float = 1.0,
        seed: int | None = None,
        preserve_color: bool = False,
        mask: Any = None,
        size: int = 1024,
    ) -> Result:
        """Stylizes a photograph, as `tfstyle stylize` does.

        Args:
            photo: file of the photograph.
            styles: names of styles of a bank, which are blended, or files of paintings.
            model: name of a model.
            strength: float in [0, 1].
            stroke_size: float; it has no effect on a model with one size.
            seed: integer, or None; it has no effect on a model without noise.
            preserve_color: whether to keep the colors of the photograph.
            mask: float array `(height, width)` in [0, 1], where the style applies; None for everywhere.
            size: integer, longest side of a larger photograph.

        Raises:
            TfstyleError: if a file cannot be read, a style is unknown, or a number is out of range.
        """
        self._check_use(model, STYLIZE)
        image = read_photo(photo, size)
        chosen = [str(style) for style in styles if style] if isinstance(styles, list | tuple) else []
        is_bank = "style_names" in self.metadata[model]
        if not chosen:
            what = "a style of the gallery" if is_bank else "a painting: drop one on the page, or take an example"
            raise StudioError(f"Choose {what}.")
        if is_bank and not set(chosen) <= set(self.style_names(model)):
            raise StudioError(f"Choose styles of {model}. {artifacts.available('They are', self.style_names(model))}")
        if not is_bank:
            for style in chosen:
                load_image(style, max_pixels=MAX_PIXELS)
        controls = self.controls(model)
        sizes = controls.stroke_sizes
        options = PainterOptions(
            styles=tuple(chosen),
            model=str(self.folders[model]),
            masks=() if mask is None else (self._save_mask(mask),) * len(chosen),
            strength=number("The strength", strength, 0.0, 1.0),
            preserve_color=bool(preserve_color),
            stroke_size=number("The stroke size", stroke_size, *sizes) if sizes else 1.0,
            seed=whole("The seed", seed, 0, LARGEST_SEED) if controls.has_seed and seed is not None else None,
        )
        plan = plan_painter(options)
        masks = soften(load_masks(options.masks, *image.shape[:2])) if options.masks else None
        arguments = {**self._open_styles(plan), "strength": options.strength, "preserve_color": options.preserve_color}
        return self._result(image, stylize_large(image, self.model(model), masks=masks, **arguments), plan.recipe)

    def restore(
        self,
        photo: Any,
        model: str,
        strength: float = 1.0,
        preserve_color: bool = False,
        mask: Any = None,
        finds_damage: bool = False,
        saturation: float = 1.0,
        size: int = 1024,
    ) -> Result:
        """Translates, repairs, colorizes or enlarges a photograph, by what the model is for.

        Args:
            photo: file of the photograph.
            model: name of a model.
            strength: float in [0, 1], of a translation.
            preserve_color: whether a translation keeps the colors of the photograph.
            mask: float array `(height, width)` in [0, 1], what is repaired; None for nothing.
            finds_damage: whether scratches and small stains are found and repaired.
            saturation: float in [0, 3], of the colors that are added.
            size: integer, longest side of a larger photograph.

        Raises:
            TfstyleError: if a file cannot be read, nothing is to be repaired, or a number is out of range.
        """
        use = self._check_use(model, *RESTORE_USES)
        image = read_photo(photo, size)
        if use == TRANSLATE:
            share = number("The strength", strength, 0.0, 1.0)
            painted = stylize_large(image, self.model(model), None, share, bool(preserve_color))
            recipe = f"Translated by the model {model}; strength: {share:g}"
        elif use == REPAIR:
            height, width = image.shape[:2]
            holes = np.zeros((height, width), bool)
            if mask is not None:
                holes |= load_masks([self._save_mask(mask)], height, width)[0] >= 0.5
            if finds_damage:
                holes |= find_damage(image)
            if not holes.any():
                raise StudioError("Paint over what shall be filled, or let scratches be found.")
            painted, recipe = repair(image, holes, self.model(model)), f"Repaired by the model {model}"
        elif use == COLORIZE:
            factor = number("The saturation", saturation, 0.0, 3.0)
            painted = colorize(image, self.model(model), saturation=factor)
            recipe = f"Colors by the model {model}; saturation: {factor:g}"
        else:
            painted, recipe = upscale(image, self.model(model)), f"Enlarged by the model {model}"
        return self._result(image, painted, recipe)

    def generate(
        self, model: str, num_images: int = 16, seed: int | None = 0, label: str | None = None, num_steps: int = 1
    ) -> tuple[np.ndarray, Path]:
        """Generates images, as `tfstyle generate` does.

        Args:
            model: name of a generator.
            num_images: integer, 1 to 64; with steps the number of rows.
            seed: integer, of the latent vectors.
            label: name of a class, or None for all in turn.
            num_steps: integer, 1 to 16; from 2 on, each row leads from one latent vector to the next.

        Returns:
            uint8 array `(height, width, 3 or 1)`, all images as a grid, enlarged for the screen; and the PNG of the
            grid as it is.

        Raises:
            TfstyleError: if there is no such class, or a number is out of range.
        """
        self._check_use(model, GENERATE)
        count, steps = whole("The number of images", num_images, 1, 64), whole("The number of steps", num_steps, 1, 16)
        number_of_seed = self._seed(seed)
        generator = self.model(model)
        labels = parse_labels([str(label)] if label else [], list(generator.class_names))
        return self._draw(generator, count, number_of_seed, labels, steps if steps > 1 else None)

    def illustrate(self, model: str, text: str, num_images: int = 4, seed: int | None = 0) -> tuple[np.ndarray, Path]:
        """Draws what words say, as `tfstyle generate --text` does.

        Args:
            model: name of a generator of images from words.
            text: captions, one a line, which are drawn in turn.
            num_images: integer, 1 to 64.
            seed: integer, of the latent vectors.

        Returns:
            As `generate` does.

        Raises:
            TfstyleError: if there are no words, too many or unknown ones, or a number is out of range.
        """
        self._check_use(model, ILLUSTRATE)
        count, number_of_seed = whole("The number of images", num_images, 1, 64), self._seed(seed)
        vocabulary, num_words = self.words_of(model)
        captions = captions_of(text)
        vocabulary.encode(captions, num_words)  # before the model is loaded
        return self._draw(with_captions(self.model(model), captions), count, number_of_seed)

    def words_of(self, name: str) -> tuple[Vocabulary, int]:
        """The words that a generator of images from words knows, and the largest number of words of a caption."""
        config = self.metadata_of(name)["config"]
        return Vocabulary(config["vocabulary"]), int(config["num_words"])

    def style_map(self, paintings: Sequence[Any] | None, model: str) -> np.ndarray:
        """Draws the map of the style vectors of paintings.

        Args:
            paintings: files of 3 to 60 paintings.
            model: name of a model that takes any painting.

        Returns:
            uint8 array `(height, width, 3)`.

        Raises:
            TfstyleError: if a file cannot be read, or there are too few or too many.
        """
        self._check_use(model, STYLIZE)
        if "style_dim" not in self.metadata[model]:
            raise StudioError(f"{model} has no style vectors of paintings, which a map is drawn from.")
        files = list(paintings or ())
        if not FEWEST_ON_MAP <= len(files) <= MOST_ON_MAP:
            raise StudioError(
                f"A map needs {FEWEST_ON_MAP} to {MOST_ON_MAP} paintings. Received: {counted(len(files), 'painting')}."
            )
        images = [read_photo(file, MAP_SIZE) for file in files]
        if all(np.array_equal(images[0], image) for image in images):
            raise StudioError("These paintings are all the same. A map needs different ones.")
        vectors = self.model(model).encode_style(images, refine=False)
        return np.asarray(plot_style_map(vectors, images).convert("RGB"))

    def captions(self, name: str) -> list[str]:
        """Captions to try with a generator of images from words."""
        return examples.example_captions(*self.words_of(name))

    def _check_use(self, model: str, *uses: str) -> str:
        use = self.use(model)
        if use not in uses:
            raise StudioError(f"{model} is a model to {use}, which this part of the page does not do.")
        return use

    def _draw(self, generator, count, seed, labels=(), steps=None) -> tuple[np.ndarray, Path]:
        """Generates images: their grid, enlarged, and its file."""
        plan = make_plan(generator, count, seed, labels, steps)
        images = list(generate_images(generator, plan))
        file = self._result_file("generated.png")
        write_images(images, file, plan, generator.class_names)
        grid = to_uint8(image_grid(images, plan.num_columns))
        factor = max(1, round(768 / max(grid.shape[:2])))
        return grid.repeat(factor, axis=0).repeat(factor, axis=1), file

    @staticmethod
    def _seed(seed: Any) -> int:
        return whole("The seed", 0 if seed is None else seed, 0, LARGEST_SEED)

    def _open_styles(self, plan: PainterPlan) -> dict[str, Any]:
        """The style vector of paintings, which may take ten seconds, is kept: moving a slider does not repeat it."""
        options = plan.options
        key = (options.styles, options.model, options.stroke_size, options.seed, bool(options.masks))
        if key not in self._opened:
            _, self._opened[key] = open_styles(plan, self.model(Path(plan.model).resolve().name))
            while len(self._opened) > OPENED_KEPT:
                del self._opened[next(iter(self._opened))]
        return self._opened[key]

    def _save_mask(self, mask: Any) -> Path:
        file = self._result_file("mask.png")
        save_image(file, to_uint8(np.asarray(mask, np.float32))[..., None])
        return file

    def _result(self, before: np.ndarray, after: np.ndarray, recipe: str) -> Result:
        file = self._result_file("painting.png")
        save_image(file, after, tags={"Software": f"tfstyle {tfstyle.__version__}", "Description": recipe})
        return Result(before, after, file)

    def _result_file(self, name: str) -> Path:
        """A new file in a folder of its own."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        self._results.append(folder)
        while len(self._results) > RESULTS_KEPT:
            shutil.rmtree(self._results.popleft(), ignore_errors=True)
        return folder / name


def _preference(name: str) -> tuple[bool, str]:
    """Shipped models in the order in which the command line prefers them."""
    preferred = [*shipped_stylizers(True), *shipped_stylizers(False)]
    return (name not in preferred, f"{preferred.index(name):03d}" if name in preferred else name)
