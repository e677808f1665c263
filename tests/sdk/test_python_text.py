"""All text operations of Microsoft's Python SDK, in releases that call v2.0, v2.1, v3.0, v3.1 and v3.2."""

from __future__ import annotations

import functools
import json
import re
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sdk.clients import (
    NO_ACCESS,
    NO_IMAGE,
    SCRIPTS,
    Image,
    Sent,
    assert_is_the_poster,
    assert_words_of_the_poster,
    pages_of,
    run,
    validate_result,
)
from sdk.poster import PAGES, PDF_SIZE
from serving import KEY, RunningServer

GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
UNKNOWN = str(uuid.UUID(int=7))
NOT_FOUND = "The requested operation was not found. The identifier is invalid or the operation is expired."


@dataclass(frozen=True)
class Api:
    """One text operation: its name, the SDK's two methods, the paths they call."""

    operation: str
    submit: str
    results: str
    submit_path: str
    results_path: str


RECOGNIZE = Api("recognizeText", "recognize_text", "get_text_operation_result", "recognizeText", "textOperations")
BATCH = Api(
    "asyncBatchAnalyze",
    "batch_read_file",
    "get_read_operation_result",
    "read/core/asyncBatchAnalyze",
    "read/operations",
)
READ = Api("read", "read", "get_read_result", "read/analyze", "read/analyzeResults")


@dataclass(frozen=True)
class Release:
    """What one release calls; `by_itself`: the query it sends to read/analyze unasked."""

    name: str
    version: str
    apis: tuple[Api, ...]
    by_itself: tuple[tuple[str, str], ...] = ()


RELEASES = (
    Release("0.3.0", "v2.0", (RECOGNIZE, BATCH)),
    Release("0.4.0", "v2.0", (RECOGNIZE, BATCH)),
    Release("0.5.0", "v2.1", (RECOGNIZE, BATCH)),
    Release("0.6.0", "v3.0", (READ,), (("language", "en"),)),
    Release("0.7.0", "v3.1", (READ,), (("language", "en"),)),
    Release("0.9.1", "v3.2", (READ,), (("model-version", "latest"), ("readingOrder", "basic"))),
)


def _cases(of: Callable[[Release, Api], bool] = lambda _release, _api: True) -> list[Any]:
    return [
        pytest.param(
            release,
            api,
            id=f"{release.name}-{api.submit}",
            marks=pytest.mark.covers(api.operation, release.version),
        )
        for release in RELEASES
        for api in release.apis
        if of(release, api)
    ]


every_api = pytest.mark.parametrize(("release", "api"), _cases())
every_document_api = pytest.mark.parametrize(("release", "api"), _cases(lambda _, api: api is not RECOGNIZE))


@dataclass(frozen=True)
class Run:
    """What a release made of its calls, by the call's name, and what reached the server meanwhile."""

    outcomes: dict[str, Any]
    sent: list[Sent]

    def sent_to(self, path: str) -> list[Sent]:
        """The requests to this path, or to one below it."""
        return [request for request in self.sent if request.path == path or request.path.startswith(f"{path}/")]


Ask = Callable[["Release", dict[str, Any]], Run]


@pytest.fixture(scope="module")
def ask(installed: Callable[[str], Path], server: RunningServer, recorded: Callable[[], list[Sent]]) -> Ask:
    """Has one release make these calls, in a process of its own."""

    def outcomes(release: Release, calls: dict[str, Any]) -> Run:
        # Without site-packages (-S): the SDK has its own dependencies, not those of the tests.
        command = [sys.executable, "-S", SCRIPTS / "text_calls.py", server.url + "/", KEY, json.dumps(calls)]
        sent = recorded()
        made = run(command, PYTHONPATH=installed(f"python-{release.name}"))
        return Run(made, list(sent))

    return outcomes


