import pytest
from starlette.datastructures import QueryParams

from readstone.api.query import Query
from readstone.domain.refusals import Reason, Refusal

NOPE = Refusal(Reason.LANGUAGE_NOT_SUPPORTED, "no")


def query(text: str) -> Query:
    return Query(QueryParams(text))


@pytest.mark.parametrize("name", ["detectOrientation", "DetectOrientation", "detectorientation"])
@pytest.mark.parametrize(
    ("value", "meant"), [("true", True), ("TRUE", True), ("1", True), ("False", False), ("0", False)]
)
def test_booleans(name: str, value: str, meant: bool) -> None:
    assert query(f"{name}={value}").boolean("detectOrientation", default=not meant) is meant


@pytest.mark.parametrize("text", ["", "detectOrientation=", "detectOrientation=%20", "other=false"])
def test_absent_or_empty_is_the_default(text: str) -> None:
    assert query(text).boolean("detectOrientation", default=True) is True


def test_unparsable_boolean() -> None:
    with pytest.raises(Refusal) as refused:
        query("detectOrientation=perhaps").boolean("detectOrientation", default=True)
    assert refused.value.reason is Reason.BAD_ARGUMENT


def test_choice_is_answered_in_canonical_case() -> None:
    assert query("LANGUAGE=ZH-hans").choice("language", {"zh-Hans", "en"}, "unk", NOPE) == "zh-Hans"
    assert query("").choice("language", {"zh-Hans"}, "unk", NOPE) == "unk"
    with pytest.raises(Refusal) as refused:
        query("language=tlh").choice("language", {"zh-Hans"}, "unk", NOPE)
    assert refused.value.reason is Reason.LANGUAGE_NOT_SUPPORTED


def test_a_parameter_sent_twice_means_its_first_value() -> None:
    assert query("language=&language=de&language=fr").text("language") == "de"
