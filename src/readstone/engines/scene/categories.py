"""The taxonomy of 86 categories (contract 10.1): how far each fits the picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from readstone.domain.scene import Category
from readstone.engines.scene.concepts import weights_of
from readstone.engines.scene.gist import Gist, is_drawing

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence

Claim = tuple[str, float]
"""A category and how strongly something speaks for it, 0 to 1."""

_STEP = 256
_SHARPNESS = 3.0
_ROOMS = ("kitchen", "bathroom", "bedroom", "living room", "desk")
_SPORTS = ("baseball field", "tennis court", "soccer field")
_ANIMALS = ("bird", "cat", "dog", "horse")
_OTHER_ANIMALS = ("sheep", "cow", "elephant", "bear", "zebra", "giraffe")
_FOOD = ("pizza", "donut", "cake", "sandwich", "hot dog", "broccoli", "carrot", "banana", "apple", "orange", "bowl")


def categories_of(evidence: Evidence) -> tuple[Category, ...]:
    """Categories in the taxonomy's (alphabetical) order; scores are multiples of 1/256, smaller ones are left out.

    Scores share out at most 1, as in recorded answers. A picture that nothing claims is `others_`.
    """
    claims: dict[str, float] = {"others_": 0.12}
    for name, strength in _claims(evidence):
        claims[name] = max(claims.get(name, 0.0), min(strength, 1.0))
    powers = {name: strength**_SHARPNESS for name, strength in claims.items()}
    best, total = max(claims.values()), sum(powers.values())
    shares = {name: best * power / total for name, power in powers.items()}
    steps = {name: int(share * _STEP) for name, share in shares.items()}
    return tuple(Category(name, steps[name] / _STEP) for name in sorted(steps) if steps[name] > 0)


def _claims(evidence: Evidence) -> Iterator[Claim]:
    if is_drawing(evidence):
        yield "abstract_nonphoto", 0.8
        yield "abstract_", 0.4
        return
    gist = evidence.gist
    yield from _animals(gist)
    yield from _people(evidence)
    yield from _objects(gist)
    if gist.outdoors >= 0.5:
        yield from _outdoors(gist)
    else:
        yield from _indoors(gist)


def _animals(gist: Gist) -> Iterator[Claim]:
    """An animal counts by how much of the picture it fills: horses on a far hill are a landscape."""
    for name, category in (
        ("dog", "animal_dog"),
        ("cat", "animal_cat"),
        ("horse", "animal_horse"),
        ("bird", "animal_bird"),
    ):
        large = min(1.0, gist.areas.get(name, 0.0) / 0.12)
        yield category, max(gist.things.get(name, 0.0) * large, _unhidden(gist, gist.concepts[name]))
    yield "animal_panda", _unhidden(gist, float(weights_of("giant panda") @ gist.classes))
    others = max(gist.things.get(name, 0.0) * min(1.0, gist.areas.get(name, 0.0) / 0.12) for name in _OTHER_ANIMALS)
    named = sum(gist.concepts[name] for name in _ANIMALS)
    yield "animal_", max(others, 0.9 * _unhidden(gist, max(0.0, gist.concepts["animal"] - named)))
    yield "animal_", 0.3 * gist.concepts["animal"]


def _unhidden(gist: Gist, p: float) -> float:
    """A class of the whole picture, less what people cover: the classifier was taught none of people."""
    return p * (1 - 0.5 * min(1.0, gist.areas.get("person", 0.0) / 0.2))


def _people(evidence: Evidence) -> Iterator[Claim]:
    gist = evidence.gist
    large = min(1.0, gist.areas.get("person", 0.0) / 0.15 + gist.face / 0.3) * min(1.0, gist.tallest / 0.4)
    strength = large * gist.things.get("person", 0.0)
    yield "people_", 0.85 * strength
    sport = max(gist.things.get("skateboard", 0.0), *(gist.places[place] for place in _SPORTS))
    if gist.face >= 0.22 and gist.people <= 2:
        yield "people_portrait", 0.95 * strength
    elif 3 <= gist.people <= 9:
        yield "people_group", 0.95 * strength * (1 - sport)
    elif gist.people >= 10:
        yield "people_many", 0.95 * strength * (1 - sport)
    if gist.things.get("skateboard", 0.0) > 0.5 or gist.places["stage"] > 0.6:
        yield "people_show", 0.8 * strength


def _objects(gist: Gist) -> Iterator[Claim]:
    """Things that stand for a category of their own, by size."""

    def seen(name: str, full: float) -> float:
        return gist.things.get(name, 0.0) * min(1.0, gist.areas.get(name, 0.0) / full)

    yield "text_sign", max(seen("stop sign", 0.06), 1.6 * gist.concepts["sign"])
    yield "trans_bus", max(seen("bus", 0.1), gist.concepts["bus"])
    yield "trans_car", 0.9 * max(seen("car", 0.2), seen("truck", 0.25), gist.concepts["car"])
    yield "trans_bicycle", 0.9 * max(seen("bicycle", 0.15), seen("motorcycle", 0.15), gist.concepts["bicycle"])
    yield "outdoor_railway", 0.95 * max(seen("train", 0.1), gist.concepts["train"])
    food = max([*(seen(name, 0.1) for name in _FOOD), gist.concepts["food"], 0.8 * gist.places["food"]])
    yield "food_", 0.9 * food
    yield "food_pizza", max(seen("pizza", 0.1), gist.concepts["pizza"])
    yield "food_bread", 0.85 * gist.concepts["bread"]
    yield "food_fastfood", 0.85 * max(seen("hot dog", 0.1), float(weights_of("cheeseburger") @ gist.classes))
    yield "drink_", 0.9 * max(seen("wine glass", 0.08), 0.7 * gist.concepts["drink"])
    yield "object_screen", 0.6 * max(seen("laptop", 0.2), seen("tv", 0.2))
    yield "plant_flower", gist.concepts["flower"]
    yield "text_", max(0.8 * gist.concepts["text"], 0.9 * gist.regions.text)
    yield "text_mag", 0.7 * float((weights_of("comic book") + weights_of("book jacket")) @ gist.classes)
    yield "text_menu", 0.9 * float(weights_of("menu") @ gist.classes)


def _outdoors(gist: Gist) -> Iterator[Claim]:
    place, regions, sure = gist.places, gist.regions, gist.outdoors
    yield "outdoor_", 0.5 * sure
    yield "outdoor_mountain", 0.95 * place["mountain"]
    yield "outdoor_oceanbeach", 0.95 * max(place["beach"], place["ocean"])
    yield "outdoor_water", 0.8 * max(place["lake"], 0.8 * place["water"])
    yield "outdoor_waterside", 0.6 * max(place["lake"], 0.8 * place["water"])
    yield "outdoor_street", 0.85 * place["street"]
    yield "outdoor_road", 0.8 * place["road"] * (1 - 0.5 * place["street"])
    yield "outdoor_city", 0.6 * place["city"]
    yield "outdoor_sportsfield", 0.95 * max(place[name] for name in _SPORTS)
    yield "outdoor_field", 0.75 * place["field"] * (1 - max(place[name] for name in _SPORTS))
    yield "outdoor_grass", 0.55 * place["grass"]
    yield "outdoor_house", 0.9 * gist.concepts["house"]
    built = max(gist.concepts["building"], 0.75 * place["building"]) * (1 - 0.5 * place["street"])
    yield "building_", 0.9 * built
    yield "building_church", 0.8 * gist.concepts["church"]
    yield "plant_", 0.8 * gist.concepts["plant"]
    yield "plant_tree", 0.75 * place["tree"] * min(1.0, 2 * regions.trees)
    yield "sky_object", 0.9 * gist.things.get("airplane", 0.0) * regions.sky
    yield "sky_cloud", 0.6 * regions.sky * min(1.0, 6 * regions.cloud)
    yield "dark_light", 0.6 * gist.night
    yield "dark_", 0.5 * gist.night


def _indoors(gist: Gist) -> Iterator[Claim]:
    sure = 1 - gist.outdoors
    yield "indoor_", 0.5 * sure
    yield "indoor_room", 0.85 * max(gist.places[place] for place in _ROOMS)
    yield "indoor_venue", 0.8 * gist.places["restaurant"]
    yield "indoor_marketstore", 0.85 * max(gist.places["store"], gist.concepts["shop"])
