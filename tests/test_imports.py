"""Who imports whom, and what is imported when."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tfstyle

PACKAGE = Path(tfstyle.__file__).parent

# A room is a module or a folder of the package. Every package may import what gives out its names.
# What a room may import of the others:
GROUND = {
    "artifacts",
    "backend",
    "atomic",
    "errors",
    "images",
    "optimizers",
    "settings",
    "statistics",
    "vocabulary",
    "wording",
}
MODELS = GROUND | {"layers", "models"}
SAVED = MODELS | {"saved", "zoo"}
MAY_IMPORT = {
    "public_names": set(),
    "tensors": set(),
    "loaded": set(),  # former names of `saved`
    "export": set(),
    "errors": set(),
    "backend": {"errors"},
    "atomic": set(),
    "extractor_config": set(),
    "network_pairs": set(),
    "artifacts": {"atomic", "errors"},
    "images": {"atomic", "errors"},
    "optimizers": {"statistics"},
    "settings": set(),
    "wording": set(),
    "vocabulary": {"errors"},
    "statistics": set(),
    "layers": GROUND,
    "models": GROUND | {"layers", "network_pairs"},
    "saved": MODELS,
    "zoo": MODELS | {"saved"},
    "losses": {"extractor_config", "statistics"},
    "data": {"atomic", "errors", "images", "vocabulary", "wording"},
    "video": {"errors", "images"},
    "metrics": {"errors", "extractor_config", "statistics", "video"},
    "training": {
        "atomic",
        "backend",
        "data",
        "errors",
        "images",
        "losses",
        "metrics",
        "network_pairs",
        "settings",
        "statistics",
        "wording",
    },
    "transfer": SAVED | {"losses", "data", "metrics", "interpret", "video"},
    "interpret": SAVED | {"losses", "data", "metrics", "transfer"},
    "app": SAVED | {"data", "interpret", "transfer"},
    "commands": SAVED | {"app", "losses", "data", "metrics", "training", "transfer", "interpret", "video"},
    "cli": {"errors", "commands", "saved"},
}


def modules():
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_rooms(source):
    """Rooms that a module uses, at its top or anywhere within, each with the line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names = [f"{node.value.id}.{node.attr}"]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "tfstyle" and rest not in ("", "__version__"):
                yield node.lineno, rest.partition(".")[0]


def test_every_room_is_on_the_map():
    assert {room_of(path) for path in modules()} <= MAY_IMPORT.keys()


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_rooms_import_only_what_they_may(path):
    room = room_of(path)
    allowed = MAY_IMPORT[room] | {room, "public_names", "tensors"}
    wrong = [f"line {line}: {other}" for line, other in imported_rooms(path.read_text()) if other not in allowed]
    assert not wrong, f"{path.relative_to(PACKAGE)} is in {room!r}, which may not import: {wrong}"


def test_the_reader_of_imports_sees_every_form():
    source = """
import tfstyle
import tfstyle.cli
from tfstyle import zoo, __version__
def later():
    from tfstyle.training.loop.config import TrainingConfig
    return tfstyle.load, tfstyle.__version__
"""
    assert {room for _, room in imported_rooms(source)} == {"cli", "zoo", "training", "load"}


def run_python(code, *options, **environment):
    search_path = os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.run(
        [sys.executable, *options, "-c", code],
        env={**os.environ, "PYTHONPATH": search_path, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    return process


BACKEND_FREE = [path for path in modules() if room_of(path) in ("layers", "models", "losses", "statistics")]


@pytest.mark.parametrize("path", BACKEND_FREE, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_networks_and_losses_need_no_tensorflow(path):
    for node in ast.parse(path.read_text()).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        assert "tensorflow" not in {name.partition(".")[0] for name in names}, f"line {node.lineno}"


@pytest.mark.slow
def test_another_backend_has_models_and_what_needs_tensorflow_says_so():
    pytest.importorskip("jax", reason="the other Keras backend of the extra `dev`")
    code = """
import keras, numpy as np, tfstyle
from tfstyle.backend import BackendError
assert keras.backend.backend() == "jax"
images, weights = np.full((1, 20, 24, 3), 0.5, "float32"), np.full((1, 2), 0.5, "float32")
bank = tfstyle.models.StyleBank(("identity", "waves"), filters=(4, 8, 4), num_residual_blocks=1)
assert bank(images, weights).shape == images.shape
assert tfstyle.stylize(images[0], tfstyle.load("style_bank"), "picabia_udnie").shape == (20, 24, 3)  # a SavedModel
extractor = tfstyle.models.VGG19StyleExtractor(("block1_conv1",), weights=None)


def train():
    shapes = tfstyle.data.load_image_array("procedural", image_size=28, channels=1)
    tfstyle.training.train_gan(
        tfstyle.models.DenseGenerator(), tfstyle.models.DenseDiscriminator(), shapes, tfstyle.training.GanConfig()
    )


def export():
    from tfstyle.saved.registry import export_model

    export_model(bank, "never")


def optimize():
    from tfstyle.transfer.optimize import optimize

    optimize(images[0], images[0], extractor, ["block1_conv1"], ["block1_conv1"])


for function in (train, export, optimize, lambda: tfstyle.transfer.OptimizationBaseline(extractor, "block1_conv1", ())):
    try:
        function()
    except BackendError as error:
        message = str(error)
        assert "needs Keras to run on TensorFlow. Set KERAS_BACKEND=tensorflow" in message and "\\n" not in message
    else:
        raise AssertionError(function)
"""
    run_python(code, KERAS_BACKEND="jax")


def test_networks_and_losses_run_without_tensorflow():
    pytest.importorskip("jax", reason="the other Keras backend of the extra `dev`")
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in BACKEND_FREE]
    # None in sys.modules makes `import tensorflow` raise.
    code = f"""
import sys
sys.modules["tensorflow"] = None
import importlib, keras
assert keras.backend.backend() == "jax"
for name in {names!r}:
    importlib.import_module(name)
from tfstyle.layers import ConditionalResidualBlock
from tfstyle.losses.perceptual import content_loss
photos = keras.random.uniform((1, 8, 6, 4), seed=0)
painted = ConditionalResidualBlock(4, num_styles=2)(photos, keras.ops.ones((1, 2)) / 2)
assert painted.shape == (1, 8, 6, 4)
assert float(content_loss(photos, photos)[0]) == 0 < float(content_loss(painted, photos)[0])
"""
    run_python(code, KERAS_BACKEND="jax")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["stylize", "--help"],
        ["optimize", "--help"],
        ["train", "style-bank", "--help"],
        ["train", "adain", "--help"],
        ["train", "gan", "--help"],
        ["train", "translator", "--help"],
        ["translate", "--help"],
        ["live", "--help"],
        ["generate", "--help"],
        ["app", "--help"],
    ],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(arguments):
    code = f"""
import sys
from tfstyle.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    assert end.code == 0, end.code
"""
    process = run_python(code, "-X", "importtime")
    assert "usage: tfstyle" in process.stdout
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in process.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported & {"tensorflow", "keras", "numpy", "PIL", "matplotlib", "gradio"}


def test_unknown_public_name():
    with pytest.raises(AttributeError, match="no attribute 'stylise'"):
        tfstyle.stylise  # noqa: B018 - reading it is the test
