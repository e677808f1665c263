"""Bodies of the text operations, version by version (contract 4.4 - 4.6), against Microsoft's definitions too."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import pytest

from readers import box
from readstone.api.vision.measures import clockwise_degrees
from readstone.api.vision.text_codec import TextCodec, Times
from readstone.api.vision.text_operations import read_options
from readstone.api.vision.text_options import TextOptions
from readstone.api.vision.v1_0.text_codec import RECOGNIZE_TEXT
from readstone.api.vision.v2_0.text_codec import BATCH_READ
from readstone.api.vision.v3_0 import text_codec as v3_0
from readstone.api.vision.v3_1 import text_codec as v3_1
from readstone.api.vision.v3_2 import text_codec as v3_2
from readstone.domain.document import Sheet, Unit
from readstone.domain.geometry import Point
from readstone.domain.text import Appearance, Line, Orientation, Page, Region, Word
from schemas import validate

TIMES = Times(datetime(2021, 3, 24, 6, 44, 48, 999, UTC), datetime(2021, 3, 24, 6, 44, 49, tzinfo=UTC))
HEAD = {"createdDateTime": "2021-03-24T06:44:48Z", "lastUpdatedDateTime": "2021-03-24T06:44:49Z"}
SHEET = Sheet(1, Unit.PIXEL, 250, 258, 1.0)
INCHES = Sheet(3, Unit.INCH, 8.5, 11.0, 11 / 2200)
OPTIONS = TextOptions(model_version="2022-04-30")


def line(text: str, left: float, top: float, handwriting: bool = False) -> Line:
    quad = box(left, top, 40.4, 18)
    word = Word(text, quad, 0.65 if text == "dim" else 0.99741)
    return Line(text, quad, (word,), Appearance(handwriting, 0.87812))


PAGE = Page(
    250,
    258,
    math.radians(-2.2026),
    Orientation.UP,
    "en",
    (Region((line("a", 10, 10), line("b", 10, 40))), Region((line("dim", 120, 12, handwriting=True),))),
)
PLAIN = {"boundingBox": [10, 10, 50, 10, 50, 28, 10, 28], "text": "a"}


def done(
    codec: TextCodec, options: TextOptions = OPTIONS, sheet: Sheet = SHEET, page: Page = PAGE
) -> dict[str, object]:
    body: dict[str, object] = json.loads(codec.done([codec.page(sheet, page, options)], TIMES, options))
    return body


@pytest.mark.parametrize("version", ["v1.0", "v2.0", "v2.1"])
def test_recognize_text(version: str) -> None:
    body = done(RECOGNIZE_TEXT)
    validate(version, "TextOperationResult", body)
    assert body == {
        "status": "Succeeded",
        "recognitionResult": {
            "lines": [
                PLAIN | {"words": [PLAIN]},
                {
                    "boundingBox": [120, 12, 160, 12, 160, 30, 120, 30],
                    "text": "dim",
                    "words": [
                        {"boundingBox": [120, 12, 160, 12, 160, 30, 120, 30], "text": "dim", "confidence": "Low"}
                    ],
                },
                {
                    "boundingBox": [10, 40, 50, 40, 50, 58, 10, 58],
                    "text": "b",
                    "words": [{"boundingBox": [10, 40, 50, 40, 50, 58, 10, 58], "text": "b"}],
                },
            ]
        },
    }


@pytest.mark.parametrize("version", ["v2.0", "v2.1"])
def test_batch_read(version: str) -> None:
    body = done(BATCH_READ)
    validate(version, "ReadOperationResult", body)
    (page,) = body["recognitionResults"]  # type: ignore[misc]
    assert list(page) == ["page", "clockwiseOrientation", "width", "height", "unit", "lines"]
    assert (page["page"], page["width"], page["height"], page["unit"]) == (1, 250, 258, "pixel")
    assert page["clockwiseOrientation"] == 2.2


def test_batch_read_keeps_to_300_lines() -> None:
    many = Page(100, 9000, regions=(Region(tuple(line(str(n), 5, 25 * n) for n in range(301))),))
    (page,) = done(BATCH_READ, page=many)["recognitionResults"]  # type: ignore[misc]
    assert len(page["lines"]) == 300


READS = [
    ("v3.0-preview", v3_0.READ_PREVIEW, "3.0.0"),
    ("v3.0", v3_0.READ, "3.0.0"),
    ("v3.1-preview.2", v3_1.READ_PREVIEW_2, "3.1.0"),
    ("v3.1", v3_1.READ, "3.1.0"),
    ("v3.2-preview", v3_2.READ_PREVIEW, "3.2.0"),
    ("v3.2", v3_2.READ, "3.2.0"),
]


@pytest.mark.parametrize(("version", "codec", "number"), READS)
def test_read(version: str, codec: TextCodec, number: str) -> None:
    body = done(codec)
    validate(version, "ReadOperationResult", body)
    result = body["analyzeResult"]
    assert isinstance(result, dict)
    assert {k: v for k, v in body.items() if k != "analyzeResult"} == {"status": "succeeded", **HEAD}
    assert result["version"] == number
    assert ("modelVersion" in result) == (version == "v3.2")
    (page,) = result["readResults"]
    assert (page["page"], page["angle"], page["width"], page["height"], page["unit"]) == (1, 2.2026, 250, 258, "pixel")
    first, second, third = page["lines"]
    assert [first["text"], second["text"], third["text"]] == ["a", "dim", "b"]
    assert first["words"] == [{**PLAIN, "confidence": 0.997}]
    assert ("language" in page) == (version != "v3.2")
    assert ("language" in first) == (version == "v3.0-preview")
    styles = {
        "v3.1-preview.2": {"style": "handwriting", "styleConfidence": 0.878},
        "v3.2-preview": {"style": {"name": "handwriting", "confidence": 0.878}},
        "v3.2": {"style": {"name": "handwriting", "confidence": 0.878}},
    }
    assert second.get("appearance") == styles.get(version)
    if version in styles:
        assert "handwriting" not in json.dumps(first["appearance"])


def test_forced_language_is_told_in_v3_2() -> None:
    body = done(v3_2.READ, TextOptions(language="de", model_version="2022-04-30"))
    assert body["analyzeResult"]["readResults"][0]["language"] == "de"  # type: ignore[index]


def test_natural_order_reads_columns_one_after_the_other() -> None:
    body = done(v3_2.READ, TextOptions(natural_order=True, model_version="2022-04-30"))
    lines = body["analyzeResult"]["readResults"][0]["lines"]  # type: ignore[index]
    assert [entry["text"] for entry in lines] == ["a", "b", "dim"]


@pytest.mark.parametrize("text", ["漢字", "Привет", "שלום", "สวัสดี", "Ελλάδα", "한국"])
def test_no_style_for_other_scripts(text: str) -> None:
    page = Page(250, 258, regions=(Region((line(text, 10, 10),)),))
    assert "appearance" not in json.dumps(done(v3_2.READ, page=page))


@pytest.mark.parametrize("codec", [RECOGNIZE_TEXT, BATCH_READ, v3_0.READ, v3_2.READ_PREVIEW, v3_2.READ])
def test_styles_are_judged_only_where_they_are_told(codec: TextCodec) -> None:
    told = "appearance" in json.dumps(json.loads(codec.page(SHEET, PAGE, OPTIONS)))
    assert read_options(codec, OPTIONS).appearance is told


def test_inches_have_four_decimals_and_keep_the_page_number() -> None:
    page = Page(1700, 2200, regions=(Region((line("a", 101, 203),)),))
    (result,) = done(v3_2.READ, sheet=INCHES, page=page)["analyzeResult"]["readResults"]  # type: ignore[index]
    assert (result["page"], result["unit"], result["width"], result["height"]) == (3, "inch", 8.5, 11)
    assert result["lines"][0]["boundingBox"] == [0.505, 1.015, 0.707, 1.015, 0.707, 1.105, 0.505, 1.105]
    (old,) = done(BATCH_READ, sheet=INCHES, page=page)["recognitionResults"]  # type: ignore[misc]
    assert (old["page"], old["unit"], old["width"], old["height"]) == (3, "inch", 8.5, 11)


def test_a_page_without_text() -> None:
    (result,) = done(v3_2.READ, page=Page(250, 258))["analyzeResult"]["readResults"]  # type: ignore[index]
    assert result["lines"] == []
    assert result["angle"] == 0


@pytest.mark.parametrize(
    ("codec", "bodies"),
    [
        (RECOGNIZE_TEXT, ({"status": "NotStarted"}, {"status": "Running"}, {"status": "Failed"})),
        (BATCH_READ, ({"status": "NotStarted"}, {"status": "Running"}, {"status": "Failed"})),
        *((codec, tuple({"status": s, **HEAD} for s in ("notStarted", "running", "failed"))) for _, codec, _ in READS),
    ],
)
def test_bodies_before_and_instead_of_a_result(codec: TextCodec, bodies: tuple[object, ...]) -> None:
    made = codec.pending(False, TIMES), codec.pending(True, TIMES), codec.failed(TIMES)
    assert tuple(json.loads(body) for body in made) == bodies


@pytest.mark.parametrize(
    ("orientation", "lean", "degrees"),
    [
        (None, 0, 0),
        (Orientation.UP, -10.41, 10.41),
        (Orientation.UP, 10.41, -10.41),
        (Orientation.RIGHT, 0, 90),
        (Orientation.LEFT, 0, -90),
        (Orientation.DOWN, 0, 180),
        (Orientation.DOWN, -1, -179),
        (Orientation.DOWN, 1, 179),
    ],
)
def test_angle(orientation: Orientation | None, lean: float, degrees: float) -> None:
    page = Page(10, 10, math.radians(lean), orientation)
    assert clockwise_degrees(page) == pytest.approx(degrees)
    # The text itself, turned as the page says, runs in that direction.
    turned = box(0, 0, 10, 2).rotated(math.radians(degrees), Point(0, 0))
    assert page.upright(turned).angle == pytest.approx(0, abs=1e-9)


def test_options_survive_packing_and_later_members() -> None:
    options = TextOptions("de", True, "2022-04-30")
    assert TextOptions.unpacked(options.packed()) == options
    assert TextOptions.unpacked(b'{"unknown": 1}') == TextOptions()
