"""What every place for inputs promises."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from contract.inputs.places import Place
from readstone.operations.errors import StoreUnavailableError
from readstone.operations.inputs import InputStore, LeftInputs


def content(inputs: InputStore, name: str) -> bytes | None:
    found = inputs.get(name)
    return found.read_bytes() if isinstance(found, Path) else found


def names_of(inputs: InputStore) -> set[str]:
    return {name for names in inputs.names() for name in names}


@pytest.mark.parametrize("given_as", ["bytes", "file"])
@pytest.mark.parametrize("size", [0, 1000, 3_000_000, 25_000_001])
def test_what_was_put_is_there_for_all(
    place: Place, inputs: InputStore, tmp_path: Path, size: int, given_as: str
) -> None:
    data = random.Random(size).randbytes(size)
    file = tmp_path / "document"
    file.write_bytes(data)
    name = inputs.put(data if given_as == "bytes" else file)
    file.unlink(missing_ok=True)  # as the caller does with what is left of it
    another = place.inputs()
    another.open()
    with closing(another):
        for handle in (inputs, another, inputs):
            assert content(handle, name) == data
        assert names_of(another) == {name}
        another.delete(name)
        assert inputs.get(name) is None
        assert names_of(inputs) == set()
        inputs.delete(name)  # once more is no fault


def test_what_was_never_there(inputs: InputStore, tmp_path: Path) -> None:
    assert inputs.get("0" * 32) is None
    inputs.delete("0" * 32)
    with pytest.raises(StoreUnavailableError):
        inputs.put(tmp_path / "missing")
    assert names_of(inputs) == set()


def test_all_names_are_told_in_batches(inputs: InputStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        put = set(threads.map(lambda number: inputs.put(b"%d" % number), range(1100)))
    assert len(put) == 1100
    batches = list(inputs.names())
    assert len(batches) > 1
    assert sorted(name for batch in batches for name in batch) == sorted(put)


def test_many_threads_mix_nothing(inputs: InputStore) -> None:
    documents = [os.urandom(random.Random(number).choice((10, 50_000, 2_500_000))) for number in range(24)]

    def there_and_back(document: bytes) -> bool:
        name = inputs.put(document)
        same = all(content(inputs, name) == document for _ in range(3))
        inputs.delete(name)
        return same and inputs.get(name) is None

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(there_and_back, documents))


def test_a_place_out_of_reach_is_away_and_loses_nothing(place: Place, inputs: InputStore) -> None:
    small, large = inputs.put(b"x" * 100), inputs.put(b"y" * 3_000_000)
    place.goes_away()
    started = time.monotonic()
    for ask in (lambda: inputs.put(b"z"), lambda: inputs.get(small), lambda: inputs.get(large)):
        with pytest.raises(StoreUnavailableError):
            ask()
    inputs.delete(small)  # says nothing
    assert time.monotonic() - started < 30
    place.comes_back()
    assert content(inputs, small) == b"x" * 100
    assert content(inputs, large) == b"y" * 3_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_no_record_names_is_removed_after_two_looks(inputs: InputStore) -> None:
    clock = Clock()
    left = LeftInputs(inputs, seconds=60, clock=clock)
    wanted, unwanted, late = inputs.put(b"wanted"), inputs.put(b"unwanted"), inputs.put(b"late")
    records = {wanted}

    async def referenced(names: tuple[str, ...]) -> Collection[str]:
        return records.intersection(names)

    def look() -> int:
        return asyncio.run(left.delete(referenced))

    assert look() == 0
    records.add(late)  # its record is written after the first look
    clock.now += 59
    assert look() == 0
    assert names_of(inputs) == {wanted, unwanted, late}
    clock.now += 1
    assert look() == 1
    assert names_of(inputs) == {wanted, late}
    young = inputs.put(b"young")
    clock.now += 60
    assert look() == 0  # the first look at it
    assert names_of(inputs) == {wanted, late, young}
    clock.now += 60
    assert look() == 1
    assert names_of(inputs) == {wanted, late}


def test_a_record_store_that_is_away_removes_nothing(inputs: InputStore) -> None:
    clock = Clock()
    left = LeftInputs(inputs, seconds=60, clock=clock)
    inputs.put(b"x")

    async def away(names: tuple[str, ...]) -> Collection[str]:
        raise StoreUnavailableError("away")

    for _ in range(3):
        with pytest.raises(StoreUnavailableError):
            asyncio.run(left.delete(away))
        clock.now += 60
    assert len(names_of(inputs)) == 1
