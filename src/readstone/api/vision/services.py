"""What the routes of /vision are built from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from readstone.api.routing import Route
from readstone.api.vision.intake import ImageIntake
from readstone.api.vision.recognize_printed_text import Reads
from readstone.api.vision.scene.routes import scene_routes
from readstone.api.vision.scene.version import SceneVersion
from readstone.api.vision.scene.viewing import Sees, Viewing
from readstone.api.vision.text_operations import Desk, Family, results_route, synchronous_route, text_routes
from readstone.intake.limits import SCENE, InputLimits


@dataclass(frozen=True, slots=True)
class Caps:
    """The operator's own limits; None: the contract's."""

    image_bytes: int | None = None
    image_side: int | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """The image intake, the reader, the viewer, the desk of the text operations, and the operator's caps.

    `age_and_gender`: whether faces are told with both.
    `families` collects every text family that was given routes, by surface and kind: whoever reads the
    pages later looks up their limits and codec there.
    """

    intake: ImageIntake
    reading: Reads
    seeing: Sees
    desk: Desk
    caps: Caps = Caps()
    age_and_gender: bool = False
    families: dict[tuple[str, str], Family] = field(default_factory=dict)

    def limits(self, contract: InputLimits) -> InputLimits:
        """A route's limits after the operator's caps."""
        return contract.overridden(self.caps.image_bytes, self.caps.image_side)

    def scene(self, version: SceneVersion) -> tuple[Route, ...]:
        """The operations on what an image shows apart from its text."""
        return scene_routes(Viewing(self.intake, self.seeing, self.limits(SCENE), self.age_and_gender), version)

    def text(self, family: Family) -> tuple[Route, ...]:
        """Submit and poll of a text family."""
        return text_routes(self.desk, self._capped(family))

    def text_now(self, family: Family, path: str, operation: str) -> Route:
        """The synchronous variant of a text family."""
        return synchronous_route(self.desk, self._capped(family), path, operation)

    def text_results(self, family: Family, path: str, operation: str) -> Route:
        """Another path at which a text family's operations are polled."""
        return results_route(self.desk, family, path, operation)

    def _capped(self, family: Family) -> Family:
        limits = family.limits.overridden(self.caps.image_bytes, self.caps.image_side, self.caps.pages)
        capped = replace(family, limits=limits)
        self.families[family.surface, family.kind] = capped
        return capped
