"""The default segmenter: what catches the eye, people seen again from near, and the picture's own edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.refusals import Cancelled
from readstone.engines.protocols import never
from readstone.engines.scene.coco import PERSON, THINGS
from readstone.engines.scene.colours import reduced
from readstone.engines.scene.nanodet import NanoDet
from readstone.engines.scene.segment.edges import along_edges
from readstone.engines.scene.segment.networks import PersonNet, Plane, SubjectNet

_SEEN = 640  # pixels of the longer side that are looked at
_FINE = 2048  # and those that the answer has: more add nothing but memory
_SURE_PERSON, _MOST_PEOPLE = 0.3, 8
_AROUND = 0.25  # of the longer side of a person's box: the network has learnt people with some room around
_BEYOND = 0.08  # of it, too: what a box leaves out of a person
_SUBJECT = 0.35  # mean probability from which a person is part of what the picture is of
_CLEAR, _SOLID = 0.1, 0.9  # what is this sure is wholly so: a haze over the background is worse than a hard edge
_BLANK = 64


class SegmentNetworks(Protocol):
    """The networks, shared by all pictures. Re-entrant."""

    def subject(self, pixels: RgbPixels) -> Plane:
        """How likely each pixel belongs to what the picture is of."""
        ...

    def person(self, pixels: RgbPixels) -> Plane:
        """How likely each pixel belongs to a person that fills much of the picture."""
        ...

    def people(self, pixels: RgbPixels) -> tuple[Box, ...]:
        """Boxes of people, the likeliest first, in pixels of what was given."""
        ...


class OnnxSegmentNetworks:
    """The default networks. Raises ModelUnusableError when a model file is missing or not the known one."""

    def __init__(self, *, threads: int) -> None:
        self._subject = SubjectNet(threads=threads)
        self._person = PersonNet(threads=threads)
        # One of the viewer's two detectors: people large enough to be a subject are found by either.
        self._detector = NanoDet(threads=threads)

    def subject(self, pixels: RgbPixels) -> Plane:
        """See `SegmentNetworks`."""
        return self._subject.find(pixels)

    def person(self, pixels: RgbPixels) -> Plane:
        """See `SegmentNetworks`."""
        return self._person.find(pixels)

    def people(self, pixels: RgbPixels) -> tuple[Box, ...]:
        """See `SegmentNetworks`."""
        found = self._detector.find(pixels)
        rows = zip(found.classes.tolist(), found.scores.tolist(), found.corners.tolist(), strict=True)
        return tuple(
            Box(left, top, right - left, bottom - top)
            for kind, score, (left, top, right, bottom) in rows
            if THINGS[kind] == PERSON and score >= _SURE_PERSON
        )


class PictureSegmenter:
    """The default `Segmenter`: one set of networks, shared by all callers. Re-entrant.

    `threads` is how many cores one run of a network may use. `networks` replaces the default ones. Raises
    ModelUnusableError when a model file is missing or not the known one.
    """

    name = "default"

    def __init__(self, *, threads: int = 1, networks: SegmentNetworks | None = None) -> None:
        self._networks = networks or OnnxSegmentNetworks(threads=threads)
        # The first run of a network costs extra; better now than in somebody's request.
        blank = np.full((_BLANK, _BLANK, 3), 255, np.uint8)
        _ = self._networks.subject(blank), self._networks.person(blank), self._networks.people(blank)

    def foreground(self, picture: Picture, cancelled: Callable[[], bool] = never) -> Plane:
        """See `Segmenter`; the longer side of the answer is at most 2048."""
        seen = reduced(picture.pixels, _SEEN)
        _stop_if(cancelled)
        alpha = self._networks.subject(seen)
        _stop_if(cancelled)
        people = self._networks.people(seen)
        subject = alpha.copy()
        for box in people[:_MOST_PEOPLE]:
            _stop_if(cancelled)
            self._join_person(alpha, subject, seen, box)
        _stop_if(cancelled)
        fine = along_edges(alpha, reduced(picture.pixels, _FINE))
        return np.clip((fine - _CLEAR) / (_SOLID - _CLEAR), 0, 1, out=fine)

    def _join_person(self, alpha: Plane, subject: Plane, seen: RgbPixels, box: Box) -> None:
        """Take what the person's network says into `alpha`, where the person is what the picture is of."""
        height, width = alpha.shape
        longer = max(box.width, box.height)
        rows, columns = _window(box, _AROUND * longer, width, height)
        if rows.stop - rows.start < 2 or columns.stop - columns.start < 2:
            return
        person = np.zeros_like(alpha)
        person[rows, columns] = self._networks.person(np.ascontiguousarray(seen[rows, columns]))
        near = _window(box, _BEYOND * longer, width, height)
        body = person[near] > 0.5
        if not body.any() or float(subject[near][body].mean()) < _SUBJECT:
            return
        # It knows a body's outline better, and nothing of what the body holds in its hands.
        alpha[near] = np.maximum(alpha[near], (subject[near] + 2 * person[near]) / 3)


def _window(box: Box, margin: float, width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of the box and `margin` pixels around, inside the picture."""
    inside = Box(box.left - margin, box.top - margin, box.width + 2 * margin, box.height + 2 * margin).clipped(
        width, height
    )
    return (
        slice(int(inside.top), max(int(inside.top), int(inside.bottom))),
        slice(int(inside.left), max(int(inside.left), int(inside.right))),
    )


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled
