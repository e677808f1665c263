"""What the rest of the house may ask of an engine. Small on purpose: one method each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.scene import Brand, Celebrity, Face, Feature, Landmark, Scene, SceneOptions
from readstone.domain.text import Page


def never() -> bool:
    """The cancellation check of a caller that never leaves."""
    return False


class TextReader(Protocol):
    """Reads the text of one picture.

    Implementations are re-entrant: any number of threads may call `read` on one instance at once.
    """

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        """Return the text of `picture`.

        `cancelled` is asked between steps; once it answers True the reader raises
        `readstone.domain.refusals.Cancelled`.
        """
        ...


class SceneViewer(Protocol):
    """Sees what is on one picture. Implementations are re-entrant, as readers are."""

    def see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool] = never) -> Scene:
        """Return the features of `options` for `picture`, each model run at most once.

        `cancelled` is asked between models; once it answers True the viewer raises
        `readstone.domain.refusals.Cancelled`.
        """
        ...


class Recogniser(Protocol):
    """Knows people, places or brands by name, from a list of one's own. Re-entrant, as readers are."""

    @property
    def feature(self) -> Feature:
        """What it finds: CELEBRITIES, LANDMARKS or BRANDS."""
        ...

    def recognise(
        self, picture: Picture, faces: tuple[Face, ...], cancelled: Callable[[], bool] = never
    ) -> tuple[Celebrity, ...] | tuple[Landmark, ...] | tuple[Brand, ...]:
        """Return those it knows on `picture`, in the type of its `feature`; `faces` are given for CELEBRITIES alone."""
        ...
