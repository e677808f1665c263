"""Log records: one line each, text or JSON, with request ids and without keys, queries or image text."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

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
    # Even at debug: they write headers and file contents of requests, which may hold keys and texts.
    for talkative in ("httpcore2", "PIL", "asyncio", "python_multipart"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def answered(
    *,
    method: str,
    path: str,
    status: int,
    milliseconds: float,
    request_id: str,
    client_request_id: str | None,
) -> None:
    """One line a request. `path` comes without its query, which may carry a key."""
    access.info(
        "%s %s %d",
        method,
        # A path is the client's text: line breaks in it must not start a record of their own.
        path.encode("unicode_escape").decode("ascii")[:500],
        status,
        extra={
            "status": status,
            "milliseconds": round(milliseconds, 1),
            "request_id": request_id,
            **({"client_request_id": client_request_id} if client_request_id else {}),
        },
    )


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in record.__dict__.items() if name not in _STANDARD}


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
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=True)


class _TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        extras = "".join(f" {name}={value}" for name, value in _extras(record).items())
        line = f"{time} {record.levelname.lower():7} {record.name}: {record.getMessage()}{extras}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line
