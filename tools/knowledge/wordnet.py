"""WordNet 3.0's nouns: words of a synset and its broader synsets, read from the data.noun file of the distribution.

The file's format is described in the manual page wndb(5WN): synset offset, lexicographer file, kind, number of
words in hexadecimal, the words, number of pointers, the pointers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Synset:
    """`words` as WordNet spells them; `broader`: ids of the hypernyms."""

    words: tuple[str, ...]
    broader: tuple[str, ...]


class Nouns:
    """All nouns by id, an id being "n" and the eight digits of the offset, as ImageNet writes it."""

    def __init__(self, data_noun: Path) -> None:
        self._synsets = {}
        for line in data_noun.read_text(encoding="ascii").splitlines():
            if line.startswith("  "):  # the licence
                continue
            fields = line.split(" | ")[0].split()
            words = int(fields[3], 16)
            first = 4 + 2 * words
            pointers = [fields[first + 1 + 4 * k : first + 5 + 4 * k] for k in range(int(fields[first]))]
            self._synsets["n" + fields[0]] = Synset(
                words=tuple(fields[4 : 4 + 2 * words : 2]),
                broader=tuple("n" + target for symbol, target, _, _ in pointers if symbol in ("@", "@i")),
            )

    def word(self, synset: str) -> str:
        """The first word, lower case."""
        return self._synsets[synset].words[0].replace("_", " ").lower()

    def lines_up(self, synset: str) -> list[str]:
        """`synset` and everything broader, the nearest first."""
        found, edge = [synset], [synset]
        while edge:
            edge = [up for one in edge for up in self._synsets[one].broader if up not in found]
            found += dict.fromkeys(edge)
        return found
