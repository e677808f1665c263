"""Accented letters in the recogniser's last layer: which columns are ours, and that no others changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readstone.engines.manifest import ACCENTED_LETTERS, TEXT_RECOGNISER, ModelUnusableError
from readstone.engines.onnx import Model
from readstone.engines.onnx_graph import Cut, before_last_layer
from readstone.engines.read.accents import with_accents


@pytest.fixture(scope="module")
def cut() -> Cut:
    return before_last_layer(TEXT_RECOGNISER.verified())


@pytest.fixture(scope="module")
def classes() -> tuple[str, ...]:
    return ("", *Model(TEXT_RECOGNISER, threads=1, arena=False).metadata["character"].split("\n"), " ")


def test_only_columns_of_accented_letters_are_ours(cut: Cut, classes: tuple[str, ...]) -> None:
    ours = with_accents(cut, classes)
    assert ours.weights.shape == cut.weights.shape
    changed = np.flatnonzero((ours.weights != cut.weights).any(axis=0) | (ours.bias != cut.bias))
    letters = {classes[at] for at in changed}
    assert all(letter.isalpha() and not letter.isascii() for letter in letters)
    assert set("áčěíłřšůúýžæøåäöüéàçãõőşğ") <= letters
    assert not any(letter >= "\u0370" for letter in letters if len(letter) == 1)


def test_the_layer_that_came_is_left_as_it_was(cut: Cut, classes: tuple[str, ...]) -> None:
    before = cut.weights.copy(), cut.bias.copy()
    ours = with_accents(cut, classes)
    assert ours.body is cut.body
    assert np.array_equal(cut.weights, before[0])
    assert np.array_equal(cut.bias, before[1])


def test_an_altered_file_is_refused(cut: Cut, classes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    altered = replace(ACCENTED_LETTERS, sha256="0" * 64)
    monkeypatch.setattr("readstone.engines.read.accents.ACCENTED_LETTERS", altered)
    with pytest.raises(ModelUnusableError, match="accented-letters"):
        with_accents(cut, classes)
