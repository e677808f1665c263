"""The likeliest text of a line where a recogniser is unsure: CTC beam search over prefixes, with models of letters.

Hannun et al. 2014, "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs".
The beam starts with the empty text in every language and keeps the likeliest texts of all languages together, so that
the line itself decides which language it is in. Where each character of the text stands is found afterwards, by the
likeliest path through the time steps that says it.

Plain Python on purpose: a step has a few dozen texts and two or three classes that come into question, too few for
arrays to pay.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from readstone.engines.read.letters import TYPICAL, Letters
from readstone.engines.read.recognise import STEP, Glyph, Reading

WEIGHT = 0.3
"""Power of the letters' probability beside the recogniser's: low, for names and abbreviations are no language."""

BONUS = -WEIGHT * TYPICAL
"""What every character is worth, in natural logarithms: as much as a letter costs on average, so that the models
have neither short texts nor long ones."""

_WIDTH = 24
_HOPELESS = 1e-3  # nor texts that are worse than the best by this
_BLANK = 0.999  # steps that are blank by this much are not looked at
_POSSIBLE = 4e-3  # nor classes below this, but for the best

Probabilities = NDArray[np.float32]
"""Shape (time steps, classes): class 0 is the blank, the last one the space."""


class Found(NamedTuple):
    """The classes of a text, without blanks, and the state of the letters' model before each."""

    classes: list[int]
    states: list[int]


Weigh = Callable[[int, int], float]
"""What a symbol is worth in a state of the letters' models: a factor of the recogniser's probability."""


class Beam:
    """Finds the likeliest text in a recogniser's probabilities. Re-entrant.

    `symbols`: what stands for each of the recogniser's classes in the letters' models. `weigh`: by how much the models
    count, by default their probability to the power WEIGHT.
    """

    def __init__(self, symbols: Sequence[int], letters: Letters, weigh: Weigh | None = None) -> None:
        self._symbols = symbols
        self._letters = letters
        self._weigh = weigh or (lambda state, symbol: weight_of(letters.log_probability(state, symbol)))

    def search(self, probabilities: Probabilities, starts: Sequence[int] | None = None) -> Found:
        """The likeliest text, in the languages that start with the states `starts`: all of them when None."""
        starts = self._letters.start if starts is None else starts
        texts = _Texts(self._symbols, self._letters, self._weigh, starts)
        # Each text's probability with a blank behind it and without, and the weight of its letters.
        beam = dict.fromkeys(texts.roots, (1.0, 0.0, 1.0))
        blank = (probabilities[:, 0] > _BLANK).tolist()
        for step, row in enumerate(probabilities):
            if blank[step]:
                beam = {text: (ended + open_, 0.0, weight) for text, (ended, open_, weight) in beam.items()}
                continue
            possible = np.flatnonzero(row >= min(_POSSIBLE, row.max()))
            beam = _pruned(_longer(beam, texts, list(zip(possible.tolist(), row[possible].tolist(), strict=True))))
        return texts.found(max(beam, key=lambda text: _worth(beam[text])))

    def share(self, row: NDArray[np.float32], found: Found, at: int) -> float:
        """How sure it is that character `at` of the text stands in a time step, 0..1: among all that may stand there.

        The letters' opinion is in it as it was in the search.
        """
        wanted = found.classes[at]
        before = found.classes[at - 1] if at else 0
        total = own = 0.0
        for which in np.flatnonzero(row >= min(_POSSIBLE, row[wanted])).tolist():
            share = float(row[which])
            if which == wanted or which not in (0, before):
                share *= self._weigh(found.states[at], self._symbols[which])
            total += share
            own = share if which == wanted else own
        return own / total


_Hypothesis = tuple[float, float, float]


class _Texts:
    """Texts by number: each is another text and one class more. Those of `roots` are empty, one a language."""

    def __init__(self, symbols: Sequence[int], letters: Letters, weigh: Weigh, starts: Sequence[int]) -> None:
        self._symbols, self._letters, self._weigh = symbols, letters, weigh
        self._states = list(starts)
        self.roots = range(len(self._states))
        self.last = [0] * len(self._states)
        self.weights = [1.0] * len(self._states)  # of the last letter
        self._before = [-1] * len(self._states)
        self._numbers: dict[tuple[int, int], int] = {}

    def extended(self, text: int, last: int) -> int:
        """The number of `text` with the class `last` behind it."""
        number = self._numbers.get((text, last))
        if number is None:
            number = self._numbers[text, last] = len(self.last)
            state, symbol = self._states[text], self._symbols[last]
            self.weights.append(self._weigh(state, symbol))
            self._states.append(self._letters.after(state, symbol))
            self.last.append(last)
            self._before.append(text)
        return number

    def found(self, text: int) -> Found:
        """The text of this number."""
        classes, states = [], []
        while text not in self.roots:
            classes.append(self.last[text])
            text = self._before[text]
            states.append(self._states[text])
        return Found(classes[::-1], states[::-1])


