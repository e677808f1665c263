"""`readstone read`: files, folders, globs, standard input, URLs; text and the wire form."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from documents import scanned_pdf, tiff
from pictures import DEMOCRITUS, drawn, encoded
from readers import FixedReader
from readstone.cli.leaves import Leaf, Leaves
from readstone.cli.main import main
from readstone.cli.sources import Source
from readstone.domain.options import ReadOptions
from readstone.engines.protocols import never
from readstone.intake.decoder_process import DecoderPool
from schemas import VERSIONS, success_definition, validate

DEFAULTS = ReadOptions()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("images")
    (path / "a.png").write_bytes(encoded(drawn()))
    (path / "sub").mkdir()
    (path / "sub" / "b.jpg").write_bytes(encoded(drawn(["SECOND PICTURE"], size=(500, 90)), "JPEG", quality=95))
    (path / "notes.txt").write_text("no image")
    return path


def test_text_of_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(folder / "a.png")]) == 0
    assert capsys.readouterr().out.split() == " ".join(DEMOCRITUS).split()


def test_folder_in_order_of_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(folder)]) == 0
    out = capsys.readouterr().out
    assert out.index("==> ") < out.index("NOTHING") < out.index("b.jpg <==") < out.index("SECOND PICTURE")
    assert "notes.txt" not in out


def test_glob_that_the_shell_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(folder / "**" / "*.jpg")]) == 0
    assert capsys.readouterr().out == "SECOND PICTURE\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_wire_form(folder: Path, capsys: pytest.CaptureFixture[str], version: str) -> None:
    assert main(["read", "--json", "--api-version", version, str(folder / "a.png")]) == 0
    body = json.loads(capsys.readouterr().out)
    validate(version, success_definition(version, "/ocr"), body)
    assert ("modelVersion" in body) == (version == "v3.2")


def test_standard_input(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.TextIOWrapper(io.BytesIO((folder / "sub" / "b.jpg").read_bytes()))
    monkeypatch.setattr(sys, "stdin", data)
    assert main(["read", "-"]) == 0
    assert capsys.readouterr().out == "SECOND PICTURE\n"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_url(site: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", f"{site}/sub/b.jpg"]) == 0
    assert capsys.readouterr().out == "SECOND PICTURE\n"


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(folder / "notes.txt"), str(folder / "none.png"), str(folder / "sub" / "b.jpg")]) == 1
    said = capsys.readouterr()
    assert "SECOND PICTURE" in said.out
    assert "notes.txt: Input data is not a valid image." in said.err
    assert "none.png: No such file or directory" in said.err


@pytest.mark.parametrize("kind", ["pdf", "tiff"])
def test_documents_page_by_page(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    file = tmp_path / f"three.{kind}"
    words = ["FIRST", "SECOND", "THIRD"]
    file.write_bytes(scanned_pdf(words) if kind == "pdf" else tiff(words))
    data_dir = ["--data-dir", str(tmp_path / "data")]
    assert main(["read", str(file), *data_dir]) == 0
    expected = "".join(f"==> {file}, page {n} <==\n{word}\n" for n, word in enumerate(words, 1))
    assert capsys.readouterr().out == expected
    assert main(["read", str(file), "--pages", "2-", "--json", "--api-version", "v2.1", *data_dir]) == 0
    body = json.loads(capsys.readouterr().out)
    validate("v2.1", "ReadOperationResult", body)
    pages = body["recognitionResults"]
    unit = "inch" if kind == "pdf" else "pixel"
    assert [(p["page"], p["unit"], p["lines"][0]["text"]) for p in pages] == [(2, unit, "SECOND"), (3, unit, "THIRD")]
    assert not list((tmp_path / "data").rglob("*.json"))  # nothing is kept of a document that is done


def test_an_interrupted_document_goes_on_where_it_stopped(tmp_path: Path) -> None:
    source = Source("three.tiff", lambda: tiff(["one", "two", "three"]))
    decoder = DecoderPool(1)
    decoder.start()

    def leaves(reader: FixedReader, options: ReadOptions = DEFAULTS) -> tuple[Leaves, list[Leaf]]:
        work = Leaves(decoder, reader, options, tmp_path)
        return work, [leaf for leaf in work.of([source], None) if isinstance(leaf, Leaf)]

    first = FixedReader()
    work, pages = leaves(first)
    read = [work.read(leaf, never) for leaf in pages[:2]]
    assert len(first.asked) == 2
    again = FixedReader()
    work, pages = leaves(again)
    assert [work.read(leaf, never) for leaf in pages][:2] == read
    assert len(again.asked) == 1
    other = FixedReader()  # other options, another reading
    work, pages = leaves(other, ReadOptions("de"))
    work.read(pages[0], never)
    assert len(other.asked) == 1
    assert pages[0].partial
    pages[0].partial.discard()
    assert pages[0].partial.count() == 0
    decoder.close()


def test_nothing_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(tmp_path)]) == 1
    assert "no image there" in capsys.readouterr().err
