"""GET /readstone/usage: own rows, everybody's for an admin's key, JSON and CSV, across restarts."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from documents import scanned_pdf
from pictures import drawn, encoded
from readers import FixedReader
from readstone.access.keys import KeyFile, fingerprint
from readstone.cli.main import main
from serving import KEY, RunningServer, server_in_thread
from viewers import FixedViewer

PNG = encoded(drawn(size=(120, 80)))
BYTES = {"Content-Type": "application/octet-stream"}


def today() -> date:
    return datetime.now(UTC).date()


@pytest.fixture(autouse=True)
def _not_around_midnight() -> None:
    now = datetime.now(UTC)
    if (now.hour, now.minute) == (23, 59):
        time.sleep(61 - now.second)


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    file = KeyFile(tmp_path)
    return {
        "shop": file.create("shop", rate="4/h")[1],
        "office": file.create("the office, upstairs")[1],
        "admin": file.create("admin", admin=True)[1],
    }


@pytest.fixture
def server(tmp_path: Path, keys: dict[str, str]) -> Iterator[RunningServer]:
    with server_in_thread(tmp_path, FixedReader, FixedViewer) as running:
        yield running


def ask(server: RunningServer, key: str, path: str = "readstone/usage", **more: Any) -> requests.Response:
    return requests.get(f"{server.url}/{path}", headers={"Ocp-Apim-Subscription-Key": key}, timeout=30, **more)


def send(server: RunningServer, key: str, path: str, data: bytes = PNG) -> int:
    headers = {"Ocp-Apim-Subscription-Key": key, **BYTES}
    return requests.post(f"{server.url}/{path}", data, headers=headers, timeout=30).status_code


def used(server: RunningServer, caller: str, **parameters: str) -> list[tuple[Any, ...]]:
    answer = ask(server, caller, params=parameters)
    assert answer.status_code == 200
    return [tuple(row.values()) for row in answer.json()["usage"]]


def test_calls_pages_and_refusals(server: RunningServer, keys: dict[str, str]) -> None:
    shop, office = keys["shop"], keys["office"]
    assert send(server, shop, "vision/v3.2/read/analyze", scanned_pdf(["one", "two", "three"])) == 202
    assert send(server, shop, "vision/v3.2/ocr") == 200
    assert send(server, shop, "vision/v3.2/ocr", b"no image") == 400
    assert send(server, shop, "vision/v2.0/tag") == 200
    assert [send(server, shop, "vision/v2.0/tag") for _ in range(2)] == [429, 429]
    assert send(server, office, "vision/v3.2/read/syncAnalyze", scanned_pdf(["one", "two"])) == 200
    assert ask(server, office, "vision/v3.1/models").status_code == 200
    assert ask(server, office, "vision/v3.1/no-such-route").status_code == 404
    day, theirs, ours = today().isoformat(), fingerprint(shop)[:16], fingerprint(office)[:16]
    assert used(server, shop) == [
        (day, theirs, "shop", "v2.0", "TagImage", 3, 1, 2),
        (day, theirs, "shop", "v3.2", "Read", 1, 3, 0),
        (day, theirs, "shop", "v3.2", "RecognizePrintedText", 2, 1, 0),
    ]
    office_rows = [row[3:] for row in used(server, office)]
    assert office_rows[0] == ("v3.1", "ListModels", 1, 0, 0)
    assert [row[2:] for row in office_rows[1:]] == [(1, 2, 0)]
    assert used(server, KEY) == []
    # A key sees nothing of another's, however it asks.
    assert used(server, office, key=theirs) == []
    everybody = used(server, keys["admin"])
    assert {row[2] for row in everybody} == {"shop", "the office, upstairs"}
    assert used(server, keys["admin"], key=ours) == used(server, office)


def test_days(server: RunningServer, keys: dict[str, str]) -> None:
    assert ask(server, keys["office"], "vision/v3.2/models").status_code == 200
    yesterday, tomorrow = (today() + timedelta(days) for days in (-1, 1))
    assert len(used(server, keys["office"], **{"from": str(yesterday), "to": str(tomorrow)})) == 1
    assert used(server, keys["office"], to=str(yesterday)) == []
    body = ask(server, keys["office"]).json()
    assert (body["from"], body["to"]) == (str(today() - timedelta(30)), str(today()))


@pytest.mark.parametrize(
    "parameters",
    [
        {"from": "yesterday"},
        {"to": "2026-13-01"},
        {"from": "2026-02-02", "to": "2026-02-01"},
        {"format": "xml"},
        {"to": "0001-01-01"},
    ],
)
def test_what_cannot_be_asked(server: RunningServer, keys: dict[str, str], parameters: dict[str, str]) -> None:
    answer = ask(server, keys["admin"], params=parameters)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "400"
    assert "Retry-After" not in answer.headers


def test_nobody_looks_without_a_key(server: RunningServer) -> None:
    assert ask(server, "wrong").status_code == 401


def test_csv(server: RunningServer, keys: dict[str, str]) -> None:
    assert send(server, keys["office"], "vision/v3.2/ocr") == 200
    answer = ask(server, keys["office"], params={"format": "csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row == {
        "day": str(today()),
        "key": fingerprint(keys["office"])[:16],
        "name": "the office, upstairs",
        "version": "v3.2",
        "operation": "RecognizePrintedText",
        "calls": "1",
        "pages": "1",
        "refused": "0",
    }


def test_it_outlives_the_server_and_a_command_prints_it(
    tmp_path: Path, keys: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        with server_in_thread(tmp_path, FixedReader, FixedViewer) as server:
            assert send(server, keys["office"], "vision/v3.2/ocr") == 200
            assert send(server, keys["shop"], "vision/v3.2/ocr") == 200
    assert main(["usage", "--data-dir", str(tmp_path)]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["day", "key", "name", "version", "operation", "calls", "pages", "refused"]
    assert [line.split()[-3:] for line in lines] == [["2", "2", "0"]] * 2
    assert main(["usage", "--csv", "--to", "2020-01-01", "--data-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "day,key,name,version,operation,calls,pages,refused\n"
    assert main(["usage", "--from", "nonsense", "--data-dir", str(tmp_path)]) == 2


def test_a_broken_file_stops_neither_calls_nor_the_server(tmp_path: Path) -> None:
    (tmp_path / "usage.db").write_bytes(b"no database" * 1000)
    with server_in_thread(tmp_path, FixedReader, FixedViewer) as server:
        assert send(server, KEY, "vision/v3.2/ocr") == 200
        answer = ask(server, KEY)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
