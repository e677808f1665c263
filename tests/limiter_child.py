"""One process of several that share a limit: asks as fast as it can for a while, and prints how often it was let in.

    python tests/limiter_child.py URL RATES SECONDS

It says "ready" and waits for a line with the time to begin at, in seconds since 1970.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from readstone.access import postgres_rate
from readstone.access.postgres_rate import SharedLimiter
from readstone.access.rate import parse_rates
from readstone.operations.postgres.connection import Connections

AT_ONCE = 2

# Counted here is how exact the shared count is: no busy machine is to make a process fall back on a count of its own.
postgres_rate._ANSWER_SECONDS = 30.0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(url: str, text: str, seconds: float) -> None:
    rates = parse_rates(text)
    connections = Connections(url, AT_ONCE)
    await connections.open()
    limiter = SharedLimiter(connections)
    await connections.run(lambda connection: connection.execute("SELECT 1"))
    say("ready")
    start = float(await asyncio.to_thread(sys.stdin.readline))
    await asyncio.sleep(max(0.0, start - time.time()))
    asked, let_in, waits = 0, [], []

    async def client() -> None:
        nonlocal asked
        while time.time() < start + seconds:
            wait = await limiter.admit("key", rates)
            asked += 1
            if wait == 0:
                let_in.append(time.time())
            else:
                waits.append(wait)
                await asyncio.sleep(min(wait, 0.01))

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    await connections.close()
    say(json.dumps({"asked": asked, "let_in": let_in, "longest_wait": max(waits, default=0.0)}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
