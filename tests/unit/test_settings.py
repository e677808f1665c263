import re
from pathlib import Path

import pytest

from readstone.settings import ConfigurationError, Settings, load, unknown_names

SECRET = "c0ffee-secret-key"


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load()
    assert (settings.host, settings.port, settings.auth.value, settings.fetch_allow) == ("127.0.0.1", 5000, "keys", ())


def test_environment_and_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READSTONE_PORT", "6000")
    monkeypatch.setenv("READSTONE_KEYS", " one , two,")
    monkeypatch.setenv("READSTONE_FETCH_ALLOW", "10.0.0.0/8, intranet.example")
    settings = load({"port": "7000"})
    assert settings.port == 7000
    assert [k.get_secret_value() for k in settings.keys] == ["one", "two"]
    assert settings.fetch_allow == ("10.0.0.0/8", "intranet.example")


def test_every_fault_is_reported_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    faulty = {
        "READSTONE_PORT": "70000",
        "READSTONE_AUTH": "nobody",
        "READSTONE_WORKERS": "0",
        "READSTONE_FETCH_ALLOW": "10.0.0.0/99",
        "READSTONE_PUBLIC_URL": "vision.example.com",
        "READSTONE_LOG_FORMAT": "xml",
        "READSTONE_RATE": "20 a minute",
        "READSTONE_BACKLOG_PAGES": "0",
        "READSTONE_INPUTS": "gs://bucket",
        "READSTONE_TOKEN_SECRET": "too short",
        "READSTONE_TLS_CERT": str(tmp_path / "missing.pem"),
        "READSTONE_DATA_DIR": str(tmp_path / "file" / "below"),
    }
    for name, value in faulty.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as error:
        load()
    assert {fault.partition(":")[0] for fault in error.value.faults} == set(faulty)


def test_certificate_and_key_belong_together(tmp_path: Path) -> None:
    pem = tmp_path / "a.pem"
    pem.write_text("")
    with pytest.raises(ConfigurationError, match="belong together"):
        load({"tls_cert": pem})


def test_a_faulty_key_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError) as error:
        load({"keys": SECRET, "port": "x"})
    assert SECRET not in str(error.value)


def test_redaction() -> None:
    settings = load({"keys": SECRET, "token_secret": f"{SECRET} for the tokens of all"})
    shown = settings.redacted()
    assert SECRET not in str(shown) + repr(settings)
    assert shown["READSTONE_TOKEN_SECRET"] == "set (hidden)"
    assert shown["READSTONE_KEYS"] == "1 set (hidden)"
    # Every setting is shown: the issue's own list and whatever came later.
    assert set(shown) == {f"READSTONE_{name.upper()}" for name in Settings.model_fields}


def test_misspelt_names_are_noticed() -> None:
    assert unknown_names({"READSTONE_PROT": "1", "readstone_port": "1", "PATH": ""}) == ["READSTONE_PROT"]


def test_local_url() -> None:
    assert load({"host": "0.0.0.0"}).local_url == "http://127.0.0.1:5000"
    assert load({"host": "::"}).local_url == "http://[::1]:5000"
    assert load({"host": "fd00::1"}).local_url == "http://[fd00::1]:5000"


def test_the_page_of_settings_names_all() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    assert set(re.findall(r"^\| `(READSTONE_\w+)`", page, re.MULTILINE)) == set(load().redacted())
