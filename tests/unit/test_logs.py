import json
import logging

import pytest

from readstone.observe import logs


@pytest.fixture(autouse=True)
def _restore() -> object:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], root.level = before[0], before[1]


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_one_line_a_request(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", log_format)
    logs.answered(
        method="POST", path="/a\nb", status=400, milliseconds=1.26, request_id="id", client_request_id="theirs"
    )
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    if log_format == "json":
        line = json.loads(said)
        assert line["message"] == "POST /a\\nb 400"
        assert (line["milliseconds"], line["request_id"], line["client_request_id"]) == (1.3, "id", "theirs")
    else:
        assert "POST /a\\nb 400 status=400 milliseconds=1.3 request_id=id" in said


def test_exceptions_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("x").exception("failed")
    assert "ValueError: why" in json.loads(capsys.readouterr().err)["exception"]
