"""Which `InputStore` a place names."""

from __future__ import annotations

from pathlib import Path

from readstone.operations.inputs import InputStore
from readstone.operations.inputs_folder import FolderInputs
from readstone.operations.inputs_objects import ObjectInputs

OBJECT_STORES = ("s3://", "az://")


def check_place(place: str) -> None:
    """Raise ValueError, with a sentence for people, when `place` names no place for inputs."""
    scheme, separator, rest = place.partition("://")
    if separator and f"{scheme}://" not in OBJECT_STORES:
        raise ValueError("must be a folder, s3://BUCKET/PREFIX or az://CONTAINER/PREFIX")
    if separator and not rest.partition("/")[0]:
        raise ValueError("names no bucket or container")
    if not separator and not Path(place).is_absolute():
        raise ValueError("must be an absolute path: it is the same folder on all machines")


def inputs_at(place: str | None, folder: Path) -> InputStore | None:
    """The store that `place` names, None for None: then the database holds the inputs. `folder` is for local copies.

    Nothing is touched before its `open`. Raises ValueError as `check_place`.
    """
    if place is None:
        return None
    check_place(place)
    return ObjectInputs(place, folder) if place.startswith(OBJECT_STORES) else FolderInputs(Path(place))
