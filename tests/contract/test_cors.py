"""Contract 2.6: seed 2 is a page opened from disk, so its Origin is `null`."""

import pytest
import requests

from schemas import VERSIONS
from serving import RunningServer


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("origin", ["null", "https://example.com"])
def test_preflight_needs_no_key(wire: RunningServer, version: str, origin: str) -> None:
    answer = requests.options(
        f"{wire.url}/vision/{version}/ocr",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,ocp-apim-subscription-key,x-of-its-own",
        },
        timeout=30,
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type,ocp-apim-subscription-key,x-of-its-own"


def test_preflight_that_asks_for_nothing(wire: RunningServer) -> None:
    allowed = requests.options(f"{wire.url}/vision/v3.2/ocr", timeout=30).headers["Access-Control-Allow-Headers"]
    for name in ("Content-Type", "Ocp-Apim-Subscription-Key", "Authorization", "x-ms-client-request-id"):
        assert name in allowed


@pytest.mark.parametrize("path", ["/vision/v3.2/ocr", "/nowhere", "/ready"])
def test_errors_can_be_read_from_another_origin(wire: RunningServer, path: str) -> None:
    answer = requests.post(wire.url + path, headers={"Origin": "null"}, timeout=30)
    assert answer.status_code in (401, 404)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Operation-Location" in answer.headers["Access-Control-Expose-Headers"]
