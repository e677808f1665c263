"""docs/engines.md names what there is."""

from __future__ import annotations

import re
from pathlib import Path

from readstone.engines import protocols
from readstone.engines.large.roles import Role
from readstone.engines.recognisers import GROUP as RECOGNISERS
from readstone.engines.registry import GROUP, VIEWERS
from readstone.engines.scene.tags import vocabulary
from readstone.settings import Settings, env_name

PAGE = (Path(__file__).parents[4] / "docs" / "engines.md").read_text("utf-8")


def test_every_role_and_group() -> None:
    for role in Role:
        assert f"`{role.setting}`" in PAGE
        assert f"`{role.group}`" in PAGE
    for group in (GROUP, VIEWERS, RECOGNISERS):
        assert f"`{group}`" in PAGE


def test_every_named_protocol_and_setting_is_one() -> None:
    known = {env_name(name) for name in Settings.model_fields}
    assert set(re.findall(r"READSTONE_[A-Z_]*[A-Z]", PAGE)) <= known
    for name in re.findall(r"^\| `readstone\.[\w.]+` \| `(\w+)`", PAGE, re.MULTILINE):
        assert hasattr(protocols, name)


def test_the_number_of_words() -> None:
    assert f"{len(vocabulary()):,} words" in PAGE
