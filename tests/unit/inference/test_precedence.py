"""How owners' pages stand by what was done for them of late."""

from __future__ import annotations

from readstone.domain.standing import FAR, Standing, standing, standing_as
from readstone.inference.precedence import Precedence


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_clients_that_wait_stand_before_every_page() -> None:
    assert standing() == Standing()
    assert Precedence().of("new").rank >= standing().rank + FAR
    page = Precedence().of("new")
    with standing_as(page):
        assert standing() is page
    assert standing() == Standing()


def test_who_had_much_stands_behind_who_had_little() -> None:
    precedence = Precedence(clock=Clock())
    precedence.of("much").spent(60.0)
    precedence.of("some").spent(20.0)
    precedence.of("little").spent(2.0)
    new, little, some, much = (precedence.of(owner).rank for owner in ("new", "little", "some", "much"))
    assert new <= little < some < much
    assert some >= new + FAR
    assert much >= some + FAR


def test_a_page_more_or_less_makes_no_difference() -> None:
    precedence = Precedence(clock=Clock())
    for owner in ("a", "b"):
        precedence.of(owner).spent(40.0)
    precedence.of("a").spent(1.0)
    assert precedence.of("a").rank - precedence.of("b").rank < FAR
    precedence.of("c").spent(1.0)
    assert precedence.of("c").rank - precedence.of("new").rank < FAR


def test_use_is_halved_every_half_life_and_forgotten() -> None:
    clock = Clock()
    precedence = Precedence(30.0, clock)
    page = precedence.of("owner")
    page.spent(8.0)
    clock.now += 30
    assert precedence._used("owner") == 4.0
    page.spent(2.0)
    clock.now += 60
    assert precedence._used("owner") == 1.5
    clock.now += 3600
    precedence.of("another").spent(1.0)
    assert set(precedence._uses) == {"another"}


def test_owners_without_a_key_are_one() -> None:
    precedence = Precedence()
    precedence.of("").spent(50.0)
    assert precedence.of("").rank > precedence.of("with a key").rank
