"""How likely a letter is after the ones before it, in languages of Latin letters.

One model of character n-grams a language, smoothed and interpolated after Witten and Bell 1991, "The Zero-Frequency
Problem", as the tool tools/models/letters_model.py counts them. Case makes no difference, and digits are always as
likely as a letter is on average: a model of letters must not know better than the picture what somebody's number is.
"""

from __future__ import annotations

import io
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from readstone.engines.manifest import LATIN_LETTERS

ALPHABET = (
    " 0'.,-:;!?\"()&abcdefghijklmnopqrstuvwxyzàâäáãåæçèéêëíìîïñòóôöõøœùúûüßÿčďěňřšťůýžĺľŕąćęłńśźżőűășțşţğıāēģīķļņūėįųđ"
)
"""What the models tell apart; "0" stands for every digit, and everything else is one more symbol."""

DIGIT = ALPHABET.index("0")

BITS = 7
"""How many bits of a state one symbol takes."""

OTHER = len(ALPHABET)
ORDER = 6
"""A letter depends on the five before it, at most."""

STEP = 1 / 16
"""Logarithms of probabilities are stored as multiples of this."""

LEAST = -14.0
"""Natural logarithm of the probability of what was never seen."""

TYPICAL = -5 / 3
"""That of a letter on average, in prose that the models were not counted from."""

_MASK = (1 << BITS * (ORDER - 1)) - 1
_SYMBOLS = {letter: at for at, letter in enumerate(ALPHABET)}
_REMEMBERED = 16384  # probabilities kept, some 0.2 kB each
_KINDS = math.log(30)  # of other signs, so to speak
_AT_ONCE, _BEHIND = 6, 20.0  # letters between two comparisons of languages; natural logarithms


def symbol_of(sign: str) -> int:
    """The symbol that stands for a character."""
    lower = sign.lower()
    return DIGIT if lower.isascii() and lower.isdigit() else _SYMBOLS.get(lower, OTHER)


class Letters:
    """The models of all languages. Re-entrant.

    A state is a language and the letters just read of it, as one number: `start` gives those at the start of a line,
    `after` the next one; `log_probability(state, symbol)` is the natural logarithm of the probability that `symbol`
    comes next. The model file is read at the first use, which takes 0.2 s. Raises ModelUnusableError then
    when it is missing or not the known one.
    """

    def __init__(self) -> None:
        # The texts of one beam, and of one page, have much in common.
        self.log_probability = lru_cache(_REMEMBERED)(self._log_probability)

    @cached_property
    def _tables(self) -> tuple[Table, ...]:
        with np.load(io.BytesIO(LATIN_LETTERS.verified()), allow_pickle=False) as stored:
            return tuple(Table.unpacked(stored, order) for order in range(ORDER, 0, -1))

    @property
    def start(self) -> tuple[int, ...]:
        """The state of each language at the start of a line."""
        return tuple(at << BITS * (ORDER - 1) for at in range(len(LATIN_LETTERS.languages)))

    def starts(self, languages: Sequence[str]) -> tuple[int, ...]:
        """The states at the start of a line in these languages, which are among those of the model file."""
        return tuple(self.start[LATIN_LETTERS.languages.index(language)] for language in languages)

    def after(self, state: int, symbol: int) -> int:
        """The state once `symbol` has been read."""
        return (state & ~_MASK) | ((state << BITS | symbol) & _MASK)

    def _log_probability(self, state: int, symbol: int) -> float:
        if symbol == DIGIT:
            return TYPICAL
        language = state >> BITS * (ORDER - 1)
        cost = 0
        for table in self._tables:
            context = language << table.shift | state & table.mask
            at = bisect_left(table.contexts, context)
            if at < len(table.contexts) and table.contexts[at] == context:
                found = table.symbols.find(symbol, table.starts[at], table.starts[at + 1])
                if found >= 0:
                    return -STEP * (cost + table.costs[found]) - (_KINDS if symbol == OTHER else 0)
                cost += table.backoffs[at]
        return LEAST - STEP * cost

    def likelihood(self, text: str, starts: Sequence[int]) -> float:
        """Mean natural logarithm of the probability of a letter of `text`, in the one of some languages that suits it.

        Signs that the models do not know do not count; LEAST when there are no others.
        """
        symbols = [symbol for symbol in map(symbol_of, text) if symbol != OTHER]
        if not symbols:
            return LEAST
        return max(self._sum(start, symbols) for start in starts) / len(symbols)

    def likeliest(self, text: str, most: int) -> list[int]:
        """The states at the start of the `most` languages in which `text` is likeliest, the best first.

        Every few letters, languages are given up that are far behind the best.
        """
        symbols = [symbol for symbol in map(symbol_of, text) if symbol != OTHER]
        ways = [(0.0, start, start) for start in self.start]
        for at in range(0, len(symbols), _AT_ONCE):
            some = symbols[at : at + _AT_ONCE]
            ways = sorted((self._further(way, some) for way in ways), reverse=True)
            ways = ways[:most] + [way for way in ways[most:] if way[0] > ways[0][0] - _BEHIND]
        return [start for _, _, start in ways[:most]]

    def _further(self, way: tuple[float, int, int], symbols: Sequence[int]) -> tuple[float, int, int]:
        total, state, start = way
        for symbol in symbols:
            total += self.log_probability(state, symbol)
            state = self.after(state, symbol)
        return total, state, start

    def _sum(self, start: int, symbols: Sequence[int]) -> float:
        return self._further((0.0, start, start), symbols)[0]


@dataclass(frozen=True, slots=True)
class Table:
    """The n-grams of one length in all languages, by what comes before the last letter.

    `contexts` (ascending) are a language and the letters before, `shift` bits of them, which `mask` covers; the
    n-grams of `contexts[i]` stand from `starts[i]` to `starts[i + 1]`, with their last `symbols` and the `costs` of
    their probabilities, in steps; `backoffs[i]` is the cost of all other symbols beside that in shorter n-grams.
    """

    shift: int
    mask: int
    contexts: memoryview[int]
    starts: memoryview[int]
    symbols: bytes
    costs: bytes
    backoffs: bytes

    @classmethod
    def unpacked(cls, stored: np.lib.npyio.NpzFile, order: int) -> Table:
        """The table of n-grams of length `order` in a model file, as `packed` made it."""
        steps = np.ascontiguousarray(stored[f"contexts{order}"].T).view("<u8")[:, 0]
        starts = np.concatenate(([0], np.cumsum(stored[f"counts{order}"], dtype=np.int64))).astype(np.int32)
        shift = BITS * (order - 1)
        return cls(
            shift,
            (1 << shift) - 1,
            np.cumsum(steps.astype(np.int64)).data,
            starts.data,
            *(stored[f"{name}{order}"].tobytes() for name in ("symbols", "costs", "backoffs")),
        )


def packed(
    order: int,
    contexts: NDArray[np.int64],
    counts: NDArray[np.uint8],
    symbols: NDArray[np.uint8],
    costs: NDArray[np.uint8],
    backoffs: NDArray[np.uint8],
) -> dict[str, NDArray[np.uint8]]:
    """The arrays of a model file for n-grams of length `order`, of which each context has `counts`.

    The differences of the contexts are stored byte by byte, which packs twice as well.
    """
    steps = np.diff(contexts, prepend=0).astype("<u8")
    planes = np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 8).T)
    arrays = {"contexts": planes, "counts": counts, "symbols": symbols, "costs": costs, "backoffs": backoffs}
    return {f"{name}{order}": array for name, array in arrays.items()}
