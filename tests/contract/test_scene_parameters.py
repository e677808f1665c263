"""Contract 4.1, 6.6 and 9.2: the parameters of the operations on what an image shows, refused where wrong (C14)."""

from __future__ import annotations

import pytest
import requests

from scenes import (
    ANALYZE,
    AREA,
    BYTES,
    DESCRIBE,
    DETECT,
    DOMAIN,
    PNG,
    TAG,
    THUMBNAIL,
    Operation,
    assert_refused,
    calls,
    post,
)
from schemas import VERSIONS
from serving import RunningServer

SINCE_V2_1 = VERSIONS[2:]

every_call = pytest.mark.parametrize(("version", "operation"), calls())
every_version = pytest.mark.parametrize("version", VERSIONS)


@every_version
@pytest.mark.covers("analyze")
@pytest.mark.parametrize("features", ["Smell", "Tags,Smell", "Tags;Color", "Read", "Celebrities"])
def test_unknown_feature(wire: RunningServer, version: str, features: str) -> None:
    answer = post(wire, version, ANALYZE, f"visualFeatures={features}")
    assert_refused(
        answer, version, "NotSupportedVisualFeature", "InvalidArgument", "Specified feature type is not valid."
    )


@pytest.mark.covers("analyze", "v1.0")
@pytest.mark.parametrize("features", ["Objects", "Brands"])
def test_features_that_came_after_v1_0(wire: RunningServer, features: str) -> None:
    answer = post(wire, "v1.0", ANALYZE, f"visualFeatures={features}")
    assert_refused(answer, "v1.0", "NotSupportedVisualFeature", "InvalidArgument")


@every_version
@pytest.mark.covers("analyze")
@pytest.mark.parametrize("details", ["Dogs", "Landmarks,Dogs"])
def test_unknown_details(wire: RunningServer, version: str, details: str) -> None:
    answer = post(wire, version, ANALYZE, f"details={details}")
    assert_refused(answer, version, "InvalidDetails", "InvalidArgument")


@every_version
@pytest.mark.covers("domain")
@pytest.mark.parametrize("model", ["dogs", "celebrity", "landmarks%20", "%00"])
def test_unknown_domain_model(wire: RunningServer, version: str, model: str) -> None:
    url = f"{wire.url}/vision/{version}/models/{model}/analyze"
    answer = requests.post(url, data=b"no image", headers=BYTES, timeout=30)
    assert_refused(answer, version, "InvalidModel", "InvalidArgument")


LANGUAGED = (ANALYZE, DESCRIBE, TAG, DOMAIN)


@pytest.mark.parametrize(("version", "operation"), calls(LANGUAGED))
@pytest.mark.parametrize("language", ["tlh", "english", "en-US", "1", "unk"])
def test_unknown_language(wire: RunningServer, version: str, operation: Operation, language: str) -> None:
    answer = post(wire, version, operation, f"language={language}")
    message = "The input language is not supported."
    assert_refused(answer, version, "NotSupportedLanguage", "InvalidArgument", message)


@pytest.mark.parametrize(("version", "operation"), calls(LANGUAGED))
@pytest.mark.parametrize("language", ["en", "es", "ja", "PT", "zh", ""])
def test_languages_of_every_version(wire: RunningServer, version: str, operation: Operation, language: str) -> None:
    assert post(wire, version, operation, f"language={language}").status_code == 200


@pytest.mark.parametrize(("version", "operation"), calls((DETECT, AREA, THUMBNAIL)))
def test_no_language_where_nothing_is_said(wire: RunningServer, version: str, operation: Operation) -> None:
    assert post(wire, version, operation, "language=tlh").status_code == 200