@pytest.fixture(scope="module")
def asked(ask: Ask, images: dict[str, Image]) -> Callable[[Release], Run]:
    """Each release makes all its calls once; the tests look at what came of them."""

    def calls(release: Release) -> dict[str, Any]:
        poster = images["poster.png"]
        printed = {"submit": "recognize_printed_text"}
        every = {
            "printed by url": {**printed, "url": poster.url},
            "printed in stream": {"submit": "recognize_printed_text_in_stream", "path": str(poster.path)},
        }
        for api in release.apis:
            for name, one in {**accepted_calls(release, api, images), **refused_calls(release, api, images)}.items():
                every[f"{api.operation} {name}"] = one
        return every

    return functools.cache(lambda release: ask(release, calls(release)))


def call(release: Release, api: Api, source: Image | str, *, stream: bool = False, **options: object) -> dict[str, Any]:
    """One submit and what polls for it. `mode` is given where the release has it."""
    has_mode = api is RECOGNIZE or (api is BATCH and release.name == "0.3.0")
    if has_mode:
        options = {"mode": "Handwritten" if stream else "Printed", **options}
    document = source if isinstance(source, str) else source.url
    return {
        "submit": f"{api.submit}_in_stream" if stream else api.submit,
        "results": api.results,
        "options": options,
        **({"path": str(source.path)} if stream and isinstance(source, Image) else {"url": document}),
    }


def accepted_calls(release: Release, api: Api, images: dict[str, Image]) -> dict[str, Any]:
    calls = {
        "url": call(release, api, images["poster.png"]),
        "stream": call(release, api, images["poster.png"], stream=True),
    }
    if api is not RECOGNIZE:
        calls["tiff"] = call(release, api, images["pages.tiff"], stream=True)
        calls["pdf"] = call(release, api, images["pages.pdf"])
    return calls


def refused_calls(release: Release, api: Api, images: dict[str, Image]) -> dict[str, Any]:
    poster, poll = images["poster.png"], {"results": api.results}
    return {
        "wrong key by url": {**call(release, api, poster), "key": "wrong"},
        "wrong key in stream": {**call(release, api, poster, stream=True), "key": "wrong"},
        "wrong key at the poll": {**poll, "operation": UNKNOWN, "key": "wrong"},
        "host that must not be asked": call(release, api, "http://10.0.0.1/poster.png"),
        "no address": call(release, api, "poster.png"),
        "no image by url": call(release, api, images["no_image.png"]),
        "no image in stream": call(release, api, images["no_image.png"], stream=True),
        "too small": call(release, api, images["tiny.png"], stream=True),
        "unknown operation": {**poll, "operation": UNKNOWN},
        "no operation": {**poll, "operation": "seven"},
    }


def finished(release: Release, api: Api, outcome: Any) -> dict[str, Any]:
    """The last body, after every body was found valid, in order, and the same as the SDK's objects."""
    assert "error" not in outcome, outcome["error"]
    states = []
    for poll in outcome["polls"]:
        body = poll["body"]
        validate_result(release.version, api.results_path, body)
        assert poll["parsed"] == as_the_release_sees_it(release, body)
        states.append(body["status"])
    capital = release.version.startswith("v2")
    known = ["NotStarted", "Running", "Succeeded"] if capital else ["notStarted", "running", "succeeded"]
    assert set(states) <= set(known)
    assert sorted(states, key=known.index) == states
    assert states[-1] == known[-1]
    for poll in outcome["polls"][:-1]:
        assert poll["body"].keys() == ({"status"} if capital else {"status", "createdDateTime", "lastUpdatedDateTime"})
    return outcome["polls"][-1]["body"]


def as_the_release_sees_it(release: Release, value: Any, key: str = "") -> Any:
    """0.3.0 takes the numbers of a box for whole ones and cuts off inches; nothing else is lost anywhere."""
    if isinstance(value, dict):
        return {name: as_the_release_sees_it(release, member, name) for name, member in value.items()}
    if isinstance(value, list):
        if key == "boundingBox" and release.name == "0.3.0":
            return [int(number) for number in value]
        return [as_the_release_sees_it(release, item) for item in value]
    return value


@every_api
def test_reads_the_poster(asked: Callable[[Release], Run], server: RunningServer, release: Release, api: Api) -> None:
    outcomes = asked(release).outcomes
    base = f"{server.url}/vision/{release.version}"
    for way in ("url", "stream"):
        outcome = outcomes[f"{api.operation} {way}"]
        (page,) = pages_of(finished(release, api, outcome))
        assert_words_of_the_poster(page)
        assert_members(release, api, page)
        assert re.fullmatch(rf"{re.escape(base)}/{api.results_path}/{GUID}", outcome["location"])


