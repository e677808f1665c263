"""What the sentences of a generating model are made into: captions as the API has them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from readstone.domain.scene import Caption

_LONGEST = 200
_PERSON = {
    "man": "person",
    "woman": "person",
    "gentleman": "person",
    "lady": "person",
    "guy": "person",
    "men": "people",
    "women": "people",
    "gentlemen": "people",
    "ladies": "people",
    "guys": "people",
    "boy": "child",
    "girl": "child",
    "boys": "children",
    "girls": "children",
    "he": "they",
    "she": "they",
    "him": "them",
    "his": "their",
    "her": "their",
    "himself": "themselves",
    "herself": "themselves",
}
_GENDERED = re.compile(rf"\b({'|'.join(_PERSON)})\b")


def as_caption(text: str, log_probability: float) -> Caption | None:
    """One lower-case sentence without a full stop; None where the model said nothing.

    `log_probability`: mean natural logarithm of the probabilities of its tokens; the confidence is e to that.
    """
    said = re.sub(r"\s+", " ", text).strip().lower()[:_LONGEST].rstrip(" .")
    if not any(sign.isalnum() for sign in said):
        return None
    probability = math.exp(min(log_probability, 0.0)) if math.isfinite(log_probability) else 0.0
    return Caption(said, round(min(max(probability, 0.0001), 0.9999), 4))


def distinct(captions: Iterable[Caption | None], most: int) -> tuple[Caption, ...]:
    """At most `most` different ones, likeliest first."""
    kept: dict[str, Caption] = {}
    for caption in captions:
        if caption is not None and (caption.text not in kept or caption.confidence > kept[caption.text].confidence):
            kept[caption.text] = caption
    return tuple(sorted(kept.values(), key=lambda each: -each.confidence)[:most])


def neutral(text: str) -> str:
    """The sentence with person in place of man and woman, child in place of boy and girl (contract 7.2)."""
    return _GENDERED.sub(lambda found: _PERSON[found[1]], text)
