"""fetch() in a page that some other server serves (C03)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from sdk.clients import assert_words_of_the_poster, pages_of
from serving import KEY, RunningServer

PATHS = {
    "/vision/v1.0/recognizeText?handwriting=true": "/vision/v1.0/textOperations",
    "/vision/v2.0/recognizeText?mode=Printed": "/vision/v2.0/textOperations",
    "/vision/v2.1/read/core/asyncBatchAnalyze": "/vision/v2.1/read/operations",
    "/vision/v3.0-preview/read/analyze": "/vision/v3.0-preview/read/analyzeResults",
    "/vision/v3.2/read/analyze": "/vision/v3.2/read/analyzeResults",
}


def test_fetch_reads_where_the_result_will_be(
    browse: Callable[..., Any], reading: RunningServer, file_host: str
) -> None:
    fill = {
        "#endpoint": reading.url,
        "#key": KEY,
        "#image": f"{file_host}/poster.png",
        "#paths": " ".join(PATHS),
    }
    page = f"{file_host}/other_origin.html"
    visit = browse({"page": {"url": page, "fill": fill, "until": "answer"}})["page"]
    assert (visit["alerts"], visit["faults"]) == ([], [])
    assert visit["origin"] == file_host
    reads = json.loads(visit["text"])
    assert [read["path"] for read in reads] == [path for path in PATHS for _ in ("by URL", "as bytes")]
    for read in reads:
        assert read["submitted"] == 202
        found = re.fullmatch(rf"{re.escape(reading.url + PATHS[read['path']])}/([0-9a-f-]{{36}})", read["location"])
        assert found, read["location"]
        assert re.fullmatch("[0-9a-f-]{36}", read["requestId"])
        (result,) = pages_of(read["answer"])
        assert_words_of_the_poster(result)
    preflights = visit["preflights"]
    assert {preflight["url"] for preflight in preflights} >= {f"{reading.url}{path}" for path in PATHS}
    assert all(preflight["status"] in (200, 204) for preflight in preflights)
