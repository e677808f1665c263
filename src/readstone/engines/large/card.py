"""What a model's own page says of its licence: the front matter of its README.

Format: YAML between two lines of three dashes, of which `license`, `license_name` and `license_link` are read.
"""

from __future__ import annotations

from pathlib import Path

UNKNOWN = "unknown"
_FIELDS = ("license", "license_name", "license_link")
_LONGEST = 64 * 1024


def licence_of(folder: Path) -> str:
    """The licence that the model card in `folder` names, else the licence file's name, else UNKNOWN."""
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as card:
            said = licence_in(card.read(_LONGEST))
    except OSError:
        said = UNKNOWN
    if said != UNKNOWN:
        return said
    files = sorted(path.name for path in folder.glob("LICEN[SC]E*") if path.is_file())
    return f"as stated in its file {files[0]}" if files else UNKNOWN


def licence_in(card: str) -> str:
    """The licence that a model card names: `apache-2.0`, or `other (its-name, where it is written)`."""
    fields = _front_matter(card)
    licence = fields.get("license", "")
    more = ", ".join(fields[name] for name in ("license_name", "license_link") if fields.get(name))
    if not licence:
        return more or UNKNOWN
    return f"{licence} ({more})" if more else licence


def _front_matter(card: str) -> dict[str, str]:
    """The fields of _FIELDS. A list of licences, one a line or in brackets, is joined by commas."""
    lines = card.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != "---":
        return {}
    found: dict[str, str] = {}
    field = ""
    for line in lines[1:]:
        if line.strip() == "---":
            break
        if line.lstrip().startswith("- ") and field:
            item = _plain(line.lstrip()[2:])
            found[field] = f"{found[field]}, {item}" if found.get(field) else item
            continue
        name, colon, value = line.partition(":")
        field = name.strip() if colon and name.strip() in _FIELDS and not line[:1].isspace() else ""
        if field:
            found[field] = ", ".join(_plain(part) for part in value.strip().strip("[]").split(","))
    return found


def _plain(value: str) -> str:
    return value.strip().strip("'\"")
