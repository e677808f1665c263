"""Contract 3, 6 and 8: every error that /ocr can provoke, in each version's envelope (C07, C14)."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

import pytest
import requests

from pictures import drawn, encoded
from schemas import FLAT_ERRORS, VERSIONS
from serving import KEY, RunningServer

PNG = encoded(drawn(size=(120, 80)))
KEYED = {"Ocp-Apim-Subscription-Key": KEY}
BYTES = {"Content-Type": "application/octet-stream", **KEYED}
JSON = {"Content-Type": "application/json", **KEYED}

pytestmark = [pytest.mark.covers("ocr"), pytest.mark.parametrize("version", VERSIONS)]


def assert_service_error(
    answer: requests.Response, version: str, status: int, code: str, outer: str, message: str | None = None
) -> None:
    """The flat body of 6.3 up to v3.1, the nested one of 6.3b in v3.2; nothing beside."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "Retry-After" not in answer.headers
    body = answer.json()
    said = body["message"] if version in FLAT_ERRORS else body["error"]["message"]
    assert said
    if message is not None:
        assert said == message
    if version in FLAT_ERRORS:
        assert body == {"code": code, "requestId": answer.headers["apim-request-id"], "message": said}
    else:
        assert body == {"error": {"code": outer, "innererror": {"code": code, "message": said}, "message": said}}


def post(wire: RunningServer, version: str, query: str = "", **kwargs: object) -> requests.Response:
    arguments = {"data": PNG, "headers": BYTES, "timeout": 30, **kwargs}
    return requests.post(f"{wire.url}/vision/{version}/ocr{query}", **arguments)  # type: ignore[arg-type]


