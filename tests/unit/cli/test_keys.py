from __future__ import annotations

from pathlib import Path

import pytest

from readstone.access.keys import KeyFile
from readstone.cli.main import main


def keys(folder: Path, *arguments: str) -> int:
    return main(["keys", *arguments, "--data-dir", str(folder)])


def test_limits_of_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert keys(tmp_path, "create", "shop", "--rate", "10/s,1000/day") == 0
    assert keys(tmp_path, "create", "office", "--admin") == 0
    shop, office = KeyFile(tmp_path).records()
    assert (shop.rate, shop.admin, office.rate, office.admin) == ("10/s,1000/day", False, "", True)
    capsys.readouterr()
    assert keys(tmp_path, "limit", office.id, "none") == 0
    assert keys(tmp_path, "limit", shop.id) == 0
    assert keys(tmp_path, "limit", "nobody", "5/s") == 1
    assert "no key has the id nobody" in capsys.readouterr().err
    assert keys(tmp_path, "list") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("  shop")
    assert second.endswith("  office  rate none  admin")


def test_a_rate_that_is_none_is_not_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as wrong:
        keys(tmp_path, "create", "shop", "--rate", "10 a second")
    assert wrong.value.code == 2
    assert "20/min" in capsys.readouterr().err
    assert KeyFile(tmp_path).records() == ()
