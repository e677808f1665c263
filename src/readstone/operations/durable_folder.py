"""The folder of the embedded store: private, on the disk, and on a file system that keeps SQLite's promises."""

from __future__ import annotations

import os
import re
from pathlib import Path

from readstone.operations.errors import StoreUnusableError

_MOUNTS = Path("/proc/self/mounts")

# WAL needs memory shared between all who open the file and locks that are true: over a network there is neither.
_NETWORK = frozenset(
    "9p afs beegfs ceph cifs coda davfs fuse.ceph fuse.ceph-fuse fuse.cephfs fuse.davfs2 fuse.gcsfuse fuse.glusterfs "
    "fuse.juicefs fuse.mfs fuse.moosefs fuse.rclone fuse.s3fs fuse.smbnetfs fuse.sshfs fuse.blobfuse fuse.blobfuse2 "
    "fuse.vmhgfs-fuse gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs smb2 smb3 smbfs vboxsf".split()
)


def make_folder(path: Path) -> None:
    """Make `path` and what is missing above it, for the owner only, and put their names on the disk.

    Raises StoreUnusableError.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(folder.parent)
    except OSError as fault:
        raise StoreUnusableError(f"The data folder cannot be made: {fault.strerror}.") from fault


def sync_folder(folder: Path) -> None:
    """Put the names in `folder` on the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refuse_network(folder: Path, mounts: Path = _MOUNTS) -> None:
    """Raise StoreUnusableError when `folder` is on a network file system, as far as the system tells."""
    kind = file_system(folder, mounts)
    if kind in _NETWORK:
        raise StoreUnusableError(
            f"The data folder is on a network file system ({kind}), where SQLite loses data. "
            "Set READSTONE_DATA_DIR to a local disk."
        )


def file_system(folder: Path, mounts: Path = _MOUNTS) -> str | None:
    """The type of the file system `folder` is on, or None where the system does not tell (no /proc)."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    target = folder.resolve()
    best: tuple[int, str] | None = None
    for line in lines:
        _device, point, kind, *_ = line.split(" ")
        mounted = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point))
        # A later mount on the same point hides the earlier one.
        if target.is_relative_to(mounted) and (best is None or len(mounted.parts) >= best[0]):
            best = (len(mounted.parts), kind)
    return best[1] if best else None
