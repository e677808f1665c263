"""Paths to operations, as forgiving as Azure's gateway (contract 2.1).

Repeated slashes count as one, one trailing slash is ignored, and letter case does not matter; what is
captured from the path (an operation id, a model's name) keeps its spelling.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from readstone.errors import Envelope

if TYPE_CHECKING:
    from readstone.api.call import Call

Handler = Callable[["Call"], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of one version.

    `path` is relative to the version's base, `{name}` captures a segment. `operation` is the operationId
    of the specification. `reads` marks operations that need a worker: they are refused while none is free.
    `envelope` is given where a route's errors look different from its version's.
    """

    method: str
    path: str
    operation: str
    handler: Handler
    reads: bool = False
    envelope: Envelope | None = None


@dataclass(frozen=True, slots=True)
class Surface:
    """All operations of one API version under its base path, and how its errors look.

    `metered`: calls count towards their key's limits and usage.
    """

    name: str
    base: str
    envelope: Envelope
    routes: tuple[Route, ...]
    metered: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """A route that fits, with the segments it captured."""

    surface: Surface
    route: Route
    captured: Mapping[str, str]


def clean_path(path: str) -> tuple[str, ...]:
    """A path's segments without the empty ones."""
    return tuple(segment for segment in path.split("/") if segment)


class RouteTable:
    """Finds the route of a method and path."""

    def __init__(self, surfaces: Iterable[Surface]) -> None:
        self.surfaces = tuple(surfaces)
        # Most paths capture nothing and are found by one look-up.
        self._fixed: dict[tuple[str, tuple[str, ...]], Match] = {}
        self._patterns: list[tuple[str, tuple[str, ...], Surface, Route]] = []
        for surface in self.surfaces:
            for route in surface.routes:
                pattern = clean_path(f"{surface.base}/{route.path}")
                if any(segment.startswith("{") for segment in pattern):
                    self._patterns.append((route.method, pattern, surface, route))
                else:
                    self._fixed.setdefault((route.method, _lower(pattern)), Match(surface, route, {}))

    def find(self, method: str, segments: tuple[str, ...]) -> Match | None:
        """The match, or None: another method than the listed one is no match either (contract 2.1)."""
        match = self._fixed.get((method, _lower(segments)))
        if match:
            return match
        for route_method, pattern, surface, route in self._patterns:
            if route_method == method and len(pattern) == len(segments):
                captured = _capture(pattern, segments)
                if captured is not None:
                    return Match(surface, route, captured)
        return None


def _lower(segments: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(segment.lower() for segment in segments)


def _capture(pattern: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    captured: dict[str, str] = {}
    for expected, actual in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            captured[expected[1:-1]] = actual
        elif expected.lower() != actual.lower():
            return None
    return captured
