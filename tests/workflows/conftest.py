"""What tests of the command line need: an empty folder to work in, one shipped model, and a way to run a command."""

import shutil

import pytest

from tests.workflows.trainings import save_weights
from tfstyle import artifacts, cli


@pytest.fixture
def shipped(tmp_path, monkeypatch, bank_folder):
    """The tiny bank as the only shipped model; working in an empty folder."""
    folder = tmp_path / "saved_models"
    shutil.copytree(bank_folder, folder / "style_bank")
    artifacts.write_manifest(folder)
    monkeypatch.setattr(artifacts, "saved_models_folder", lambda: folder)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return folder


@pytest.fixture
def run(shipped, capsys):
    """Runs a command in this process: exit code, lines of stdout, lines of stderr."""

    def run(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """Random weights of a SqueezeNet, in a file."""
    from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor

    return save_weights(SqueezeNetExtractor(weights=None), tmp_path_factory.mktemp("weights"))
