"""The recogniser with a head for Latin writing only, made of the plain one's columns."""

from __future__ import annotations

import unicodedata

import numpy as np
import onnx
from onnx import numpy_helper

HEAD = ("linear_8.w_0", "linear_8.b_0")
"""The last matrix (120 features x classes) and its bias."""

_ALSO = "€£§°²³½¼¾ªºµ¿¡·×÷±…†•"


def characters_of(model: onnx.ModelProto) -> list[str]:
    """The characters of classes 1.. as the file names them; class 0 is the blank, the last one the space."""
    found = {entry.key: entry.value for entry in model.metadata_props}
    return found["character"].split("\n")


def is_latin(character: str) -> bool:
    """Whether the head keeps it: ASCII, accented Latin letters, a few signs."""
    if len(character) != 1:
        return False
    if character.isascii():
        return character.isprintable() and character != " "
    return character in _ALSO or (character < "\u0180" and unicodedata.category(character).startswith("L"))


def with_latin_head(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of the plain recogniser that knows no characters but Latin ones; nothing else changes."""
    characters = characters_of(model)
    kept = [i for i, character in enumerate(characters) if is_latin(character)]
    columns = np.array([0, *(i + 1 for i in kept), len(characters) + 1])
    latin = onnx.ModelProto()
    latin.CopyFrom(model)
    for tensor in latin.graph.initializer:
        if tensor.name in HEAD:
            array = numpy_helper.to_array(tensor)[..., columns]
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(array), tensor.name))
    for entry in latin.metadata_props:
        if entry.key == "character":
            entry.value = "\n".join(characters[i] for i in kept)
    del latin.graph.value_info[:]  # it knows the shapes of the larger head
    shape = latin.graph.output[0].type.tensor_type.shape.dim
    shape[2].dim_value = len(columns)
    return latin