@every_api
def test_what_reaches_the_server(asked: Callable[[Release], Run], release: Release, api: Api) -> None:
    base = f"/vision/{release.version}"
    submits = [r for r in asked(release).sent_to(f"{base}/{api.submit_path}") if r.method == "POST"]
    assert_submits(release, api, *submits[:2])
    polls = asked(release).sent_to(f"{base}/{api.results_path}")
    assert polls
    for poll in polls:
        assert (poll.method, poll.query) == ("GET", ())
        assert "ocp-apim-subscription-key" in poll.headers


def assert_submits(release: Release, api: Api, by_url: Sent, streamed: Sent) -> None:
    """What this release sends, as clients.md has it."""
    for request, mode in ((by_url, "Printed"), (streamed, "Handwritten")):
        assert request.path == f"/vision/{release.version}/{api.submit_path}"
        query = {"mode": mode} if api is RECOGNIZE or release.name == "0.3.0" else dict(release.by_itself)
        assert dict(request.query) == query
        assert request.headers["ocp-apim-subscription-key"] == KEY
    assert by_url.headers["content-type"] == "application/json; charset=utf-8"
    assert streamed.headers["content-type"] == "application/octet-stream"
    assert streamed.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in streamed.headers


def assert_members(release: Release, api: Api, page: dict[str, Any]) -> None:
    """What a page has besides its lines in this version, and what it must not have."""
    if api is RECOGNIZE:
        assert page.keys() == {"lines"}
        return
    assert (page["page"], page["unit"], page["width"], page["height"]) == (1, "pixel", 338, 451)
    always = {"page", "width", "height", "unit", "lines"}
    words = [word for line in page["lines"] for word in line["words"]]
    if api is BATCH:
        assert page.keys() == always | {"clockwiseOrientation"}
        assert all(word.keys() <= {"boundingBox", "text", "confidence"} for word in words)
        assert {word.get("confidence", "Low") for word in words} == {"Low"}
        return
    assert page.keys() == always | {"angle"} | ({"language"} if release.version != "v3.2" else set())
    assert all(0 <= word["confidence"] <= 1 for word in words)
    more = {"appearance"} if release.version == "v3.2" else set()
    assert all(line.keys() - {"boundingBox", "text", "words"} <= more for line in page["lines"])


@every_document_api
def test_reads_documents_of_several_pages(asked: Callable[[Release], Run], release: Release, api: Api) -> None:
    outcomes = asked(release).outcomes
    sizes = {"tiff": ("pixel", 400, 120), "pdf": ("inch", PDF_SIZE[0] / 100, PDF_SIZE[1] / 100)}
    for kind, (unit, width, height) in sizes.items():
        pages = pages_of(finished(release, api, outcomes[f"{api.operation} {kind}"]))
        assert [page["page"] for page in pages] == [1, 2, 3]
        assert [[line["text"] for line in page["lines"]] for page in pages] == [[word] for word in PAGES]
        for page in pages:
            assert (page["unit"], page["width"], page["height"]) == (unit, width, height)
            box = page["lines"][0]["boundingBox"]
            assert all(0 < x < width for x in box[::2])
            assert all(0 < y < height for y in box[1::2])


@every_api
def test_refusals(asked: Callable[[Release], Run], images: dict[str, Image], release: Release, api: Api) -> None:
    outcomes = asked(release).outcomes
    errors = {name: outcomes[f"{api.operation} {name}"]["error"] for name in refused_calls(release, api, images)}
    # The Read operations of 0.9.1 read flat errors only, as all operations of its elders do.
    kind = "ComputerVisionOcrErrorException" if release.version == "v3.2" else "ComputerVisionErrorException"
    assert {error["type"] for error in errors.values()} == {kind}
    for name in ("wrong key by url", "wrong key in stream", "wrong key at the poll"):
        # The gateway's body is nested in every version (contract 3).
        assert errors[name]["status"] == 401
        assert errors[name]["text"] == "Operation returned an invalid status code 'Unauthorized'"
    assert_refused(errors["host that must not be asked"], 400, "InvalidImageUrl", NO_ACCESS)
    assert_refused(errors["no address"], 400, "InvalidImageUrl", "Image URL is badly formatted.")
    assert_refused(errors["no image by url"], 400, "InvalidImageFormat", NO_IMAGE)
    assert_refused(errors["no image in stream"], 400, "InvalidImageFormat", NO_IMAGE)
    assert_refused(errors["too small"], 400, "InvalidImageDimension")
    assert_refused(errors["unknown operation"], 404, "OperationNotFound", NOT_FOUND)
    assert_refused(errors["no operation"], 400, "BadArgument")


