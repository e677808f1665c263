"""Fails when a source file is longer than 600 lines; names those above 400 (a file holds one idea)."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
WARN, FAIL = 400, 600


def main() -> int:
    lengths = {
        path: len(path.read_text("utf-8").splitlines())
        for folder in ("src", "tests", "bench", "tools")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    for path, length in lengths.items():
        if length > WARN:
            print(f"{path.relative_to(ROOT)}: {length} lines, {'too long' if length > FAIL else 'think again'}")
    return 1 if any(length > FAIL for length in lengths.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
