"""What every SDK is made to ask of a picture, and what has to come back."""

from __future__ import annotations

import base64
import io
from typing import Any

import PIL.Image

from pictures import encoded
from scenes import meadow
from schemas import success_definition, validate

MEADOW_SIZE = (320, 240)
MEADOW = encoded(meadow(MEADOW_SIZE), "JPEG", quality=92)
THUMBNAIL_SIZE = (64, 48)

FEATURES = ("Categories", "Tags", "Description", "Color", "ImageType", "Faces", "Adult")
SINCE_V2 = ("Objects", "Brands")
MEMBERS = {
    "Categories": "categories",
    "Adult": "adult",
    "Color": "color",
    "ImageType": "imageType",
    "Tags": "tags",
    "Description": "description",
    "Faces": "faces",
    "Objects": "objects",
    "Brands": "brands",
}
RESULTS = {
    "analyze": list(MEMBERS.values()),
    "describe": ["description"],
    "tag": ["tags"],
    "detect": ["objects"],
    "areaOfInterest": ["areaOfInterest"],
    "domain": ["result"],
}
DEFINITIONS = {"domain": "/models/{model}/analyze"}


def assert_sees_the_meadow(version: str, operation: str, body: dict[str, Any]) -> None:
    """A body of this version, valid by Microsoft's definition, with everything that was asked for."""
    validate(version, success_definition(version, DEFINITIONS.get(operation, f"/{operation}")), body)
    ending = ["requestId", "metadata", *(["modelVersion"] if version == "v3.2" else [])]
    assert list(body) == RESULTS[operation] + ending
    assert body["metadata"] == {"height": MEADOW_SIZE[1], "width": MEADOW_SIZE[0], "format": "Jpeg"}
    if operation == "analyze":
        assert body["color"]["isBWImg"] is body["color"]["isBwImg"] is False
        assert ("goreScore" in body["adult"]) == (version not in ("v1.0", "v2.0"))
        assert body["categories"]
        assert body["faces"] == []
    if operation == "domain":
        assert body["result"] == {"celebrities": []}
    if operation == "areaOfInterest":
        area = body["areaOfInterest"]
        assert 0 <= area["x"] <= area["x"] + area["w"] <= MEADOW_SIZE[0]
        assert 0 <= area["y"] <= area["y"] + area["h"] <= MEADOW_SIZE[1]


def without_seeds_spelling(body: dict[str, Any]) -> dict[str, Any]:
    """A body as SDKs see it: they know one spelling of isBWImg."""
    colour = body.get("color")
    return {**body, "color": {k: v for k, v in colour.items() if k != "isBwImg"}} if colour else body


def assert_is_a_thumbnail(outcome: dict[str, Any]) -> None:
    """A JPEG of exactly the size asked for, though `Accept` said octet-stream."""
    assert outcome["type"] == "image/jpeg"
    image = PIL.Image.open(io.BytesIO(base64.b64decode(outcome["image"])))
    assert (image.format, image.size) == ("JPEG", THUMBNAIL_SIZE)
    image.load()


def assert_lists_the_models(version: str, outcome: dict[str, Any]) -> None:
    """Both, in the body and in the SDK's objects."""
    validate(version, success_definition(version, "/models", "get"), outcome["body"])
    assert [model["name"] for model in outcome["body"]["models"]] == ["celebrities", "landmarks"]
