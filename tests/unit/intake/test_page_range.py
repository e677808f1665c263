"""The `pages` parameter: what it selects, what it refuses, and that no number is too large for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.page_range import select_pages


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        (None, (1, 2, 3, 4, 5, 6)),
        ("", (1, 2, 3, 4, 5, 6)),
        ("3", (3,)),
        ("2-4", (2, 3, 4)),
        ("5-", (5, 6)),
        ("-2", (1, 2)),
        ("4,1-2,2", (1, 2, 4)),
        ("6,5,4", (4, 5, 6)),
        ("4-99", (4, 5, 6)),
        ("2-99999999999999999999999999999999", (2, 3, 4, 5, 6)),
        ("-" + "9" * 6000, (1, 2, 3, 4, 5, 6)),
        ("0-2", (1, 2)),
        ("0000002", (2,)),
    ],
)
def test_selection(text: str | None, chosen: tuple[int, ...]) -> None:
    assert select_pages(text, 6, 2000) == chosen


@pytest.mark.parametrize(
    "text",
    [
        *("x", "1;2", "1,", ",", "1,,2", "-", "--2", "1-2-3", "1 ,2", " 1", "1, 2", "1.5", "+1", "٣", "²", "1\n"),
        *("0", "0-0", "-0", "7", "7-9", "7-", "4-2", "1,7", "9" * 6000, "9" * 6000 + "-"),
    ],
)
def test_refusals(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        select_pages(text, 6, 2000)
    assert caught.value.reason is Reason.PAGE_RANGE
    assert text not in caught.value.message


def test_the_cap_keeps_the_first_pages_chosen() -> None:
    assert select_pages("9,3,5-8", 10, 3) == (3, 5, 6)
    assert select_pages(None, 10_000, 2000)[-1] == 2000
    assert select_pages("1-1000000000", 10**9, 2) == (1, 2)


def test_original_numbers_beyond_the_cap_can_be_chosen() -> None:
    assert select_pages("2500-", 3000, 2000)[0] == 2500


@pytest.mark.parametrize(
    ("text", "chosen"), [("1 3", (1, 3)), ("1,3", (1, 3)), ("1, 3", (1, 3)), (" 2-3  5 ", (2, 3, 5)), ("1 , 2", (1, 2))]
)
def test_previews_take_spaces(text: str, chosen: tuple[int, ...]) -> None:
    assert select_pages(text, 6, 2000, spaces=True) == chosen


@pytest.mark.parametrize("text", ["2-", "-2", "1;2", "1,,2", " ", "1\t2"])
def test_previews_have_no_open_ranges(text: str) -> None:
    with pytest.raises(Refusal):
        select_pages(text, 6, 2000, spaces=True)


item = st.one_of(
    st.integers(0, 40).map(str),
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: f"{pair[0]}-{pair[1]}"),
    st.integers(0, 40).map(lambda number: f"{number}-"),
    st.integers(0, 40).map(lambda number: f"-{number}"),
)


def pages_of(item: str, count: int) -> set[int]:
    """The same, the slow and plain way."""
    start, dash, end = item.partition("-")
    first = int(start or 1)
    last = int(end or count) if dash else first
    return set(range(first, last + 1)) & set(range(1, count + 1))


@given(st.lists(item, min_size=1, max_size=6), st.integers(1, 30), st.integers(1, 30))
def test_like_the_plain_way(items: list[str], count: int, cap: int) -> None:
    named = [pages_of(each, count) for each in items]
    text = ",".join(items)
    if all(named):
        assert select_pages(text, count, cap) == tuple(sorted(set().union(*named))[:cap])
    else:
        with pytest.raises(Refusal):
            select_pages(text, count, cap)


@given(st.text("0123456789-, ", max_size=40), st.booleans())
def test_any_text_is_a_selection_or_a_refusal(text: str, spaces: bool) -> None:
    try:
        chosen = select_pages(text, 25, 10, spaces=spaces)
    except Refusal:
        return
    assert chosen == tuple(sorted(set(chosen)))
    assert 1 <= len(chosen) <= 10
    assert 1 <= chosen[0] <= chosen[-1] <= 25
