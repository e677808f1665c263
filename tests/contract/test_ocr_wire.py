"""Contract 4.1 and 4.3: parameters and body of /ocr, the same checks on every version (C06, C08, C09, C13)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests

from pictures import drawn, encoded
from readers import FixedReader
from schemas import VERSIONS, success_definition, validate
from serving import KEY, RunningServer

PNG = encoded(drawn(size=(120, 80)))
BYTES = {"Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": KEY}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

pytestmark = [pytest.mark.covers("ocr"), pytest.mark.parametrize("version", VERSIONS)]


def ocr(wire: RunningServer, version: str, query: str = "", **kwargs: object) -> requests.Response:
    arguments = {"data": PNG, "headers": BYTES, "timeout": 30, **kwargs}
    return requests.post(f"{wire.url}/vision/{version}/ocr{query}", **arguments)  # type: ignore[arg-type]


def test_body_is_the_schema_s_and_the_contract_s(wire: RunningServer, version: str) -> None:
    answer = ocr(wire, version, "?language=unk&detectOrientation=true")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    validate(version, success_definition(version, "/ocr"), body)
    expected = {
        "language": "en",
        "textAngle": 0.0,
        "orientation": "Up",
        "regions": [
            {
                "boundingBox": "10,10,40,10",
                "lines": [
                    {
                        "boundingBox": "10,10,40,10",
                        "words": [
                            # Outwards to whole pixels: 10 + 20.4 ends in column 30, so 21 columns.
                            {"boundingBox": "10,10,21,10", "text": "Hello"},
                            {"boundingBox": "34,11,16,9", "text": "world"},
                        ],
                    }
                ],
            }
        ],
    }
    if version == "v3.2":
        expected["modelVersion"] = "2021-05-01"
    assert body == expected


def test_headers_of_every_answer(wire: RunningServer, version: str) -> None:
    headers = {**BYTES, "x-ms-client-request-id": "client-7"}
    ids = set()
    for data in (PNG, b"no image"):
        answer = ocr(wire, version, data=data, headers=headers)
        assert GUID.fullmatch(answer.headers["apim-request-id"])
        ids.add(answer.headers["apim-request-id"])
        assert answer.headers["x-ms-client-request-id"] == "client-7"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Operation-Location" in answer.headers["Access-Control-Expose-Headers"]
        assert "Strict-Transport-Security" not in answer.headers  # only over TLS
        assert "Server" not in answer.headers
    assert len(ids) == 2


@pytest.mark.parametrize("path", ["//vision/{v}/ocr/", "/vision//{v}/OCR", "/Vision/{V}/ocr/?language=unk"])
def test_urls_that_real_clients_send(wire: RunningServer, version: str, path: str) -> None:
    url = wire.url + path.format(v=version, V=version.upper())
    assert requests.post(url, data=PNG, headers=BYTES, timeout=30).status_code == 200


def test_key_in_the_query_and_a_doubled_slash(wire: RunningServer, version: str) -> None:  # C08
    url = f"{wire.url}//vision/{version}/ocr/?Subscription-Key={KEY}"
    answer = requests.post(url, data=PNG, headers={"Content-Type": "application/octet-stream"}, timeout=30)
    assert answer.status_code == 200


def test_chunked_upload_without_length(wire: RunningServer, version: str) -> None:  # C09
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(PNG), 100):
            yield PNG[start : start + 100]

    assert ocr(wire, version, data=pieces()).json()["regions"]


@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg", "image/bmp", "image/gif", "image/tiff"])
def test_image_media_types_are_bytes(wire: RunningServer, version: str, content_type: str) -> None:
    assert ocr(wire, version, headers={**BYTES, "Content-Type": content_type}).status_code == 200


def test_multipart_form(wire: RunningServer, version: str) -> None:
    answer = ocr(
        wire,
        version,
        data={"note": "x"},
        files={"whatever": ("a.png", PNG)},
        headers={"Ocp-Apim-Subscription-Key": KEY},
    )
    assert answer.json()["regions"]


@pytest.mark.parametrize(
    ("query", "language", "detects"),
    [
        ("", None, True),
        ("?language=unk&detectOrientation=false", None, False),
        ("?Language=ZH-HANT&DETECTORIENTATION=True", "zh-Hant", True),
        ("?language=&key1=value1&overload=stream&mode=", None, True),
    ],
)
def test_parameters_reach_the_reader(
    wire: RunningServer, fixed_reader: FixedReader, version: str, query: str, language: str | None, detects: bool
) -> None:
    answer = ocr(wire, version, query)
    assert fixed_reader.asked[-1].language == language
    assert fixed_reader.asked[-1].detect_orientation is detects
    assert answer.json()["language"] == (language or "en")


def test_accept_never_matters(wire: RunningServer, version: str) -> None:
    assert ocr(wire, version, headers={**BYTES, "Accept": "text/csv"}).status_code == 200


@pytest.mark.parametrize("model", ["latest", "LATEST", "2021-04-01", "2021-05-01"])
def test_model_version_is_echoed_by_v3_2_alone(wire: RunningServer, version: str, model: str) -> None:  # C13
    body = ocr(wire, version, f"?model-version={model}").json()
    if version == "v3.2":
        assert body["modelVersion"] == (model if model[0] == "2" else "2021-05-01")
    else:
        assert "modelVersion" not in body
