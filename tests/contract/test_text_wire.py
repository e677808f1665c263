"""Submit and poll of every text operation in every version: paths, headers, states, bodies (C10, C11, C16)."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from documents import scanned_pdf, tiff
from pictures import drawn, encoded
from readers import FixedReader, HeldReader
from readstone.domain.options import ReadOptions
from readstone.domain.refusals import Reason, Refusal
from schemas import success_definition, validate
from serving import KEY, RunningServer, server_in_thread

PNG = encoded(drawn(size=(120, 80)))
KEYED = {"Ocp-Apim-Subscription-Key": KEY}
BYTES = {"Content-Type": "application/octet-stream", **KEYED}
GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True)
class Route:
    """One text operation of one version; `described` is the version whose definitions it has."""

    operation: str
    version: str
    submit: str
    results: str
    described: str = ""

    def __str__(self) -> str:
        return f"{self.operation}-{self.version}"

    @property
    def path(self) -> str:
        return self.submit.partition("?")[0]

    @property
    def upper(self) -> bool:
        """Whether states are written with a capital."""
        return not self.version.startswith("v3")


READ_VERSIONS = ("v3.0-preview", "v3.0", "v3.1-preview.2", "v3.1", "v3.2-preview", "v3.2-preview.2", "v3.2")
DEFINED_AS = {"v3.2-preview.2": "v3.2-preview"}
ROUTES = [
    Route("recognizeText", "v1.0", "recognizeText?handwriting=true", "textOperations"),
    *(Route("recognizeText", v, "recognizeText?mode=Handwritten", "textOperations") for v in ("v2.0", "v2.1")),
    *(Route("asyncBatchAnalyze", v, "read/core/asyncBatchAnalyze?mode=", "read/operations") for v in ("v2.0", "v2.1")),
    *(
        Route("read", v, "read/analyze?language=en", "read/analyzeResults", DEFINED_AS.get(v, ""))
        for v in READ_VERSIONS
    ),
]


def _marked(route: Route) -> object:
    marks = [pytest.mark.covers(route.operation, route.version)] if "preview" not in route.version else []
    return pytest.param(route, marks=marks, id=str(route))


every_route = pytest.mark.parametrize("route", [_marked(route) for route in ROUTES])


def post(wire: RunningServer, route: Route, data: bytes = PNG, query: str = "", **kwargs: object) -> requests.Response:
    arguments = {"data": data, "headers": BYTES, "timeout": 30, **kwargs}
    return requests.post(f"{wire.url}/vision/{route.version}/{route.submit}{query}", **arguments)  # type: ignore[arg-type]


def finished(location: str) -> dict[str, object]:
    deadline = time.monotonic() + 20
    while True:
        answer = requests.get(location, headers=KEYED, timeout=30)
        assert answer.status_code == 200, answer.text
        body: dict[str, object] = answer.json()
        if str(body["status"]).lower() not in ("notstarted", "running"):
            return body
        assert time.monotonic() < deadline
        time.sleep(0.01)


@every_route
def test_submit_and_poll(wire: RunningServer, route: Route) -> None:
    answer = post(wire, route)
    assert answer.status_code == 202
    assert answer.content == b""
    assert answer.headers["Content-Length"] == "0"
    assert "Content-Type" not in answer.headers
    assert "Location" not in answer.headers
    assert "Retry-After" not in answer.headers
    location = answer.headers["Operation-Location"]
    found = re.fullmatch(rf"{re.escape(wire.url)}/vision/{re.escape(route.version)}/{route.results}/({GUID})", location)
    assert found, location
    # Live v3.2: the operation's id is the request's. Live v2.x: it is not.
    assert (found[1] == answer.headers["apim-request-id"]) == (not route.upper)
    body = finished(location)
    assert body["status"] == ("Succeeded" if route.upper else "succeeded")
    path = f"/{route.results}/{{operationId}}"
    validate(route.described or route.version, success_definition(route.described or route.version, path, "get"), body)
    assert requests.get(location.upper().replace("HTTP://", "http://"), headers=KEYED, timeout=30).json() == body


@every_route
def test_json_body_with_an_address_out_of_reach(wire: RunningServer, route: Route) -> None:
    answer = post(wire, route, b'{"url":"http://127.0.0.1:9/x"}', headers={**KEYED, "Content-Type": "application/json"})
    assert_union(answer, 400, "InvalidImageUrl")


def assert_union(answer: requests.Response, status: int, code: str) -> None:
    """6.4: flat and nested at once."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    said = {"code": code, "message": body["message"]}
    assert body == {"error": said, **said, "requestId": answer.headers["apim-request-id"]}
    assert body["message"]


