"""What the tests of Microsoft's own SDKs of Image Analysis 4.0 demand of an answer, and ours with them."""

from __future__ import annotations

from typing import Any

from schemas import validate
from sdk.poster import WORDS, Rectangle, word_places

FEATURES = ("tags", "caption", "denseCaptions", "objects", "read", "smartCrops", "people")
MEMBERS = {name: f"{name}Result" for name in FEATURES}
RATIOS = (0.9, 1.33)
VERSION = "2023-10-01"


def assert_analysed(body: dict[str, Any], features: tuple[str, ...] = FEATURES, version: str = VERSION) -> None:
    """Valid by Microsoft's definition, exactly what was asked for, and each part as their tests want it."""
    validate(version, "ImageAnalysisResult", body)
    assert body.keys() == {"modelVersion", "metadata", *(MEMBERS[name] for name in features)}
    assert body["modelVersion"] == version
    size = (body["metadata"]["width"], body["metadata"]["height"])
    for name in features:
        _CHECKS[name](body[MEMBERS[name]], size)
    if {"caption", "denseCaptions"} <= set(features):
        caption, first = body["captionResult"], body["denseCaptionsResult"]["values"][0]
        assert (first["text"], first["confidence"]) == (caption["text"], caption["confidence"])


def assert_is_the_poster(read: dict[str, Any]) -> None:
    """The poster's words at their places."""
    (block,) = read["blocks"]
    words = [word for line in block["lines"] for word in line["words"]]
    assert [word["text"] for word in words] == WORDS
    for word, place in zip(words, word_places(), strict=True):
        across = [corner["x"] for corner in word["boundingPolygon"]]
        down = [corner["y"] for corner in word["boundingPolygon"]]
        found = Rectangle(min(across), min(down), max(across) - min(across), max(down) - min(down))
        assert found.overlap(place) >= 0.5, (word, place)


def _sure(confidence: float) -> None:
    assert 0 < confidence < 1


def _inside(box: dict[str, int], size: tuple[int, int]) -> None:
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["w"] > 0
    assert box["h"] > 0
    assert box["x"] + box["w"] <= size[0]
    assert box["y"] + box["h"] <= size[1]


def _in_boxes_of_their_own(values: list[dict[str, Any]], size: tuple[int, int]) -> None:
    boxes = [tuple(value["boundingBox"].values()) for value in values]
    assert len(set(boxes)) == len(boxes)
    for value in values:
        _inside(value["boundingBox"], size)


def _caption(result: dict[str, Any], _size: tuple[int, int]) -> None:
    assert result["text"] == result["text"].lower().rstrip(".")
    _sure(result["confidence"])


def _dense(result: dict[str, Any], size: tuple[int, int]) -> None:
    values = result["values"]
    assert 1 <= len(values) <= 10
    assert values[0]["boundingBox"] == {"x": 0, "y": 0, "w": size[0], "h": size[1]}
    for value in values:
        _caption(value, size)
    _in_boxes_of_their_own(values, size)


def _tags(result: dict[str, Any], _size: tuple[int, int]) -> None:
    values = result["values"]
    assert values
    confidences = [tag["confidence"] for tag in values]
    assert confidences == sorted(confidences, reverse=True)
    for confidence in confidences:
        _sure(confidence)
    assert len({tag["name"] for tag in values}) == len(values)


def _objects(result: dict[str, Any], size: tuple[int, int]) -> None:
    for thing in result["values"]:
        (tag,) = thing["tags"]
        _sure(tag["confidence"])
    _in_boxes_of_their_own(result["values"], size)


def _people(result: dict[str, Any], size: tuple[int, int]) -> None:
    confidences = [person["confidence"] for person in result["values"]]
    assert confidences == sorted(confidences, reverse=True)
    for confidence in confidences:
        _sure(confidence)
    _in_boxes_of_their_own(result["values"], size)


def _crops(result: dict[str, Any], size: tuple[int, int]) -> None:
    for crop in result["values"]:
        box = crop["boundingBox"]
        _inside(box, size)
        # A pixel more or less each way.
        assert abs(box["w"] - box["h"] * crop["aspectRatio"]) <= 1 + crop["aspectRatio"]


def _read(result: dict[str, Any], size: tuple[int, int]) -> None:
    assert len(result["blocks"]) <= 1
    for block in result["blocks"]:
        assert block["lines"]
        for line in block["lines"]:
            assert line["words"]
            for found in (line, *line["words"]):
                assert len(found["boundingPolygon"]) == 4
                for corner in found["boundingPolygon"]:
                    assert 0 <= corner["x"] < size[0]
                    assert 0 <= corner["y"] < size[1]
            for word in line["words"]:
                assert word["text"] in line["text"]
                _sure(word["confidence"])


_CHECKS = {
    "tags": _tags,
    "caption": _caption,
    "denseCaptions": _dense,
    "objects": _objects,
    "read": _read,
    "smartCrops": _crops,
    "people": _people,
}
