"""Contract 4.1 and 4.2: parameters and bodies of the operations on what an image shows (C06, C12, C13)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import requests

from pictures import encoded
from readers import FixedReader
from readstone.domain.scene import Feature
from scenes import ANALYZE, AREA, DESCRIBE, DETECT, DOMAIN, TAG, Operation, calls, meadow
from schemas import VERSIONS, success_definition, validate
from serving import KEY, RunningServer, server_in_thread
from viewers import FixedViewer, empty_room

SIZE = (120, 80)
PNG = encoded(meadow(SIZE))
BYTES = {"Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": KEY}
METADATA = {"height": 80, "width": 120, "format": "Png"}
MODEL = {"modelVersion": "2021-05-01"}
SINCE_V2 = VERSIONS[1:]
SINCE_V2_1 = VERSIONS[2:]
OLD_FEATURES = "ImageType,Faces,Adult,Categories,Color,Tags,Description"
ALL_FEATURES = OLD_FEATURES + ",Objects,Brands"

analyzed = pytest.mark.covers("analyze")
every_version = pytest.mark.parametrize("version", VERSIONS)

CATEGORIES = [
    {"name": "outdoor_", "score": 0.00390625},
    {"name": "outdoor_street", "score": 0.33984375},
    {"name": "people_", "score": 0.25},
]
TAGS = [
    {"name": "outdoor", "confidence": 0.9877},
    {"name": "street", "confidence": 0.91},
    {"name": "dog", "confidence": 0.9, "hint": "animal"},
]
DESCRIPTION = {
    "tags": ["outdoor", "street", "dog"],
    "captions": [{"text": "a dog on a street", "confidence": 0.9123}],
}
OBJECTS = [
    {
        # It passed the picture's left edge: -3.4 to 36.8, 10.4 to 30.6.
        "rectangle": {"x": 0, "y": 10, "w": 37, "h": 21},
        "object": "dog",
        "confidence": 0.877,
        "parent": {"object": "mammal", "confidence": 0.88, "parent": {"object": "animal", "confidence": 0.9}},
    },
    {"rectangle": {"x": 115, "y": 75, "w": 5, "h": 5}, "object": "traffic light", "confidence": 0.61},
]
FACES = [{"faceRectangle": {"left": 20, "top": 12, "width": 10, "height": 10}}]
COLOR = {
    "dominantColorForeground": "Brown",
    "dominantColorBackground": "Black",
    "dominantColors": ["Brown", "Black"],
    "accentColor": "B54316",
    "isBwImg": False,
    "isBWImg": False,
}
OLD_ADULT = {"isAdultContent": False, "isRacyContent": False, "adultScore": 0.0012, "racyScore": 0.0346}
ADULT = {
    "isAdultContent": False,
    "isRacyContent": False,
    "isGoryContent": False,
    "adultScore": 0.0012,
    "racyScore": 0.0346,
    "goreScore": 0.001,
}


def post(wire: RunningServer, version: str, path: str, query: str = "", **kwargs: Any) -> requests.Response:
    arguments = {"data": PNG, "headers": BYTES, "timeout": 30, **kwargs}
    return requests.post(f"{wire.url}/vision/{version}/{path}?{query}", **arguments)


def told(wire: RunningServer, version: str, path: str, query: str = "", **kwargs: Any) -> dict[str, Any]:
    """The body of a 200 without what ends every one, after that was checked."""
    answer = post(wire, version, path, query, **kwargs)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    ending = list(body)[-3 if version == "v3.2" else -2 :]
    assert ending == ["requestId", "metadata", *(MODEL if version == "v3.2" else ())]
    assert body.pop("requestId") == answer.headers["apim-request-id"]
    assert body.pop("metadata") == METADATA
    if version == "v3.2":
        assert body.pop("modelVersion") == MODEL["modelVersion"]
    return body


@pytest.mark.parametrize(("version", "operation"), calls((ANALYZE, DESCRIBE, TAG, DETECT, AREA, DOMAIN)))
def test_bodies_are_the_schema_s(wire: RunningServer, version: str, operation: Operation) -> None:  # C06
    answer = post(wire, version, operation.path, operation.query)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    validate(version, success_definition(version, operation.definition), body)
    assert ("modelVersion" in body) == (version == "v3.2")  # C13


@analyzed
@every_version
def test_analyze_tells_everything_that_the_version_has(wire: RunningServer, version: str) -> None:  # C06, C12
    features = OLD_FEATURES if version == "v1.0" else ALL_FEATURES
    body = told(wire, version, "analyze", f"visualFeatures={features}")
    expected = {
        "categories": CATEGORIES,
        "adult": ADULT if version in SINCE_V2_1 else OLD_ADULT,
        "color": COLOR,
        "imageType": {"clipArtType": 0, "lineDrawingType": 0},
        "tags": TAGS,
        "description": DESCRIPTION,
        "faces": FACES,
        **({} if version == "v1.0" else {"objects": OBJECTS, "brands": []}),
    }
    assert body == expected
    assert list(body) == list(expected), "not in the order of the live service"


@analyzed
@every_version
@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("", ["categories"]),
        ("visualFeatures=", ["categories"]),
        ("visualFeatures=Tags", ["tags"]),
        ("visualfeatures=tags,COLOR", ["color", "tags"]),
        ("visualFeatures=Tags%2C%20Faces,,Tags", ["tags", "faces"]),
        ("visualFeatures=Adult&VisualFeatures=ImageType", ["adult", "imageType"]),
        ("details=Landmarks", ["categories"]),
        ("visualFeatures=Faces&details=Celebrities", ["categories", "faces"]),
    ],
)
def test_only_what_is_asked_is_told(wire: RunningServer, version: str, query: str, members: list[str]) -> None:
    assert list(told(wire, version, "analyze", query)) == members


@analyzed
@every_version
def test_only_what_is_asked_is_looked_for(wire: RunningServer, fixed_viewer: FixedViewer, version: str) -> None:
    told(wire, version, "analyze", "visualFeatures=Color,ImageType")
    assert fixed_viewer.asked[-1].features == {Feature.COLOURS, Feature.IMAGE_TYPE}
    assert not fixed_viewer.asked[-1].age_and_gender


@analyzed
@every_version
@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ("Celebrities", [None, None, {"celebrities": []}]),
        ("landmarks", [{"landmarks": []}, None, None]),
        ("Landmarks,Celebrities", [{"landmarks": []}, None, {"celebrities": []}]),
        ("all", [{"landmarks": []}, None, {"celebrities": []}]),
    ],
)
def test_details_stand_in_the_most_general_category(
    wire: RunningServer, version: str, details: str, expected: list[Any]
) -> None:
    body = told(wire, version, "analyze", f"details={details}")
    assert [category.get("detail") for category in body["categories"]] == expected
    validate(version, "Category", body["categories"][0])


@analyzed
@every_version
def test_nothing_found_is_an_empty_list(wire: RunningServer, fixed_viewer: FixedViewer, version: str) -> None:
    features = OLD_FEATURES if version == "v1.0" else ALL_FEATURES
    fixed_viewer.scene, before = empty_room, fixed_viewer.scene
    try:
        body = told(wire, version, "analyze", f"visualFeatures={features}&details=all")
    finally:
        fixed_viewer.scene = before
    for member in ("categories", "tags", "faces", *(() if version == "v1.0" else ("objects", "brands"))):
        assert body[member] == []
    assert body["description"] == {"tags": [], "captions": []}
    assert (body["color"]["isBwImg"], body["color"]["isBWImg"]) == (True, True)


@every_version
@pytest.mark.covers("describe")
@pytest.mark.parametrize(
    ("query", "captions"), [("", 1), ("maxCandidates=1", 1), ("MaxCandidates=2", 2), ("maxCandidates=999999999", 2)]
)
def test_describe(wire: RunningServer, version: str, query: str, captions: int) -> None:
    body = told(wire, version, "describe", query)
    assert list(body) == ["description"]
    assert body["description"]["tags"] == DESCRIPTION["tags"]
    found = [{"text": "a dog on a street", "confidence": 0.9123}, {"text": "a street with a dog", "confidence": 0.5}]
    assert body["description"]["captions"] == found[:captions]


@every_version
@pytest.mark.covers("tag")
def test_tag(wire: RunningServer, version: str) -> None:
    assert told(wire, version, "tag") == {"tags": TAGS}


@pytest.mark.parametrize("version", SINCE_V2)
@pytest.mark.covers("detect")
def test_detect(wire: RunningServer, version: str) -> None:
    assert told(wire, version, "detect") == {"objects": OBJECTS}


@pytest.mark.parametrize("version", SINCE_V2)
@pytest.mark.covers("areaOfInterest")
def test_area_of_interest(wire: RunningServer, version: str) -> None:
    assert told(wire, version, "areaOfInterest") == {"areaOfInterest": {"x": 30, "y": 0, "w": 60, "h": 80}}


@every_version
@pytest.mark.covers("domain")
@pytest.mark.parametrize("model", ["celebrities", "landmarks", "Landmarks", "CELEBRITIES"])
def test_domain_models(wire: RunningServer, version: str, model: str) -> None:
    body = told(wire, version, f"models/{model}/analyze", "language=pt")
    assert body == {"result": {model.lower(): []}}
    # v3.2's definitions leave the result open.
    known = version if version != "v3.2" else "v3.1"
    validate(known, "CelebrityResults" if model.lower() == "celebrities" else "LandmarkResults", body["result"])


@every_version
@pytest.mark.covers("models")
def test_list_of_models(wire: RunningServer, version: str) -> None:
    answer = requests.get(
        f"{wire.url}/vision/{version}/models/?model-version=nonsense",
        headers={**BYTES, "Content-Type": "application/json"},  # the JavaScript SDK names one on a GET
        timeout=30,
    )
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    validate(version, success_definition(version, "/models", "get"), body)
    assert list(body) == ["models"]
    categories = {model["name"]: model["categories"] for model in body["models"]}
    assert list(categories) == ["celebrities", "landmarks"]
    assert categories["celebrities"][0] == "people_"
    assert {"outdoor_", "building_"} < set(categories["landmarks"])


@pytest.mark.parametrize(("version", "operation"), calls((ANALYZE, DESCRIBE, TAG, DETECT, AREA, DOMAIN)))
@pytest.mark.parametrize("model", ["latest", "2021-04-01"])
def test_model_version_is_echoed_by_v3_2_alone(
    wire: RunningServer, version: str, operation: Operation, model: str
) -> None:  # C13
    body = post(wire, version, operation.path, f"{operation.query}&model-version={model}").json()
    expected = {"latest": MODEL["modelVersion"]}.get(model, model)
    assert body.get("modelVersion") == (expected if version == "v3.2" else None)


@pytest.mark.covers("analyze", *VERSIONS)
@pytest.mark.parametrize(("image_format", "name"), [("JPEG", "Jpeg"), ("PNG", "Png"), ("GIF", "Gif"), ("BMP", "Bmp")])
def test_metadata_names_the_format(wire: RunningServer, image_format: str, name: str) -> None:
    for version in VERSIONS:
        body = post(wire, version, "analyze", data=encoded(meadow((70, 60)), image_format)).json()
        assert body["metadata"] == {"height": 60, "width": 70, "format": name}


@pytest.mark.covers("analyze", *VERSIONS)
def test_of_a_gif_the_first_frame_is_seen(wire: RunningServer, fixed_viewer: FixedViewer) -> None:
    frames = [meadow((60, 60)), meadow((60, 60)).rotate(180)]
    data = encoded(frames[0].quantize(), "GIF", save_all=True, append_images=[frames[1].quantize()])
    seen = []
    before = fixed_viewer.scene
    fixed_viewer.scene = lambda picture, options: (
        seen.append(picture.pixels[2, 2].tolist()),
        before(picture, options),
    )[1]
    try:
        for version in VERSIONS:
            assert post(wire, version, "analyze", data=data).status_code == 200
    finally:
        fixed_viewer.scene = before
    assert all(blue > green for _, green, blue in seen), seen  # the sky is above
    assert len(seen) == len(VERSIONS)


GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.mark.parametrize(("version", "operation"), calls())
def test_headers_of_every_answer(wire: RunningServer, version: str, operation: Operation) -> None:
    headers = {**BYTES, "x-ms-client-request-id": "client-7"}
    for data, status in ((PNG, 200), (b"no image", 400)):
        answer = post(wire, version, operation.path, operation.query, data=data, headers=headers)
        assert answer.status_code == status
        assert GUID.fullmatch(answer.headers["apim-request-id"])
        assert answer.headers["x-ms-client-request-id"] == "client-7"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@analyzed
@every_version
def test_age_and_gender_are_a_setting(tmp_path: Path, version: str) -> None:
    """Contract 4.2: Azure retired both; whoever needs them switches them on."""
    with server_in_thread(tmp_path, FixedReader, FixedViewer, age_and_gender=True) as server:
        body = told(server, version, "analyze", "visualFeatures=Faces")
    assert body == {"faces": [{"age": 31, "gender": "Female", **FACES[0]}]}
    validate(version, success_definition(version, "/analyze"), body)


@pytest.mark.parametrize(("version", "operation"), calls((ANALYZE, DESCRIBE, TAG)))
@pytest.mark.parametrize(("language", "dog"), [("es", "perro"), ("pt", "cachorro"), ("ja", "犬"), ("zh", "狗")])
def test_tags_in_other_languages(
    wire: RunningServer, version: str, operation: Operation, language: str, dog: str
) -> None:
    body = told(wire, version, operation.path, f"{operation.query}&language={language}")
    if operation is not DESCRIBE:
        assert dog in [tag["name"] for tag in body["tags"]]
    if operation is not TAG:
        assert dog in body["description"]["tags"]
        assert body["description"]["captions"][0]["text"] == "a dog on a street"  # said in docs/languages.md


@pytest.mark.parametrize(("language", "dog"), [("fr", "dog"), ("zh-Hans", "狗"), ("pt-BR", "cachorro"), ("ru", "dog")])
def test_tags_in_the_languages_of_v3_2(wire: RunningServer, language: str, dog: str) -> None:
    assert dog in [tag["name"] for tag in told(wire, "v3.2", "tag", f"language={language}")["tags"]]
