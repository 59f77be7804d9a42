"""Families: a toy one that is known to nobody but this file, what is no SavedModel of tfstyle, and what is no run."""

import argparse
import ast
import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle import artifacts, cli
from tfstyle.artifacts import ArtifactError
from tfstyle.models.base_model import BaseModel
from tfstyle.saved import registry
from tfstyle.saved.archive import ExportError, ModuleArchive, computing_with, half_module, write_archive
from tfstyle.saved.family import STYLIZE, Family
from tfstyle.saved.loaded import LoadedModel
from tfstyle.saved.registry import export_model, export_run, load_saved_model

PACKAGE = Path(tfstyle.__file__).parent
IMAGES = np.random.default_rng(0).random((2, 3, 4, 3), np.float32)


@keras.saving.register_keras_serializable(package="toy")
class Tint(BaseModel):
    """Multiplies colors."""

    family = "tint"

    def __init__(self, num_colors=3, **kwargs):
        super().__init__(**kwargs)
        self.num_colors = num_colors
        self.colors = self.add_weight((num_colors,), "ones", name="colors")
        self.create_weights(keras.Input((None, None, num_colors)))

    def call(self, images):
        return images * self.colors

    def get_config(self):
        return {**super().get_config(), "num_colors": self.num_colors}


class LoadedTint(LoadedModel):
    """What a program calls."""

    def __init__(self, saved_model, metadata, folder=None):
        super().__init__(saved_model, metadata, folder)
        self.num_colors = int(metadata["num_colors"])

    def __call__(self, images):
        return self._signatures["serving_default"](images=tf.constant(images))["images"].numpy()


def export_tint(tint, folder, metadata=None, overwrite=False, spoiled=False):
    half = half_module(tint)

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, tint.num_colors), tf.float32, name="images")])
    def serve(images):
        with computing_with(tint, half):
            return {"images": tint(images) + float(spoiled)}

    def check(loaded):
        if not np.allclose(loaded(IMAGES), tint(IMAGES), atol=1e-2):
            raise ExportError("The SavedModel's images differ from the tint's.")

    metadata = {
        "name": Path(folder).name,
        "family": "tint",
        "task": "tint photographs",
        **(metadata or {}),
        "num_colors": tint.num_colors,
        "config": tint.get_config(),
    }
    write_archive(ModuleArchive(half, {"serving_default": serve}), folder, metadata, check, overwrite)


TINT = Family(
    "tint",
    STYLIZE,
    [Tint],
    export_tint,
    LoadedTint,
    metadata_keys=("num_colors",),
    export_options=("spoiled",),
)


@pytest.fixture
def tint():
    """A tint of its own colors, whose family is registered for as long as a test runs."""
    registry.register(TINT)
    model = Tint()
    model.colors.assign([0.5, 0.25, 1.0])
    yield model
    registry.unregister("tint")


@pytest.fixture
def shipped_tint(tint, tmp_path, monkeypatch):
    """The folder of the tint as the only model that ships."""
    folder = tmp_path / "saved_models"
    export_model(tint, folder / "sepia", {"license": "MIT"})
    artifacts.write_manifest(folder)
    monkeypatch.setattr(artifacts, "saved_models_folder", lambda: folder)
    return folder / "sepia"


def edit_metadata(folder, **changes):
    file = folder / artifacts.METADATA
    metadata = {**json.loads(file.read_text()), **changes}
    file.write_text(json.dumps({name: value for name, value in metadata.items() if value is not None}))


def test_a_toy_family_ships(tint, shipped_tint, capsys):
    expected = IMAGES * np.array([0.5, 0.25, 1.0])
    np.testing.assert_allclose(tfstyle.load("sepia")(IMAGES), expected, atol=1e-3)
    for model in (tfstyle.load_pretrained("sepia"), Tint.from_preset("sepia"), BaseModel.from_preset(shipped_tint)):
        assert type(model) is Tint
        np.testing.assert_allclose(model(IMAGES), expected, atol=1e-3)
    np.testing.assert_array_equal(Tint.from_preset("sepia", load_weights=False)(IMAGES), IMAGES)
    assert list(Tint.presets) == ["sepia"]
    (entry,) = tfstyle.list_models()
    assert (entry.name, entry.builder) == ("sepia", Tint)
    assert cli.main(["zoo", "--verify"]) == 0
    out = capsys.readouterr().out
    assert "sepia\n  task     tint photographs" in out and "files    verified" in out


