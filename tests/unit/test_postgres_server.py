"""The PostgreSQL that tests start ends with them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

PROGRAM = """
import time
from postgres import PostgresServer
server = PostgresServer(durable=False)
server.start()
print(server._process.pid, server._root, flush=True)
time.sleep(600)
"""


def lives(process: int) -> bool:
    """Whether it runs; one that has ended may wait for its parent, where nobody inherits orphans."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_server_does_not_outlive_tests_that_were_killed() -> None:
    tests = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    )
    assert tests.stdout
    with tests.stdout:
        process, folder = tests.stdout.readline().split()
        assert lives(int(process))
        assert Path(folder, "data").is_dir()
        kept = {part.path for part in psutil.Process(int(process)).memory_maps()}
        assert not any("PostgreSQL." in path for path in kept), "memory that stays when it is killed"
        tests.kill()
        tests.wait()
    deadline = time.monotonic() + 60
    while lives(int(process)) or Path(folder).exists():
        assert time.monotonic() < deadline, "it goes on"
        time.sleep(0.05)
