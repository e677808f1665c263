"""deploy/compose.yaml, held against the Compose specification and against what the server can do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from readstone.app import PAGE_GRACE_SECONDS
from readstone.cli.serve import GRACE_SECONDS
from readstone.settings import Settings, env_name

COMPOSE = Path(__file__).resolve().parents[2] / "deploy/compose.yaml"
ENVIRONMENT = {"POSTGRES_PASSWORD": "canary-password", "READSTONE_KEYS": "canary-key"}
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}")


def interpolated(text: str, environment: dict[str, str]) -> str:
    """Variables put in as Compose does: `${NAME:-default}`, `${NAME:?what to do}`."""

    def value(match: re.Match[str]) -> str:
        name, how, rest = match.groups()
        if environment.get(name):
            return environment[name]
        if how == ":?":
            raise LookupError(f"{name}: {rest}")
        return rest or ""

    return _VARIABLE.sub(value, text)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(interpolated(COMPOSE.read_text("utf-8"), ENVIRONMENT))
    return loaded


def test_keeps_to_the_specification(project: dict[str, Any]) -> None:
    compose_spec = pytest.importorskip(
        "compose_spec", reason="compose-spec is not installed; it has no wheel for some platforms"
    )
    parsed = compose_spec.PyCompose.from_json(json.dumps(project))
    parsed.validate()
    misspelt = {**project, "services": {**project["services"], "api": {**project["services"]["api"], "prots": []}}}
    with pytest.raises(ValueError, match="prots"):
        compose_spec.PyCompose.from_json(json.dumps(misspelt))


def test_is_the_api_two_workers_and_a_database_on_one_volume(project: dict[str, Any]) -> None:
    services = project["services"]
    assert set(services) == {"api", "worker", "database"}
    assert services["worker"]["deploy"]["replicas"] == 2
    assert services["worker"]["entrypoint"] == ["readstone", "worker"]
    assert "entrypoint" not in services["api"]
    for name in ("api", "worker"):
        assert services[name]["volumes"] == ["share:/share"]
        assert services[name]["environment"]["READSTONE_INPUTS"].startswith("/share/")
    assert (
        services["api"]["environment"]["READSTONE_DATABASE"] == services["worker"]["environment"]["READSTONE_DATABASE"]
    )


def test_every_name_that_is_referred_to_is_there(project: dict[str, Any]) -> None:
    for service in project["services"].values():
        assert set(service["networks"]) <= set(project["networks"])
        assert set(service.get("depends_on", {})) <= set(project["services"])
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(project["volumes"])
    assert "healthcheck" in project["services"]["database"]  # or service_healthy never comes true


def test_only_settings_that_exist_are_set(project: dict[str, Any]) -> None:
    known = {env_name(name) for name in Settings.model_fields}
    for name in ("api", "worker"):
        assert set(project["services"][name]["environment"]) <= known


def test_our_containers_are_locked_down(project: dict[str, Any]) -> None:
    for name in ("api", "worker"):
        service = project["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "10001:10001"
        assert float(service["stop_grace_period"].removesuffix("s")) > GRACE_SECONDS + PAGE_GRACE_SECONDS
    assert project["networks"]["inside"] == {"internal": True}
    assert project["services"]["worker"]["networks"] == ["inside"]
    assert "ports" not in project["services"]["database"]


def test_starting_without_a_password_or_a_key_is_refused() -> None:
    for missing in ENVIRONMENT:
        some = {name: value for name, value in ENVIRONMENT.items() if name != missing}
        with pytest.raises(LookupError, match=missing):
            interpolated(COMPOSE.read_text("utf-8"), some)
