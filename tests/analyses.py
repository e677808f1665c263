"""`POST /computervision/imageanalysis:analyze` as tests call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import requests
from hypothesis import strategies as st

from pictures import encoded
from scenes import BYTES, meadow
from schemas import validate
from serving import RunningServer

PREVIEWS = ("2023-02-01-preview", "2023-04-01-preview")
FINAL = ("2023-10-01", "2024-02-01")
API_VERSIONS = (*PREVIEWS, *FINAL)
FEATURES = "tags,caption,denseCaptions,objects,read,smartCrops,people"
SIZE = (120, 80)
PNG = encoded(meadow(SIZE))

MEDIA_TYPES = st.sampled_from(
    ["application/octet-stream", "image/png", "image/webp", "application/json", "text/plain", "", "multipart/form-data"]
)
BODIES = st.sampled_from([PNG, PNG, b"", b"{}", b"{'url':'http://127.0.0.1:9/'}"]) | st.binary(max_size=40)
"""Media types and bodies, right and wrong, for requests with any parameters."""

Test = TypeVar("Test", bound=Callable[..., None])


def every_version(test: Test) -> Test:
    """Run `test` with each `version`, and let it count for the compatibility page."""
    marked: Test = pytest.mark.covers("imageanalysis:analyze")(pytest.mark.parametrize("version", API_VERSIONS)(test))
    return marked


def analyze(wire: RunningServer, version: str | None, query: str = f"features={FEATURES}", **more: Any) -> Any:
    """The answer to a request with `query`, of the meadow unless `more` says otherwise."""
    arguments = {"data": PNG, "headers": BYTES, "timeout": 60, **more}
    asked = query if version is None else f"api-version={version}&{query}"
    return requests.post(f"{wire.url}/computervision/imageanalysis:analyze?{asked}", **arguments)


def told(wire: RunningServer, version: str, query: str = f"features={FEATURES}", **more: Any) -> dict[str, Any]:
    """The body of a 200, valid by Microsoft's definition, without what ends every one, after that was checked."""
    answer = analyze(wire, version, query, **more)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    validate(version, "ImageAnalysisResult", body)
    assert body.pop("modelVersion") == version
    assert body.pop("metadata").keys() == {"width", "height"}
    return body


def assert_refused(
    answer: requests.Response, message: str, inner: tuple[str, str] | None = None, code: str = "InvalidRequest"
) -> None:
    """400 in the shape of contract 6.5, nothing beside."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["x-ms-error-code"] == code
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    error: dict[str, Any] = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner[0], "message": inner[1]}
    assert answer.json() == {"error": error}
    for version in API_VERSIONS:
        validate(version, "ErrorResponse", answer.json())
