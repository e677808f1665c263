"""`readstone analyze`: files, folders, standard input, URLs; words for people, the wire form, boxes drawn."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pictures import encoded
from readstone.cli import analyze
from readstone.cli.main import main
from scenes import meadow
from schemas import VERSIONS, success_definition, validate
from viewers import FixedViewer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("images")
    (path / "a.png").write_bytes(encoded(meadow((240, 160))))
    (path / "sub").mkdir()
    (path / "sub" / "b.jpg").write_bytes(encoded(meadow((200, 260)), "JPEG", quality=95))
    (path / "notes.txt").write_text("no image")
    return path


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch) -> FixedViewer:
    """In place of the real one, which the first test runs with."""
    viewer = FixedViewer()
    monkeypatch.setattr(analyze, "viewer_of", lambda *_: viewer)
    return viewer


def test_with_the_real_models(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(folder / "a.png"), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    validate("v3.2", success_definition("v3.2", "/analyze"), body)
    assert body["metadata"] == {"height": 160, "width": 240, "format": "Png"}
    assert {"categories", "tags", "description", "objects", "color", "faces"} < body.keys()


def test_caption_tags_and_a_table(viewer: FixedViewer, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(folder / "a.png")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "a dog on a street"
    assert lines[1] == "street, outdoor, dog"
    table = "\n".join(lines[2:])
    for word in ("outdoor_street", "dog, mammal, animal", "face", "#B54316", "racy"):
        assert word in table


def test_folder_in_order_of_names(viewer: FixedViewer, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(folder), "--features", "Description"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"==> {folder / 'a.png'} <==",
        "a dog on a street",
        f"==> {folder / 'sub' / 'b.jpg'} <==",
        "a dog on a street",
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_wire_form(viewer: FixedViewer, folder: Path, capsys: pytest.CaptureFixture[str], version: str) -> None:
    assert main(["analyze", "--json", "--api-version", version, str(folder / "sub" / "b.jpg")]) == 0
    body = json.loads(capsys.readouterr().out)
    validate(version, success_definition(version, "/analyze"), body)
    assert ("modelVersion" in body) == (version == "v3.2")
    assert ("objects" in body) == (version != "v1.0")
    assert ("goreScore" in body["adult"]) == (version not in ("v1.0", "v2.0"))


def test_several_in_wire_form(viewer: FixedViewer, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--json", str(folder)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["image"] for line in lines] == [str(folder / "a.png"), str(folder / "sub" / "b.jpg")]
    validate("v3.2", "ImageAnalysis", lines[1]["result"])


def test_only_what_is_asked(viewer: FixedViewer, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--json", "--features", "tags,COLOR", str(folder / "a.png")]) == 0
    assert list(json.loads(capsys.readouterr().out))[:2] == ["color", "tags"]
    for features in ("smell", ""):
        assert main(["analyze", "--features", features, str(folder / "a.png")]) == 2
    assert main(["analyze", "--features", "Objects", "--api-version", "v1.0", str(folder / "a.png")]) == 2
    assert "no such feature" in capsys.readouterr().err


def test_age_and_gender_are_a_setting(viewer: FixedViewer, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(folder / "a.png"), "--age-and-gender", "true"]) == 0
    assert "Female, about 31" in capsys.readouterr().out
    assert main(["analyze", str(folder / "a.png")]) == 0
    assert "Female" not in capsys.readouterr().out


def test_boxes_are_drawn(viewer: FixedViewer, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    assert main(["analyze", str(folder / "a.png"), "--save", str(target)]) == 0
    saved, original = Image.open(target), Image.open(folder / "a.png")
    assert saved.size == original.size
    differs = (np.asarray(saved) != np.asarray(original)).any(axis=2)
    assert differs[10:31, 0:37].any(), "no dog"
    assert not differs[100:140, 100:200].any()
    assert main(["analyze", str(folder), "--save", str(target)]) == 2


def test_standard_input(
    viewer: FixedViewer, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((folder / "a.png").read_bytes())))
    assert main(["analyze", "-", "--features", "Description"]) == 0
    assert capsys.readouterr().out == "a dog on a street\n"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_url(viewer: FixedViewer, site: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", f"{site}/sub/b.jpg", "--features", "Description"]) == 0
    assert capsys.readouterr().out == "a dog on a street\n"


def test_what_cannot_be_seen_is_told_and_the_rest_goes_on(
    viewer: FixedViewer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = [str(folder / "notes.txt"), str(folder / "none.png"), str(folder / "a.png")]
    assert main(["analyze", *images]) == 1
    said = capsys.readouterr()
    assert "a dog on a street" in said.out
    assert "notes.txt: Input data is not a valid image." in said.err
    assert "none.png: No such file or directory" in said.err


def test_nothing_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(tmp_path)]) == 1
    assert "no image there" in capsys.readouterr().err
