"""Which pages of a document a caller wants: the `pages` parameter of Read (contract 4.1)."""

from __future__ import annotations

import re

from readstone.domain.refusals import Reason, Refusal

_ITEM = re.compile(r"([0-9]+)|([0-9]+)-([0-9]+)|([0-9]+)-|-([0-9]+)")
_PREVIEW_ITEM = re.compile(r"([0-9]+)|([0-9]+)-([0-9]+)")
_PREVIEW_GAP = re.compile(r" *, *| +")

# A number of more digits is beyond every document; int() itself gives up on thousands of them.
_MOST_DIGITS = 9


def select_pages(text: str | None, page_count: int, max_pages: int, *, spaces: bool = False) -> tuple[int, ...]:
    """The page numbers that `text` names: from 1, ascending, each once, the first `max_pages` of them.

    None and "" name all pages: clients send an empty parameter for an empty list. `spaces`: as the
    previews write it, commas or spaces between items and no open ranges.
    Raises Refusal(PAGE_RANGE) for anything else, for a range that runs backwards, and when an item names
    no page that exists. What goes on beyond the last page is cut there.
    """
    if not text:
        return tuple(range(1, min(page_count, max_pages) + 1))
    items = _PREVIEW_GAP.split(text.strip(" ")) if spaces else text.split(",")
    ranges = sorted(_range_of(item, page_count, _PREVIEW_ITEM if spaces else _ITEM) for item in items)
    chosen: list[int] = []
    for first, last in ranges:
        start = max(first, chosen[-1] + 1) if chosen else first
        room = max_pages - len(chosen)
        chosen.extend(range(start, min(last, start + room - 1) + 1))
    return tuple(chosen)


def _range_of(item: str, page_count: int, form: re.Pattern[str]) -> tuple[int, int]:
    """First and last existing page of one item. Raises Refusal(PAGE_RANGE)."""
    found = form.fullmatch(item)
    if found is None:
        raise Refusal(Reason.PAGE_RANGE, "The page range is not valid.")
    single, start, end, from_here, up_to = (*found.groups(), None, None)[:5]
    first = _number(single or start or from_here or "1")
    last = _number(single or end or up_to or "9" * _MOST_DIGITS)
    if first > last or last < 1 or first > page_count:
        raise Refusal(Reason.PAGE_RANGE, "The page range names a page that does not exist.")
    return max(first, 1), min(last, page_count)


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS
