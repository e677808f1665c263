"""How a setting names an engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from readstone.engines.large.roles import EngineName, Origin, Role, engine_name
from readstone.settings import ConfigurationError, load


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("/models/blip", EngineName(Origin.FOLDER, "/models/blip")),
        ("/models/../blip/", EngineName(Origin.FOLDER, "/blip")),
        ("./blip", EngineName(Origin.FOLDER, str(Path.cwd() / "blip"))),
        ("owner/model-1.0_b", EngineName(Origin.HUB, "owner/model-1.0_b")),
        (" acme ", EngineName(Origin.ENTRY_POINT, "acme")),
    ],
)
def test_names(value: str, name: EngineName) -> None:
    assert engine_name(value) == name


@pytest.mark.parametrize("value", ["", "a/b/c", "owner/", "https://hub/owner/model", "a b", "-x", "modèle"])
def test_what_is_no_name(value: str) -> None:
    with pytest.raises(ValueError, match="folder"):
        engine_name(value)


def test_every_role_has_its_setting(tmp_path: Path) -> None:
    given = {f"engine_{role.value}": "owner/model" for role in Role}
    assert load({"data_dir": tmp_path, **given}).engines == dict.fromkeys(Role, "owner/model")
    assert load({"data_dir": tmp_path, "engine_tags": " "}).engines == {}
    assert load({"data_dir": tmp_path}).models_dir == tmp_path / "models"


def test_a_bad_name_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as fault:
        load({"data_dir": tmp_path, "engine_tags": "a/b/c"})
    assert fault.value.faults[0].startswith("READSTONE_ENGINE_TAGS: must be a folder")
