"""Contract 7.2 to 7.4: parameters and bodies of Image Analysis 4.0 (C05, C19)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyses import FEATURES, FINAL, PREVIEWS, SIZE, analyze, every_version, told
from readers import FixedReader, box
from readstone.domain.picture import Picture
from readstone.domain.scene import Feature
from readstone.domain.text import Appearance, Line, Orientation, Page, Region, Word
from serving import RunningServer, server_in_thread
from viewers import FixedViewer, empty_room

WIDTH, HEIGHT = SIZE

CAPTION = {"text": "a dog on a street", "confidence": 0.9123}
DOG = {"x": 0, "y": 10, "w": 37, "h": 21}  # it passed the picture's left edge: -3.4 to 36.8, 10.4 to 30.6
SEEN = {
    "captionResult": CAPTION,
    "denseCaptionsResult": {
        # The third had the second's box, to the pixel.
        "values": [
            CAPTION | {"boundingBox": {"x": 0, "y": 0, "w": WIDTH, "h": HEIGHT}},
            {"text": "a dog", "confidence": 0.8765, "boundingBox": DOG},
        ]
    },
    "tagsResult": {
        "values": [
            {"name": "outdoor", "confidence": 0.9877},
            {"name": "street", "confidence": 0.91},
            {"name": "dog", "confidence": 0.9},
        ]
    },
    "objectsResult": {
        "values": [
            {"boundingBox": DOG, "tags": [{"name": "dog", "confidence": 0.8765}]},
            {
                "boundingBox": {"x": 115, "y": 75, "w": 5, "h": 5},
                "tags": [{"name": "traffic light", "confidence": 0.61}],
            },
        ]
    },
    "smartCropsResult": {"values": []},
    "peopleResult": {
        "values": [
            {"boundingBox": {"x": 50, "y": 6, "w": 7, "h": 8}, "confidence": 0.9999},
            {"boundingBox": {"x": 5, "y": 6, "w": 7, "h": 8}, "confidence": 0.0001},
        ]
    },
}
READ = {
    "blocks": [
        {
            "lines": [
                {
                    "text": "Hello world",
                    "boundingPolygon": [
                        {"x": 10, "y": 10},
                        {"x": 50, "y": 10},
                        {"x": 50, "y": 20},
                        {"x": 10, "y": 20},
                    ],
                    "words": [
                        {
                            "text": "Hello",
                            "boundingPolygon": [
                                {"x": 10, "y": 10},
                                {"x": 30, "y": 10},
                                {"x": 30, "y": 19},
                                {"x": 10, "y": 19},
                            ],
                            "confidence": 0.99,
                        },
                        {
                            "text": "world",
                            "boundingPolygon": [
                                {"x": 34, "y": 11},
                                {"x": 50, "y": 11},
                                {"x": 50, "y": 20},
                                {"x": 34, "y": 20},
                            ],
                            "confidence": 0.98,
                        },
                    ],
                }
            ]
        }
    ]
}
DOCUMENT = {
    "stringIndexType": "TextElements",
    "content": "Hello world",
    "pages": [
        {
            "height": HEIGHT,
            "width": WIDTH,
            "angle": 0.0,
            "pageNumber": 1,
            "words": [
                {
                    "content": "Hello",
                    "boundingBox": [10, 10, 30, 10, 30, 19, 10, 19],
                    "confidence": 0.99,
                    "span": {"offset": 0, "length": 5},
                },
                {
                    "content": "world",
                    "boundingBox": [34, 11, 50, 11, 50, 20, 34, 20],
                    "confidence": 0.98,
                    "span": {"offset": 6, "length": 5},
                },
            ],
            "spans": [{"offset": 0, "length": 11}],
            "lines": [
                {
                    "content": "Hello world",
                    "boundingBox": [10, 10, 50, 10, 50, 20, 10, 20],
                    "spans": [{"offset": 0, "length": 11}],
                }
            ],
        }
    ],
    "styles": [],
}


@every_version
def test_everything_at_once(wire: RunningServer, version: str) -> None:  # C05
    text = READ if version in FINAL else DOCUMENT
    assert told(wire, version) == {**SEEN, "readResult": text}


@every_version
@pytest.mark.parametrize(
    ("features", "members"),
    [
        ("features=tags", {"tagsResult"}),
        ("features=Caption", {"captionResult"}),
        ("FEATURES=DENSECAPTIONS", {"denseCaptionsResult"}),
        ("features=objects%2C%20read,,read", {"objectsResult", "readResult"}),
        ("features=people&Features=SmartCrops", {"peopleResult", "smartCropsResult"}),
        ("features=read", {"readResult"}),
    ],
)
def test_only_what_is_asked_is_told(wire: RunningServer, version: str, features: str, members: set[str]) -> None:  # C19
    assert told(wire, version, features).keys() == members


def test_only_what_is_asked_is_done(wire: RunningServer, fixed_viewer: FixedViewer, fixed_reader: FixedReader) -> None:
    looks, reads = len(fixed_viewer.asked), len(fixed_reader.asked)
    told(wire, "2023-10-01", "features=objects,caption")
    assert (len(fixed_viewer.asked), len(fixed_reader.asked)) == (looks + 1, reads)
    assert fixed_viewer.asked[-1].features == {Feature.OBJECTS, Feature.DESCRIPTION}
    told(wire, "2023-10-01", "features=read")
    assert (len(fixed_viewer.asked), len(fixed_reader.asked)) == (looks + 1, reads + 1)


def test_the_viewer_is_given_the_text(wire: RunningServer, fixed_viewer: FixedViewer) -> None:
    told(wire, "2023-10-01", "features=read,smartCrops")
    page = fixed_viewer.asked[-1].text()
    assert page
    assert page.lines[0].text == "Hello world"
    told(wire, "2023-10-01", "features=smartCrops")
    assert fixed_viewer.asked[-1].text() is None


@every_version
def test_crops_are_those_asked_for(wire: RunningServer, version: str) -> None:
    ratios = (1.8, 0.75, 1.333, 0.75)
    asked = ",".join(map(str, ratios))
    for name in ("smartcrops-aspect-ratios", "smartCrops-aspect-ratios"):  # C19: the latter is the JavaScript SDK's
        crops = told(wire, version, f"features=smartCrops&{name}={asked}")["smartCropsResult"]["values"]
        assert [crop["aspectRatio"] for crop in crops] == list(ratios)
        for crop in crops:
            assert_inside(crop["boundingBox"])


@every_version
@pytest.mark.parametrize(("value", "neutral"), [("true", True), ("False", False), ("1", True), ("", False)])
def test_gender_neutral_captions(
    wire: RunningServer, fixed_viewer: FixedViewer, version: str, value: str, neutral: bool
) -> None:
    told(wire, version, f"features=caption&gender-neutral-caption={value}")
    assert fixed_viewer.asked[-1].neutral is neutral


@every_version
@pytest.mark.parametrize(
    "query",
    [
        "features=caption,denseCaptions&language=EN",
        "features=tags&language=pt-br",
        "features=objects,people,smartCrops,read&language=tlh",
        "features=tags&key1=value1&model-version=latest",
        "features=tags&model-version=2023-10-01",
        "features=tags&model-version=2023-02-01-preview",
    ],
)
def test_parameters_that_are_accepted(wire: RunningServer, version: str, query: str) -> None:
    told(wire, version, query)


def test_tags_are_translated(wire: RunningServer) -> None:
    tags = told(wire, "2024-02-01", "features=tags&language=es")["tagsResult"]["values"]
    assert [tag["name"] for tag in tags] == ["exterior", "calle", "perro"]


def test_previews_know_no_model_version(wire: RunningServer) -> None:
    for version in PREVIEWS:
        told(wire, version, "features=tags&model-version=whatever")


@every_version
def test_nothing_found(tmp_path: Path, version: str) -> None:
    def blank(picture: Picture) -> Page:
        return Page(picture.width, picture.height)

    with server_in_thread(tmp_path, lambda: FixedReader(blank), lambda: FixedViewer(empty_room)) as server:
        body = told(server, version)
    for member in ("tagsResult", "objectsResult", "smartCropsResult", "peopleResult"):
        assert body[member] == {"values": []}
    # A sentence is required.
    assert body["captionResult"] == {"text": "an image", "confidence": 0.05}
    assert [dense["text"] for dense in body["denseCaptionsResult"]["values"]] == ["an image"]
    if version in FINAL:
        assert body["readResult"] == {"blocks": []}
    else:
        assert body["readResult"]["content"].strip() == ""
        assert body["readResult"]["pages"][0]["lines"] == []


ACCENTED = "be\N{COMBINING ACUTE ACCENT}"
WRITTEN = f"be {ACCENTED} !"


def note(picture: Picture) -> Page:
    """A printed and a written line, the second with a letter of two code points, both passing the edges."""
    printed = Line(
        "To Zoë", box(-5, 5, 90, 9), (Word("To", box(-5, 5, 40, 9), 1.0), Word("Zoë", box(40, 5, 45, 9), 0.9))
    )
    written = Line(
        WRITTEN,
        box(10, 70, 200, 90),
        (
            Word("be", box(10, 70, 20, 9), 0.8),
            Word(ACCENTED, box(40, 70, 20, 9), 0.70049),
            Word("!", box(110, 70, 90, 90), 0.6),
        ),
        Appearance(handwriting=True, confidence=0.87654),
    )
    regions = (Region((printed,)), Region((written,)))
    return Page(picture.width, picture.height, -0.1, Orientation.UP, "en", regions)


@pytest.fixture(scope="module")
def noting(tmp_path_factory: pytest.TempPathFactory) -> Any:
    reader = FixedReader(note)
    with server_in_thread(tmp_path_factory.mktemp("note"), lambda: reader, FixedViewer) as server:
        yield server, reader


@pytest.mark.parametrize("version", FINAL)
def test_text_in_one_block(noting: Any, version: str) -> None:
    server, reader = noting
    blocks = told(server, version, "features=read")["readResult"]["blocks"]
    assert not reader.asked[-1].appearance
    assert [[line["text"] for line in block["lines"]] for block in blocks] == [["To Zoë", WRITTEN]]
    for line in blocks[0]["lines"]:
        for found in (line, *line["words"]):
            assert len(found["boundingPolygon"]) == 4
            assert all(0 <= corner["x"] < WIDTH and 0 <= corner["y"] < HEIGHT for corner in found["boundingPolygon"])
        assert all(word["text"] in line["text"] for word in line["words"])
    confidences = [[word["confidence"] for word in line["words"]] for line in blocks[0]["lines"]]
    assert confidences == [[0.999, 0.9], [0.8, 0.7, 0.6]]


@pytest.mark.parametrize("version", PREVIEWS)
def test_text_as_a_document(noting: Any, version: str) -> None:
    server, reader = noting
    read = told(server, version, "features=read")["readResult"]
    assert reader.asked[-1].appearance
    assert read["content"] == f"To Zoë\n{WRITTEN}"
    page = read["pages"][0]
    assert page["angle"] == 5.7296
    assert page["spans"] == [{"offset": 0, "length": 14}]
    assert [line["spans"] for line in page["lines"]] == [[{"offset": 0, "length": 6}], [{"offset": 7, "length": 7}]]
    spans = [(word["content"], word["span"]["offset"], word["span"]["length"]) for word in page["words"]]
    assert spans == [("To", 0, 2), ("Zoë", 3, 3), ("be", 7, 2), (ACCENTED, 10, 2), ("!", 13, 1)]
    written = {"isHandwritten": True, "spans": [{"offset": 7, "length": 7}], "confidence": 0.877}
    assert read["styles"] == [written]


def test_versions_in_any_letter_case(wire: RunningServer) -> None:
    answer = analyze(wire, None, f"API-Version=2023-02-01-PREVIEW&features={FEATURES}")
    assert answer.json()["modelVersion"] == "2023-02-01-preview"


def assert_inside(region: dict[str, int]) -> None:
    assert 0 <= region["x"] < region["x"] + region["w"] <= WIDTH
    assert 0 <= region["y"] < region["y"] + region["h"] <= HEIGHT
