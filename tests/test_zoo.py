"""The models that ship, by name: listed, loaded for use, and loaded to train on."""

import json
import shutil

import numpy as np
import pytest

import tfstyle
from tests.test_imports import run_python
from tfstyle import artifacts
from tfstyle.artifacts import ArtifactError
from tfstyle.models.base_model import BaseModel
from tfstyle.models.gan.dcgan import ConvGenerator
from tfstyle.models.gan.dense_gan import DenseGenerator
from tfstyle.models.gan.fastgan import FastGANGenerator
from tfstyle.models.gan.gan import Generator
from tfstyle.models.gan.text_gan import TextConditionalGenerator
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
from tfstyle.models.style.style_bank import StyleBank
from tfstyle.zoo import list_models


def test_a_list_needs_no_tensorflow():
    run_python("""
import sys
import tfstyle
from tfstyle import cli
from tfstyle.saved import list_families
assert {entry.metadata["family"] for entry in tfstyle.list_models()} <= {family.name for family in list_families()}
assert cli.main(["zoo", "--verify"]) == 0
assert not {"tensorflow", "keras", "numpy"} & set(sys.modules)
""")


def test_the_command_lists_what_ships(capsys):
    from tfstyle import cli

    assert cli.main(["zoo"]) == 0
    out = capsys.readouterr().out
    for entry in list_models():
        assert f"{entry.name}\n  task     {entry.metadata['task']}\n" in out
    assert "  trained  tfstyle train semantic-style\n" in out


def test_presets_are_those_of_the_class_and_its_subclasses():
    every = {entry.name for entry in list_models()}
    assert set(BaseModel.presets) == every
    assert list(LightStyleExtractor.presets) == ["light_style_extractor"]
    assert "dense_gan_mnist" in DenseGenerator.presets and "dense_gan_mnist" not in ConvGenerator.presets
    by_kind = (DenseGenerator, ConvGenerator, FastGANGenerator, TextConditionalGenerator)
    assert set(Generator.presets) == {name for kind in by_kind for name in kind.presets}
    assert SqueezeNetExtractor.presets == {}
    preset = StyleBank.presets["style_bank"]
    assert preset["metadata"]["family"] == "style_bank"
    assert preset["path"] == str(artifacts.find_model("style_bank"))


def test_from_preset_takes_a_name_or_a_folder_and_other_arguments(tmp_path):
    by_name = Generator.from_preset("dense_gan_mnist")
    assert type(by_name) is DenseGenerator
    shutil.copytree(artifacts.find_model("dense_gan_mnist"), tmp_path / "own")
    by_folder = DenseGenerator.from_preset(tmp_path / "own", dtype="mixed_bfloat16")
    assert by_folder.dtype_policy.name == "mixed_bfloat16"
    for left, right in zip(by_name.get_weights(), by_folder.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    random = DenseGenerator.from_preset("dense_gan_mnist", load_weights=False)
    assert random.get_config()["units"] == by_name.get_config()["units"]
    assert np.abs(random.get_weights()[0] - by_name.get_weights()[0]).max() > 0.01
    fewer = LightStyleExtractor.from_preset("light_style_extractor", layer_names=("stage2_conv2",))
    image = np.random.default_rng(0).random((1, 16, 16, 3), np.float32)
    whole = tfstyle.load_pretrained("light_style_extractor")
    np.testing.assert_allclose(fewer(image)["stage2_conv2"], whole(image)["stage2_conv2"], rtol=1e-5, atol=1e-4)


def test_presets_of_another_class_or_network(tmp_path):
    with pytest.raises(
        ArtifactError, match=r"of the family 'generator', and no ConvGenerator. Presets of ConvGenerator: c"
    ):
        ConvGenerator.from_preset("dense_gan_mnist")
    with pytest.raises(ArtifactError, match="no model 'dense_gan'. Did you mean 'dense_gan_mnist'?"):
        DenseGenerator.from_preset("dense_gan")
    with pytest.raises(ArtifactError, match="Presets of SqueezeNetExtractor: none"):
        SqueezeNetExtractor.from_preset("light_style_extractor")
    shutil.copytree(artifacts.find_model("dense_gan_mnist"), tmp_path / "own")
    file = tmp_path / "own" / artifacts.METADATA
    metadata = json.loads(file.read_text())
    metadata["config"]["units"] = [8]
    file.write_text(json.dumps(metadata))
    with pytest.raises(ArtifactError, match="own has 17 weights, and a DenseGenerator 7"):
        DenseGenerator.from_preset(tmp_path / "own")


def test_from_pretrained_is_the_same():
    left, right = StyleBank.from_pretrained("style_bank"), StyleBank.from_preset("style_bank")
    assert left.style_names == right.style_names
    np.testing.assert_array_equal(left.get_weights()[0], right.get_weights()[0])
