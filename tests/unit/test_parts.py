"""How the parts that read accepted pages are put together."""

from __future__ import annotations

import asyncio

from readstone.domain.standing import FAR, Standing, standing
from readstone.inference.precedence import Precedence
from readstone.operations.operation import Operation, State
from readstone.parts import behind_clients


def of(owner: str) -> Operation:
    return Operation(f"of {owner}", "v3.2", "read", b"", owner, State.RUNNING, 0.0, 0.0, (1, 2, 3))


def test_pages_stand_behind_clients_and_those_of_whoever_had_much_behind_others() -> None:
    stood: dict[tuple[str, int], Standing] = {}

    async def read_page(operation: Operation, page: int) -> bytes:
        mine = stood[operation.owner, page] = standing()
        await asyncio.sleep(0)  # others' pages are read in between, each as it stands
        assert standing() is mine
        mine.spent(40.0 if operation.owner == "large" else 0.5)
        return f"{operation.owner} {page}".encode()

    async def main() -> None:
        read = behind_clients(read_page, Precedence())
        for page in (1, 2):
            bodies = await asyncio.gather(read(of("large"), page), read(of("small"), page))
            assert bodies == [f"large {page}".encode(), f"small {page}".encode()]
        assert standing() == Standing()

    asyncio.run(main())
    assert min(page.rank for page in stood.values()) >= standing().rank + FAR
    assert stood["small", 1].rank == stood["large", 1].rank
    assert stood["large", 2].rank >= stood["small", 2].rank + FAR
