import asyncio
import gc
import json
import logging
from collections.abc import Iterator

import pytest

from readstone.observe import ids, logs

LOGGERS = ("", "readstone", "uvicorn")


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, levels = root.handlers[:], [logging.getLogger(name).level for name in LOGGERS]
    yield
    root.handlers[:] = handlers
    for name, level in zip(LOGGERS, levels, strict=True):
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_one_line_a_request(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", log_format)
    with ids.carried({"request_id": "id", "client_request_id": "theirs"}):
        logs.answered(method="POST", path="/a\nb", status=400, milliseconds=1.26)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    if log_format == "json":
        line = json.loads(said)
        assert line["message"] == "POST /a\\nb 400"
        assert (line["milliseconds"], line["request_id"], line["client_request_id"]) == (1.3, "id", "theirs")
    else:
        assert "POST /a\\nb 400 status=400 milliseconds=1.3 request_id=id client_request_id=theirs" in said


def test_every_line_of_a_request_carries_its_ids(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    carried = {"request_id": "first"}
    with ids.carried(carried):
        logging.getLogger("readstone.somewhere").info("inside")
        carried["request_id"] = "second"
        logging.getLogger("readstone.somewhere").info("later")
    logging.getLogger("readstone.somewhere").info("outside")
    inside, later, outside = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (inside["request_id"], later["request_id"]) == ("first", "second")
    assert "request_id" not in outside


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_exceptions_are_told_by_kind_and_place(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", log_format)
    try:
        try:
            raise ValueError("the text of a letter")
        except ValueError as fault:
            raise OSError(28, "No space left on device", "the name of a file") from fault
    except OSError:
        logging.getLogger("readstone.x").exception("failed")
    said = capsys.readouterr().err
    for told in ("ValueError", "OSError: No space left on device", "caused by", "test_logs.py:"):
        assert told in said
    assert "letter" not in said
    assert "name of a file" not in said


def test_a_lost_exception_of_a_task_is_not_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug", "text")

    async def fail() -> None:
        raise ValueError("the text of a letter")

    async def main() -> None:
        task = asyncio.create_task(fail())
        await asyncio.wait({task})
        del task
        gc.collect()

    asyncio.run(main())
    said = capsys.readouterr().err
    assert "Task exception was never retrieved" in said
    assert "ValueError" in said
    assert "letter" not in said


def test_libraries_keep_quiet_at_debug(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug", "json")
    logging.getLogger("some.library").info("the header of a request")
    logging.getLogger("readstone.ours").debug("a step")
    logging.getLogger("some.library").warning("something is wrong")
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == [
        "a step",
        "something is wrong",
    ]


def test_a_level_above_warning_holds_for_everybody(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("error", "json")
    for name in ("some.library", "readstone.ours"):
        logging.getLogger(name).warning("hidden")
        logging.getLogger(name).error("shown")
    assert capsys.readouterr().err.count("shown") == 2


@pytest.mark.parametrize(
    ("value", "carried"), [("abc-1", "abc-1"), (None, ""), ("", ""), ("a\tb", ""), ("ä", ""), ("x" * 1025, "")]
)
def test_only_harmless_ids_of_clients_are_carried(value: str | None, carried: str) -> None:
    assert ids.harmless(value) == carried
