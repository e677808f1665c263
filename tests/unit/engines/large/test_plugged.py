"""The engines that settings choose: checked at the start, loaded at the first use, never connecting to anything."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from readstone.domain.picture import Picture
from readstone.domain.refusals import Reason, Refusal
from readstone.engines.large import plugged as module
from readstone.engines.large.background import segmenter_of
from readstone.engines.large.plugged import Choices, Plugged
from readstone.engines.large.roles import Role
from readstone.engines.large.runtime import Device
from readstone.engines.large.shelf import Shelf
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.protocols import Captioner, Detector, Embedder, LineRecogniser, Segmenter, Tagger

Built = Callable[[str], Path]


def choices(shelf: Path, **names: str) -> Choices:
    return Choices({Role(name): value for name, value in names.items()}, shelf, device=Device.CPU)


@pytest.fixture
def accepted(built: Built, tmp_path: Path) -> Callable[..., Choices]:
    """Choices by role, of `built` models that were accepted."""

    def choose(**models: str) -> Choices:
        shelf = Shelf(tmp_path)
        for name in set(models.values()):
            shelf.accept(str(built(name)), built(name))
        return choices(tmp_path, **{role: str(built(name)) for role, name in models.items()})

    return choose


def test_nothing_is_chosen_by_default(tmp_path: Path) -> None:
    nothing = Plugged(choices(tmp_path))
    nothing.check()
    assert nothing.captioner is nothing.tagger is nothing.embedder is nothing.detector is None
    assert nothing.background is nothing.handwriting is None


def test_one_of_each(accepted: Callable[..., Choices], picture: Picture, caplog: pytest.LogCaptureFixture) -> None:
    every = Plugged(
        accepted(
            caption="blip", tags="siglip", vectors="siglip", objects="d_fine", background="matte", handwriting="trocr"
        )
    )
    with caplog.at_level(logging.INFO, "readstone.engines"):
        every.check()
    assert len([line for line in caplog.messages if "licence" in line]) == 6
    assert "licence bsd-3-clause, accepted 20" in caplog.text
    assert every.captioner
    assert every.tagger
    assert every.detector
    assert every.background
    assert every.handwriting
    assert not every.captioner.loaded, "only when it is used"
    kinds: list[tuple[object, type]] = [
        (every.captioner, Captioner),
        (every.tagger, Tagger),
        (every.embedder, Embedder),
        (every.detector, Detector),
        (every.background, Segmenter),
        (every.handwriting, LineRecogniser),
    ]
    for held, kind in kinds:
        with held.use() as engine:  # type: ignore[attr-defined]
            missing = {name for name in vars(kind) if not name.startswith("_")} - set(dir(engine))
            assert not missing, kind
    assert every.tagger is every.embedder, "one model in memory for both"
    assert segmenter_of(every, 1).foreground(picture).shape == (90, 120)
    every.close()
    assert not every.captioner.loaded


def test_the_space_is_named_after_the_weights(accepted: Callable[..., Choices]) -> None:
    held = Plugged(accepted(vectors="siglip")).embedder
    assert held
    with held.use() as embedder:
        name, _, digest = embedder.version.partition("@")
        assert (name, len(digest)) == ("siglip", 8)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("/no/such/folder", "/no/such/folder is no folder"),
        ("owner/model", "owner/model is not pulled and accepted yet: `readstone models pull owner/model`"),
        ("acme", "no installed package brings an engine 'acme'"),
    ],
)
def test_what_is_not_there_is_told_at_the_start(tmp_path: Path, name: str, fault: str) -> None:
    with pytest.raises(ModelUnusableError, match=f"READSTONE_ENGINE_TAGS: {fault}"):
        Plugged(choices(tmp_path, tags=name)).check()


def test_every_fault_at_once(tmp_path: Path, built: Built) -> None:
    with pytest.raises(ModelUnusableError) as fault:
        Plugged(choices(tmp_path, tags="acme", caption=str(built("blip")))).check()
    assert "READSTONE_ENGINE_TAGS" in str(fault.value)
    assert f"READSTONE_ENGINE_CAPTION: {built('blip')} is not accepted yet" in str(fault.value)


def test_accepted_by_a_setting(tmp_path: Path, built: Built) -> None:
    folder = str(built("matte"))
    names = {Role.BACKGROUND: folder}
    held = Plugged(Choices(names, tmp_path, frozenset({folder}), device=Device.CPU))
    held.check()
    assert held.background
    with held.background.use():
        pass
    assert Shelf(tmp_path).models() == ()


def test_altered_files_are_not_loaded(accepted: Callable[..., Choices], built: Built, tmp_path: Path) -> None:
    chosen = accepted(background="matte")
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"sha256": "', '"sha256": "0'))
    altered = Plugged(chosen)
    altered.check()
    assert altered.background
    with pytest.raises(Refusal) as refused, altered.background.use():
        pass
    assert refused.value.reason is Reason.UNAVAILABLE
    assert str(built("matte")) not in refused.value.message


def test_missing_packages_are_told(accepted: Callable[..., Choices], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "missing_packages", lambda: ("torch",))
    Plugged(accepted(background="matte")).check()
    with pytest.raises(ModelUnusableError, match=r"torch not installed: pip install 'readstone\[large\]'"):
        Plugged(accepted(tags="siglip")).check()


def test_packages_bring_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def factory(*, threads: int) -> str:
        return f"an engine of {threads}"

    entry = EntryPoint("acme", "acme:factory", "readstone.engine.tags")
    monkeypatch.setattr(EntryPoint, "load", lambda _self: factory)
    monkeypatch.setattr(
        module, "entry_points", lambda group, name="acme": [entry] if (group, name) == (entry.group, "acme") else []
    )
    own = Plugged(choices(tmp_path, tags="acme"))
    own.check()
    assert own.tagger
    with own.tagger.use() as tagger:
        assert tagger == "an engine of 1"
    assert module.plugged_names()[Role.TAGS] == ("acme",)


def test_nothing_connects_anywhere(built: Built, tmp_path: Path) -> None:
    """In a process of its own, in which every attempt to look up or reach another machine ends it."""
    script = textwrap.dedent(
        """
        import os, socket, sys
        def refuse(*arguments, **more):
            print("ATTEMPT", arguments, file=sys.stderr)
            os._exit(7)
        socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
        from pathlib import Path
        import numpy as np
        from readstone.domain.picture import Picture
        from readstone.engines.large import blip
        from readstone.engines.large.plugged import Choices, Plugged
        from readstone.engines.large.roles import Role
        names = {Role.CAPTION: sys.argv[1], Role.VECTORS: sys.argv[2]}
        blip._LONGEST = 4
        plugged = Plugged(Choices(names, Path(sys.argv[3]), frozenset(names.values())))
        plugged.check()
        picture = Picture(np.zeros((64, 64, 3), np.uint8), "Png")
        with plugged.captioner.use() as captioner:
            captioner.caption(picture, 1)
        with plugged.embedder.use() as embedder:
            embedder.of_text("a dog")
        assert os.environ["HF_HUB_OFFLINE"] == "1"
        import huggingface_hub.constants
        assert huggingface_hub.constants.HF_HUB_OFFLINE
        print("done")
        """
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
    done = subprocess.run(
        [sys.executable, "-c", script, str(built("blip")), str(built("siglip")), str(tmp_path)],
        env={**environment, "HF_HUB_OFFLINE": "0"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "done"), done.stderr[-2000:]
