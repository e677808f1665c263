"""What the rest of the house may ask of an engine. Small on purpose: one method each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Box
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.scene import (
    Brand,
    Caption,
    Celebrity,
    DenseCaption,
    DetectedObject,
    Face,
    Feature,
    Landmark,
    Scene,
    SceneOptions,
    Tag,
)
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


@runtime_checkable
class KnowsItsLanguages(Protocol):
    """A reader that can tell beforehand what it cannot read: a promise to read it is then not made (a 202)."""

    def judge(self, options: ReadOptions) -> None:
        """Raise Refusal LANGUAGE_NOT_SUPPORTED where `read` would, whatever the picture."""
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


class Captioner(Protocol):
    """Puts pictures into English sentences. For one caller at a time."""

    def caption(self, picture: Picture, most: int, cancelled: Callable[[], bool] = never) -> tuple[Caption, ...]:
        """At most `most` different sentences for the whole picture, best first; perhaps none."""
        ...

    def caption_parts(
        self, picture: Picture, boxes: Sequence[Box], cancelled: Callable[[], bool] = never
    ) -> tuple[DenseCaption, ...]:
        """A phrase for each of `boxes` that it has one for; an engine that finds parts by itself gives those."""
        ...


class Tagger(Protocol):
    """Finds words for what is on a picture. For one caller at a time."""

    def tag(self, picture: Picture, cancelled: Callable[[], bool] = never) -> tuple[Tag, ...]:
        """Different words, likeliest first."""
        ...


class Detector(Protocol):
    """Finds things and people. For one caller at a time."""

    def find(self, picture: Picture, cancelled: Callable[[], bool] = never) -> tuple[DetectedObject, ...]:
        """Things in their boxes, likeliest first, down to low scores; people are called "person"."""
        ...


class Embedder(Protocol):
    """Places pictures and texts in one space, near each other where they mean the same. For one caller at a time."""

    @property
    def version(self) -> str:
        """Name of the space: vectors of another version are not to be compared with these."""
        ...

    def of_image(self, picture: Picture) -> NDArray[np.float32]:
        """Shape (numbers,), of length 1."""
        ...

    def of_text(self, text: str) -> NDArray[np.float32]:
        """As many numbers as `of_image` gives, of length 1."""
        ...


class LineRecogniser(Protocol):
    """Reads one line of handwriting, without telling where each letter stands. For one caller at a time."""

    def read(self, line: RgbPixels) -> tuple[str, float]:
        """The text of a flat line image (RGB uint8, any size), and the mean probability of its signs, 0 to 1."""
        ...


class Segmenter(Protocol):
    """Tells the subject of a picture from its background. Implementations are re-entrant, as readers are."""

    def foreground(self, picture: Picture, cancelled: Callable[[], bool] = never) -> NDArray[np.float32]:
        """How much of each pixel belongs to the foreground, 0 to 1.

        Shape (rows, columns), those of the picture or of the same picture reduced. `cancelled` is asked between
        models; once it answers True the segmenter raises `readstone.domain.refusals.Cancelled`.
        """
        ...
