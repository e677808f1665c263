"""Runs all tests as two processes side by side: one that mostly computes, and one that mostly waits for others.

    python tools/run_tests.py [arguments of pytest]

Tests of running processes and of kills wait most of their time, so on two cores the whole takes little longer than
the rest alone. With arguments there is one process, as pytest itself would run. The exit status is 0 when both passed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent.parent / "tests"
WAITING = ("api", "chaos")  # no test in them marks what it `covers`: one process alone writes that record


def main() -> int:
    pytest = [sys.executable, "-m", "pytest"]
    if sys.argv[1:]:
        return subprocess.run([*pytest, *sys.argv[1:]], check=False).returncode
    kinds = sorted(path for path in TESTS.iterdir() if any(path.rglob("test_*.py")))
    with tempfile.TemporaryFile() as said:
        waiting = [path for path in kinds if path.name in WAITING]
        print("tests of", ", ".join(path.name for path in waiting), "run beside the others; their report comes last")
        beside = subprocess.Popen([*pytest, *waiting], stdout=said, stderr=subprocess.STDOUT)
        try:
            first = subprocess.run([*pytest, *(path for path in kinds if path not in waiting)], check=False).returncode
            second = beside.wait()
        finally:
            beside.kill()
        said.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(said.read())
    return first or second


if __name__ == "__main__":
    sys.exit(main())
