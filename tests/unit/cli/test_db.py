"""`readstone db`: what it makes, says and refuses."""

from __future__ import annotations

import psycopg
import pytest

from postgres import fresh_database
from readstone.cli.main import main


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> str:
    url = fresh_database()
    monkeypatch.setenv("READSTONE_DATABASE", url)
    return url


def test_upgrade_makes_the_tables_and_is_safe_twice(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "status"]) == 1
    assert "pending       001_first.sql" in capsys.readouterr().out
    assert main(["db", "upgrade"]) == 0
    assert "made 001_first.sql" in capsys.readouterr().out
    assert main(["db", "upgrade", "--finish"]) == 0
    assert capsys.readouterr().out == "the database is up to date\n"
    assert main(["db", "status"]) == 0
    shown = capsys.readouterr().out
    assert "pending" not in shown
    assert shown.count("procrastinate ") == 1


def test_a_newer_database_is_refused(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "upgrade"]) == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO readstone.migration (name, release) VALUES ('999_later.sql', '99')")
    capsys.readouterr()
    for action in ("status", "upgrade"):
        assert main(["db", action]) == 1
        told = capsys.readouterr().err
        assert "newer Readstone" in told
        assert told.count("\n") == 1


def test_no_answer_is_told_in_one_line_without_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("READSTONE_DATABASE", "postgresql://me:secret@127.0.0.1:1/x")
    assert main(["db", "upgrade"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("readstone: the database says: ")
    assert told.count("\n") == 1
    assert "secret" not in told


def test_without_a_database_there_is_nothing_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("READSTONE_DATABASE", raising=False)
    assert main(["db", "upgrade"]) == 2
    assert "READSTONE_DATABASE is not set" in capsys.readouterr().err
