"""A studio of tiny models of every kind."""

import numpy as np
import pytest

from tfstyle import artifacts
from tfstyle.app.studio import Studio
from tfstyle.images import load_image


@pytest.fixture(scope="session")
def model_folders(tmp_path_factory, bank_folder, styler_folder):
    """Folders of a bank, a styler, an illustrator, a generator and an inpainter; all untrained."""
    from tfstyle.models import DenseGenerator, Inpainter, TextConditionalGenerator
    from tfstyle.saved.generator import export_generator
    from tfstyle.saved.restorer import export_restorer
    from tfstyle.saved.text_generator import export_text_generator

    root = tmp_path_factory.mktemp("own")
    export_restorer(Inpainter((4, 6), 1), root / "inpainter")
    generator = DenseGenerator((10, 10, 3), 4, (8,), num_classes=2)
    export_generator(generator, root / "generator", {"class_names": ["ring", "cross"]})
    words = ("a", "above", "blue", "cross", "red", "ring", "rings", "two")
    illustrator = TextConditionalGenerator(words, 6, 16, latent_dim=3, filters=(4, 4, 4), units=4, text_dim=4)
    export_text_generator(illustrator, root / "illustrator")
    return [bank_folder, styler_folder, *sorted(root.iterdir())]


@pytest.fixture(scope="session")
def studio(model_folders):
    """A studio of these models alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(artifacts, "list_names", lambda folder=None: ())
        studio = Studio(model_folders)
    yield studio
    studio.close()


@pytest.fixture(scope="session")
def files(studio):
    """Paths of a photograph and of three paintings, as strings."""
    return str(studio.photographs()[0]), [str(path) for path in studio.paintings()[:3]]


@pytest.fixture(scope="session")
def half_mask(files):
    """A mask of the left half of the photograph, which differs by what is installed."""
    height, width, _ = load_image(files[0]).shape
    mask = np.zeros((height // 8, width // 8), np.float32)
    mask[:, : width // 16] = 1
    return mask
