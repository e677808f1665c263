from __future__ import annotations

import pytest

from readstone.engines.read.lookalikes import in_one_script, only_lookalikes


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Cобака", "Собака"),  # a Latin C
        ("СOMPUTER", "COMPUTER"),  # a Cyrillic С
        ("Windows и СO в доме моём", "Windows и СО в доме моём"),
        ("на PC", "на PC"),
        ("café", "café"),
        ("ΑNΘΡΩΠOΣ", "ΑΝΘΡΩΠΟΣ"),
        ("All cars", "All cars"),
        ("12 + 3", "12 + 3"),
        ("CO", "CO"),
        ("Москва USB 3", "Москва USB 3"),
    ],
)
def test_a_word_is_in_one_script(read: str, meant: str) -> None:
    assert in_one_script(read) == meant


def test_words_that_could_be_either() -> None:
    assert only_lookalikes("MOCKBA 12", "cyrillic")
    assert not only_lookalikes("MOSKVA", "cyrillic")
    assert only_lookalikes("NATO", "greek")
    assert not only_lookalikes("12", "greek")
    assert not only_lookalikes("\u03bd", "greek")  # a nu is Greek already
