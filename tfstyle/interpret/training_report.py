"""A report about a training: what happened, and what its networks look at."""

import io
import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle.errors import TfstyleError
from tfstyle.images import from_signed, load_image, resize_longest_side, to_float, to_signed
from tfstyle.interpret.ablation import ablate_blocks, plot_ablation
from tfstyle.interpret.figures import read_losses
from tfstyle.interpret.history import (
    equilibrium,
    plot_equilibrium,
    plot_sample_film,
    plot_training_history,
    sample_film,
    training_history,
)
from tfstyle.interpret.occlusion import occlusion_maps, plot_occlusion_maps
from tfstyle.interpret.report import Report, ReportError
from tfstyle.interpret.training_gradients import gradient_norms, plot_gradient_norms
from tfstyle.losses.adversarial import adversarial_losses
from tfstyle.saved.family import GENERATE
from tfstyle.saved.registry import read_run
from tfstyle.wording import counted

logger = logging.getLogger(__name__)
NUM_IMAGES, NUM_SHOWN = 64, 6  # real and made images for logits and gradients; of them those that are covered
FILM_SIZE, MOST_FRAMES = 512, 60  # pixels of its longest side
VALUE = "{}/{}/.ATTRIBUTES/VARIABLE_VALUE"


def explain_training(run_directory: Any, findings: Sequence[tuple[int, str]] = (), seed: int = 0) -> Report:
    """Explains a training from its folder: losses, samples, and for a GAN its two networks.

    Args:
        run_directory: path of a run directory, finished or not.
        findings: pairs of a step and the name of a finding of the monitor, such as those of `GanMonitor`.
        seed: integer, of the latent vectors and the choice of real images.

    Returns:
        `Report`.

    Raises:
        ReportError: if the folder has no losses, or a checkpoint does not match its networks.
        ArtifactError: if it is not the folder of a training.
    """
    run = Path(run_directory)
    family = read_run(run).family
    try:
        history = training_history(read_losses(run), findings)
    except (FileNotFoundError, ValueError) as error:
        raise ReportError(f"{run}: {error}") from error
    report = Report(
        "What happened in this training?",
        f"{run.name}: a training of a {'GAN' if family.use == GENERATE else family.title} over "
        f"{counted(int(history.steps[-1]), 'step')}, from its losses, samples and newest checkpoint.",
    )
    report.add("Losses and findings", history.describe(), plot_training_history, history)
    _add_film(report, run)
    if family.use == GENERATE:
        _add_networks(report, run, history, seed)
    return report


def _add_film(report, run):
    files = [path for path in sorted((run / "samples").glob("*.png")) if re.fullmatch(r"\d+", path.stem)]
    if not files:
        return
    chosen = sorted({*np.linspace(0, len(files) - 1, min(MOST_FRAMES, len(files))).round().astype(int)})
    frames = [load_image(files[index])[..., :3] for index in chosen]
    steps = [int(files[index].stem) for index in chosen]
    same = [index for index, frame in enumerate(frames) if frame.shape == frames[-1].shape]
    film = sample_film([steps[index] for index in same], [frames[index] for index in same])
    report.add("Samples through the training", film.describe(), plot_sample_film, film)
    if len(film.frames) > 1:
        report.add_animation("The film of samples", "", film_bytes(film))


