"""Adult, racy, gory: what is measured of the three, and what is not.

One network is behind it, which gives the probability of pornography. A racy picture lies between harmless and
pornographic, so both scores are read from that one number. Gore is not evaluated: its score is always 0 and
it is never matched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from readstone.domain.scene import Adult

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence

_MATCH = 0.5


def adult_of(evidence: Evidence) -> Adult:
    """Scores from 0 to 1; `racy_score` is never below `adult_score`.

    The adult score reaches one half at a probability of .71: open_nsfw's authors take .8 for surely adult.
    """
    probability = evidence.adult_probability
    adult, racy = probability * probability, probability
    return Adult(
        adult_score=adult,
        racy_score=racy,
        gore_score=0.0,
        is_adult=adult >= _MATCH,
        is_racy=racy >= _MATCH,
        is_gory=False,
    )
