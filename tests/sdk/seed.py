"""The script of seed 000, taken out of Microsoft's quickstart page and pointed at a server of ours."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "000_db7f1bce5331b4e3.txt"

# The three assignments that the page itself tells its reader to change; the last one takes two lines.
_ASSIGNMENTS = {
    "subscription_key": r"^subscription_key = .*$",
    "vision_base_url": r"^vision_base_url = .*$",
    "image_url": r"^image_url = .*\\\n.*$",
}


def seed_page() -> Path | None:
    """The file with the page, in the folder shared/ beside the repository; None when there is none."""
    shared = Path(os.environ.get("READSTONE_SHARED") or ROOT.parent / "shared")
    page = shared / "seeds" / NAME
    return page if page.is_file() else None


def script_of(page: str) -> str:
    """The first block of Python on the page."""
    block = re.search(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert block, "the page has no Python code"
    return block[1]


def pointed_at(script: str, **values: str) -> str:
    """The script with its three assignments replaced, and nothing else."""
    assert values.keys() == _ASSIGNMENTS.keys()
    for name, pattern in _ASSIGNMENTS.items():
        assignment = f"{name} = {values[name]!r}"
        script, count = re.subn(pattern, lambda _, new=assignment: new, script, flags=re.MULTILINE)
        assert count == 1, f"{name} is assigned {count} times"
    return script