def film_bytes(film: Any) -> bytes:
    """A `SampleFilm` as an animated GIF in memory; the last frame stays longer.

    Large frames are made smaller, to `FILM_SIZE` pixels, and the pixels of small ones are repeated.
    """
    from PIL import Image

    zoom = max(1, FILM_SIZE // max(film.frames[0].shape[:2]))
    frames = [frame.repeat(zoom, axis=0).repeat(zoom, axis=1) for frame in film.frames]
    frames = [resize_longest_side(frame, FILM_SIZE) if max(frame.shape[:2]) > FILM_SIZE else frame for frame in frames]
    pictures = [Image.fromarray(frame).quantize(dither=Image.Dither.FLOYDSTEINBERG) for frame in frames]
    file = io.BytesIO()
    durations = [max(80, 6000 // len(frames))] * (len(frames) - 1) + [2000]
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)
    return file.getvalue()


def _add_networks(report, run, history, seed):
    networks = load_gan(run)
    if networks is None:
        report.add("The two networks", "There is no checkpoint yet: what the networks look at is unknown so far.")
        return
    logger.info("the generator and the discriminator of the newest checkpoint")
    generator, discriminator = networks
    real, labels = _real_images(run, generator, seed)
    count = NUM_IMAGES if real is None else len(real)
    if labels is None and generator.num_classes:
        labels = np.arange(count, dtype=np.int32) % generator.num_classes
    latents = np.random.default_rng(seed).standard_normal((count, generator.latent_dim), np.float32)
    made = np.asarray(generator(latents, labels))
    if real is None:
        text = "The real images of data.json cannot be read here: the discriminator is not compared with them."
        report.add("Equilibrium of the two networks", text)
    else:
        logits = [np.asarray(discriminator(each, labels)) for each in (real, made)]
        balance = equilibrium(*logits, history)
        report.add("Equilibrium of the two networks", balance.describe(), plot_equilibrium, balance)
        maps = [
            occlusion_maps(
                lambda images, *labels: discriminator(to_signed(images), *labels),
                from_signed(images[:NUM_SHOWN]).clip(0, 1),
                labels=None if labels is None else labels[:NUM_SHOWN],
            )
            for images in (real, made)
        ]
        text = f"{maps[0].describe('real images')} {maps[1].describe('made images')}"
        report.add("What the discriminator looks at", text, plot_occlusion_maps, *maps)
        _add_gradients(report, run, generator, discriminator, real, latents, labels)
    logger.info("blocks of the generator")
    few = slice(0, 8)

    def draw():
        images = np.asarray(generator(latents[few], None if labels is None else labels[few]))
        return from_signed(images).clip(0, 1)

    ablation = ablate_blocks(generator, draw)
    report.add("What each block of the generator adds", ablation.describe(), plot_ablation, ablation)


def _add_gradients(report, run, generator, discriminator, real, latents, labels):
    losses = adversarial_losses[json.loads((run / "config.json").read_text()).get("loss", "non_saturating")]

    def logits():
        return discriminator(real, labels), discriminator(generator(latents, labels), labels)

    norms = {
        "generator": gradient_norms(generator, lambda: losses.generator(*logits())),
        "discriminator": gradient_norms(discriminator, lambda: losses.discriminator(*logits())),
    }
    text = " ".join(each.describe(name) for name, each in norms.items())
    report.add("Gradients of each layer", text, plot_gradient_norms, norms)


def load_gan(run_directory: Any) -> tuple[Any, Any] | None:
    """The generator and the discriminator of the newest checkpoint of a GAN's training, as they are in training.

    Args:
        run_directory: path of a run directory.

    Returns:
        Two `keras.Model`s in float32, without averages of weights; None without a checkpoint.

    Raises:
        ReportError: if the networks are not known, or the checkpoint does not match.
    """
    import keras
    import tensorflow as tf

    import tfstyle.models.gan.architectures  # noqa: F401 - registers the classes

    run = Path(run_directory)
    checkpoint = tf.train.latest_checkpoint(str(run / "checkpoints"))
    if checkpoint is None:
        return None
    try:
        description = json.loads((run / "model.json").read_text(encoding="utf-8"))["config"]
        reader = tf.train.load_checkpoint(checkpoint)
        networks = []
        for part in ("generator", "discriminator"):
            kind = keras.saving.get_registered_object(f"tfstyle>{description[part]['class']}")
            if kind is None:
                raise ReportError(f"{run} trains a {description[part]['class']}, which this version does not know.")
            network = kind.from_config({**description[part]["config"], "dtype": "float32"})
            for index, variable in enumerate(network.variables):
                variable.assign(reader.get_tensor(VALUE.format(part, index)))
            networks.append(network)
    except (tf.errors.OpError, LookupError, RuntimeError, ValueError) as error:
        raise ReportError(f"{checkpoint} is damaged, or of other networks: {str(error).splitlines()[0]}") from error
    return networks[0], networks[1]


def _real_images(run, generator, seed):
    """Real images in [-1, 1] and their labels, as many as `NUM_IMAGES`; None where the data cannot be read."""
    from tfstyle.data.image_array import load_image_array

    try:
        source = json.loads((run / "data.json").read_text())["source"]
        source = source[0] if isinstance(source, list) and len(source) == 1 else source
        dataset = load_image_array(source, generator.image_shape[0], generator.image_shape[-1])
    except (OSError, LookupError, ValueError, TfstyleError) as error:
        logger.warning("the training images cannot be read: %s", error)
        return None, None
    chosen = np.random.default_rng(seed).permutation(len(dataset))[:NUM_IMAGES]
    labels = dataset.labels[chosen].astype(np.int32) if generator.num_classes else None
    return to_signed(to_float(dataset.images[chosen])), labels
