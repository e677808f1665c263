"""The recogniser of other scripts: which letters it knows, and the plain recogniser with a head for them.

One network reads all of them, so nobody need know which script a line is in before it is read.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

import numpy as np
import onnx
from latin import HEAD, characters_of
from onnx import numpy_helper

from readstone.engines.read.lookalikes import AS_LATIN

_SIGNS = "«»“”„‘’–—…•·°§№€£₴₽₪₫฿₹©®™×±²³½"
_VIETNAMESE = """àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"""
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўђјљњћџѓѕќәғқңөұүһӣӯҳҷҗ"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώϊϋ"


def _span(first: int, last: int) -> str:
    return "".join(chr(code) for code in range(first, last + 1))


def _is_common_syllable(syllable: str) -> bool:
    """Whether the Korean standard KS X 1001 has it: 2,350 of the 11,172 that can be made, nearly all that are used."""
    return len(syllable.encode("euc_kr")) == 2  # others are spelt out, letter by letter


@dataclass(frozen=True)
class Script:
    """`letters` beyond ASCII and signs; `languages` drawn with how often each; `part` of all drawn lines.

    `stretch`: how many times as wide as it lies its lines are shown, least and most: marks stacked upon a letter need
    time steps of their own. `by_chance`: part of its lines that are letters in chance order, so that all are met.
    """

    letters: str
    languages: dict[str, float]
    part: float
    stretch: tuple[float, float] = (0.9, 1.5)
    by_chance: float = 0.07


SCRIPTS = {
    "cyrillic": Script(
        _CYRILLIC + _CYRILLIC.upper(),
        {"ru": 5, "uk": 3, "bg": 2, "sr": 2, "be": 1, "mk": 1, "kk": 1, "ky": 0.4, "mn": 0.4, "tg": 0.6, "tt": 0.6},
        0.17,
    ),
    "greek": Script(_GREEK + "ςΐΰ" + _GREEK.upper(), {"el": 1}, 0.06),
    "vietnamese": Script(_VIETNAMESE + _VIETNAMESE.upper(), {"vi": 1}, 0.12),
    "hebrew": Script(_span(0x5D0, 0x5EA) + "\u05be\u05f3\u05f4", {"he": 1}, 0.07, (1.0, 1.8)),
    "thai": Script(_span(0xE01, 0xE3A) + _span(0xE40, 0xE5B), {"th": 1}, 0.11, (1.3, 2.2)),
    "arabic": Script(
        _span(0x621, 0x63A)
        + _span(0x641, 0x652)
        + "پچژگکیہھےٹڈڑںۀۂۃئەۆۋې٪٫٬،؛؟۔"
        + _span(0x660, 0x669)
        + _span(0x6F0, 0x6F9),
        {"ar": 3, "fa": 1.5, "ur": 0.7},
        0.18,
        (1.3, 2.2),
    ),
    "devanagari": Script(_span(0x900, 0x970), {"hi": 3, "mr": 1.2, "ne": 1}, 0.18, (1.3, 2.2), 0.3),
    "hangul": Script(
        "".join(filter(_is_common_syllable, _span(0xAC00, 0xD7A3))) + _span(0x3131, 0x3163),
        {"ko": 1},
        0.17,
        (0.9, 1.4),
        0.25,
    ),
}

_ASCII = string.ascii_letters + string.digits + string.punctuation
CHARACTERS = "".join(dict.fromkeys(_ASCII + _SIGNS + "".join(script.letters for script in SCRIPTS.values())))

# Letters that look like one that the plain recogniser knows start from its column.
_LIKE = AS_LATIN["cyrillic"] | dict(zip("άέίόύή", "áéíóúη", strict=True))  # Greek without an accent it knows


def with_script_head(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of the plain recogniser whose head knows CHARACTERS; letters new to it start from small noise."""
    known = {character: at + 1 for at, character in enumerate(characters_of(model))}
    columns = [known.get(c, known.get(_LIKE.get(c, c))) for c in CHARACTERS]
    new = onnx.ModelProto()
    new.CopyFrom(model)
    rng = np.random.default_rng(1)
    for tensor in new.graph.initializer:
        if tensor.name in HEAD:
            old = numpy_helper.to_array(tensor)
            middle = old.mean(axis=-1)
            parts = [old[..., 0], *(middle if c is None else old[..., c] for c in columns), old[..., -1]]
            head = np.stack(parts, axis=-1)
            spread = old.std() * (0.3 if head.ndim > 1 else 0.0)
            unknown = np.flatnonzero([False, *(c is None for c in columns), False])
            head[..., unknown] += rng.normal(0, spread, head[..., unknown].shape)
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(head, np.float32), tensor.name))
    for entry in new.metadata_props:
        if entry.key == "character":
            entry.value = "\n".join(CHARACTERS)
    del new.graph.value_info[:]  # it knows the shapes of the larger head
    new.graph.output[0].type.tensor_type.shape.dim[2].dim_value = len(CHARACTERS) + 2
    return new
