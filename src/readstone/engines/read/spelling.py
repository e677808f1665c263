"""Printed lines of Latin letters, read once more where single letters are unsure: as they are likely to be spelt.

A worn type, a blurred accent or a blot leaves the recogniser between two or three letters. Of these the models of
letters (letters.py) know which is likelier after the ones before, in the languages that the line may be in: they
tell í from i in Czech, c from e in a name of the firm, l from 1. What stands clearly in the picture outweighs them, for
print is full of names, numbers and abbreviations that are in no language: signs and digits are left to the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from readstone.domain.script import Script, script_of
from readstone.engines.read.beam import Beam, Probabilities, reading_of, weight_of
from readstone.engines.read.letters import ALPHABET, BITS, DIGIT, OTHER, TYPICAL, Letters, symbol_of
from readstone.engines.read.recognise import Reading

# Chosen on the labelled pages; figures beside other choices: docs/accuracy.md.
_UNSURE = 0.9  # probability of a letter below which a line is spelt
# How many languages it may be in: those that its first reading is likeliest in, and the page's likewise. From one word,
# misread, hardly anything can be told.
_OF_A_WORD, _OF_A_FEW, _OF_A_LINE = 30, 6, 2
_WORD, _FEW = 10, 24  # characters that are more than that
_IN_A_WORD = TYPICAL - 5.0  # natural logarithm of the probability of a digit right behind a letter
_RARE = TYPICAL - 6.0  # of signs that the models do not know
_OPINION = 0.5  # how much of the letters' opinion is in a letter's confidence: with all of it words are too sure
_LEAST_LETTERS = 2
_REMEMBERED = 64  # texts whose languages are: a page's is asked for with many of its lines

_SIGN = OTHER + 1  # such a sign; letters that the models do not know are OTHER
_LAST = (1 << BITS) - 1  # of a state: the symbol before
_LETTERS = frozenset(at for at, sign in enumerate(ALPHABET) if sign.isalpha())
_SPELT = _LETTERS | {symbol_of(" "), symbol_of("'"), OTHER}


class Spelling:
    """Spells lines of which the plain recogniser says how likely each of `classes` is at each step. Re-entrant."""

    def __init__(self, classes: Sequence[str], letters: Letters) -> None:
        self._classes = classes
        self._letters = letters
        self._likeliest = lru_cache(_REMEMBERED)(letters.likeliest)
        self._beam = Beam([_symbol(text) for text in classes], letters, self._weigh)

    def warm(self) -> None:
        """Read the models of letters, which would cost the first line that is spelt 0.2 s."""
        self._likeliest("a", _OF_A_LINE)

    def of(self, reading: Reading, probabilities: Probabilities, sample: str = "") -> Reading:
        """The line that reads like `reading`, spelt; `reading` itself where nothing comes of it.

        `sample`: some text of its page, if any.
        """
        languages = set(self._likeliest(reading.text, _OF_A_LINE if sample else _languages(reading.text)))
        if sample:
            languages |= set(self._likeliest(sample, _languages(sample)))
        spelt = reading_of(probabilities, self._classes, self._beam, sorted(languages), _OPINION)
        return spelt if spelt.text.strip() else reading

    def _weigh(self, state: int, symbol: int) -> float:
        if symbol in _SPELT:
            return weight_of(self._letters.log_probability(state, symbol))
        if symbol == DIGIT and state & _LAST in _LETTERS:
            return weight_of(_IN_A_WORD)
        return weight_of(_RARE if symbol == _SIGN else TYPICAL)


def is_in_doubt(reading: Reading) -> bool:
    """Whether a line is to be spelt: it is in Latin letters and one or more of its characters are unsure."""
    letters = [glyph.text for glyph in reading.glyphs if glyph.text.isalpha()]
    return (
        len(letters) >= _LEAST_LETTERS
        and any(glyph.confidence < _UNSURE for glyph in reading.glyphs if glyph.text != " ")
        and all(script_of(letter) is Script.LATIN for letter in letters)
    )


def _languages(text: str) -> int:
    return _OF_A_WORD if len(text) < _WORD else _OF_A_FEW if len(text) < _FEW else _OF_A_LINE


def _symbol(text: str) -> int:
    symbol = symbol_of(text)
    return _SIGN if symbol == OTHER and not text.isalpha() else symbol
