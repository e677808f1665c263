"""Two detectors' boxes made into one list: weighted boxes fusion.

Method: Solovyev, Wang, Gabruseva 2021, "Weighted boxes fusion": boxes of one class that lie on each other
become their mean, weighted by score.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from readstone.engines.scene.overlap import Candidates, intersection_over_union

_SAME = 0.55
_MOST = 100


def fused(opinions: Sequence[Candidates]) -> Candidates:
    """One row for each thing, likeliest first; an opinion may hold several boxes of one thing.

    The score is the mean of the best scores that the opinions give it, 0 for one that does not see it.
    """
    classes = np.concatenate([opinion.classes for opinion in opinions])
    scores = np.concatenate([opinion.scores for opinion in opinions])
    corners = np.concatenate([opinion.corners for opinion in opinions])
    voices = np.repeat(np.arange(len(opinions)), [len(opinion.scores) for opinion in opinions])
    best = np.where(voices[:, None] == np.arange(len(opinions)), scores[:, None], 0.0)
    means = np.array(corners, float)
    rough = corners.astype(np.float32)
    same = intersection_over_union(rough, rough) > _SAME
    same &= classes[:, None] == classes[None, :]
    free = np.ones(len(scores), bool)
    leaders = np.ones(len(scores), bool)
    # Most boxes lie alone: only the others are gone through, the likeliest first.
    crowded = np.nonzero(same.sum(axis=1) > 1)[0]
    for leader in crowded[np.argsort(-scores[crowded], kind="stable")]:
        if not free[leader]:
            continue
        rows = np.nonzero(same[leader] & free)[0]
        free[rows] = leaders[rows] = False
        leaders[leader] = True
        means[leader] = scores[rows] @ corners[rows] / scores[rows].sum()
        best[leader] = best[rows].max(axis=0)
    found = Candidates(classes[leaders], best[leaders].mean(axis=1), means[leaders])
    return found.taken(np.argsort(-found.scores, kind="stable")).first(_MOST)
