"""Which scripts beyond the plain recogniser's this installation reads, in words for an administrator."""

from __future__ import annotations

from pathlib import Path

from readstone.engines.read.alphabets import ALPHABETS, VIETNAMESE
from readstone.engines.read.foreign import pack_for
from readstone.engines.read.libtesseract import version
from readstone.engines.read.tesseract import data_folder, packs_in


def about(chosen: Path | None) -> list[str]:
    """Sentences on what our own recogniser of other scripts reads, tesseract's library and data, and the rest.

    `chosen`: the folder that the settings name, None for the usual ones.
    """
    folder = data_folder(chosen)
    packs = packs_in(folder) if folder is not None else frozenset[str]()
    every = (*ALPHABETS, VIETNAMESE)
    data = f"{len(packs)} language data in {folder}" if folder is not None else "no language data found"
    sentences = [
        f"read by our own recogniser: {', '.join(alphabet.name for alphabet in every if alphabet.own)}",
        f"tesseract: library {version() or 'not installed'}, {data}",
    ]
    others = {alphabet.name: pack_for(alphabet, packs) for alphabet in every if not alphabet.own}
    named = [f"{name} ({pack})" for name, pack in others.items() if pack and version()]
    if named:
        sentences.append(f"read with tesseract: {', '.join(named)}")
    absent = [name for name, pack in others.items() if not pack or not version()]
    if absent:
        sentences.append(f"not read, for want of tesseract or its language data: {', '.join(absent)}")
    return sentences
