"""Seed 002: Microsoft's two pages, opened from disk in a browser, show the text they got from us, unmodified (C03).

Without `covers`: a machine without a browser skips these, and docs/compatibility.md must not depend on that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from browser.hosts import JQUERY_HOST, JQUERY_PATH
from sdk.clients import DENIED, NO_ACCESS, assert_words_of_the_poster, pages_of, validate_result
from sdk.seed import HTML_PAGES, NO_SEEDS, ROOT, code_of, seed_page
from serving import KEY, RunningServer

ARTEFACTS = ROOT / "build" / "artefacts"
JQUERY = f"GET https://{JQUERY_HOST}{JQUERY_PATH}"
FORBIDDEN = "http://10.0.0.1/poster.png"
# The fields of each page. The first one's user has to end the endpoint with a slash, the second one's must not.
FIELDS = {
    "v2": {"endpoint": "#endpointUrl", "key": "#subscriptionKey", "image": "#inputImage", "slash": "/"},
    "v3": {"endpoint": "#endpoint", "key": "#key", "image": "#inputImage", "slash": ""},
}
SUBMITS = {
    "v2": "/vision/v2.1/read/core/asyncBatchAnalyze",
    "v3": "/vision/v3.0-preview/read/analyze?language=en",
}
RESULTS = {"v2": "/vision/v2.1/read/operations/", "v3": "/vision/v3.0-preview/read/analyzeResults/"}
both_pages = pytest.mark.parametrize("page", ["v2", "v3"])


@pytest.fixture(scope="module")
def visited(
    browse: Callable[..., Any], reading: RunningServer, file_host: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Every visit to the two pages, made at once: each page waits for ten seconds before it polls."""
    text = seed_page(HTML_PAGES)
    if text is None:
        pytest.skip(NO_SEEDS)
    folder = tmp_path_factory.mktemp("pages")
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    poster = f"{file_host}/poster.png"
    visits = {}
    for page, html in zip(("v2", "v3"), code_of(text, "html"), strict=True):
        path = folder / f"get-text-{page}.html"
        path.write_bytes(html.encode())  # the block to the byte: all that differs is typed into the fields
        for name, key, image, until in (
            ("reads", KEY, poster, "answer"),
            ("wrong key", "wrong", poster, "alert"),
            ("forbidden image", KEY, FORBIDDEN, "alert"),
        ):
            fields = FIELDS[page]
            endpoint = reading.url + fields["slash"]
            visits[f"{page} {name}"] = {
                "url": path.as_uri(),
                "fill": {fields["endpoint"]: endpoint, fields["key"]: key, fields["image"]: image},
                "until": until,
                "screenshot": str(ARTEFACTS / f"seed_002_{page}.png") if name == "reads" else None,
            }
    outcomes: dict[str, Any] = browse(visits)
    return outcomes


@both_pages
def test_the_page_shows_the_text(visited: dict[str, Any], page: str) -> None:
    visit = visited[f"{page} reads"]
    assert visit["alerts"] == []
    assert visit["faults"] == []
    answer = json.loads(visit["text"])
    assert visit["text"] == json.dumps(answer, indent=2)  # as JSON.stringify has it: no number lost its way
    assert answer["status"] == ("Succeeded" if page == "v2" else "succeeded")
    version, _, results = RESULTS[page].removeprefix("/vision/").strip("/").partition("/")
    validate_result(version, results, answer)
    (read,) = pages_of(answer)
    assert_words_of_the_poster(read)
    assert (read["page"], read["unit"], read["width"], read["height"]) == (1, "pixel", 338, 451)
    assert visit["pictures"] == [338]
    assert (ARTEFACTS / f"seed_002_{page}.png").stat().st_size > 0


@both_pages
def test_the_page_asks_from_no_origin(
    visited: dict[str, Any], reading: RunningServer, file_host: str, page: str
) -> None:
    visit = visited[f"{page} reads"]
    assert visit["origin"] == "null"
    opened, jquery, *others = visit["requested"]
    assert re.fullmatch(rf"GET file:///.*/get-text-{page}\.html", opened)
    assert jquery == JQUERY
    submit, poll = (request for request in others if reading.url in request)
    assert submit == f"POST {reading.url}{SUBMITS[page]}"
    assert re.fullmatch(rf"GET {re.escape(reading.url + RESULTS[page])}[0-9a-f-]{{36}}", poll)
    assert set(others) == {submit, poll, f"GET {file_host}/poster.png"}
    # A browser sends neither without asking first, because of the key's header.
    urls = [request.partition(" ")[2] for request in (submit, poll)]
    assert [preflight["url"] for preflight in visit["preflights"]] == urls
    assert all(preflight["status"] in (200, 204) for preflight in visit["preflights"])


@both_pages
def test_a_wrong_key_is_told_to_the_user(visited: dict[str, Any], page: str) -> None:
    assert visited[f"{page} wrong key"]["alerts"] == [f"Unauthorized (401): {DENIED}"]


@both_pages
def test_a_refused_image_is_told_to_the_user(visited: dict[str, Any], page: str) -> None:
    assert visited[f"{page} forbidden image"]["alerts"] == [f"Bad Request (400): {NO_ACCESS}"]
