"""Dense captions: the whole picture first, then its parts, one phrase each, told of nothing that was not found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from readstone.domain.geometry import Box
from readstone.domain.scene import Caption, DenseCaption
from readstone.domain.text import Page, Region
from readstone.engines.scene.captions import describe
from readstone.engines.scene.captions.actions import Action, actions_of
from readstone.engines.scene.captions.cast import Cast, Figure, cast_of, shared
from readstone.engines.scene.captions.grammar import one
from readstone.engines.scene.captions.objects import word
from readstone.engines.scene.captions.people import who
from readstone.engines.scene.colours import main_colour

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence

_MOST_REGIONS = 9
_MOST_TEXTS = 3
_WORDS_READ = 6
_SURE_WORD = 0.6
_GROUP = 3
_PAINTED = frozenset("car airplane bus train truck boat umbrella handbag suitcase frisbee kite couch surfboard".split())
"""Things of one colour, which is worth telling; of cups and bowls one sees what is in them."""
_SHADES = frozenset({"Black", "Grey"})
"""What painted things look like at night and in the shade, too."""
_FURRED = frozenset("bird cat dog horse sheep cow bear".split())
_COATS = frozenset({"Black", "White", "Brown", "Grey"})
_CLEARLY = 0.7
"""Share of a box's middle that one colour must have for a thing to be called so."""
_BESIDE = 0.25
READ_ALOUD = "text that reads "
"""How the phrase for a block of text begins."""
_UNKNOWN = Caption("an image", 0.05)


def dense_captions(evidence: Evidence, page: Page | None, neutral: bool) -> tuple[DenseCaption, ...]:
    """The best caption for the whole picture, then up to nine parts, the surest and largest first; no two boxes
    are equal. `page`: the text, where it was read. `neutral`: as for `describe`.
    """
    captions = describe(evidence, 1, neutral).captions
    caption = captions[0] if captions else _UNKNOWN
    whole = DenseCaption(caption.text, caption.confidence, Box(0, 0, evidence.width, evidence.height))
    parts = sorted(_seen(evidence, neutral), key=lambda part: -_worth(part, evidence))
    texts = list(_read(page))[:_MOST_TEXTS] if page else []
    kept = [whole]
    for part in (*parts[: _MOST_REGIONS - len(texts)], *texts):
        if _whole_pixels(part.box) not in [_whole_pixels(other.box) for other in kept]:
            kept.append(part)
    return tuple(kept)


def _seen(evidence: Evidence, neutral: bool) -> Iterator[DenseCaption]:
    kind = evidence.image_type
    if kind.line_drawing or kind.clip_art >= 2:
        return  # detectors know photographs: on drawings they are no evidence
    cast = cast_of(evidence, neutral)
    actions = actions_of(cast)
    if len(cast.people) >= _GROUP:
        box = Box.around(person.box for person in cast.people)
        yield DenseCaption("a group of people", max(person.sure for person in cast.people), box)
    doing = _doing(cast.people, actions)
    for person in cast.people:
        action = doing.get(person)
        subject = who((person,), 0)
        if action is None:
            yield DenseCaption(subject, person.sure, person.box)
        else:
            yield DenseCaption(f"{subject} {action.one}", person.sure * action.sure, person.box)
    for thing in cast.things:
        yield _thing(evidence, thing, cast)


def _doing(people: Sequence[Figure], actions: Iterable[Action]) -> dict[Figure, Action]:
    """The likeliest action of each person that has one."""
    found: dict[Figure, Action] = {}
    for action in actions:
        for person in people:
            if person in action.doers:
                found.setdefault(person, action)
    return found


def _thing(evidence: Evidence, thing: Figure, cast: Cast) -> DenseCaption:
    """A thing with its colour, where that is clear, and what stands beside it."""
    colour = _colour(evidence, thing)
    phrase = one(f"{colour} {word(thing.name)}" if colour else word(thing.name))
    sure = thing.sure * (0.85 if colour else 1.0)
    others = [other for other in (*cast.things, *cast.people) if other.name != thing.name]
    beside = max(
        (other for other in others if _beside(thing.box, other.box)), key=lambda each: each.share, default=None
    )
    if beside is not None:
        name = beside.word if beside in cast.people else word(beside.name)
        phrase, sure = f"{phrase} next to {one(name)}", sure * beside.sure
    return DenseCaption(phrase, sure, thing.box)


def _colour(evidence: Evidence, thing: Figure) -> str:
    if evidence.colours.black_and_white or thing.name not in _PAINTED | _FURRED:
        return ""
    x, y = evidence.reduced.shape[1] / evidence.width, evidence.reduced.shape[0] / evidence.height
    left, right = (round((thing.box.left + share * thing.box.width) * x) for share in (0.25, 0.75))
    top, bottom = (round((thing.box.top + share * thing.box.height) * y) for share in (0.25, 0.75))
    middle = evidence.reduced[top:bottom, left:right]
    if not middle.size:
        return ""
    name, share = main_colour(middle)
    likely = name in _COATS if thing.name in _FURRED else name not in _SHADES
    return name.lower() if share >= _CLEARLY and likely else ""


def _beside(first: Box, second: Box) -> bool:
    """Side by side on one level: hardly over each other, little room between."""
    gap = max(first.left, second.left) - min(first.right, second.right)
    level = min(first.bottom, second.bottom) - max(first.top, second.top)
    near = gap <= _BESIDE * min(first.width, second.width)
    return near and level > 0.5 * min(first.height, second.height) and shared(first, second) < 0.15


def _read(page: Page) -> Iterator[DenseCaption]:
    """Blocks of text, the largest first, read aloud in short."""
    blocks = [(region, Box.around(line.quad.bounds for line in region.lines)) for region in page.regions]
    for region, box in sorted(blocks, key=lambda block: -block[1].width * block[1].height):
        words = [each for line in region.lines for each in line.words]
        said = words[:_WORDS_READ]
        sure = sum(each.confidence for each in said) / len(said)
        if sure < _SURE_WORD or box.width <= 0 or box.height <= 0:
            continue
        start = _in_short(region)
        yield DenseCaption(READ_ALOUD + start, sure, box.clipped(page.width, page.height))


def _in_short(region: Region) -> str:
    """The first words of a block, in lower case as all captions."""
    left = _WORDS_READ
    parts = []
    for line in region.lines:
        if left <= 0:
            break
        parts.append(line.text if len(line.words) <= left else " ".join(each.text for each in line.words[:left]))
        left -= len(line.words)
    return " ".join(parts).lower().rstrip(" .")


def _worth(part: DenseCaption, evidence: Evidence) -> float:
    share = part.box.width * part.box.height / (evidence.width * evidence.height)
    return part.confidence * float(share**0.5)


def _whole_pixels(box: Box) -> tuple[int, int, int, int]:
    return round(box.left), round(box.top), round(box.right), round(box.bottom)
