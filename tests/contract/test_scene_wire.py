"""Contract 2: how the operations on what an image shows are called, the same on every version (C08, C09)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pictures import encoded
from scenes import Operation, calls, meadow
from serving import KEY, RunningServer

PNG = encoded(meadow())
BYTES = {"Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": KEY}

pytestmark = pytest.mark.parametrize(("version", "operation"), calls())


def post(wire: RunningServer, version: str, operation: Operation, **kwargs: Any) -> requests.Response:
    arguments = {"data": PNG, "headers": BYTES, "timeout": 30, **kwargs}
    return requests.post(f"{wire.url}/vision/{version}/{operation.path}?{operation.query}", **arguments)


@pytest.mark.parametrize("form", ["//vision/{v}/{p}/", "/Vision//{V}/{P}"])
def test_urls_that_real_clients_send(wire: RunningServer, version: str, operation: Operation, form: str) -> None:
    path = form.format(v=version, V=version.upper(), p=operation.path, P=operation.path.upper())
    url = f"{wire.url}{path}?{operation.query}&key1=value1"
    assert requests.post(url, data=PNG, headers=BYTES, timeout=30).status_code == 200


def test_key_in_the_query_and_a_doubled_slash(wire: RunningServer, version: str, operation: Operation) -> None:  # C08
    url = f"{wire.url}//vision/{version}/{operation.path}/?{operation.query}&Subscription-Key={KEY}"
    answer = requests.post(url, data=PNG, headers={"Content-Type": "application/octet-stream"}, timeout=30)
    assert answer.status_code == 200


def test_chunked_upload_without_length(wire: RunningServer, version: str, operation: Operation) -> None:  # C09
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(PNG), 100):
            yield PNG[start : start + 100]

    assert post(wire, version, operation, data=pieces()).status_code == 200


@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg", "image/bmp", "image/gif", "image/tiff"])
def test_image_media_types_are_bytes(
    wire: RunningServer, version: str, operation: Operation, content_type: str
) -> None:
    assert post(wire, version, operation, headers={**BYTES, "Content-Type": content_type}).status_code == 200


def test_multipart_form(wire: RunningServer, version: str, operation: Operation) -> None:
    files = {"whatever": ("a.png", PNG)}
    headers = {"Ocp-Apim-Subscription-Key": KEY}
    assert post(wire, version, operation, data={"note": "x"}, files=files, headers=headers).status_code == 200


@pytest.mark.parametrize("accept", ["application/octet-stream", "text/csv", "application/json"])
def test_accept_never_matters(wire: RunningServer, version: str, operation: Operation, accept: str) -> None:
    answer = post(wire, version, operation, headers={**BYTES, "Accept": accept})
    assert answer.status_code == 200
    expected = "application/json; charset=utf-8" if operation.makes_json else "image/png"
    assert answer.headers["Content-Type"] == expected


def test_preflight_needs_no_key(wire: RunningServer, version: str, operation: Operation) -> None:
    answer = requests.options(f"{wire.url}/vision/{version}/{operation.path}", headers={"Origin": "null"}, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
