"""Code taken out of Microsoft's quickstart pages; scripts are pointed at a server of ours."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PRINTED_TEXT = "000_db7f1bce5331b4e3.txt"
HANDWRITTEN_TEXT = "001_dcb92db8b926b893.txt"
HTML_PAGES = "002_a10377b0f09f52f3.txt"
HANDWRITTEN_NOTE = "003_d5fdf55715a647f4.txt"
REMOTE_IMAGE = "004_1cbb6439366bdf01.txt"
NO_SEEDS = "no seeds: the folder shared/ is not beside the repository; READSTONE_SHARED may name it"

# The three assignments that these pages tell their reader to change; the last one takes two lines.
_ASSIGNMENTS = {
    "subscription_key": r"^subscription_key = .*$",
    "vision_base_url": r"^vision_base_url = .*$",
    "image_url": r"^image_url = .*\\\n.*$",
}


def shared() -> Path:
    """The folder beside the repository, or another."""
    return Path(os.environ.get("READSTONE_SHARED") or ROOT.parent / "shared")


def seed_page(name: str) -> str | None:
    """The text of a page; None when there is none."""
    page = shared() / "seeds" / name
    return page.read_bytes().decode() if page.is_file() else None


def code_of(page: str, language: str) -> list[str]:
    """The page's blocks of code in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def script_of(page: str) -> str:
    """The first block of Python on the page."""
    return code_of(page, "python")[0]


def pointed_at(script: str, **values: str) -> str:
    """The script with its three assignments replaced, and nothing else."""
    assert values.keys() == _ASSIGNMENTS.keys()
    for name, pattern in _ASSIGNMENTS.items():
        assignment = f"{name} = {values[name]!r}"
        script, count = re.subn(pattern, lambda _, new=assignment: new, script, flags=re.MULTILINE)
        assert count == 1, f"{name} is assigned {count} times"
    return script


def differences(original: str, script: str) -> tuple[list[str], list[str]]:
    """Lines of `original` that are gone from `script`, and those there instead; elsewhere both are the same bytes."""
    lines = list(difflib.ndiff(original.splitlines(keepends=True), script.splitlines(keepends=True)))
    removed = [line[2:] for line in lines if line.startswith("- ")]
    added = [line[2:] for line in lines if line.startswith("+ ")]
    rest_of_original, rest = original, script
    for line in removed:
        rest_of_original = rest_of_original.replace(line, "", 1)
    for line in added:
        rest = rest.replace(line, "", 1)
    assert rest.encode() == rest_of_original.encode()
    return removed, added
