"""What an answer about one picture is worth against its label: the measures of accuracy_scene.py.

Labels are those of the evaluation pictures' ORIGIN.md, read as dictionaries.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

Label = Mapping[str, Any]
Rectangle = tuple[float, float, float, float]  # left, top, width, height

# COCO's own supercategories, and words that mean a thing of its list or follow from it.
_BROADER = {
    "person": "man woman boy girl child kid baby lady guy group crowd team player",
    "vehicle": "bicycle car motorcycle airplane bus train truck boat",
    "animal": "bird cat dog horse sheep cow elephant bear zebra giraffe",
    "mammal": "cat dog horse sheep cow elephant bear zebra giraffe",
    "food": "banana apple sandwich orange broccoli carrot hot-dog pizza donut cake",
    "furniture": "chair couch bed dining-table bench",
    "table": "dining-table",
    "fruit": "banana apple orange",
    "vegetable": "broccoli carrot",
    "sports equipment": "frisbee skis snowboard sports-ball baseball-bat baseball-glove skateboard surfboard "
    "tennis-racket kite",
    "sport": "frisbee skis snowboard sports-ball baseball-bat baseball-glove skateboard surfboard tennis-racket",
    "tableware": "wine-glass cup fork knife spoon bowl",
    "electronics": "tv laptop mouse remote keyboard cell-phone",
    "computer": "laptop mouse keyboard",
    "plant": "potted-plant",
    "appliance": "microwave oven toaster refrigerator",
    "street": "traffic-light parking-meter stop-sign fire-hydrant",
}
_SAME = {
    "airplane": "plane aircraft jet",
    "couch": "sofa",
    "tv": "television screen monitor",
    "motorcycle": "motorbike",
    "donut": "doughnut",
    "cell phone": "phone mobile-phone telephone",
    "refrigerator": "fridge",
    "bicycle": "bike",
    "sports ball": "ball",
    "potted plant": "houseplant flowerpot",
    "dining table": "table",
    "water": "sea ocean lake river beach pool",
    "building": "house architecture",
    "tree": "trees forest woods",
    "road": "street",
    "black and white": "monochrome monochrome-photography black-and-white",
}

# Words of a caption that name nothing ("looking at the camera", "a body of water"): all others must be found.
_NAMELESS = frozenset(
    """a an the and or of in on at with by near next to from for over under above below behind beside between front
    into through up down out off top side back its his her their it that this these those is are be being some
    several many few two three four five six seven eight nine ten couple pair group bunch row number lot other
    another each one black white grey gray brown red orange yellow green teal blue purple pink dark bright light
    colourful colorful large big small little tall long old young wooden blurry close closeup view photo picture
    image drawing line cartoon clipart day night daytime nighttime sitting outside inside together very around seen
    body herd flock piece bunch crowd camera background foreground middle""".split()
)
# What a face may be called; which of them is not known without looking at its age and gender.
_FACES = frozenset("man woman boy girl child baby person".split())
_ING_THINGS = frozenset("building ceiling painting railing clothing king ring wing string thing".split())


def words(text: str) -> list[str]:
    """Lower-case words."""
    return re.findall(r"[a-z]+", text.lower())


def singular(word: str) -> str:
    """The singular of an English noun, well enough to compare two of them."""
    irregular = {
        "men": "man",
        "women": "woman",
        "people": "person",
        "children": "child",
        "knives": "knife",
        "mice": "mouse",
        "buses": "bus",
        "skis": "skis",
        "sheep": "sheep",
        "glasses": "glass",
        "benches": "bench",
        "couches": "couch",
        "sandwiches": "sandwich",
        "leaves": "leaf",
        "shelves": "shelf",
    }
    if word in irregular:
        return irregular[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _key(name: str) -> str:
    return " ".join(singular(word) for word in words(name))


def _spelled(listed: str) -> list[str]:
    return [_key(item.replace("-", " ")) for item in listed.split()]


def also(name: str) -> set[str]:
    """A name, its synonyms and what follows from it, as keys."""
    key = _key(name)
    found = {key}
    for broad, listed in _BROADER.items():
        if key in _spelled(listed):
            found.add(_key(broad))
    for one, listed in _SAME.items():
        group = {_key(one), *_spelled(listed)}
        if key in group:
            found |= group
    if "person" in found:
        found |= set(_spelled("human clothing face human-face"))
    return found


def labelled(label: Label) -> set[str]:
    """Keys of all that a label says is on its picture: tags, objects, categories, setting, words of captions."""
    names: list[str] = [name for entry in label.get("tags_must", ()) for name in entry.split("|")]
    names += [thing["name"] for thing in label.get("objects", ())]
    names += [part for category in label.get("categories_ok", ()) for part in category.split("_") if part]
    names += [label["setting"]] if label.get("setting") else []
    names += ["person"] if label.get("people_min") or label.get("faces") else []
    if label.get("main_face"):
        grown = label["main_face"]["age_guess"] >= 16
        male = label["main_face"]["gender"] == "Male"
        names.append(("man" if male else "woman") if grown else ("boy" if male else "girl"))
        names += [] if grown else ["child"]
    names += ["night"] if label.get("night") else []
    names += ["black and white", "monochrome"] if label.get("is_bw") else []
    for caption in label.get("captions", ()):
        said = words(caption)
        names += said + [f"{one} {two}" for one, two in pairwise(said)]
    return set().union(*(also(name) for name in names))


def judgeable(labels: Iterable[Label]) -> set[str]:
    """Keys of the words that the labels speak about on purpose: required tags, objects and their broader names."""
    names = {name for label in labels for entry in label.get("tags_must", ()) for name in entry.split("|")}
    names |= {thing["name"] for label in labels for thing in label.get("objects", ())}
    return set().union(*(also(name) for name in names), {"indoor", "outdoor"})


def is_supported(name: str, known: set[str]) -> bool:
    """Whether a name, or one that means the same, is among `known` keys."""
    key = _key(name)
    return key in known or any(key in {_key(one), *_spelled(two)} and _key(one) in known for one, two in _SAME.items())


def nouns(caption: str) -> list[str]:
    """The words of a caption that must stand for something; verbs in -ing, numbers and colours do not."""
    return [
        word
        for word in words(caption)
        if word not in _NAMELESS and not (word.endswith("ing") and singular(word) not in _ING_THINGS)
    ]


def unsupported_nouns(caption: str, names: Iterable[str], *, face: bool) -> list[str]:
    """Nouns of a caption that none of `names` (what the same answer found) has in it or implies.

    `face`: whether a face was found, which may be called a man, woman, boy, girl, child or baby.
    """
    known = {part for name in names for found in also(name) for part in (found, *found.split())}
    known |= _FACES if face else set()
    return [noun for noun in nouns(caption) if singular(noun) not in known and _key(noun) not in known]


def overlap(one: Rectangle, two: Rectangle) -> float:
    """Intersection over union."""
    wide = min(one[0] + one[2], two[0] + two[2]) - max(one[0], two[0])
    high = min(one[1] + one[3], two[1] + two[3]) - max(one[1], two[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / (one[2] * one[3] + two[2] * two[3] - wide * high)


def average_precision(
    found: Sequence[tuple[int, float, Rectangle]], truth: Mapping[int, list[dict[str, Any]]]
) -> float:
    """COCO's AP of one class at IoU .5, 101 recall steps.

    `found`: picture, score, box. `truth`: boxes of each picture, `crowd` ones matching any number unjudged.
    """
    total = sum(not box["crowd"] for boxes in truth.values() for box in boxes)
    taken: set[int] = set()
    hits: list[bool] = []
    for picture, _, box in sorted(found, key=lambda item: -item[1]):
        boxes = truth.get(picture, [])
        free = [b for b in boxes if not b["crowd"] and id(b) not in taken and overlap(box, tuple(b["box"])) >= 0.5]
        if free:
            taken.add(id(max(free, key=lambda b: overlap(box, tuple(b["box"])))))
            hits.append(True)
        elif not any(b["crowd"] and _inside(box, tuple(b["box"])) >= 0.5 for b in boxes):
            hits.append(False)
    if not hits:
        return 0.0
    right = np.cumsum(hits)
    recall, precision = right / total, right / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.mean([precision[i] if i < len(precision) else 0.0 for i in at]))


def _inside(box: Rectangle, crowd: Rectangle) -> float:
    """Share of a box inside a crowd's, as COCO matches crowds."""
    wide = min(box[0] + box[2], crowd[0] + crowd[2]) - max(box[0], crowd[0])
    high = min(box[1] + box[3], crowd[1] + crowd[3]) - max(box[1], crowd[1])
    return max(0.0, wide) * max(0.0, high) / max(1e-9, box[2] * box[3])


def names_f1(wanted: Iterable[str], got: Iterable[str]) -> float:
    """Harmonic mean of precision and recall of two sets of names."""
    one, two = set(wanted), set(got)
    return 2 * len(one & two) / (len(one) + len(two)) if one or two else 1.0


def hue_distance(one: str, two: str) -> float | None:
    """Degrees from 0 to 180 between two colours of six hex digits; None when just one of them has a hue."""
    hues = []
    for colour in (one, two):
        red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
        hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
        hues.append(hue * 360 if saturation > 0 else None)
    if hues[0] is None or hues[1] is None:
        return 0.0 if hues[0] is hues[1] else None
    away = abs(hues[0] - hues[1]) % 360
    return min(away, 360 - away)
