from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from readstone.engines import registry


class Other:
    def __init__(self, *, threads: int) -> None:
        self.threads = threads


def test_an_entry_point_of_the_group_is_a_viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("other", f"{__name__}:Other", registry.VIEWERS)
    monkeypatch.setattr(EntryPoint, "load", lambda _self: Other)

    def installed(*, group: str, name: str | None = None) -> list[EntryPoint]:
        return [entry] if group == registry.VIEWERS and name in (None, "other") else []

    monkeypatch.setattr(registry, "entry_points", installed)
    assert registry.viewer_names() == ("default", "other")
    made = registry.create_viewer("other", threads=3)
    assert isinstance(made, Other)
    assert made.threads == 3
    assert registry.reader_names() == ("default",)


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(registry.UnknownViewerError, match=r"'none'.*default"):
        registry.create_viewer("none", threads=1)


def test_no_threads_no_viewer() -> None:
    with pytest.raises(ValueError, match="thread"):
        registry.create_viewer(threads=0)
