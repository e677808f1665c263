import pytest

from readstone.api.call import Call
from readstone.api.routing import Route, RouteTable, Surface, clean_path
from readstone.errors import Envelope


async def handler(_call: Call) -> None: ...


TABLE = RouteTable(
    [
        Surface(
            "v9",
            "/vision/v9.0",
            Envelope.FLAT,
            (
                Route("POST", "ocr", "Ocr", handler),  # type: ignore[arg-type]
                Route("GET", "textOperations/{id}", "Result", handler),  # type: ignore[arg-type]
            ),
        )
    ]
)


@pytest.mark.parametrize(
    "path",
    ["/vision/v9.0/ocr", "//vision/v9.0/ocr", "/vision//v9.0///ocr/", "/Vision/V9.0/OCR", "/vision/v9.0/ocr/"],
)
def test_spellings_that_real_clients_send(path: str) -> None:
    match = TABLE.find("POST", clean_path(path))
    assert match
    assert match.route.operation == "Ocr"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/vision/v9.0/ocr"),
        ("PUT", "/vision/v9.0/ocr"),
        ("POST", "/vision/v9.1/ocr"),
        ("POST", "/vision/v9.0/ocr/more"),
        ("POST", "/vision/v9.0"),
        ("POST", "/"),
    ],
)
def test_everything_else_is_no_route(method: str, path: str) -> None:
    assert TABLE.find(method, clean_path(path)) is None


def test_captured_segments_keep_their_case() -> None:
    match = TABLE.find("GET", clean_path("/VISION/v9.0/textoperations/AbC/"))
    assert match
    assert match.captured == {"id": "AbC"}