def assert_refused(error: Any, status: int, code: str, message: str | None = None) -> None:
    """The SDK tells its user all that the flat half of the body said."""
    assert error["status"] == status, error
    assert error["text"] == error["model"]["message"]
    assert message in (None, error["text"])
    assert error["model"].keys() == {"code", "message", "requestId"}
    assert error["model"]["code"] == code
    assert re.fullmatch(GUID, error["model"]["requestId"])


@pytest.mark.covers("read", "v3.2")
def test_parameters_of_v3_2(ask: Ask, images: dict[str, Image]) -> None:
    release, document = RELEASES[-1], images["pages.tiff"]
    options = {"pages": ["2-3"], "reading_order": "natural", "model_version": "2022-04-30", "language": "fr"}
    made = ask(
        release,
        {
            "url": call(release, READ, document, **options),
            "stream": call(release, READ, document, stream=True, **options),
            "two pages": call(release, READ, document, pages=["3", "1"]),
            "latest": call(release, READ, document, pages=["1"]),
            "no such language": call(release, READ, document, language="tlh"),
            "no such order": call(release, READ, document, reading_order="backwards"),
            "no such model": call(release, READ, document, model_version="2020-01-01"),
            "no such page": call(release, READ, document, pages=["4"]),
            "no page": call(release, READ, document, pages=["x"]),
        },
    )
    outcomes = made.outcomes
    for way in ("url", "stream"):
        body = finished(release, READ, outcomes[way])
        assert body["analyzeResult"]["modelVersion"] == "2022-04-30"
        pages = pages_of(body)
        assert [page["page"] for page in pages] == [2, 3]
        assert [[line["text"] for line in page["lines"]] for page in pages] == [["second"], ["third"]]
        assert [page["language"] for page in pages] == ["fr", "fr"]
    assert [page["page"] for page in pages_of(finished(release, READ, outcomes["two pages"]))] == [1, 3]
    latest = finished(release, READ, outcomes["latest"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", latest["analyzeResult"]["modelVersion"])
    assert "language" not in pages_of(latest)[0]
    submits = made.sent_to("/vision/v3.2/read/analyze")
    query = {"pages": "2-3", "readingOrder": "natural", "model-version": "2022-04-30", "language": "fr"}
    assert [dict(submit.query) for submit in submits[:2]] == [query, query]

    for name, code in (
        ("no such language", "NotSupportedLanguage"),
        ("no such order", "InvalidReadingOrder"),
        ("no such model", "BadArgument"),
        ("no such page", "InvalidPageRange"),
        ("no page", "InvalidPageRange"),
    ):
        assert_refused(outcomes[name]["error"], 400, code)


@pytest.mark.parametrize(
    "release",
    [pytest.param(r, id=r.name, marks=pytest.mark.covers("ocr", r.version)) for r in RELEASES],
)
def test_recognizes_printed_text(asked: Callable[[Release], Run], release: Release) -> None:
    for way in ("printed by url", "printed in stream"):
        (answer,) = asked(release).outcomes[way]["polls"]
        assert_is_the_poster(release.version, answer["body"])
        assert answer["parsed"] == answer["body"]


def test_v3_2_says_that_the_poster_is_printed(asked: Callable[[Release], Run]) -> None:
    release = RELEASES[-1]
    (page,) = pages_of(finished(release, READ, asked(release).outcomes["read url"]))
    assert [line["appearance"]["style"]["name"] for line in page["lines"]] == ["other"] * len(page["lines"])