def weight_of(log_probability: float) -> float:
    """What a letter of this probability (its natural logarithm) is worth."""
    return math.exp(WEIGHT * log_probability + BONUS)


def _worth(hypothesis: _Hypothesis) -> float:
    ended, open_, weight = hypothesis
    return (ended + open_) * weight


def _longer(beam: dict[int, _Hypothesis], texts: _Texts, possible: list[tuple[int, float]]) -> dict[int, _Hypothesis]:
    """What the texts of the beam become in one time step, in which these classes have these probabilities."""
    found: dict[int, _Hypothesis] = {}
    known, last, weights, extended = found.get, texts.last, texts.weights, texts.extended
    # What is below this even if the letter is certain need not be looked up.
    least = _HOPELESS * math.exp(-BONUS) * max(map(_worth, beam.values())) * max(share for _, share in possible)
    for text, (ended, open_, weight) in beam.items():
        own, reaching = last[text], ended + open_
        for which, probability in possible:
            if which == 0 or which == own:
                other = known(text)
                before, now = other[:2] if other else (0.0, 0.0)
                if which == 0:
                    found[text] = (before + reaching * probability, now, weight)
                    continue
                found[text] = (before, now + open_ * probability, weight)
                if not ended:
                    continue
                more = ended * probability  # the same letter twice has a blank between
            else:
                more = reaching * probability
            if more * weight < least:
                continue
            longer = extended(text, which)
            other = known(longer)
            if other:
                found[longer] = (other[0], other[1] + more, other[2])
            else:
                found[longer] = (0.0, more, weight * weights[longer])
    return found


def _pruned(found: dict[int, _Hypothesis]) -> dict[int, _Hypothesis]:
    """The best of them, their numbers scaled so that they never vanish."""
    worth = sorted(((ended + open_) * weight for ended, open_, weight in found.values()), reverse=True)
    least = max(worth[0] * _HOPELESS, worth[_WIDTH - 1] if len(worth) > _WIDTH else 0.0)
    best = [(text, it) for text, it in found.items() if (it[0] + it[1]) * it[2] >= least]
    likeliest = max(ended + open_ for _, (ended, open_, _) in best)
    heaviest = max(weight for _, (_, _, weight) in best)
    return {text: (ended / likeliest, open_ / likeliest, weight / heaviest) for text, (ended, open_, weight) in best}


def spans(probabilities: Probabilities, classes: Sequence[int]) -> list[tuple[int, int]]:
    """First and last time step of every class of a text, on the likeliest path that says it (Viterbi).

    `classes` are such as `Beam.search` finds: there are enough steps for them.
    """
    path = np.zeros(2 * len(classes) + 1, np.intp)
    path[1::2] = classes
    logs = np.log(np.maximum(probabilities[:, path], 1e-12))
    never = np.float32(-1e30)
    # A blank between two letters may be left out unless they are the same.
    skips = np.full(len(path), never)
    skips[3::2] = np.where(path[3::2] == path[1:-2:2], never, 0)
    best = np.full(len(path) + 2, never)  # two more in front, that nothing comes from
    best[2:4] = logs[0, :2]
    came = np.zeros(logs.shape, np.intp)
    for step in range(1, len(logs)):
        ways = np.stack((best[2:], best[1:-1], best[:-2] + skips))
        came[step] = ways.argmax(axis=0)
        best[2:] = ways.max(axis=0) + logs[step]
    at = len(path) - 1 if len(path) == 1 or best[-1] >= best[-2] else len(path) - 2
    steps: list[list[int]] = [[] for _ in path]
    for step in range(len(logs) - 1, -1, -1):
        steps[at].append(step)
        at -= int(came[step, at])
    return [(within[-1], within[0]) for within in steps[1::2]]


def reading_of(
    probabilities: Probabilities,
    classes: Sequence[str],
    beam: Beam,
    starts: Sequence[int] | None = None,
    opinion: float = 1.0,
) -> Reading:
    """The likeliest reading; `classes` are what the columns stand for, `starts` as in `Beam.search`.

    A character is as sure as its best time step, `opinion` of which (0..1, a power) is what picture and letters say
    together (`Beam.share`) and the rest what the picture says alone; a space may stand anywhere from the start of the
    one before it to its end.
    """
    found = beam.search(probabilities, starts)
    glyphs, before = [], 0
    for at, (first, last) in enumerate(spans(probabilities, found.classes)):
        best = first + int(probabilities[first : last + 1, found.classes[at]].argmax())
        gap = float(probabilities[before : last + 1, -1].max())
        centre = STEP / 2 * (first + last + 1)
        seen = float(probabilities[best, found.classes[at]])
        sure = beam.share(probabilities[best], found, at) ** opinion * seen ** (1 - opinion)
        glyphs.append(Glyph(classes[found.classes[at]], centre, sure, gap))
        before = first
    return Reading(tuple(glyphs), sum(glyph.confidence for glyph in glyphs) / max(len(glyphs), 1))
