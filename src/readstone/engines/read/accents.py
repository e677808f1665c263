"""Accented Latin letters as our own training tells them, in the text recogniser's last layer.

That layer has one column of weights a character. The recogniser comes with columns that know accents from books and
screens; on worn typewriter type and carbon copies it takes í for i, æ for e and ř for r. Those of the letters with
accents and ligatures are replaced by columns trained on such lines (tools/train/accents.py). All other columns, those
of plain letters, digits, signs and the blank among them, stay what they are.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from readstone.engines.manifest import ACCENTED_LETTERS
from readstone.engines.onnx_graph import Cut


def with_accents(cut: Cut, classes: Sequence[str]) -> Cut:
    """The recogniser `cut` before its last layer, whose columns are `classes`, with our own for accented letters.

    Raises ModelUnusableError when the file of columns is missing or not the known one.
    """
    with np.load(io.BytesIO(ACCENTED_LETTERS.verified()), allow_pickle=False) as stored:
        letters, weights, bias = str(stored["letters"]), stored["weights"], stored["bias"]
    places = [classes.index(letter) for letter in letters]
    ours = replace(cut, weights=cut.weights.copy(), bias=cut.bias.copy())
    ours.weights[:, places], ours.bias[places] = weights, bias
    return ours