def test_a_training_of_a_toy_family_is_exported(tint, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.json").write_text(json.dumps({"family": "tint", "config": tint.get_config()}))
    average = [tf.Variable([0.1, 0.2, 0.3])]
    checkpoint = tf.train.Checkpoint(step=tf.Variable(7, dtype=tf.int64), average=average)
    tf.train.CheckpointManager(checkpoint, str(run / "checkpoints"), max_to_keep=2).save()
    export_run(run, tmp_path / "exported")
    loaded = load_saved_model(tmp_path / "exported")
    assert loaded.metadata["trained_steps"] == 7
    np.testing.assert_allclose(loaded(IMAGES), IMAGES * np.array([0.1, 0.2, 0.3]), atol=1e-3)
    with pytest.raises(ExportError, match="A tint is exported without `photographs`: leave it out"):
        export_run(run, tmp_path / "exported", overwrite=True, photographs=IMAGES)


def test_a_toy_family_that_is_broken(tint, shipped_tint, tmp_path):
    with pytest.raises(ExportError, match="images differ from the tint's"):
        export_model(tint, tmp_path / "spoiled", spoiled=True)
    assert not (tmp_path / "spoiled").exists()
    with pytest.raises(ValueError, match=r"a name of its own. Received: name='tint', .*Registered: .*tint"):
        registry.register(TINT)

    edit_metadata(shipped_tint, num_colors="three")
    with pytest.raises(ArtifactError, match=r"is a broken SavedModel of the family 'tint': ValueError: invalid lit"):
        tfstyle.load("sepia")
    edit_metadata(shipped_tint, num_colors=None)
    with pytest.raises(ArtifactError, match=r"sepia does not say: num_colors\. Export the model again"):
        tfstyle.load("sepia")
    edit_metadata(shipped_tint, num_colors=3, config={"num_colors": 4})
    with pytest.raises(ArtifactError, match="sepia is a broken SavedModel: "):
        tfstyle.load_pretrained("sepia")
    edit_metadata(shipped_tint, config=None)
    with pytest.raises(ArtifactError, match="sepia does not say: config"):
        Tint.from_preset("sepia")
    edit_metadata(shipped_tint, **{"class": "Dye"})
    with pytest.raises(ArtifactError, match="does not know the tint 'Dye'. It knows: Tint"):
        tfstyle.load_pretrained("sepia")
    with pytest.raises(ArtifactError, match=r"is of the family 'tint', and no Tint\. Presets of Tint: none"):
        Tint.from_preset("sepia")


def test_a_toy_family_whose_parts_are_nowhere(shipped_tint, monkeypatch):
    broken = Family("tint", STYLIZE, ["toy.nowhere:Tint"], export_tint, "tfstyle.zoo:LoadedTint")
    monkeypatch.setitem(registry._FAMILIES, "tint", broken)
    with pytest.raises(
        ArtifactError, match="family 'tint' names 'toy.nowhere:Tint', which cannot be imported: No module"
    ):
        tfstyle.load_pretrained("sepia")
    with pytest.raises(ArtifactError, match="family 'tint' names 'tfstyle.zoo:LoadedTint', which cannot be imported"):
        tfstyle.load("sepia")


def test_a_model_of_no_family():
    with pytest.raises(
        ArtifactError,
        match=r"No family exports a Tint. Models that can be exported: .*StyleBank, AdjustedStyler, SemanticStyler, ",
    ):
        export_model(Tint(), "nowhere")


def test_every_family_is_what_it_says():
    for family in registry.list_families():
        for kind, name in zip(map(family._import, family.model_classes), family.class_names, strict=True):
            assert kind.__name__ == name
            assert registry.family_of_model(object.__new__(kind)) is family
            assert kind.family == family.name
        for part in (family.exporter, family.loader, family.finish_run):
            assert part is None or callable(family._import(part))


def test_every_trainer_is_a_command():
    def choices(parser):
        (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
        return commands.choices

    trainings = choices(choices(cli.build_parser())["train"])
    assert {family.trainer for family in registry.list_families()} - {""} == set(trainings)


@pytest.mark.parametrize("name", artifacts.list_names())
def test_everything_that_ships_can_be_trained_on(name):
    """And computes what its SavedModel does."""
    model, loaded = tfstyle.load_pretrained(name), tfstyle.load(name)
    entry = next(entry for entry in tfstyle.list_models() if entry.name == name)
    assert type(model) is entry.builder
    assert name in type(model).presets
    assert model.dtype_policy.name == "float32"
    # Every input by the name of the signature, of small sizes.
    signature = loaded._saved_model.signatures["serving_default"]
    random = np.random.default_rng(0)
    inputs = {}
    for key, spec in signature.structured_input_signature[1].items():
        shape = [2, *(32 if size is None else size for size in spec.shape[1:])]
        if spec.dtype == tf.string:
            inputs[key] = np.array(["a red ring left of a blue cross", "two green stars above a red disk"])
        else:
            inputs[key] = random.random(shape, np.float32) if spec.dtype.is_floating else np.array([0, 1], np.int32)
    outputs = tf.nest.flatten(signature(**{key: tf.constant(value) for key, value in inputs.items()}))
    if "captions" in inputs:
        numbers = [[model.vocabulary.index(word) + 1 for word in text.split()] for text in inputs.pop("captions")]
        inputs["tokens"] = np.array([row + [0] * (model.num_words - len(row)) for row in numbers], np.int32)
    is_signed = entry.metadata["family"] in (
        "generator",
        "text_generator",
        "translator",
        "upscaler",
        "inpainter",
    )  # images of the model: [-1, 1]
    if "masks" in inputs:
        inputs["masks"] = np.float32(inputs["masks"] >= 0.5)  # as the SavedModel takes them
    if is_signed and "images" in inputs:
        inputs["images"] = 2 * inputs["images"] - 1
    expected = tf.nest.flatten(model(**inputs))
    for output, target in zip(outputs, expected, strict=True):
        if is_signed:
            target = (target + 1) / 2
        np.testing.assert_allclose(output, target, rtol=1e-3, atol=1e-3 * np.abs(target).max())


FAMILY_OF = {
    name: family.name
    for family in registry.list_families()
    for name in (family.name, family.run_name or family.name, *family.class_names)
}


def family_tables(source):
    """Lines of literals that name two families or more, or their classes, or compare one with a family's name."""
    tree, public = ast.parse(source), set()
    for node in ast.walk(tree):
        is_all = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "__all__"
        is_lazy = isinstance(node, ast.Call) and getattr(node.func, "id", None) == "lazy_names"
        if is_all or is_lazy:
            public |= set(ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and "family" in ast.dump(node.left):
            if any(isinstance(part, ast.Constant) and part.value in FAMILY_OF for part in node.comparators):
                yield node.lineno
        elif isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict) and node not in public:
            parts = [*node.keys, *node.values] if isinstance(node, ast.Dict) else node.elts
            names = {getattr(part, "value", None) for part in parts if isinstance(part, ast.Constant)}
            names |= {part.id for part in parts if isinstance(part, ast.Name)}
            if len({FAMILY_OF[name] for name in names if name in FAMILY_OF}) > 1:
                yield node.lineno


def test_no_table_of_families_lies_outside_the_registry():
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).as_posix() != "saved/registry.py"
        for line in family_tables(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_the_search_for_tables_finds_some():
    source = """
PAINTERS = ("style_bank", "adain", "other")
BUILDERS = {"x": AdaINStyler, "y": StyleBank}
one = {"family": "adain"}
if family == "generator": pass
__all__ = ["AdaINStyler", "StyleBank"]
"""
    assert list(family_tables(source)) == [2, 3, 5]


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(ExportError, match=r"is not the folder of a training: no model\.json that can be read"):
        export_run(tmp_path, tmp_path / "bank")


def test_the_training_of_another_program(tmp_path):
    (tmp_path / "model.json").write_text('{"family": "dreams", "config": {}}')
    with pytest.raises(ExportError, match="does not know trainings of 'dreams'. It knows: style_bank, "):
        export_run(tmp_path, tmp_path / "bank")
    for broken in ("{", "[]", '{"family": "adain"}', '{"family": "gan", "config": {"generator": []}}'):
        (tmp_path / "model.json").write_text(broken)
        with pytest.raises(ExportError, match="no model.json that can be read"):
            export_run(tmp_path, tmp_path / "bank")


def test_a_folder_that_tfstyle_did_not_write(tmp_path):
    with pytest.raises(ArtifactError, match=r"has no assets.extra/metadata.json: tfstyle did not export it"):
        load_saved_model(tmp_path)


def test_a_family_of_the_future(own_folder):
    (own_folder / "assets.extra" / "metadata.json").write_text('{"name": "a", "family": "dreams", "task": "b"}')
    with pytest.raises(ArtifactError, match="does not know the family 'dreams'. It knows: style_bank"):
        load_saved_model(own_folder)


VALUES, INDEX = "variables/variables.data-00000-of-00001", "variables/variables.index"


@pytest.mark.parametrize(
    ("file", "content"),
    [("saved_model.pb", b"broken"), (VALUES, None), (VALUES, b""), (INDEX, None), (INDEX, b"broken")],
)
def test_a_broken_saved_model(own_folder, file, content):
    if content is None:
        (own_folder / file).unlink()
    else:
        (own_folder / file).write_bytes(content)
    with pytest.raises(ArtifactError, match="small is a broken SavedModel: ."):
        load_saved_model(own_folder)
