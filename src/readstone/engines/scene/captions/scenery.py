"""Where a picture was taken, as a phrase."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from readstone.engines.scene.tables import rows, words

if TYPE_CHECKING:
    from readstone.engines.scene.gist import Gist

_LEAST = 0.6
_LEAST_NIGHT = 0.75


@dataclass(frozen=True, slots=True)
class Scenery:
    """`where`: "in a kitchen"; `itself`: "a kitchen", "" where it is no sight of its own.

    `told`: things worth a mention there; `telling`: how much the place tells, up to 9; `sure`: how likely it is so.
    """

    place: str
    where: str
    itself: str
    told: tuple[str, ...]
    telling: float
    sure: float


def sceneries_of(gist: Gist) -> list[Scenery]:
    """The likely places of a picture, the most telling first."""
    found = []
    for place, where, itself, telling, told in rows("scenes.tsv"):
        sure = gist.places[place]
        if sure < _LEAST:
            continue
        city = place == "street" and gist.places["city"] >= _LEAST
        found.append(
            Scenery(
                place=place,
                where="on a city street" if city else where,
                itself="" if itself == "-" else "a city street" if city else itself,
                told=words(told),
                telling=float(telling),
                sure=sure,
            )
        )
    return sorted(found, key=lambda scenery: -scenery.telling * scenery.sure)


def where(sceneries: list[Scenery], fitting: Collection[str]) -> Scenery | None:
    """The most telling place among `fitting`."""
    return next((scenery for scenery in sceneries if scenery.place in fitting), None)


def at_night(gist: Gist) -> str:
    """ " at night" for a picture taken outdoors in the dark, else ""."""
    return " at night" if gist.night * gist.outdoors >= _LEAST_NIGHT else ""


@cache
def all_places() -> frozenset[str]:
    """Every place that has a phrase."""
    return frozenset(row[0] for row in rows("scenes.tsv"))
