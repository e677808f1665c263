"""`GET /readstone/usage`: what a key used, by day, version and operation; and counting it (docs/limits.md)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from starlette.responses import JSONResponse, Response

from readstone.access.metering import Metering
from readstone.access.usage import Usage, today
from readstone.api.call import Call
from readstone.api.query import Query
from readstone.api.routing import Route, Surface
from readstone.domain.refusals import Reason, Refusal
from readstone.errors import Envelope
from readstone.operations.errors import StoreUnavailableError

DAYS = 31
"""Unless asked for other days: today and those before it."""

COLUMNS = ("day", "key", "name", "version", "operation", "calls", "pages", "refused")
_SHOWN = 16
"""Digits of a key's fingerprint: enough to tell keys apart."""


def count(metering: Metering, call: Call, status: int) -> None:
    """Count a call that was answered with that status."""
    if call.match is None or not call.owner or not call.match.surface.metered:
        return
    pages = 0
    if status < 300:
        # A route that reads at once and says nothing of pages was about one image.
        pages = call.pages or int(call.match.route.reads)
    metering.usage.count(
        call.owner, call.match.surface.name, call.match.route.operation, pages=pages, refused=status in (429, 503)
    )


def columns(row: Usage) -> Mapping[str, str | int]:
    """A row as JSON and CSV have it."""
    return {
        "day": row.day.isoformat(),
        "key": row.owner[:_SHOWN],
        "name": row.name,
        "version": row.version,
        "operation": row.operation,
        "calls": row.calls,
        "pages": row.pages,
        "refused": row.refused,
    }


def as_csv(rows: Iterable[Usage]) -> str:
    """A table with a head."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(columns(row) for row in rows)
    return text.getvalue()


def days(first: str | None, last: str | None) -> tuple[date, date]:
    """The days asked for, YYYY-MM-DD each. Raises ValueError with a sentence."""
    try:
        end = date.fromisoformat(last) if last else today()
        start = date.fromisoformat(first) if first else end - timedelta(DAYS - 1)
    except (ValueError, OverflowError):
        raise ValueError("from and to must be days, YYYY-MM-DD.") from None
    if start > end:
        raise ValueError("from must not be after to.")
    return start, end


def surface(metering: Metering) -> Surface:
    """The route."""

    async def usage(call: Call) -> Response:
        query = Query(call.request.query_params)
        try:
            first, last = days(query.text("from"), query.text("to"))
        except ValueError as fault:
            raise Refusal(Reason.BAD_ARGUMENT, str(fault)) from None
        form = query.choice(
            "format", ("json", "csv"), "json", Refusal(Reason.BAD_ARGUMENT, "format must be json or csv.")
        )
        try:
            rows = await metering.usage.rows(first, last, metering.sees(call.owner))
        except StoreUnavailableError:
            raise Refusal(Reason.UNAVAILABLE, "The usage store is not available.", retry_after=5) from None
        key = (query.text("key") or "").lower()
        rows = tuple(row for row in rows if row.owner.startswith(key))
        if form == "csv":
            return Response(as_csv(rows), media_type="text/csv")
        return JSONResponse(
            {"from": first.isoformat(), "to": last.isoformat(), "usage": [columns(row) for row in rows]}
        )

    return Surface("usage", "/readstone", Envelope.GATEWAY, (Route("GET", "usage", "Usage", usage),), metered=False)
