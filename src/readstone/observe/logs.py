"""Log records: one line each, text or JSON, with request ids and without keys, queries or image text."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from readstone.observe import ids

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}

access = logging.getLogger("readstone.access")


def configure(level: str, log_format: str) -> None:
    """Send every logger's records to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Even at debug: others' libraries write headers and contents of requests, which may hold keys and texts.
    root = logging.getLogger()
    root.setLevel(max(root.level, logging.WARNING))
    for ours in ("readstone", "uvicorn"):
        logging.getLogger(ours).setLevel(level.upper())
    handler.addFilter(_first_line_of_asyncio)


def answered(*, method: str, path: str, status: int, milliseconds: float) -> None:
    """One line a request, beside its ids. `path` comes without its query, which may carry a key."""
    access.info(
        "%s %s %d",
        method,
        # A path is the client's text: line breaks in it must not start a record of their own.
        path.encode("unicode_escape").decode("ascii")[:500],
        status,
        extra={
            "status": status,
            "milliseconds": round(milliseconds, 1),
        },
    )


def _extras(record: logging.LogRecord) -> dict[str, object]:
    """What the record's author added, and the ids of the request or page that it was written in."""
    return {
        **{name: value for name, value in record.__dict__.items() if name not in _STANDARD},
        **ids.current(),
    }


def _first_line_of_asyncio(record: logging.LogRecord) -> bool:
    # Its further lines hold the repr of a task, and that the message of the exception that ended it.
    if record.name == "asyncio":
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
    return True


def _told(fault: BaseException | None, trace: TracebackType | None) -> str:
    """Kind and place of an exception and its causes. Not the message: it may quote a document or a header."""
    lines = []
    told: set[int] = set()
    while fault is not None and id(fault) not in told:
        told.add(id(fault))
        lines += [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]
        kind = type(fault)
        said = f": {fault.strerror}" if isinstance(fault, OSError) and fault.strerror else ""
        lines.append(f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.") + said)
        cause = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        if cause is not None:
            lines.append("caused by:" if fault.__cause__ else "while handling:")
        fault, trace = cause, cause.__traceback__ if cause else None
    return "\n".join(lines)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            line["exception"] = _told(record.exc_info[1], record.exc_info[2])
        return json.dumps(line, default=str, ensure_ascii=True)


class _TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        extras = "".join(f" {name}={value}" for name, value in _extras(record).items())
        line = f"{time} {record.levelname.lower():7} {record.name}: {record.getMessage()}{extras}"
        return f"{line}\n{_told(record.exc_info[1], record.exc_info[2])}" if record.exc_info else line