DENIED = {
    "error": {
        "code": "401",
        "message": "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
        "valid key for an active subscription and use a correct regional API endpoint for your resource.",
    }
}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Ocp-Apim-Subscription-Key": "wrong"},
        {"Ocp-Apim-Subscription-Key": ""},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": f"Basic {KEY}"},
    ],
)
def test_401(wire: RunningServer, version: str, headers: dict[str, str]) -> None:
    answer = post(wire, version, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == DENIED
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["WWW-Authenticate"] == (
        f'AzureApiManagementKey realm="{wire.url}/vision",name="Ocp-Apim-Subscription-Key",type="header"'
    )
    assert answer.headers["apim-request-id"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_401_comes_before_the_body_is_read(wire: RunningServer, version: str) -> None:  # C07
    where = urlsplit(wire.url)
    with socket.create_connection((where.hostname or "", where.port or 0), 10) as client:
        client.sendall(
            f"POST /vision/{version}/ocr?bad=%ff HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
            "Content-Length: 1000000\r\n\r\n".encode()
        )  # and not one byte of the body
        said = client.recv(65536)
        while b"resource." not in said:
            more = client.recv(65536)
            assert more, said
            said += more
    assert said.startswith(b"HTTP/1.1 401 ")


def test_401_comes_before_404(wire: RunningServer, version: str) -> None:
    assert requests.post(f"{wire.url}/vision/{version}/nowhere", timeout=30).status_code == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_another_method_is_404(wire: RunningServer, version: str, method: str) -> None:
    answer = requests.request(method, f"{wire.url}/vision/{version}/ocr", headers=KEYED, timeout=30)
    assert answer.status_code == 404
    if method != "HEAD":
        assert answer.json() == {"error": {"code": "404", "message": "Resource not found"}}


@pytest.mark.parametrize("path", ["analyse", "read/analyse", "ocr/more", "nowhere", ""])
def test_what_is_not_built_is_404_and_never_made_up(wire: RunningServer, version: str, path: str) -> None:
    answer = requests.post(f"{wire.url}/vision/{version}/{path}", data=PNG, headers=BYTES, timeout=30)
    assert (answer.status_code, answer.json()) == (404, {"error": {"code": "404", "message": "Resource not found"}})


@pytest.mark.parametrize("language", ["tlh", "english", "en-US", "1"])
def test_unknown_language(wire: RunningServer, version: str, language: str) -> None:
    answer = post(wire, version, f"?language={language}")
    assert_service_error(answer, version, 400, "NotSupportedLanguage", "InvalidArgument")


def test_unparsable_boolean(wire: RunningServer, version: str) -> None:
    answer = post(wire, version, "?detectOrientation=perhaps")
    assert_service_error(answer, version, 400, "BadArgument", "InvalidArgument")


@pytest.mark.parametrize("model", ["2020-01-01", "newest", "2021-04-01-preview", "2021-4-1"])
def test_unknown_model_version(wire: RunningServer, version: str, model: str) -> None:
    answer = post(wire, version, f"?model-version={model}")
    if version == "v3.2":
        assert_service_error(answer, version, 400, "BadArgument", "InvalidArgument")
    else:
        assert answer.status_code == 200  # an unknown parameter there, so ignored


@pytest.mark.parametrize("content_type", ["text/plain", "application/pdf", "application/x-www-form-urlencoded", None])
def test_unsupported_media_type(wire: RunningServer, version: str, content_type: str | None) -> None:
    headers = {**KEYED, **({"Content-Type": content_type} if content_type else {})}
    answer = post(wire, version, headers=headers)
    assert_service_error(answer, version, 415, "UnsupportedMediaType", "InvalidRequest")


def test_no_body_at_all(wire: RunningServer, version: str) -> None:
    assert_service_error(post(wire, version, data=None, headers=KEYED), version, 400, "BadArgument", "InvalidArgument")


@pytest.mark.parametrize("body", ["", "{", "[]", '"http://x/y.png"', "{'url'", "[" * 5000])
def test_body_that_is_no_json_object(wire: RunningServer, version: str, body: str) -> None:
    answer = post(wire, version, data=body, headers=JSON)
    assert_service_error(answer, version, 400, "BadArgument", "InvalidArgument")


def test_json_body_out_of_all_proportion(wire: RunningServer, version: str) -> None:
    answer = post(wire, version, data='{"url":"http://x/' + "y" * 100_000 + '"}', headers=JSON)
    assert_service_error(answer, version, 400, "BadArgument", "InvalidArgument")


@pytest.mark.parametrize("body", ["{}", '{"url":""}', '{"url":null}', '{"url":"no url"}', '{"url":"ftp://x/y.png"}'])
def test_missing_or_malformed_url(wire: RunningServer, version: str, body: str) -> None:
    answer = post(wire, version, data=body, headers=JSON)
    assert_service_error(answer, version, 400, "InvalidImageUrl", "InvalidArgument")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_url_out_of_reach(wire: RunningServer, version: str, host: str) -> None:
    """A forbidden address and a closed port of an allowed one look the same."""
    answer = post(wire, version, json={"url": f"http://{host}:9/x.png"}, data=None, headers=KEYED)
    assert_service_error(answer, version, 400, "InvalidImageUrl", "InvalidArgument", "Image URL is not accessible.")


@pytest.mark.parametrize("data", [b"no image", b"\x89PNG\r\n\x1a\n", PNG[: len(PNG) // 2], b"%PDF-1.7", b"<svg/>"])
def test_no_valid_image(wire: RunningServer, version: str, data: bytes) -> None:
    assert_service_error(
        post(wire, version, data=data),
        version,
        400,
        "InvalidImageFormat",
        "InvalidRequest",
        "Input data is not a valid image.",
    )


@pytest.mark.parametrize("image_format", ["TIFF", "WEBP", "ICO"])
def test_formats_of_later_apis_only(wire: RunningServer, version: str, image_format: str) -> None:
    data = encoded(drawn(size=(120, 80)), image_format)
    answer = post(wire, version, data=data)
    assert_service_error(answer, version, 400, "InvalidImageFormat", "InvalidRequest")


@pytest.mark.parametrize("declared", [True, False])
def test_too_many_bytes(wire: RunningServer, version: str, declared: bool) -> None:
    data = PNG + bytes(4 * 1024 * 1024 + 1 - len(PNG))
    body = data if declared else iter([data[:1_000_000], data[1_000_000:]])
    answer = post(wire, version, data=body)
    assert_service_error(answer, version, 400, "InvalidImageSize", "InvalidRequest")


def test_as_many_bytes_as_allowed(wire: RunningServer, version: str) -> None:
    assert post(wire, version, data=PNG + bytes(4 * 1024 * 1024 - len(PNG))).status_code == 200


@pytest.mark.parametrize("size", [(0, 100), (100, 0)])
def test_too_small(wire: RunningServer, version: str, size: tuple[int, int]) -> None:
    least = 40 if version == "v1.0" else 50
    narrow = tuple(max(side, least - 1) for side in size)
    answer = post(wire, version, data=encoded(drawn([], size=narrow)))  # type: ignore[arg-type]
    assert_service_error(
        answer,
        version,
        400,
        "InvalidImageSize",
        "InvalidRequest",
        f"Image must be at least {least} pixels in width and height",
    )
    assert post(wire, version, data=encoded(drawn([], size=(least, least)))).status_code == 200


def test_too_large(wire: RunningServer, version: str) -> None:
    least, most = (40, 3200) if version == "v1.0" else (50, 4200)
    answer = post(wire, version, data=encoded(drawn([], size=(most + 1, 60))))
    assert_service_error(
        answer,
        version,
        400,
        "InvalidImageDimension" if version in FLAT_ERRORS else "InvalidImageSize",
        "InvalidRequest",
        f"Image dimension ({most + 1}*60) is out of range. "
        f"Image dimensions should be in the range of {least} x {least} and {most} x {most}.",
    )
    assert post(wire, version, data=encoded(drawn([], size=(most, 60)))).status_code == 200


def test_parameters_are_judged_before_the_body(wire: RunningServer, version: str) -> None:
    answer = post(wire, version, "?language=tlh", data=b"no image", headers={**KEYED, "Content-Type": "text/plain"})
    assert_service_error(answer, version, 400, "NotSupportedLanguage", "InvalidArgument")


def test_no_error_names_internals(wire: RunningServer, version: str) -> None:
    answer = post(wire, version, json={"url": "http://127.0.0.1:22/"}, data=None, headers=KEYED)
    assert not re.search(r"127\.0|Traceback|File |readstone|refused|forbidden", answer.text)
