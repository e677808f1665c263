"""Character and word error rates, as data/ocr/README.md defines them.

Before counting, text is NFKC, quotes and dashes are made plain, white space is collapsed; case is kept
unless a label says `fold_case`. A page's CER is the smaller of

(a) the edit distance of the whole text in reading order: lines joined by one space; the found lines are
    put into rows by their vertical centre and read from left to right within a row;
(b) the sum of the edit distances after the cheapest one-to-one matching of true and found lines, every
    unmatched line counted in full;

over the number of true characters (spaces between lines included), at most 1. WER is the same over words,
or the bag of words (the larger of words missed and words too many) where that is smaller. A folder's
figure weighs its pages by their true characters or words, as the figures known so far do.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛`´′", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)


@dataclass(frozen=True, slots=True)
class FoundLine:
    """What an engine found: text, and left, top, width, height in pixels of the upright page."""

    text: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Score:
    """Error rates of one page, 0..1, and how many true characters and words they are of."""

    cer: float
    wer: float
    characters: int
    words: int


def normalised(text: str, fold_case: bool) -> str:
    """NFKC, plain quotes and dashes, single spaces."""
    plain = unicodedata.normalize("NFKC", text.translate(PLAIN)).translate(PLAIN)
    plain = re.sub(r"\s+", " ", plain).strip()
    return plain.casefold() if fold_case else plain


def edit_distance(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Levenshtein distance; Hyyrö 2003, "A bit-vector algorithm", with Python's integers as vectors."""
    if not a or not b:
        return len(a) + len(b)
    where: dict[Hashable, int] = {}
    for i, item in enumerate(a):
        where[item] = where.get(item, 0) | (1 << i)
    mask, last = (1 << len(a)) - 1, 1 << (len(a) - 1)
    plus, minus, score = mask, 0, len(a)
    for item in b:
        same = where.get(item, 0)
        diagonal = ((((same & plus) + plus) ^ plus) | same | minus) & mask
        up, down = (minus | ~(diagonal | plus)) & mask, diagonal & plus
        score += 1 if up & last else -1 if down & last else 0
        up, down = ((up << 1) | 1) & mask, (down << 1) & mask
        plus, minus = (down | ~(diagonal | up)) & mask, up & diagonal
    return score


def cheapest_matching(cost: NDArray[np.float64]) -> float:
    """Least sum of a square cost matrix with one entry a row and column (Hungarian algorithm, O(n^3))."""
    n = len(cost)
    u, v = np.zeros(n + 1), np.zeros(n + 1)
    row_of = np.zeros(n + 1, dtype=int)
    for row in range(1, n + 1):
        row_of[0], column = row, 0
        least, before = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
        used = np.zeros(n + 1, dtype=bool)
        while True:
            used[column] = True
            here = row_of[column]
            reduced = cost[here - 1] - u[here] - v[1:]
            better = ~used[1:] & (reduced < least[1:])
            least[1:][better], before[1:][better] = reduced[better], column
            nearest = int(np.argmin(np.where(used[1:], np.inf, least[1:]))) + 1
            delta = least[nearest]
            u[row_of[used]] += delta
            v[used] -= delta
            least[~used] -= delta
            column = nearest
            if row_of[column] == 0:
                break
        while column:
            row_of[column] = row_of[before[column]]
            column = before[column]
    return float(sum(cost[row_of[j] - 1, j - 1] for j in range(1, n + 1)))


def matched_distance(true: Sequence[Sequence[Hashable]], found: Sequence[Sequence[Hashable]]) -> int:
    """(b): the cheapest matching of lines, unmatched lines in full."""
    n = max(len(true), len(found))
    if n == 0:
        return 0
    cost = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            a = true[i] if i < len(true) else ()
            b = found[j] if j < len(found) else ()
            # Leaving both unmatched costs at most their sum, which an edit distance never exceeds.
            cost[i, j] = edit_distance(a, b)
    return round(cheapest_matching(cost))


def in_rows(lines: Sequence[FoundLine]) -> list[str]:
    """Texts by rows of similar vertical centre, left to right within a row."""
    rows: list[list[FoundLine]] = []
    for line in sorted(lines, key=lambda one: one.top + one.height / 2):
        centre = line.top + line.height / 2
        if rows:
            heights = [other.height for other in rows[-1]]
            middle = sum(other.top + other.height / 2 for other in rows[-1]) / len(rows[-1])
            if centre - middle < min(*heights, line.height) / 2:
                rows[-1].append(line)
                continue
        rows.append([line])
    return [line.text for row in rows for line in sorted(row, key=lambda one: one.left)]


def score(true: Sequence[str], found: Sequence[FoundLine], fold_case: bool = False) -> Score:
    """Score one page: true lines in reading order against an engine's lines."""
    goal = [t for t in (normalised(line, fold_case) for line in true) if t]
    mine = [t for t in (normalised(text, fold_case) for text in in_rows(found)) if t]
    goal_text, mine_text = " ".join(goal), " ".join(mine)
    edits = min(edit_distance(goal_text, mine_text), matched_distance(goal, mine))
    goal_words, mine_words = goal_text.split(), mine_text.split()
    missed = sum((Counter(goal_words) - Counter(mine_words)).values())
    extra = sum((Counter(mine_words) - Counter(goal_words)).values())
    word_edits = min(
        edit_distance(goal_words, mine_words),
        matched_distance([t.split() for t in goal], [t.split() for t in mine]),
        max(missed, extra),
    )
    characters, words = len(goal_text), len(goal_words)
    return Score(min(1.0, edits / max(characters, 1)), min(1.0, word_edits / max(words, 1)), characters, words)


def pooled(pages: Sequence[Score]) -> tuple[float, float]:
    """CER and WER of several pages together, 0..1."""
    characters, words = sum(p.characters for p in pages), sum(p.words for p in pages)
    return (
        sum(p.cer * p.characters for p in pages) / max(characters, 1),
        sum(p.wer * p.words for p in pages) / max(words, 1),
    )