@every_version
@pytest.mark.parametrize("language", ["fr", "zh-Hans", "pt-BR", "sr-Cyrl", "prs"])
@pytest.mark.parametrize(
    ("operation", "query", "served"),
    [
        pytest.param(TAG, "", True, marks=pytest.mark.covers("tag")),
        pytest.param(ANALYZE, "visualFeatures=Tags", True, marks=pytest.mark.covers("analyze")),
        pytest.param(ANALYZE, "visualFeatures=Faces,Adult,Color,ImageType", True, marks=pytest.mark.covers("analyze")),
        pytest.param(ANALYZE, "visualFeatures=Tags,Description", False, marks=pytest.mark.covers("analyze")),
        pytest.param(ANALYZE, "", False, marks=pytest.mark.covers("analyze")),
        pytest.param(ANALYZE, "visualFeatures=Tags&details=Landmarks", False, marks=pytest.mark.covers("analyze")),
        pytest.param(DESCRIBE, "", False, marks=pytest.mark.covers("describe")),
        pytest.param(DOMAIN, "", False, marks=pytest.mark.covers("domain")),
    ],
)
def test_languages_of_tags_in_v3_2(
    wire: RunningServer, version: str, operation: Operation, query: str, served: bool, language: str
) -> None:
    """Contract 9.2: sentences, categories and names have five languages, whatever is English anyway has all."""
    url = f"{wire.url}/vision/{version}/{operation.path}?{query}&language={language}"
    answer = requests.post(url, data=PNG, headers=BYTES, timeout=30)
    if served and version == "v3.2":
        assert answer.status_code == 200
    else:
        assert_refused(answer, version, "NotSupportedLanguage", "InvalidArgument")


@every_version
@pytest.mark.covers("describe")
@pytest.mark.parametrize("most", ["0", "-1", "two", "1.5", "1e3", "١", "1_0", "9" * 40])
def test_bad_number_of_candidates(wire: RunningServer, version: str, most: str) -> None:
    assert_refused(post(wire, version, DESCRIBE, f"maxCandidates={most}"), version, "BadArgument", "InvalidArgument")


@pytest.mark.parametrize(("version", "operation"), calls((ANALYZE, DESCRIBE)))
def test_exclusions(wire: RunningServer, version: str, operation: Operation) -> None:
    assert post(wire, version, operation, "descriptionExclude=celebrities,Landmarks").status_code == 200
    answer = post(wire, version, operation, "descriptionExclude=Dogs")
    if version in SINCE_V2_1:
        assert_refused(answer, version, "BadArgument", "InvalidArgument")
    else:
        assert answer.status_code == 200  # an unknown parameter there, so ignored


@every_call
@pytest.mark.parametrize("model", ["2020-01-01", "newest", "2021-4-1"])
def test_unknown_model_version(wire: RunningServer, version: str, operation: Operation, model: str) -> None:
    answer = post(wire, version, operation, f"model-version={model}")
    if version == "v3.2":
        assert_refused(answer, version, "BadArgument", "InvalidArgument")
    else:
        assert answer.status_code == 200


@every_version
@pytest.mark.covers("generateThumbnail")
@pytest.mark.parametrize(("width", "height"), [(0, 9), (9, 0), (1025, 9), (9, 1025), (-1, 9), (9, 10**15)])
def test_thumbnail_size_out_of_range(wire: RunningServer, version: str, width: int, height: int) -> None:
    answer = post(wire, version, THUMBNAIL, f"width={width}&height={height}")
    assert_refused(answer, version, "InvalidThumbnailSize", "InvalidArgument")


@every_version
@pytest.mark.covers("generateThumbnail")
@pytest.mark.parametrize(
    "query",
    [
        "",
        "width=9",
        "height=9",
        "width=&height=9",
        "width=9&height=x",
        "width=9.0&height=9",
        "width=9&height=9&smartCropping=x",
    ],
)
def test_thumbnail_of_no_size(wire: RunningServer, version: str, query: str) -> None:
    answer = requests.post(f"{wire.url}/vision/{version}/generateThumbnail?{query}", PNG, headers=BYTES, timeout=30)
    assert_refused(answer, version, "BadArgument", "InvalidArgument")