@every_route
def test_unknown_operation(wire: RunningServer, route: Route) -> None:
    base = f"{wire.url}/vision/{route.version}/{route.results}"
    assert_union(requests.get(f"{base}/{uuid.uuid4()}", headers=KEYED, timeout=30), 404, "OperationNotFound")
    assert_union(requests.get(f"{base}/not-a-guid", headers=KEYED, timeout=30), 400, "BadArgument")
    assert requests.get(f"{base}/{uuid.uuid4()}", timeout=30).status_code == 401


def test_an_id_is_valid_only_where_it_was_made(wire: RunningServer) -> None:
    location = post(wire, ROUTES[0]).headers["Operation-Location"]
    operation_id = location.rpartition("/")[2]
    for route in ROUTES[1:]:
        url = f"{wire.url}/vision/{route.version}/{route.results}/{operation_id}"
        assert_union(requests.get(url, headers=KEYED, timeout=30), 404, "OperationNotFound")


@every_route
@pytest.mark.parametrize(
    ("data", "code"),
    [(b"no image", "InvalidImageFormat"), (encoded(drawn([], size=(30, 200))), "InvalidImageDimension")],
)
def test_unacceptable_documents_are_refused_at_once(wire: RunningServer, route: Route, data: bytes, code: str) -> None:
    assert_union(post(wire, route, data), 400, code)


@every_route
def test_gif_is_for_none_of_them(wire: RunningServer, route: Route) -> None:
    code = "UnsupportedImageFormat" if route.version == "v3.2" else "InvalidImageFormat"
    assert_union(post(wire, route, encoded(drawn(size=(120, 80)), "GIF")), 400, code)


@every_route
def test_wrong_media_type(wire: RunningServer, route: Route) -> None:
    answer = post(wire, route, headers={**KEYED, "Content-Type": "text/plain"})
    assert_union(answer, 415, "UnsupportedMediaType")


@every_route
def test_multipart_and_pdf_media_types(wire: RunningServer, route: Route) -> None:
    answer = post(wire, route, None, files={"file": ("a.png", PNG)}, headers=KEYED)  # type: ignore[arg-type]
    assert answer.status_code == 202
    pdf = post(wire, route, scanned_pdf(["page"]), headers={**KEYED, "Content-Type": "application/pdf"})
    if route.operation == "recognizeText":
        assert_union(pdf, 400, "InvalidImageFormat")
    else:
        assert pdf.status_code == 202


@pytest.mark.parametrize("query", ["", "?mode=", "?mode=printed-or-so"])
@pytest.mark.parametrize("version", ["v2.0", "v2.1"])
def test_recognize_text_wants_a_mode(wire: RunningServer, version: str, query: str) -> None:
    answer = requests.post(f"{wire.url}/vision/{version}/recognizeText{query}", data=PNG, headers=BYTES, timeout=30)
    assert_union(answer, 400, "BadArgument")


@pytest.mark.parametrize("query", ["", "?handwriting=true", "?detectHandwriting=FALSE", "?handwriting=1"])
def test_v1_0_takes_both_names_of_handwriting(wire: RunningServer, query: str) -> None:
    answer = requests.post(f"{wire.url}/vision/v1.0/recognizeText{query}", data=PNG, headers=BYTES, timeout=30)
    assert answer.status_code == 202


READ_3_2 = Route("read", "v3.2", "read/analyze?", "read/analyzeResults")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("language=tlh", "NotSupportedLanguage"),
        ("readingOrder=backwards", "InvalidReadingOrder"),
        ("model-version=2020-01-01", "BadArgument"),
        ("pages=0", "InvalidPageRange"),
        ("pages=x", "InvalidPageRange"),
        ("pages=3-", "InvalidPageRange"),
        ("pages=99999999999999999999", "InvalidPageRange"),
    ],
)
def test_read_parameters_of_v3_2(wire: RunningServer, query: str, code: str) -> None:
    assert_union(post(wire, READ_3_2, tiff(["one", "two"]), query), 400, code)


@pytest.mark.parametrize(
    ("version", "language", "status"),
    [
        ("v3.0-preview", "es", 202),
        ("v3.0-preview", "de", 400),
        ("v3.0", "pt", 202),
        ("v3.1", "ja", 400),
        ("v3.2", "zh-hans", 202),
        ("v3.2", "ru", 202),
    ],
)
def test_read_languages(wire: RunningServer, version: str, language: str, status: int) -> None:
    url = f"{wire.url}/vision/{version}/read/analyze?language={language}"
    assert requests.post(url, data=PNG, headers=BYTES, timeout=30).status_code == status


