"""The page as a server: what its requests are answered with, whatever is sent."""

import json
import re
import threading
from pathlib import Path

import numpy as np
import pytest
import requests

from tests.app.hostile import ACCEPTED, JPEG, REFUSED
from tfstyle.app.checks import StudioError
from tfstyle.app.serve import Server
from tfstyle.cli import build_parser
from tfstyle.images import ImageError, load_image, read_tags, save_image

pytest.importorskip("gradio", reason="of the extra `app`")


@pytest.fixture(scope="module")
def server(studio):
    server = Server(studio, port=0)
    server._studio = type("Kept", (), {"close": lambda self: None})()  # other tests need it
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server
    server.stop()
    thread.join(30)


@pytest.fixture(scope="module")
def session(server):
    with requests.Session() as session:
        while True:
            try:
                session.get(server.url, timeout=60)
                return session
            except requests.ConnectionError:
                pass


def upload(session, server, name, content):
    answer = session.post(f"{server.url}gradio_api/upload", files={"files": (name, content)}, timeout=60)
    answer.raise_for_status()
    return {"path": answer.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def call(session, server, name, *values):
    """Calls a function of the page: what it returned, or the message of its error."""
    answer = session.post(f"{server.url}gradio_api/call/{name}", json={"data": values}, timeout=60)
    if answer.status_code != 200:
        return answer.status_code, answer.text
    event = answer.json()["event_id"]
    text = session.get(f"{server.url}gradio_api/call/{name}/{event}", timeout=120).text
    kind, data = re.search(r"event: (complete|error)\s+data: (.*)", text).groups()
    assert "Traceback" not in text
    return kind, json.loads(data)


def paint(
    session, server, photo, styles=("waves",), strength=1, stroke_size=1, seed=0, keep=False, mask=None, size=256
):
    values = (photo, list(styles), "style_bank", strength, stroke_size, seed, keep, mask, size)
    return call(session, server, "paint_style", *values)


def message(answer):
    kind, data = answer
    assert kind == "error", answer
    text = data if isinstance(data, str) else data["error"]
    assert "\n" not in text
    assert "/tmp" not in text
    return text


def test_a_painting_can_be_downloaded_with_its_tag(session, server, tmp_path):
    kind, (before_after, download) = paint(session, server, upload(session, server, "my photo.jpg", JPEG))
    assert kind == "complete"
    assert len(before_after) == 2
    file = tmp_path / "painting.png"
    file.write_bytes(
        session.get(download["url"] if "url" in download else download["value"]["url"], timeout=60).content
    )
    assert read_tags(file)["Description"].startswith("Stylized by the model tiny_bank; styles: waves 1; strength: 1")
    assert load_image(file).shape == (24, 32, 3)


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_uploads_get_one_sentence(session, server, capfd, name):
    content, expected = REFUSED[name]
    assert re.search(expected, message(paint(session, server, upload(session, server, name, content))))
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("name", ACCEPTED)
def test_odd_pictures_are_painted(session, server, name):
    assert paint(session, server, upload(session, server, name, ACCEPTED[name]))[0] == "complete"


@pytest.mark.parametrize("name", ["../../escape.png", "/etc/passwd", "a\nb.png", "x" * 300 + ".png", "ü 画.png"])
def test_names_of_uploads_lead_nowhere(session, server, name):
    file = upload(session, server, name, JPEG)
    assert Path(file["path"]).resolve().is_relative_to(server._uploads)
    assert paint(session, server, file)[0] == "complete"


@pytest.mark.parametrize("path", ["/etc/passwd", __file__, "http://127.0.0.1:1/a.png", "https://example.com/a.png"])
def test_no_file_of_the_server_and_no_address_is_read(session, server, path):
    named = {"path": path, "url": path, "meta": {"_type": "gradio.FileData"}}
    for mask in (None, {"background": None, "composite": None, "layers": [named]}):
        photo = named if mask is None else upload(session, server, "photo.jpg", JPEG)
        status, text = paint(session, server, photo, mask=mask)
        assert status == 400
        assert json.loads(text)["detail"].startswith("Only uploaded files can be used.")
    assert session.get(f"{server.url}gradio_api/file={path}", timeout=60).status_code in (403, 404)


def test_wrong_values_get_one_sentence(session, server):
    photo = upload(session, server, "photo.jpg", JPEG)
    for changes in ({"strength": "much"}, {"strength": 7}, {"seed": -1}, {"size": 10**9}, {"styles": ["/etc/passwd"]}):
        message(paint(session, server, photo, **changes))
    assert "Choose a photograph" in message(paint(session, server, None))
    assert "Choose a style" in message(paint(session, server, photo, []))


def test_large_requests_are_refused(session, server):
    answer = session.post(
        f"{server.url}gradio_api/upload", files={"files": ("large.png", bytes(40_500_000))}, timeout=60
    )
    assert answer.status_code == 413


def test_a_mask_is_what_was_painted(session, server, tmp_path):
    layer = np.zeros((24, 32, 4), np.uint8)
    layer[:, :16] = (79, 70, 229, 255)
    save_image(tmp_path / "layer.png", layer)
    file = upload(session, server, "layer.png", (tmp_path / "layer.png").read_bytes())
    photo = upload(session, server, "photo.jpg", JPEG)
    mask = {"background": None, "composite": None, "layers": [file]}
    kind, (_, download) = paint(session, server, photo, mask=mask)
    assert kind == "complete"
    (tmp_path / "painted.png").write_bytes(session.get(download.get("value", download)["url"], timeout=60).content)
    assert "in mask.png" in read_tags(tmp_path / "painted.png")["Description"]
    broken = {**mask, "layers": [upload(session, server, "layer.png", b"nothing")]}
    assert "not an image" in message(paint(session, server, photo, mask=broken))


def test_other_tabs(session, server, files):
    _, paintings = files
    assert call(session, server, "generate", "generator", 2, 0, "ring", 1)[0] == "complete"
    assert call(session, server, "illustrate", "illustrator", "two red rings", 2, 0)[0] == "complete"
    answer = call(session, server, "illustrate", "illustrator", "a <b>bird</b>", 2, 0)
    assert "the model does not know the word 'b'" in message(answer)
    assert "a whole number from 1 to 64" in message(call(session, server, "illustrate", "illustrator", "ring", 99, 0))
    uploaded = [upload(session, server, Path(file).name, Path(file).read_bytes()) for file in paintings]
    assert call(session, server, "style_map", uploaded, "adain")[0] == "complete"
    assert "3 to 60 paintings" in message(call(session, server, "style_map", uploaded[:1], "adain"))
    photo = upload(session, server, "photo.jpg", JPEG)
    values = (photo, uploaded[0], "adain", 1, 1, None, False, None, 256)
    assert call(session, server, "paint_like", *values)[0] == "complete"
    values = (photo, "inpainter", 1, False, None, False, 1, 256)
    assert "Paint over what shall be filled" in message(call(session, server, "restore", *values))


def test_the_page_loads_nothing_from_elsewhere(session, server):
    answer = session.get(server.url, timeout=60)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "fonts.googleapis" not in answer.text
    assert session.get(server.url, headers={"Host": "elsewhere.example"}, timeout=60).status_code == 400


def test_a_port_in_use(studio, server):
    port = int(server.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(StudioError, match=f"cannot be served on 127.0.0.1:{port} .*Choose another `port` or `host`"):
        Server(studio, port=port)
    with pytest.raises(StudioError, match="cannot be served on no.such.host.invalid"):
        Server(studio, "no.such.host.invalid")


def test_commands_on_the_page_are_understood():
    from tfstyle.app.page import UNTRAINED

    lines = [line for line in UNTRAINED.splitlines() if line.startswith("tfstyle ")]
    assert len(lines) == 4
    for line in lines:
        build_parser().parse_args(line.split()[1:])


def test_messages():
    from tfstyle.app.components import message_for, painted_mask

    file = "/somewhere/else/photo.png"
    assert message_for(ImageError(f"{file}: is empty.\nLine two"), (file, None)) == "photo.png: is empty. Line two"
    assert message_for(MemoryError()).startswith("Not enough memory")
    assert (
        message_for(KeyError("secret"))
        == "Something went wrong inside tfstyle (KeyError). The terminal has the details."
    )
    assert painted_mask([None]) is None
