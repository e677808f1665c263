"""Who and what a caption may speak of: the figures that matter on the picture, with their boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from readstone.domain.geometry import Box
from readstone.domain.scene import Gender
from readstone.engines.scene.things import probability

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence, FoundFace

_LEAST = 0.6
_LEAST_OF_A_PERSON = 0.6
_LEAST_OF_A_LONE_PERSON = 0.75
_LEAST_OF_A_SECOND = 0.75
_MAIN_HEIGHT, _MAIN_AREA = 0.45, 0.12
_FACE_FOR_GENDER = 24
_FACE_FOR_AGE = 48
_SURE_GENDER, _SURE_OF_SMALL = 0.88, 0.93
_SURE_BY_FACE = 0.93
_GROWN, _CHILD, _BABY = 20, 13, 1.5


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing or person that is told of; `share`: of the picture's area. `word`: what it is called."""

    name: str
    word: str
    box: Box
    share: float
    sure: float


@dataclass(frozen=True, slots=True)
class Cast:
    """`people`: those in front, the largest first; `onlookers`: how many more there are. `things`: largest first."""

    people: tuple[Figure, ...]
    onlookers: int
    things: tuple[Figure, ...]

    def named(self, names: Iterable[str]) -> list[Figure]:
        """The things of those names, the largest first."""
        wanted = set(names)
        return [each for each in self.things if each.name in wanted]


def cast_of(evidence: Evidence, neutral: bool) -> Cast:
    """Choose who and what matters. `neutral`: people are called person or child whatever their faces say."""
    area = evidence.width * evidence.height
    people: list[Figure] = []
    things: list[Figure] = []
    for each in evidence.gist.detections:
        sure = probability(each.score)
        if sure < (_LEAST_OF_A_PERSON if each.name == "person" else _LEAST):
            continue
        figure = Figure(each.name, each.name, each.box, each.box.width * each.box.height / area, sure)
        (people if each.name == "person" else things).append(figure)
    if len(people) == 1 and not evidence.faces and people[0].sure < _LEAST_OF_A_LONE_PERSON:
        people = []
    things = _apart(things)
    people += _faces_alone(evidence, people, area)
    people = [_surer(figure, evidence) for figure in people]
    people.sort(key=lambda figure: -figure.share)
    main = _main(people)
    named = tuple(_called(figure, evidence, neutral) if len(main) <= 2 else figure for figure in main)
    things.sort(key=lambda figure: -figure.share)
    return Cast(named, len(people) - len(main), tuple(things))


def _main(people: Sequence[Figure]) -> list[Figure]:
    """Those nearly as tall as the tallest, or as large as the largest."""
    if not people:
        return []
    tallest = max(figure.box.height for figure in people)
    largest = people[0].share
    return [
        figure
        for figure in people
        if figure.box.height >= _MAIN_HEIGHT * tallest and figure.share >= _MAIN_AREA * largest
    ]


def _apart(figures: list[Figure]) -> list[Figure]:
    """Of figures of one name whose boxes share much of the smaller, the surest; a second one must be surer still."""
    kept: list[Figure] = []
    for figure in sorted(figures, key=lambda each: -each.sure):
        same = [other for other in kept if other.name == figure.name]
        if same and (figure.sure < _LEAST_OF_A_SECOND or any(shared(figure.box, other.box) > 0.5 for other in same)):
            continue
        kept.append(figure)
    return kept


def shared(first: Box, second: Box) -> float:
    """Intersection as a share of the smaller box."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min(first.width * first.height, second.width * second.height)


def _faces_alone(evidence: Evidence, people: Sequence[Figure], area: int) -> list[Figure]:
    """A person for each face that no person's box holds."""
    found = []
    for face in evidence.faces:
        x, y = _centre(face.box)
        if not any(_holds(figure.box, x, y) for figure in people):
            box = Box(face.box.left - face.box.width, face.box.top, 3 * face.box.width, 4 * face.box.height)
            box = box.clipped(evidence.width, evidence.height)
            found.append(Figure("person", "person", box, box.width * box.height / area, min(face.score, 0.95)))
    return found


def _called(figure: Figure, evidence: Evidence, neutral: bool) -> Figure:
    """The figure with the word that its face allows."""
    face = _face_of(figure, evidence)
    if face is None or face.box.height < _FACE_FOR_GENDER:
        return figure
    seen = evidence.age_and_gender(face)
    small = face.box.height < _FACE_FOR_AGE
    if seen.probability < (_SURE_OF_SMALL if small else _SURE_GENDER) or (small and seen.age < _GROWN):
        return figure
    male = seen.gender is Gender.MALE
    if seen.age < _BABY:
        word = "baby"
    elif seen.age < _CHILD:
        word = "child" if neutral else "boy" if male else "girl"
    else:
        word = "person" if neutral else "man" if male else "woman"
    return replace(figure, word=word)


def _surer(figure: Figure, evidence: Evidence) -> Figure:
    """A face in the box makes the person surer."""
    face = _face_of(figure, evidence)
    return figure if face is None else replace(figure, sure=max(figure.sure, _SURE_BY_FACE))


def _face_of(figure: Figure, evidence: Evidence) -> FoundFace | None:
    """The face in the upper part of the person's box."""
    upper = Box(figure.box.left, figure.box.top, figure.box.width, 0.75 * figure.box.height)
    inside = [face for face in evidence.faces if _holds(upper, *_centre(face.box))]
    return max(inside, key=lambda face: face.box.height, default=None)


def _centre(box: Box) -> tuple[float, float]:
    return box.left + box.width / 2, box.top + box.height / 2


def _holds(box: Box, x: float, y: float) -> bool:
    return box.left <= x <= box.right and box.top <= y <= box.bottom
