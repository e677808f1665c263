"""What the routes of /vision are built from."""

from __future__ import annotations

from dataclasses import dataclass, replace

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

    def capped(self, family: Family) -> Family:
        """The family with these limits where they are set."""
        return replace(family, limits=family.limits.overridden(self.image_bytes, self.image_side, self.pages))


@dataclass(frozen=True, slots=True)
class Services:
    """The image intake, the reader, the viewer, the desk of the text operations, and the operator's caps.

    `age_and_gender`: whether faces are told with both.
    """

    intake: ImageIntake
    reading: Reads
    seeing: Sees
    desk: Desk
    caps: Caps = Caps()
    age_and_gender: bool = False

    def limits(self, contract: InputLimits) -> InputLimits:
        """A route's limits after the operator's caps."""
        return contract.overridden(self.caps.image_bytes, self.caps.image_side)

    def scene(self, version: SceneVersion) -> tuple[Route, ...]:
        """The operations on what an image shows apart from its text."""
        return scene_routes(Viewing(self.intake, self.seeing, self.limits(SCENE), self.age_and_gender), version)

    def text(self, family: Family) -> tuple[Route, ...]:
        """Submit and poll of a text family."""
        return text_routes(self.desk, self.caps.capped(family))

    def text_now(self, family: Family, path: str, operation: str) -> Route:
        """The synchronous variant of a text family."""
        return synchronous_route(self.desk, self.caps.capped(family), path, operation)

    def text_results(self, family: Family, path: str, operation: str) -> Route:
        """Another path at which a text family's operations are polled."""
        return results_route(self.desk, family, path, operation)
