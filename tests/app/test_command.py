"""`tfstyle app` before there is a page."""

import importlib.util

import pytest

from tfstyle import cli


def test_without_the_extra(monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "gradio" else find(name))
    assert cli.main(["app"]) == 2
    assert capsys.readouterr().err == 'tfstyle: the page needs the package gradio. Run pip install "tfstyle[app]".\n'


def test_mistakes_before_tensorflow_is_imported(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert cli.main(["app", "--model", "style_bnak"]) == 2
    assert "There is no model 'style_bnak'. Did you mean 'style_bank'?" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "65536", "web"])
def test_ports(port, capsys):
    with pytest.raises(SystemExit):
        cli.main(["app", "--port", port])
    assert "--port" in capsys.readouterr().err
