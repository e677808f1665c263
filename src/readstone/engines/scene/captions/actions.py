"""What people do, read off how their boxes lie to those of things (table actions.tsv)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from readstone.domain.geometry import Box
from readstone.engines.scene.captions.cast import Cast, Figure, shared
from readstone.engines.scene.tables import rows


@dataclass(frozen=True, slots=True)
class Action:
    """What is said of one person and of several; `thing`: what they do it with; `how`: as in the table.

    `sure`: how likely it is so. `doers`: who does it, the largest first. `share`: of the picture's area, the thing's.
    """

    one: str
    many: str
    thing: str
    how: str
    sure: float
    doers: tuple[Figure, ...]
    share: float


def actions_of(cast: Cast) -> list[Action]:
    """All that the people in front may be doing, likeliest first, one action a thing."""
    found: dict[str, Action] = {}
    for thing, how, one, many, sure in _table():
        figures = cast.named([thing])
        pairs = [(person, each) for each in figures for person in cast.people if _RELATIONS[how](person.box, each.box)]
        if not pairs or thing in found:
            continue
        doers = tuple(person for person in cast.people if any(person is doer for doer, _ in pairs))
        if how in ("rides", "holds"):
            doers = doers[: len(figures)]
        surest, share = max(each.sure for _, each in pairs), sum(each.share for each in figures)
        found[thing] = Action(one, many, thing, how, sure * surest, doers, share)
    return sorted(found.values(), key=lambda action: -action.sure)


@cache
def _table() -> list[tuple[str, str, str, str, float]]:
    return [(thing, how, one, many, float(sure)) for thing, how, one, many, sure in rows("actions.tsv")]


def _rides(person: Box, thing: Box) -> bool:
    """Feet on the thing, head above it, over each other by half the narrower one's width."""
    over = min(person.right, thing.right) - max(person.left, thing.left)
    return (
        over >= 0.45 * min(person.width, thing.width)
        and thing.height < 2.5 * thing.width
        and person.top < thing.top + 0.1 * thing.height
        and thing.top - 0.12 * person.height <= person.bottom <= thing.bottom + 0.12 * person.height
        and person.bottom < thing.bottom + 0.35 * thing.height
    )


def _holds(person: Box, thing: Box) -> bool:
    """A thing of at most the person's size, its middle within reach."""
    x, y = thing.left + thing.width / 2, thing.top + thing.height / 2
    reach = 0.2 * person.width
    return (
        thing.width * thing.height <= person.width * person.height
        and person.left - reach <= x <= person.right + reach
        and person.top - 0.25 * person.height <= y <= person.bottom
    )


def _sits(person: Box, thing: Box) -> bool:
    """A third of the smaller box lies in the other, and the thing's lower edge is not above the person's middle."""
    return shared(person, thing) >= 0.3 and thing.bottom > person.top + 0.5 * person.height


def _at(person: Box, thing: Box) -> bool:
    """They touch, and the thing's middle is lower than the person's."""
    return (
        shared(person, thing) > 0.03
        and thing.top + thing.height / 2 > person.top + 0.45 * person.height
        and thing.width * thing.height > 0.1 * person.width * person.height
    )


def _near(person: Box, thing: Box) -> bool:
    """They touch, or stand less than half a person's width apart at the same height."""
    gap = max(person.left, thing.left) - min(person.right, thing.right)
    level = min(person.bottom, thing.bottom) - max(person.top, thing.top)
    return gap <= 0.5 * person.width and level > 0


def _any(_person: Box, _thing: Box) -> bool:
    return True


_RELATIONS: dict[str, Callable[[Box, Box], bool]] = {
    "rides": _rides,
    "holds": _holds,
    "sits": _sits,
    "at": _at,
    "near": _near,
    "any": _any,
}
