"""The OpenAPI description of each version, cut down to what this server serves.

The files under `specs/` are Microsoft's definitions (MIT), bundled to one file a version by
`tools/openapi/bundle.py`; operations that no route serves are left out when a file is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from readstone.api.routing import Surface
from readstone.domain.refusals import Reason, Refusal


class Descriptions:
    """Descriptions of the surfaces that have a bundled file."""

    def __init__(self, surfaces: Iterable[Surface]) -> None:
        self._surfaces = tuple(surfaces)

    def surfaces(self) -> list[Surface]:
        """Surfaces that can be described."""
        return [s for s in self._surfaces if _bundled(s.name)]

    def of(self, name: str) -> dict[str, Any]:
        """The description of one version. Raises Refusal RESOURCE_NOT_FOUND for a name without one."""
        for surface in self.surfaces():
            if surface.name.lower() == name.lower():
                served = {(r.method.lower(), f"/{r.path}".lower()) for r in surface.routes}
                return _served_only(bundled(surface.name), served)
        raise Refusal(Reason.RESOURCE_NOT_FOUND, "Resource not found")


def bundled(name: str) -> dict[str, Any]:
    """Microsoft's whole description of a version, as bundled."""
    description: dict[str, Any] = json.loads((files("readstone.api") / "specs" / f"{name}.json").read_text("utf-8"))
    return description


def _bundled(name: str) -> bool:
    return (files("readstone.api") / "specs" / f"{name}.json").is_file()


def _served_only(description: dict[str, Any], served: set[tuple[str, str]]) -> dict[str, Any]:
    paths = {
        path: {method: operation for method, operation in methods.items() if (method, path.lower()) in served}
        for path, methods in description["paths"].items()
    }
    return {**description, "paths": {path: methods for path, methods in paths.items() if methods}}
