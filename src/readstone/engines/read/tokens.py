"""What readers of other scripts say of a line: words with their places, in the order in which they are read."""

from __future__ import annotations

from dataclasses import dataclass

from readstone.engines.read.confidence import Confidence, token_confidence


@dataclass(frozen=True, slots=True)
class Token:
    """What stands between two spaces: its text, first and last + 1 column on the line image, confidence 0..1."""

    text: str
    left: float
    right: float
    confidence: float


@dataclass(frozen=True, slots=True)
class TokenLine:
    """The tokens of a line in the order in which they are read (Arabic: from the right); confidence 0..1.

    `word_confidence` makes that of a word of those of its letters, each of which has its token's.
    """

    tokens: tuple[Token, ...] = ()
    confidence: float = 0.0
    word_confidence: Confidence = token_confidence

    @property
    def text(self) -> str:
        """The tokens with one space between them."""
        return " ".join(token.text for token in self.tokens)
