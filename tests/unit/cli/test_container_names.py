"""A compose file of Azure's Read container works with only the image changed."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from readstone.cli.configuration import add_container_names, add_flags, settings_of
from readstone.cli.container_names import given
from readstone.settings import ConfigurationError, LogLevel, Settings


def settings(*arguments: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    add_container_names(parser)
    return settings_of(parser.parse_args(arguments))


def keys(made: Settings) -> list[str]:
    return [key.get_secret_value() for key in made.keys]


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READSTONE_DATA_DIR", str(tmp_path))


def test_the_line_of_microsofts_own_page(capsys: pytest.CaptureFixture[str]) -> None:
    made = settings("Eula=accept", "Billing=https://example.cognitiveservices.azure.com", "ApiKey=" + "a" * 32)
    assert keys(made) == ["a" * 32]
    said = capsys.readouterr().err
    assert "Eula, Billing" in said
    assert "aaaa" not in said


def test_the_environment_of_a_compose_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("READSTONE_DATA_DIR")
    for name, value in {
        "ApiKey": "b" * 32,
        "Mounts__Shared": str(tmp_path / "share"),
        "Storage__TimeToLiveInDays": "3",
        "Logging__Console__LogLevel__Default": "Information",
        "Queue__Azure__ConnectionString": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    made = settings()
    assert keys(made) == ["b" * 32]
    assert made.data_dir == tmp_path / "share"
    assert made.result_hours == 72
    assert made.log_level is LogLevel.INFO


@pytest.mark.parametrize("name", ["APIKEY", "apikey", "BILLING", "eula"])
def test_somebody_else_s_variable_is_no_key(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "c" * 32)
    assert keys(settings()) == []


def test_our_own_names_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READSTONE_RESULT_HOURS", "2")
    assert settings("Storage:TimeToLiveInDays=3").result_hours == 2
    assert settings("Storage:TimeToLiveInDays=3", "--result-hours", "4").result_hours == 4


@pytest.mark.parametrize(
    ("argument", "hours"),
    [
        ("storagetimetoliveinminutes=90", 1.5),
        ("StorageTimeToLiveInMinutes=10080", 168),
        ("Storage__TimeToLiveInDays=7", 168),
        ("ReadEngineConfig:ResultExpirationPeriod=1", 1),
    ],
)
def test_how_long_results_live(argument: str, hours: float) -> None:
    assert settings(argument).result_hours == hours


def test_every_fault_is_told_at_once() -> None:
    wrong = ["Storage:TimeToLiveInDays=8", "Logging:Console:LogLevel:Default=loud", "Colour=red", "serve"]
    with pytest.raises(ConfigurationError) as told:
        given(wrong, {})
    assert [fault.partition(": ")[0] for fault in told.value.faults] == [
        "Colour",
        "serve",
        "Storage:TimeToLiveInDays",
        "Logging:Console:LogLevel:Default",
    ]


def test_a_misspelt_flag_still_exits_with_2() -> None:
    with pytest.raises(SystemExit) as left:
        settings("Storage:TimeToLiveInDays=0")
    assert left.value.code == 2
