from __future__ import annotations

import pytest

from readstone.engines.read.arabic_letters import as_in_its_language


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("هر كس حق دارد که گرفت", "هر کس حق دارد که گرفت"),  # Persian, by its gaf
        ("ساعات کار و تفریح", "ساعات کار و تفریح"),
        ("میں اور وه ہے كى", "میں اور وہ ہے کی"),  # Urdu
        ("في الکتاب العربي", "في الكتاب العربي"),
        ("إلی المستشفى", "إلى المستشفى"),
        ("Latin line", "Latin line"),
    ],
)
def test_letters_of_one_language(read: str, meant: str) -> None:
    assert as_in_its_language(read) == meant
    assert len(read) == len(meant)
