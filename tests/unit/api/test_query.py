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


FEATURES = ("Tags", "ImageType", "Color")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", set()),
        ("f=", set()),
        ("f=,,", set()),
        ("f=Tags", {"Tags"}),
        ("F=tags,%20IMAGETYPE%20,", {"Tags", "ImageType"}),
        ("f=Tags%2CColor", {"Tags", "Color"}),
        ("f=Tags&f=Color,Tags", {"Tags", "Color"}),  # contract 2.1: one list
    ],
)
def test_choices(text: str, meant: set[str]) -> None:
    assert query(text).choices("f", FEATURES, NOPE) == meant


@pytest.mark.parametrize("text", ["f=Smell", "f=Tags;Color", "f=Tags&f=Smell", "f=Tags Color"])
def test_choices_refuse_what_is_not_allowed(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        query(text).choices("f", FEATURES, NOPE)
    assert refused.value is NOPE


@pytest.mark.parametrize(("text", "meant"), [("", None), ("n=", None), ("n=%205", 5), ("N=-3", -3), ("n=007", 7)])
def test_integers(text: str, meant: int | None) -> None:
    assert query(text).integer("n") == meant


@pytest.mark.parametrize("value", ["x", "1.0", "1e3", "1_0", "١", "--1", "0x1", "9" * 19, "1 2"])
def test_unparsable_integer(value: str) -> None:
    with pytest.raises(Refusal) as refused:
        query(f"n={value}").integer("n")
    assert refused.value.reason is Reason.BAD_ARGUMENT
