import json
import stat
from pathlib import Path

import pytest

from readstone.access.gate import Credentials, KeyGate, OpenGate
from readstone.access.keys import KeyFile, KeyRing
from readstone.access.tokens import LIFETIME_SECONDS, Tokens, load_secret
from readstone.domain.refusals import Reason, Refusal


def test_a_key_is_stored_only_as_a_hash(tmp_path: Path) -> None:
    record, key = KeyFile(tmp_path).create("billing")
    stored = (tmp_path / "keys.json").read_text()
    assert key not in stored
    assert json.loads(stored)[0]["name"] == "billing"
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert KeyRing([], KeyFile(tmp_path)).find(key) == record.sha256


def test_what_a_key_may_do_is_stored_with_it(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    plain, _ = keys.create("")
    limited, _ = keys.create("limited", rate="10/s,1000/day")
    admin, _ = keys.create("admin", admin=True)
    # A file without limits is as it was before there were any: an older release reads it after a step back.
    assert set(json.loads((tmp_path / "keys.json").read_text())[0]) == {"id", "name", "sha256", "created"}
    elsewhere = KeyFile(tmp_path)
    assert elsewhere.records() == (plain, limited, admin)
    assert keys.limit(plain.id, "5/s")
    assert keys.limit(limited.id, "")
    assert not keys.limit("nobody", "5/s")
    assert [(r.rate, r.admin) for r in elsewhere.records()] == [("5/s", False), ("", False), ("", True)]
    assert elsewhere.record(admin.sha256) == admin
    assert elsewhere.record("0" * 64) is None


def test_what_a_newer_release_says_of_a_key_is_passed_over(tmp_path: Path) -> None:
    record, key = KeyFile(tmp_path).create("billing")
    path = tmp_path / "keys.json"
    path.write_text(json.dumps([{**json.loads(path.read_text())[0], "colour": "blue"}]))
    assert KeyRing([], KeyFile(tmp_path)).find(key) == record.sha256


def test_a_running_server_follows_create_and_revoke(tmp_path: Path) -> None:
    ring = KeyRing([], KeyFile(tmp_path))
    assert ring.empty()
    elsewhere = KeyFile(tmp_path)
    record, key = elsewhere.create("")
    assert ring.find(key)
    assert elsewhere.revoke(record.id)
    assert ring.find(key) is None
    assert not elsewhere.revoke(record.id)


def test_configured_keys_count_beside_stored_ones(tmp_path: Path) -> None:
    _, stored = KeyFile(tmp_path).create("")
    ring = KeyRing(["from-settings"], KeyFile(tmp_path))
    assert ring.find("from-settings")
    assert ring.find(stored)
    assert ring.find("") is None
    assert ring.find("from-setting") is None


@pytest.fixture
def gate(tmp_path: Path) -> KeyGate:
    return KeyGate(KeyRing(["right"], KeyFile(tmp_path)), Tokens(load_secret(tmp_path)))


@pytest.mark.parametrize("keys", [("right",), ("wrong", "right"), ("right", "wrong")])
def test_either_valid_key_suffices(gate: KeyGate, keys: tuple[str, ...]) -> None:
    assert gate.admit(Credentials(keys))


@pytest.mark.parametrize(
    "credentials",
    [Credentials(), Credentials(("",)), Credentials(("wrong",)), Credentials(bearer="x"), Credentials(bearer="")],
)
def test_nobody_else_gets_in(gate: KeyGate, credentials: Credentials) -> None:
    with pytest.raises(Refusal) as refused:
        gate.admit(credentials)
    assert refused.value.reason is Reason.ACCESS_DENIED


def test_open_lets_everybody_in() -> None:
    assert OpenGate().admit(Credentials())


def test_tokens_live_ten_minutes(tmp_path: Path) -> None:
    now = 1_000_000.0
    tokens = Tokens(load_secret(tmp_path), lambda: now)
    token = tokens.issue("owner")
    now += LIFETIME_SECONDS - 1
    assert tokens.owner(token) == "owner"
    now += 1
    assert tokens.owner(token) is None
    assert LIFETIME_SECONDS == 600


def test_tokens_of_another_server_are_worth_nothing(tmp_path: Path) -> None:
    theirs = Tokens(load_secret(tmp_path / "theirs")).issue("owner")
    assert Tokens(load_secret(tmp_path / "ours")).owner(theirs) is None
    assert Tokens(load_secret(tmp_path / "theirs")).owner(theirs) == "owner"  # across restarts


def test_a_token_dies_with_its_key(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    record, key = keys.create("")
    tokens = Tokens(load_secret(tmp_path))
    gate = KeyGate(KeyRing([], keys), tokens)
    bearer = tokens.issue(gate.admit_key(Credentials((key,))))
    assert gate.admit(Credentials(bearer=bearer)) == record.sha256
    with pytest.raises(Refusal):  # a token cannot prolong itself
        gate.admit_key(Credentials(bearer=bearer))
    keys.revoke(record.id)
    with pytest.raises(Refusal):
        gate.admit(Credentials(bearer=bearer))


def test_a_secret_cut_short_by_a_crash_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "token.secret").write_bytes(b"short")
    assert len(load_secret(tmp_path)) == 32
    assert load_secret(tmp_path) == load_secret(tmp_path)
