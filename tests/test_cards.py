"""Model cards: the head that model hubs read, and the sections that a reader looks for."""

import re
import shlex

import pytest
import yaml

from tfstyle.artifacts import read_manifest, saved_models_folder
from tfstyle.cli import build_parser

MANIFEST = read_manifest()
PIPELINES = {"image-to-image", "image-feature-extraction", "text-to-image", "unconditional-image-generation"}
PIPELINE_OF = {
    "generator": "unconditional-image-generation",
    "text_generator": "text-to-image",
    "light_style_extractor": "image-feature-extraction",
    "vgg19_style_extractor": "image-feature-extraction",
}
KEYS = {
    "datasets",
    "library_name",
    "license",
    "metrics",
    "model-index",
    "model_name",
    "pipeline_tag",
    "tags",
}
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
DATASET = re.compile(r"([\w.-]+/)?[a-z0-9][a-z0-9_.-]*")
SECTIONS = ["How it was trained", "What was measured", "What is weak"]


def read_card(text):
    """The head of a card as a mapping, and what follows it."""
    _, head, body = re.split(r"^---\n", text, maxsplit=2, flags=re.MULTILINE)
    return yaml.safe_load(head), body


def problems(name, entry, text):
    """What is wrong with a card: a list of strings."""
    try:
        head, body = read_card(text)
    except (ValueError, yaml.YAMLError) as error:
        return [f"no head: {error}"]
    if not isinstance(head, dict) or head.keys() != KEYS:
        return [f"the keys of the head must be {sorted(KEYS)}"]
    (model,) = head["model-index"]
    (result,) = model["results"]
    measured = {metric["type"]: metric["value"] for metric in result["metrics"]}
    pipeline = PIPELINE_OF.get(entry["family"], "image-to-image")
    checks = {
        "model_name": head["model_name"] == model["name"] == name,
        "license": head["license"] == entry["license"].lower(),
        "library_name": head["library_name"] == "tfstyle",
        "pipeline_tag": head["pipeline_tag"] == result["task"]["type"] == pipeline and pipeline in PIPELINES,
        "tags": {"keras", "saved-model", "tensorflow"} < set(head["tags"]) and all(map(NAME.fullmatch, head["tags"])),
        "datasets": bool(head["datasets"]) and all(map(DATASET.fullmatch, head["datasets"])),
        "dataset measured on": result["dataset"].keys() == {"type", "name"},
        "metrics": head["metrics"] == list(measured) and all(map(NAME.fullmatch, measured)),
        "no proxy is called FID or KID": not set(measured) & {"fid", "kid", "inception_score"},
        "values": all(re.search(rf"(?<![\d.]){value:g}0?(?!\d)", body) for value in measured.values()),
        "title": body.lstrip().startswith(f"# {name}\n"),
        "sections": set(SECTIONS) <= set(re.findall(r"^## (.*)$", body, re.MULTILINE)),
    }
    return [check for check, passes in checks.items() if not passes]


@pytest.mark.parametrize("name", MANIFEST)
def test_cards_are_whole(name):
    text = (saved_models_folder() / name / "model_card.md").read_text(encoding="utf-8")
    assert problems(name, MANIFEST[name], text) == []


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("license: apache-2.0", "license: mit", "license"),
        ("license: apache-2.0\n", "", "the keys of the head must be"),
        ("pipeline_tag: image-to-image", "pipeline_tag: image-classification", "pipeline_tag"),
        ("model_name: adain", "model_name: [adain", "no head"),
        ("value: 75.8", "value: 99.9", "values"),
        ("- keras\n", "", "tags"),
        ("## What is weak", "## Remarks", "sections"),
    ],
)
def test_what_is_wrong_is_found(before, after, problem):
    text = (saved_models_folder() / "adain" / "model_card.md").read_text(encoding="utf-8")
    (found,) = problems("adain", MANIFEST["adain"], text.replace(before, after))
    assert found.startswith(problem)


def commands(text):
    """The commands of a card, each on one line."""
    lines = re.findall(r"^    (tfstyle (?:.*\\\n)*.*)$", text, re.MULTILINE)
    return [re.sub(r"\\\n *", "", line) for line in lines]


@pytest.mark.parametrize("name", MANIFEST)
def test_commands_are_understood(name):
    found = commands((saved_models_folder() / name / "model_card.md").read_text(encoding="utf-8"))
    assert {line.split()[1] for line in found} >= {"train", "export"}
    for line in found:
        build_parser().parse_args(shlex.split(line)[1:])
