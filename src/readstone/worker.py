"""A worker, top to bottom: reads the pages that servers have accepted, and tells orchestrators how it stands.

`Worker` is an ASGI application with the probes of the server's container routes and /metrics, and nothing that a
client of the API would call.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from readstone import errors
from readstone.api.call import Call
from readstone.api.container import probes
from readstone.api.headers import finish
from readstone.api.routing import RouteTable, Surface
from readstone.domain.refusals import Reason, Refusal
from readstone.engines.protocols import TextReader
from readstone.errors import Envelope
from readstone.observe.observer import Observer
from readstone.operations.errors import StoreUnavailableError, StoreUnusableError
from readstone.operations.store import OperationStore
from readstone.parts import Parts, gate_of, keys_of, tokens_of
from readstone.settings import Settings

_log = logging.getLogger("readstone.worker")

PAGE_GRACE_SECONDS = 20.0
"""After SIGTERM, pages in work have this long to finish; the others are given back to the store."""

REST_SECONDS = 25.0
CLOSE_SECONDS = 3.0
"""Giving back and letting go take no longer, so that the process is gone within 30 s whatever hangs."""


class Worker:
    """One worker: its parts, their start and stop, its probes.

    `make_reader` is called once, at start, off the event loop. `give_up` is called when the start fails for good;
    `fault` says why.
    """

    def __init__(
        self,
        settings: Settings,
        make_reader: Callable[[], TextReader] | None = None,
        *,
        give_up: Callable[[], None] = lambda: None,
        grace_seconds: float = PAGE_GRACE_SECONDS,
    ) -> None:
        # Whoever starts a worker wants pages read, whatever the servers beside it were told.
        settings = settings.model_copy(update={"read_pages": True})
        self.fault: str | None = None
        self._give_up = give_up
        self._grace_seconds = grace_seconds
        self._observer = Observer(settings.otlp_endpoint)
        self._parts = Parts(settings, self._observer, make_reader)
        self._pulse = Pulse(self._parts.store)
        self._warm = False
        self._starting: asyncio.Task[None] | None = None
        own = Surface("worker", "", Envelope.GATEWAY, probes(self._is_ready))
        gate = gate_of(settings, keys_of(settings), tokens_of(settings))
        self._routes = RouteTable((own, *self._parts.metrics(gate)))

    async def _is_ready(self) -> bool:
        return self._warm and await self._pulse.beats()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            call = Call(Request(scope, receive))
            response = await self._answer(call)
            finish(call, response)
            await response(scope, receive, send)

    async def _answer(self, call: Call) -> Response:
        method = "GET" if call.request.method == "HEAD" else call.request.method
        call.match = self._routes.find(method, call.segments)
        try:
            if call.match is None:
                raise Refusal(Reason.RESOURCE_NOT_FOUND, "Resource not found")
            return await call.match.route.handler(call)
        except Refusal as refusal:
            caller = errors.Caller(call.request_id, Envelope.GATEWAY, "", "", str(call.request.base_url))
            answer = errors.answer(refusal, caller)
            return Response(answer.body, answer.status, headers=dict(answer.headers))

    # --- start and stop ----------------------------------------------------------------------------

    async def _live(self, receive: Receive, send: Send) -> None:
        """The port opens at once, so that probes are answered while models load and the store is waited for."""
        await receive()
        self._starting = asyncio.create_task(self._start())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _start(self) -> None:
        try:
            await self._parts.load()
            await self._parts.warm_up()
            await self._parts.store.open()
            self._observer.start()
            self._parts.begin()
        except (StoreUnusableError, StoreUnavailableError) as fault:
            self.fault = str(fault)
        except Exception as fault:
            _log.exception("start failed")
            self.fault = str(fault)
        else:
            self._warm = True
            _log.info("reading pages")
            return
        self._give_up()

    async def stop(self) -> bool:
        """Claim nothing more, finish pages or give them back, let go of everything.

        False when something does not end in time, as a page deep in a model's code: by then it is another worker's,
        or its lease will lapse, and nothing is lost by ending the process at once.
        """
        self._warm = False
        try:
            async with asyncio.timeout(REST_SECONDS):
                if self._starting:
                    self._starting.cancel()
                    await asyncio.gather(self._starting, return_exceptions=True)
                await self._parts.rest(self._grace_seconds)
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._parts.close()
                await asyncio.to_thread(self._observer.close)
        except TimeoutError:
            _log.warning("a page does not end; the process does")
            return False
        return True


class Pulse:
    """Whether a store answers: asked by whoever probes, at most once in `fresh_seconds`, and given up after some."""

    def __init__(self, store: OperationStore, fresh_seconds: float = 1.0, patience_seconds: float = 2.0) -> None:
        self._store = store
        self._fresh = fresh_seconds
        self._patience = patience_seconds
        self._lock = asyncio.Lock()
        self._asked = float("-inf")
        self._answered = False

    async def beats(self) -> bool:
        """The last answer while it is fresh, else a new one."""
        async with self._lock:
            if time.monotonic() - self._asked >= self._fresh:
                self._answered = await self._ask()
                self._asked = time.monotonic()
            return self._answered

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(self._patience):
                await self._store.find("00000000-0000-0000-0000-000000000000")
        except (StoreUnavailableError, TimeoutError):
            return False
        return True
