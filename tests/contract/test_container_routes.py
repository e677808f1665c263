"""Contract 12 and 3: health, landing page, descriptions, tokens."""

import pytest
import requests

from analyses import API_VERSIONS, PREVIEWS
from schemas import VERSIONS
from serving import KEY, RunningServer


@pytest.mark.parametrize(
    "path", ["/", "/ready", "/startup", "/status", "/ContainerLiveness", "/swagger", "/containerliveness/"]
)
def test_no_key_is_asked_for(wire: RunningServer, path: str) -> None:
    answer = requests.get(wire.url + path, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["apim-request-id"]
    assert requests.head(wire.url + path, timeout=30).status_code == 200


def test_bodies_that_compose_files_look_for(wire: RunningServer) -> None:
    assert requests.get(f"{wire.url}/ready", timeout=30).json() == {"ready": "ready"}
    assert requests.get(f"{wire.url}/startup", timeout=30).json() == {"ready": "ready"}
    assert requests.get(f"{wire.url}/status", timeout=30).json()["apiStatus"] == "Valid"


OLD_TEXT = ("/recognizeText", "/textOperations/{operationId}")
BATCH = ("/read/core/asyncBatchAnalyze", "/read/operations/{operationId}")
READ = ("/read/analyze", "/read/analyzeResults/{operationId}")
TEXT_PATHS = {
    "v1.0": OLD_TEXT,
    "v2.0": OLD_TEXT + BATCH,
    "v2.1": OLD_TEXT + BATCH,
    "v3.0": READ,
    "v3.1": READ,
    "v3.2": READ,
}


SCENE_PATHS = ("/analyze", "/describe", "/tag", "/generateThumbnail", "/models", "/models/{model}/analyze")
SINCE_V2 = ("/detect", "/areaOfInterest")


@pytest.mark.parametrize("version", VERSIONS)
def test_description_has_what_is_served_and_nothing_else(wire: RunningServer, version: str) -> None:
    description = requests.get(f"{wire.url}/swagger/{version}/swagger.json", timeout=30).json()
    assert description["swagger"] == "2.0"
    assert description["basePath"] == f"/vision/{version}"
    since_v2 = () if version == "v1.0" else SINCE_V2
    assert set(description["paths"]) == {"/ocr", *TEXT_PATHS[version], *SCENE_PATHS, *since_v2}
    page = requests.get(f"{wire.url}/swagger", timeout=30).text
    assert f"POST /vision/{version}/ocr" in page


@pytest.mark.parametrize("version", API_VERSIONS)
def test_description_of_image_analysis(wire: RunningServer, version: str) -> None:
    description = requests.get(f"{wire.url}/swagger/{version}/swagger.json", timeout=30).json()
    assert (description["swagger"], description["basePath"]) == ("2.0", "/computervision")
    segment = {"/imageanalysis:segment"} if version in PREVIEWS else set()
    vectorize = set() if version == "2023-10-01" else {"/retrieval:vectorizeImage", "/retrieval:vectorizeText"}
    assert set(description["paths"]) == {"/imageanalysis:analyze", *segment, *vectorize}


def test_unknown_description(wire: RunningServer) -> None:
    for name in ("v9.9", "..%2f..%2fpyproject", "sts"):
        answer = requests.get(f"{wire.url}/swagger/{name}/swagger.json", timeout=30)
        assert answer.status_code in (401, 404)


@pytest.mark.parametrize("how", ["header", "query"])
def test_a_token_opens_the_door(wire: RunningServer, how: str) -> None:
    url = f"{wire.url}/sts/v1.0/issueToken"
    keyed = (
        {"headers": {"Ocp-Apim-Subscription-Key": KEY}} if how == "header" else {"params": {"subscription-key": KEY}}
    )
    issued = requests.post(url, timeout=30, **keyed)
    assert issued.status_code == 200
    bearer = {"Authorization": f"Bearer {issued.text}"}
    assert requests.post(f"{wire.url}/vision/v3.2/nowhere", headers=bearer, timeout=30).status_code == 404
    assert (
        requests.post(
            f"{wire.url}/vision/v3.2/nowhere", headers={"Authorization": f"bearer {issued.text}x"}, timeout=30
        ).status_code
        == 401
    )
    assert requests.post(url, headers=bearer, timeout=30).status_code == 401  # tokens do not beget tokens


def test_no_token_without_a_key(wire: RunningServer) -> None:
    answer = requests.post(f"{wire.url}/sts/v1.0/issueToken", timeout=30)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "401"


def test_sample_picture(wire: RunningServer) -> None:
    answer = requests.get(f"{wire.url}/readstone/sample.png", timeout=30)
    assert answer.content.startswith(b"\x89PNG")
    assert answer.headers["Content-Type"] == "image/png"
