"""Which scripts beyond the recogniser's this installation reads, in words for an administrator."""

from __future__ import annotations

from pathlib import Path

from readstone.engines.read.alphabets import ALPHABETS, VIETNAMESE
from readstone.engines.read.foreign import pack_for
from readstone.engines.read.libtesseract import version
from readstone.engines.read.tesseract import data_folder, packs_in


def about(chosen: Path | None) -> list[str]:
    """Sentences on tesseract's library, its language data and what is read with them.

    `chosen`: the folder that the settings name, None for the usual ones.
    """
    folder = data_folder(chosen)
    library = version() or "not installed"
    if folder is None:
        return [f"library {library}, no language data found: no other scripts are read"]
    packs = packs_in(folder)
    read = {alphabet.name: pack_for(alphabet, packs) for alphabet in (*ALPHABETS, VIETNAMESE)}
    sentences = [f"library {library}, {len(packs)} language data in {folder}"]
    if version():
        named = [f"{name} ({pack})" for name, pack in read.items() if pack]
        sentences.append(f"read: {', '.join(named) or 'none'}")
    absent = [name for name, pack in read.items() if not pack or not version()]
    if absent:
        sentences.append(f"not read: {', '.join(absent)}")
    return sentences
