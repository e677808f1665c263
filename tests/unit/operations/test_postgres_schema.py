"""The tables of the store of many machines: made, brought up to date, by several at once, and refused when newer."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import psycopg
import pytest
from procrastinate import sql

from postgres import fresh_database, session_server
from readstone.operations import database_url
from readstone.operations.errors import StoreUnusableError
from readstone.operations.postgres import schema
from readstone.operations.postgres.schema import migrate, status
from readstone.operations.postgres.store import PostgresStore
from readstone.operations.store import LONGEST_LEASE_SECONDS
from readstone.settings import ConfigurationError, load


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True, options="-c search_path=readstone") as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def opened_once(url: str, folder: Path) -> None:
    async def main() -> None:
        store = PostgresStore(url, folder=folder, patience_seconds=0)
        await store.open()
        await store.close()

    asyncio.run(main())


def shape(url: str) -> list[tuple[object, ...]]:
    """Columns, indexes and functions, as they are."""
    return execute(
        url,
        "SELECT 'column', table_name || '.' || column_name, data_type, column_default, is_nullable "
        "FROM information_schema.columns WHERE table_schema = 'readstone' AND table_name <> 'migration' UNION ALL "
        "SELECT 'index', indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'readstone' UNION ALL "
        "SELECT 'function', proname, pg_get_function_identity_arguments(oid), md5(regexp_replace(prosrc, '\\s+', '', "
        "'g')), '' FROM pg_proc WHERE pronamespace = 'readstone'::regnamespace ORDER BY 1, 2, 3",
    )


def test_an_empty_database_gets_everything_and_the_second_time_nothing() -> None:
    url = fresh_database()
    assert asyncio.run(status(url)).empty
    made = asyncio.run(migrate(url))
    assert made == schema.STEPS
    assert asyncio.run(migrate(url)) == ()
    assert asyncio.run(migrate(url, finish=True)) == ()
    found = asyncio.run(status(url))
    assert (found.pending, found.unfinished, found.unknown, found.empty) == ((), (), (), False)


def test_many_at_once_make_it_once() -> None:
    url = fresh_database()

    async def main() -> list[tuple[str, ...]]:
        return await asyncio.gather(*(migrate(url) for _ in range(6)))

    made = asyncio.run(main())
    assert sorted(made) == [()] * 5 + [schema.STEPS]


def test_an_older_schema_is_brought_up_to_date_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = fresh_database(migrated=True)
    texts = {
        "901_good.sql": b"ALTER TABLE operation ADD COLUMN colour text",
        "902_bad.sql": b"ALTER TABLE none ADD x int",
    }
    monkeypatch.setattr(schema, "_text", lambda name: texts[name])
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, *texts))
    with pytest.raises(StoreUnusableError, match='relation "none" does not exist') as refused:
        opened_once(url, tmp_path)
    assert "\n" not in str(refused.value)
    assert asyncio.run(status(url)).pending == ("902_bad.sql",)
    texts["902_bad.sql"] = b"ALTER TABLE operation ADD COLUMN size text"
    opened_once(url, tmp_path)
    assert asyncio.run(status(url)).pending == ()


def test_a_newer_schema_is_refused_in_one_line(tmp_path: Path) -> None:
    url = fresh_database(migrated=True)
    execute(url, "INSERT INTO migration (name, release) VALUES ('999_later.sql', '99.0')")
    with pytest.raises(StoreUnusableError, match=r"upgraded by a newer Readstone \(step 999_later") as refused:
        opened_once(url, tmp_path)
    assert "\n" not in str(refused.value)
    with pytest.raises(StoreUnusableError):
        asyncio.run(migrate(url))


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    url = fresh_database()
    execute(url, "CREATE SCHEMA readstone")
    with pytest.raises(StoreUnusableError, match="did not make"):
        opened_once(url, tmp_path)


def test_a_database_of_another_encoding_is_refused(tmp_path: Path) -> None:
    server = session_server()
    server.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(StoreUnusableError, match="UTF8"):
        opened_once(server.url("latin"), tmp_path)


def test_no_database_is_told_in_one_line_without_the_password(tmp_path: Path) -> None:
    url = session_server().url("nowhere").replace("postgres@", "postgres:secret@")
    with pytest.raises(StoreUnusableError, match='database "nowhere" does not exist') as refused:
        opened_once(url, tmp_path)
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


# --- Procrastinate ------------------------------------------------------------------------------------------


def at_version(url: str, before: str) -> None:
    """A database whose Procrastinate is older: without the migrations from `before` on, by its own files."""

    async def main() -> None:
        connection = await schema.connect(url)
        await connection.execute("CREATE SCHEMA readstone")
        await connection.execute(
            "CREATE TABLE migration (name text PRIMARY KEY, applied timestamptz DEFAULT now(), release text)"
        )
        for name in schema._procrastinate_steps():
            if name < f"procrastinate {before}":
                await schema._step(connection, name)
        for name in schema.STEPS:
            await schema._step(connection, name)
        await connection.close()

    asyncio.run(main())


def test_what_a_later_procrastinate_adds_is_added_and_what_it_takes_away_only_on_request() -> None:
    url, new = fresh_database(), fresh_database(migrated=True)
    at_version(url, "03.04")
    pre = "procrastinate 03.04.00_01_pre_add_retry_failed_job_procedure.sql"
    post = "procrastinate 03.04.00_50_post_add_retry_failed_job_procedure.sql"
    assert asyncio.run(migrate(url)) == (pre,)
    assert asyncio.run(migrate(url)) == ()
    assert asyncio.run(status(url)).unfinished == (post,)
    assert asyncio.run(migrate(url, finish=True)) == (post,)
    assert shape(url) == shape(new)


def test_what_a_later_procrastinate_takes_away_waits_for_a_release_that_knows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = fresh_database(migrated=True)
    later = ("procrastinate 99.00.00_01_pre_add.sql", "procrastinate 99.00.00_50_post_drop.sql")
    known = schema._procrastinate_steps()
    monkeypatch.setattr(schema, "_procrastinate_steps", lambda: (*known, *later))
    monkeypatch.setattr(schema, "_text", lambda _: b"CREATE TABLE added (x int)")
    assert asyncio.run(migrate(url, finish=True)) == later[:1]
    assert asyncio.run(status(url)).unfinished == ()


def test_our_functions_call_those_of_procrastinate_that_its_library_calls() -> None:
    """A library that moves on to a new version of a function needs a step of ours that follows it."""
    folder = resources.files(schema.__name__.rpartition(".")[0]) / "migrations"
    ours = "".join(path.read_text("utf-8") for path in folder.iterdir())
    called = set(re.findall(r"procrastinate_\w+_v\d+(?=\()", ours))
    queries = "defer_jobs fetch_job finish_job retry_job register_worker unregister_worker update_heartbeat "
    queries += "prune_stalled_workers"
    theirs = {
        name for query in queries.split() for name in re.findall(r"procrastinate_\w+_v\d+(?=\()", sql.queries[query])
    }
    assert called == theirs
    newest = max(name.split()[1].split("_")[0] for name in schema._procrastinate_steps())
    assert newest == schema.PROCRASTINATE_TESTED


def test_the_longest_lease_is_the_same_there() -> None:
    url = fresh_database(migrated=True)
    longest = LONGEST_LEASE_SECONDS
    assert execute(url, f"SELECT lapsed(100 + {longest}, 100), lapsed(100.5 + {longest}, 100)") == [(False, True)]
    assert execute(url, "SELECT lapsed(100, 100), lapsed(100.5, 100)") == [(True, False)]


# --- the URL ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@db:5432/x", "postgresql://me:(hidden)@db:5432/x"),
        ("postgresql://me@db/x?password=secret&sslmode=require", "postgresql://me@db/x?(hidden)"),
        ("postgres://db", "postgres://db"),
        ("postgresql://me:p%40ss@[::1]:5432,other/x", "postgresql://me:(hidden)@[::1]:5432,other/x"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert database_url.without_secrets(url) == shown


@pytest.mark.parametrize(
    "url",
    ["mysql://me:secret@db/x", "db", "", "postgresql:x", "postgresql://a:se/secret@db/x", "postgres://a:#secret@db"],
)
def test_what_is_no_database_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="URL") as refused:
        database_url.check_database(url)
    assert "secret" not in str(refused.value)


def test_missing_packages_are_told_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READSTONE_DATABASE", "postgresql://me:secret@db/x")
    assert load().redacted()["READSTONE_DATABASE"] == "postgresql://me:(hidden)@db/x"
    monkeypatch.setattr(database_url, "find_spec", lambda name: None if name == "procrastinate" else name)
    with pytest.raises(ConfigurationError, match=r"READSTONE_DATABASE: needs more packages: .*readstone\[postgres\]"):
        load()


def test_nothing_of_it_is_imported_without_a_database() -> None:
    program = "import sys, readstone.app, readstone.worker; print([m for m in sys.modules if m[:7] in "
    program += "('psycopg', 'procras')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
