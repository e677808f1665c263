"""The viewer: a picture in, what was asked for of it out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.scene import Crop, DenseCaption, Feature, Scene, SceneOptions
from readstone.engines.protocols import never
from readstone.engines.scene.adult import adult_of
from readstone.engines.scene.captions import describe
from readstone.engines.scene.captions.dense import dense_captions
from readstone.engines.scene.categories import categories_of
from readstone.engines.scene.crops import area_of_interest, crop_at, fitting_ratio
from readstone.engines.scene.evidence import Evidence, SceneModels
from readstone.engines.scene.face_list import faces_of
from readstone.engines.scene.models import OnnxModels
from readstone.engines.scene.objects import objects_of
from readstone.engines.scene.people import people_of

Answer = Callable[[Evidence, SceneOptions], Any]


def _crops(seen: Evidence, asked: SceneOptions) -> tuple[Crop, ...]:
    _ = seen.faces, seen.detections, seen.saliency  # looked at before the text is waited for
    page = asked.text()
    text: list[Box] = [line.quad.bounds for line in page.lines] if page else []
    return tuple(crop_at(seen, ratio, text) for ratio in asked.ratios or (fitting_ratio(seen, text),))


def _dense(seen: Evidence, asked: SceneOptions) -> tuple[DenseCaption, ...]:
    _ = seen.tags, seen.gist  # looked at before the text is waited for
    return dense_captions(seen, asked.text(), asked.neutral)


_ANSWERS: dict[Feature, tuple[str, Answer]] = {
    Feature.CATEGORIES: ("categories", lambda seen, _: categories_of(seen)),
    Feature.TAGS: ("tags", lambda seen, _: seen.tags),
    Feature.DESCRIPTION: ("description", lambda seen, asked: describe(seen, asked.most_captions, asked.neutral)),
    Feature.OBJECTS: ("objects", lambda seen, _: objects_of(seen)),
    Feature.PEOPLE: ("people", lambda seen, _: people_of(seen)),
    Feature.FACES: ("faces", lambda seen, asked: faces_of(seen, age_and_gender=asked.age_and_gender)),
    # No model here knows a name: what users install answers (readstone.engines.recognisers).
    Feature.BRANDS: ("brands", lambda *_: ()),
    Feature.CELEBRITIES: ("celebrities", lambda *_: ()),
    Feature.LANDMARKS: ("landmarks", lambda *_: ()),
    Feature.ADULT: ("adult", lambda seen, _: adult_of(seen)),
    Feature.COLOURS: ("colours", lambda seen, _: seen.colours),
    Feature.IMAGE_TYPE: ("image_type", lambda seen, _: seen.image_type),
    Feature.AREA_OF_INTEREST: ("area_of_interest", lambda seen, _: area_of_interest(seen)),
    # The last: these wait for the text.
    Feature.DENSE_CAPTIONS: ("dense_captions", _dense),
    Feature.CROPS: ("crops", _crops),
}
"""The member of Scene that a feature fills, and how."""

_BLANK = 64


class PictureViewer:
    """The default viewer: one set of models, shared by all callers. Re-entrant.

    `threads` is how many cores one run of a model may use. `models` replaces the default ones. Raises
    ModelUnusableError when a model file is missing or not the known one.
    """

    name = "default"

    def __init__(self, *, threads: int = 1, models: SceneModels | None = None) -> None:
        self._models = models or OnnxModels(threads=threads)
        # The first run of a model costs extra; better now than in somebody's request.
        blank = Evidence(Picture(np.full((_BLANK, _BLANK, 3), 255, np.uint8), "Png"), self._models)
        _ = blank.imagenet, blank.detections, blank.faces, blank.adult_probability

    def see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool] = never) -> Scene:
        """The features of `options`; each model runs at most once, and only where a feature needs it."""
        evidence = Evidence(picture, self._models, cancelled)
        members: dict[str, Any] = {}
        for feature, (member, answer) in _ANSWERS.items():
            if feature in options.features:
                if cancelled():
                    raise Cancelled
                members[member] = answer(evidence, options)
        return Scene(picture.width, picture.height, **members)
