"""Names that no model here knows: people, places and brands come from what the user installs, or stay empty.

A package joins through the entry point group `readstone.recognisers`; what an entry names is called once, without
arguments, and returns a `readstone.engines.protocols.Recogniser`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import entry_points
from typing import Any

from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.scene import Feature, Scene, SceneOptions
from readstone.domain.stages import engine_name
from readstone.engines.protocols import Recogniser, SceneViewer, never

GROUP = "readstone.recognisers"
_MEMBERS = {Feature.CELEBRITIES: "celebrities", Feature.LANDMARKS: "landmarks", Feature.BRANDS: "brands"}


class RecognisingViewer:
    """A viewer whose celebrities, landmarks and brands are joined by those that `recognisers` know."""

    def __init__(self, viewer: SceneViewer, recognisers: Iterable[Recogniser]) -> None:
        self.name = engine_name(viewer)
        self._viewer = viewer
        self._recognisers = tuple(recognisers)

    def see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool] = never) -> Scene:
        """Return the features of `options`; recognisers are asked for nothing else."""
        asked = [known for known in self._recognisers if known.feature in options.features]
        by_face = any(known.feature is Feature.CELEBRITIES for known in asked)
        features = options.features | ({Feature.FACES} if by_face else set())
        scene = self._viewer.see(picture, replace(options, features=features), cancelled)
        members: dict[str, Any] = {}
        for known in asked:
            if cancelled():
                raise Cancelled
            faces = scene.faces or () if known.feature is Feature.CELEBRITIES else ()
            member = _MEMBERS[known.feature]
            before = members.get(member, getattr(scene, member) or ())
            members[member] = (*before, *known.recognise(picture, faces, cancelled))
        if Feature.FACES not in options.features:
            members["faces"] = None
        return replace(scene, **members)


def with_recognisers(viewer: SceneViewer) -> SceneViewer:
    """`viewer` with the recognisers that are installed."""
    recognisers = [entry.load()() for entry in entry_points(group=GROUP)]
    return RecognisingViewer(viewer, recognisers) if recognisers else viewer
