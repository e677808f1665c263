"""What clients see when the store is full, away, or older than the results it was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from pictures import drawn, encoded
from readers import FixedReader
from readstone.operations.watermark import Watermark
from serving import KEY, server_in_thread, server_process

PNG = encoded(drawn(size=(120, 80)))
KEYED = {"Ocp-Apim-Subscription-Key": KEY}
BYTES = {"Content-Type": "application/octet-stream", **KEYED}


def files_below(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    "path", ["v2.0/recognizeText?mode=Printed", "v2.1/read/core/asyncBatchAnalyze", "v3.2/read/analyze"]
)
def test_a_full_disk_is_503_and_running_operations_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with server_in_thread(tmp_path, FixedReader) as server:
        url = f"{server.url}/vision/{path}"
        before = requests.post(url, data=PNG, headers=BYTES, timeout=30)
        assert before.status_code == 202

        def full(self: Watermark, folder: Path, incoming: int) -> None:
            from readstone.operations.errors import StoreFullError

            raise StoreFullError("no room")

        monkeypatch.setattr(Watermark, "check", full)
        there = files_below(tmp_path / "operations" / "inputs")
        refused = requests.post(url, data=PNG, headers=BYTES, timeout=30)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        body = refused.json()
        assert body["code"] == body["error"]["code"] == "ServiceUnavailable"
        assert files_below(tmp_path / "operations" / "inputs") == there
        assert requests.get(before.headers["Operation-Location"], headers=KEYED, timeout=30).status_code == 200


def test_results_survive_a_restart(tmp_path: Path) -> None:  # C20
    with server_in_thread(tmp_path, FixedReader) as server:
        location = requests.post(f"{server.url}/vision/v3.2/read/analyze", data=PNG, headers=BYTES, timeout=30).headers[
            "Operation-Location"
        ]
        while (body := requests.get(location, headers=KEYED, timeout=30).json())["status"] != "succeeded":
            pass
    with server_in_thread(tmp_path, FixedReader) as server:
        again = f"{server.url}/vision/v3.2/read/analyzeResults/{location.rpartition('/')[2]}"
        assert requests.get(again, headers=KEYED, timeout=30).json() == body


def test_a_data_folder_of_a_newer_release_is_refused_in_one_line(tmp_path: Path) -> None:
    import sqlite3

    with server_in_thread(tmp_path, FixedReader):
        pass
    with sqlite3.connect(tmp_path / "operations" / "operations.db") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    with pytest.raises(AssertionError, match="newer"), server_process(tmp_path):
        pass
