"""Blobs, orphans, watermark, folder: what the embedded store does with files."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from readstone.operations import blobs as blobs_module
from readstone.operations.blobs import Blobs, Orphans
from readstone.operations.durable_folder import file_system, make_folder, refuse_network
from readstone.operations.errors import StoreFullError, StoreUnavailableError, StoreUnusableError
from readstone.operations.presence import Presence
from readstone.operations.watermark import Watermark


def test_a_blob_is_whole_private_and_deleted(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    name = blobs.put(b"x" * 100_000)
    assert blobs.path(name).read_bytes() == b"x" * 100_000
    assert stat.S_IMODE(blobs.path(name).stat().st_mode) == 0o600
    assert blobs.names() == {name}
    blobs.delete(name)
    blobs.delete(name)
    assert blobs.names() == frozenset()


@pytest.mark.parametrize("step", ["fsync", "replace", "write"])
@pytest.mark.parametrize(
    ("number", "error"), [(errno.ENOSPC, StoreFullError), (errno.EDQUOT, StoreFullError), (errno.EIO, None)]
)
def test_a_failed_blob_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, error: type[Exception] | None
) -> None:
    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    if step == "write":  # the file system's own limit, for real
        with limited_files(50_000), pytest.raises(StoreFullError):
            Blobs(tmp_path).put(b"x" * 100_000)
    else:
        monkeypatch.setattr(os, step, fails)
        with pytest.raises(error or StoreUnavailableError) as raised:
            Blobs(tmp_path).put(b"x" * 100_000)
        assert error or not isinstance(raised.value, StoreFullError)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_moved_where_it_can_be_and_copied_where_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inputs").mkdir()
    blobs = Blobs(tmp_path / "inputs")
    for elsewhere in (False, True):
        given = tmp_path / "given"
        given.write_bytes(b"x" * 3_000_000)
        inode = given.stat().st_ino
        if elsewhere:
            _another_file_system(given, monkeypatch)
        kept = blobs.path(blobs.adopt(given))
        assert kept.read_bytes() == b"x" * 3_000_000
        assert (kept.stat().st_ino == inode) is not elsewhere
        assert given.exists() is elsewhere
    assert len(blobs.names()) == 2


def _another_file_system(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`path` cannot be renamed away."""
    replace = os.replace

    def across(source: Path, target: Path) -> None:
        if source == path:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        replace(source, target)

    monkeypatch.setattr(os, "replace", across)


@pytest.mark.parametrize("step", ["fsync", "replace", "copy", "folder"])
def test_a_file_that_cannot_be_kept_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    (tmp_path / "inputs").mkdir()
    given = tmp_path / "given"
    given.write_bytes(b"x" * 100_000)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if step == "copy":
        _another_file_system(given, monkeypatch)
        with limited_files(50_000), pytest.raises(StoreFullError):
            Blobs(tmp_path / "inputs").adopt(given)
    else:
        owner, name = (blobs_module, "sync_folder") if step == "folder" else (os, step)
        monkeypatch.setattr(owner, name, full)
        with pytest.raises(StoreFullError):
            Blobs(tmp_path / "inputs").adopt(given)
    assert list((tmp_path / "inputs").iterdir()) == []


@contextmanager
def limited_files(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: the nearest to a full disk that needs no rights."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_orphan_is_seen_twice_before_it_goes(tmp_path: Path) -> None:
    clock = iter((0.0, 59.0, 61.0))
    blobs = Blobs(tmp_path)
    orphans = Orphans(blobs, seconds=60, clock=lambda: next(clock))
    wanted, orphan = blobs.put(b"wanted"), blobs.put(b"orphan")
    (tmp_path / "unfinished.part").write_bytes(b"")
    for _ in range(2):
        assert orphans.delete(blobs.names(), frozenset({wanted})) == 0
    young = blobs.put(b"its record is being written")
    assert orphans.delete(blobs.names(), frozenset({wanted})) == 2
    assert blobs.names() == {wanted, young}
    assert not blobs.path(orphan).exists()


@dataclass
class Disk:
    used: int
    free: int


def test_watermark(tmp_path: Path) -> None:
    disk = Disk(used=900, free=100)
    mark = Watermark(used=0.95, free_bytes=20, usage=lambda _: disk)
    mark.check(tmp_path, 49)
    with pytest.raises(StoreFullError):
        mark.check(tmp_path, 50)  # would be at 95 %
    disk = Disk(used=0, free=100)
    mark.check(tmp_path, 80)
    with pytest.raises(StoreFullError):
        mark.check(tmp_path, 81)  # would leave fewer bytes than it should
    Watermark(used=1, free_bytes=0).check(tmp_path, 0)  # the real disk
    for used, free in ((0.0, 0), (1.1, 0), (0.5, -1)):
        with pytest.raises(ValueError, match="watermark"):
            Watermark(used, free)


MOUNTS = r"""
overlay / overlay rw 0 0
/dev/sda1 /srv ext4 rw 0 0
server:/export /srv/shared nfs4 rw 0 0
//server/share /srv/with\040space cifs rw 0 0
tmpfs /srv/shared/local tmpfs rw 0 0
host:/home /home fuse.sshfs rw 0 0
/dev/sdb1 /home ext4 rw 0 0
""".lstrip()


@pytest.mark.parametrize(
    ("folder", "kind", "refused"),
    [
        ("/var/lib/readstone", "overlay", False),
        ("/srv/readstone", "ext4", False),
        ("/srv/sharedness", "ext4", False),
        ("/srv/shared/readstone", "nfs4", True),
        ("/srv/with space/readstone", "cifs", True),
        ("/srv/shared/local/x", "tmpfs", False),
        ("/home/x", "ext4", False),  # mounted over the network one
    ],
)
def test_network_file_systems_are_refused(tmp_path: Path, folder: str, kind: str, refused: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert file_system(Path(folder), mounts) == kind
    if refused:
        with pytest.raises(StoreUnusableError, match=f"network file system \\({kind}\\)"):
            refuse_network(Path(folder), mounts)
    else:
        refuse_network(Path(folder), mounts)


def test_a_system_that_does_not_tell_is_trusted(tmp_path: Path) -> None:
    assert file_system(tmp_path, tmp_path / "none") is None
    refuse_network(tmp_path, tmp_path / "none")


def test_folders_are_private(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnusableError):
        make_folder(tmp_path / "file" / "b")


def test_presence(tmp_path: Path) -> None:
    one, other = Presence(tmp_path), Presence(tmp_path)
    one.arrive()
    other.arrive()
    (tmp_path / "dead").write_bytes(b"")
    assert one.departed([one.name, other.name, "dead", "long gone"]) == ["dead", "long gone"]
    one.clear()
    assert {path.name for path in tmp_path.iterdir()} == {one.name, other.name}
    other.leave()
    assert one.departed([other.name]) == [other.name]
    one.leave()
    one.leave()
    assert list(tmp_path.iterdir()) == []
    shutil.rmtree(tmp_path)
