"""Chains of broader names, and tags in other languages."""

from __future__ import annotations

import pytest

from readstone.engines.scene.parents import parents_of
from readstone.engines.scene.tables import rows
from readstone.engines.scene.things import things
from readstone.engines.scene.translations import LANGUAGES, translated


@pytest.mark.parametrize(
    ("name", "chain"),
    [
        ("dog", ["mammal", "animal"]),
        ("laptop", ["computer", "electronics"]),
        ("bus", ["land vehicle", "vehicle"]),
        ("person", []),
        ("no such thing", []),
    ],
)
def test_chains(name: str, chain: list[str]) -> None:
    assert [parent.name for parent in parents_of(name, 0.6)] == chain


@pytest.mark.parametrize("name", sorted(things()))
@pytest.mark.parametrize("confidence", [0.05, 0.5, 0.99, 1.0])
def test_broader_is_surer(name: str, confidence: float) -> None:
    chain = [confidence, *(parent.confidence for parent in parents_of(name, confidence))]
    assert chain == sorted(chain)
    assert chain[-1] <= 1


def test_no_chain_repeats_a_name() -> None:
    for thing in things().values():
        chain = [thing.name, *thing.broader]
        assert len(set(chain)) == len(chain)


def test_translations() -> None:
    assert translated("dog", "es") == "perro"
    assert translated("dog", "ja") == "犬"
    assert translated("dog", "pt") == "cachorro"
    assert translated("dog", "zh") == "狗"
    assert translated("no such tag", "es") is None
    assert translated("dog", "de") is None


def test_the_table_of_translations_is_whole() -> None:
    table = rows("translations.tsv")
    assert len({row[0] for row in table}) == len(table)
    for row in table:
        assert len(row) == 1 + len(LANGUAGES), row[0]
        assert all(field.strip() == field and field for field in row), row[0]
