"""What can be plugged in, and how a setting names it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path

GROUP = "readstone.engine."
"""Entry point groups of engines that packages bring: this and the role's value."""

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96}", re.ASCII)
_ENTRY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


class Role(StrEnum):
    """One thing that an engine of one's own may do in place of the built-in one."""

    CAPTION = "caption"
    TAGS = "tags"
    VECTORS = "vectors"
    OBJECTS = "objects"
    BACKGROUND = "background"
    HANDWRITING = "handwriting"

    @property
    def group(self) -> str:
        """The entry point group whose factories make engines of this role."""
        return f"{GROUP}{self.value}"

    @property
    def setting(self) -> str:
        """The environment variable that names the engine."""
        return f"READSTONE_ENGINE_{self.name}"


class Origin(Enum):
    """Where an engine's name leads."""

    FOLDER = "folder"
    HUB = "hub"
    ENTRY_POINT = "entry point"


@dataclass(frozen=True, slots=True)
class EngineName:
    """A setting's value, understood. `text` is the absolute path of a folder, a hub id, or an entry point's name."""

    origin: Origin
    text: str


def engine_name(value: str) -> EngineName:
    """`/models/blip` or `./blip` is a folder, `owner/model` a hub id, a name without a slash an entry point.

    Raises ValueError for anything else.
    """
    value = value.strip()
    if value.startswith(("/", "./", "../", "~")):
        return EngineName(Origin.FOLDER, str(Path(value).expanduser().resolve()))
    if _HUB_ID.fullmatch(value):
        return EngineName(Origin.HUB, value)
    if _ENTRY.fullmatch(value):
        return EngineName(Origin.ENTRY_POINT, value)
    raise ValueError("must be a folder (/models/blip), a hub id (owner/model) or the name of an installed engine")