@pytest.mark.parametrize(
    ("version", "query", "numbers"),
    [
        ("v3.2", "", [1, 2, 3, 4]),
        ("v3.2", "pages=2-", [2, 3, 4]),
        ("v3.2", "Pages=-2", [1, 2]),
        ("v3.2", "pages=4,1-2,2", [1, 2, 4]),
        ("v3.2", "pages=3-9", [3, 4]),
        ("v3.1-preview.2", "Pages=1%204", [1, 4]),
        ("v3.1-preview.2", "pages=1,4", [1, 4]),
        ("v3.0", "pages=2", [1, 2, 3, 4]),  # not a parameter there
    ],
)
@pytest.mark.parametrize("kind", ["pdf", "tiff"])
def test_pages_keep_their_numbers(
    wire: RunningServer, version: str, query: str, numbers: list[int], kind: str
) -> None:  # C11
    words = ["one", "two", "three", "four"]
    data = scanned_pdf(words) if kind == "pdf" else tiff(words)
    answer = requests.post(f"{wire.url}/vision/{version}/read/analyze?{query}", data=data, headers=BYTES, timeout=30)
    assert answer.status_code == 202, answer.text
    pages = finished(answer.headers["Operation-Location"])["analyzeResult"]["readResults"]  # type: ignore[index]
    assert [page["page"] for page in pages] == numbers
    for page in pages:
        size = (page["unit"], page["width"], page["height"])
        assert size == (("inch", 8.5, 11) if kind == "pdf" else ("pixel", 400, 120))


def test_batch_read_of_a_pdf_is_in_inches(wire: RunningServer) -> None:  # C11
    route = Route("asyncBatchAnalyze", "v2.1", "read/core/asyncBatchAnalyze", "read/operations")
    location = post(wire, route, scanned_pdf(["one", "two"])).headers["Operation-Location"]
    pages = finished(location)["recognitionResults"]
    assert [(p["page"], p["unit"], p["width"], p["height"]) for p in pages] == [  # type: ignore[attr-defined]
        (1, "inch", 8.5, 11),
        (2, "inch", 8.5, 11),
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("v3.2/read/syncAnalyze", "succeeded"),
        ("v2.0/read/core/Analyze", "Succeeded"),
        ("v2.1/read/core/Analyze", "Succeeded"),
    ],
)
def test_the_container_s_synchronous_routes(wire: RunningServer, path: str, status: str) -> None:
    answer = requests.post(f"{wire.url}/vision/{path}", data=tiff(["one", "two"]), headers=BYTES, timeout=30)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["status"] == status
    version = path.partition("/")[0]
    validate(version, "ReadOperationResult", body)
    pages = body["analyzeResult"]["readResults"] if version == "v3.2" else body["recognitionResults"]
    assert [page["page"] for page in pages] == [1, 2]
    refused = requests.post(f"{wire.url}/vision/{path}", data=b"no image", headers=BYTES, timeout=30)
    assert_union(refused, 400, "InvalidImageFormat")


class LatinReader(FixedReader):
    """Reads no Russian, whatever the picture."""

    def judge(self, options: ReadOptions) -> None:
        if options.language == "ru":
            raise Refusal(Reason.LANGUAGE_NOT_SUPPORTED, "The input language is not supported.")


def test_what_cannot_be_read_is_not_accepted(tmp_path: Path) -> None:
    with server_in_thread(tmp_path, LatinReader) as server:
        for language, status in (("ru", 400), ("de", 202)):
            answer = post(server, READ_3_2, query=f"language={language}")
            assert answer.status_code == status, answer.text
            if status == 400:
                assert_union(answer, 400, "NotSupportedLanguage")


def test_where_the_container_s_installation_page_polls(wire: RunningServer) -> None:
    location = post(wire, READ_3_2).headers["Operation-Location"]
    body = finished(location)
    elsewhere = location.replace("read/analyzeResults", "read/operations")
    assert elsewhere != location
    assert requests.get(elsewhere, headers=KEYED, timeout=30).json() == body
    assert requests.get(f"{elsewhere[:-12]}{'0' * 12}", headers=KEYED, timeout=30).status_code == 404


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, HeldReader]]:
    reader = HeldReader()
    with server_in_thread(tmp_path_factory.mktemp("held"), lambda: reader, workers=1) as server:
        yield server, reader
        reader.go_on.set()


@every_route
def test_pending_bodies_have_the_listed_members_only(
    held: tuple[RunningServer, HeldReader], route: Route
) -> None:  # C10
    server, _ = held
    location = post(server, route).headers["Operation-Location"]
    body = requests.get(location, headers=KEYED, timeout=30).json()
    members = {"status"} if route.upper else {"status", "createdDateTime", "lastUpdatedDateTime"}
    assert set(body) == members
    assert body["status"] in (("NotStarted", "Running") if route.upper else ("notStarted", "running"))
    for name in members - {"status"}:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body[name])


def test_operation_location_is_what_the_client_can_reach(tmp_path: Path) -> None:
    with server_in_thread(tmp_path, FixedReader, public_url="https://vision.example.com/base/") as server:
        location = post(server, READ_3_2).headers["Operation-Location"]
        assert location.startswith("https://vision.example.com/base/vision/v3.2/read/analyzeResults/")
