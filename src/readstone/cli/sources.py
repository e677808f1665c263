"""What the user means by the arguments of `readstone read`: files, folders, globs, URLs, standard input."""

from __future__ import annotations

import asyncio
import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from readstone.intake.addresses import AllowList
from readstone.intake.fetch import FetchPolicy, ImageFetcher

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".ico", ".tif", ".tiff", ".mpo", ".pdf"})
"""What is taken from a folder; a file that is named outright is tried whatever it is called."""

MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """One image to read: the name to show and how to get its bytes."""

    name: str
    load: Callable[[], bytes]


def sources_of(arguments: Iterable[str]) -> Iterator[Source]:
    """The images that the arguments name, in that order, folders in the order of their file names."""
    for argument in arguments:
        if argument == "-":
            yield Source("-", sys.stdin.buffer.read)
        elif argument.startswith(("http://", "https://")):
            yield Source(argument, lambda url=argument: asyncio.run(_fetch(url)))  # type: ignore[misc]
        elif os.path.isdir(argument):
            found = sorted(p for p in Path(argument).rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            yield from (Source(str(p), p.read_bytes) for p in found)
        elif not os.path.exists(argument) and glob.has_magic(argument):
            # The shell did not expand it: quoted, or a shell that leaves that to programs.
            matched = sorted(p for p in map(Path, glob.glob(argument, recursive=True)) if p.is_file())
            yield from (Source(str(p), p.read_bytes) for p in matched)
        else:
            yield Source(argument, Path(argument).read_bytes)


async def _fetch(url: str) -> bytes:
    # The person at the keyboard may fetch from wherever this machine may: no caller to be wary of.
    fetcher = ImageFetcher(FetchPolicy(AllowList.parse(("0.0.0.0/0", "::/0"))))
    try:
        return await fetcher.fetch(url, MAX_BYTES)
    finally:
        await fetcher.aclose()
