"""The whole server, top to bottom: how it is put together and the path each request takes.

`App` is the ASGI application. A request goes through the steps listed in `App.steps` until one of them
answers; whatever happens, `finish` adds the headers that every answer carries.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from readstone import errors
from readstone.access.gate import Gate, KeyGate, OpenGate
from readstone.access.keys import KeyFile, KeyRing
from readstone.access.tokens import Tokens, load_secret
from readstone.api import container, extras, imageanalysis, tokens, vision
from readstone.api.call import Call
from readstone.api.credentials import presented
from readstone.api.headers import finish, preflight
from readstone.api.imageanalysis.analyzing import Analyzing
from readstone.api.linger import send_and_linger
from readstone.api.routing import RouteTable
from readstone.api.vision.intake import ImageIntake
from readstone.api.vision.page_work import PageWork
from readstone.api.vision.services import Caps, Services
from readstone.api.vision.text_operations import Desk, room_under
from readstone.domain.refusals import Cancelled, Reason, Refusal
from readstone.engines.protocols import SceneViewer, TextReader
from readstone.engines.recognisers import with_recognisers
from readstone.engines.registry import create_reader, create_viewer
from readstone.engines.scene.translations import translated
from readstone.inference.analysing import Analysing
from readstone.inference.documents import Documents
from readstone.inference.memory import keep_few_heaps
from readstone.inference.pool import WorkPool
from readstone.inference.reading import ReaderSlot, Reading
from readstone.inference.seeing import Seeing, ViewerSlot
from readstone.intake.addresses import AllowList
from readstone.intake.decoder_process import DecoderPool
from readstone.intake.fetch import FetchPolicy, ImageFetcher
from readstone.intake.limits import ANALYSIS
from readstone.intake.spool import Spool
from readstone.observe import logs
from readstone.operations.errors import StoreUnusableError
from readstone.operations.runner import Runner
from readstone.operations.sqlite import SqliteStore
from readstone.operations.sweeper import Sweeper
from readstone.operations.watermark import Watermark
from readstone.settings import Auth, Settings

_log = logging.getLogger("readstone.app")


KEYS_RECHECK_SECONDS = 0.25
"""A key made or revoked on the command line takes effect within this time."""

PAGE_GRACE_SECONDS = 8.0
"""At the end, pages in work have this long to finish; the others are given back to the store."""


class App:
    """One server: its parts, their start and stop, and the request path.

    `make_reader` is called once, at start, off the event loop; `make_viewer` when something is first to be seen.
    """

    def __init__(
        self,
        settings: Settings,
        make_reader: Callable[[], TextReader] | None = None,
        make_viewer: Callable[[], SceneViewer] | None = None,
    ) -> None:
        self._settings = settings
        self._make_reader = make_reader or (lambda: create_reader(threads=settings.workers, tessdata=settings.tessdata))
        make_viewer = make_viewer or (lambda: with_recognisers(create_viewer(threads=settings.workers)))
        self._ready = False

        stored = KeyFile(settings.data_dir, KEYS_RECHECK_SECONDS)
        ring = KeyRing((key.get_secret_value() for key in settings.keys), stored)
        token_service = Tokens(load_secret(settings.data_dir))
        self._gate: Gate = OpenGate() if settings.auth is Auth.OPEN else KeyGate(ring, token_service)

        allowed = AllowList.parse(settings.fetch_allow)
        self._fetcher = ImageFetcher(
            FetchPolicy(allowed, deadline_seconds=settings.fetch_timeout, proxy=settings.fetch_proxy)
        )
        self._decoder = DecoderPool(processes=settings.workers)
        self._pool = WorkPool(settings.workers, settings.queue)
        self._reader = ReaderSlot()
        self._reading = Reading(self._pool, self._decoder, self._reader)
        viewer = ViewerSlot(make_viewer)
        seeing = Seeing(self._pool, self._decoder, viewer, translated)
        self._analysing = Analysing(self._pool, self._decoder, self._reader, viewer, translated, settings.workers)

        documents = Documents(self._pool, self._decoder, self._reader)
        watermark = Watermark(fresh_seconds=0.5)
        folder = settings.data_dir / "operations"
        self._store = SqliteStore(folder, retention_seconds=settings.result_hours * 3600, watermark=watermark)
        # Within the store's folder, so that an accepted document is moved and not copied.
        self._spool = Spool(folder / "spool", room_under(watermark))
        intake = ImageIntake(self._fetcher, settings.upload_timeout, self._spool)
        services = Services(
            intake,
            self._reading,
            seeing,
            Desk(intake, documents, self._store, self._origin),
            Caps(settings.max_image_bytes, settings.max_image_side, settings.max_pages),
            settings.age_and_gender,
        )
        analyzing = Analyzing(intake, self._analysing, services.limits(ANALYSIS))
        self.versions = vision.surfaces(services)
        described = (*self.versions, *imageanalysis.described(analyzing))
        page_work = PageWork(services.families, documents, self._store)
        self._runner = Runner(self._store, page_work.read, settings.workers)
        self._sweeper = Sweeper(self._store)
        # Health, landing page, description and sample: no key is asked for.
        self._public = RouteTable((container.surface(lambda: self._ready, described), extras.surface()))
        self._routes = RouteTable(
            (*self.versions, imageanalysis.surface(analyzing), tokens.surface(self._gate, token_service))
        )

        self.steps: tuple[Callable[[Call], Awaitable[Response | None]], ...] = (
            self._answer_preflight,  # OPTIONS needs no key (contract 2.6)
            self._answer_public,  # nor do health probes (contract 12)
            self._check_access,  # 401 before anything else is looked at (contract 6.1)
            self._find_route,  # 404
            self._check_room,  # 429 while no worker will be free soon, before the body is read
            self._handle,  # parameters, media type, body, engines, codec
        )

    # --- the request path --------------------------------------------------------------------------

    async def _answer_preflight(self, call: Call) -> Response | None:
        return preflight(call.request) if call.request.method == "OPTIONS" else None

    async def _answer_public(self, call: Call) -> Response | None:
        # Health checkers like `wget --spider` ask with HEAD.
        method = "GET" if call.request.method == "HEAD" else call.request.method
        call.match = self._public.find(method, call.segments)
        return await call.match.route.handler(call) if call.match else None

    async def _check_access(self, call: Call) -> None:
        call.owner = self._gate.admit(presented(call.request))

    async def _find_route(self, call: Call) -> None:
        call.match = self._routes.find(call.request.method, call.segments)
        if call.match is None:
            raise Refusal(Reason.RESOURCE_NOT_FOUND, "Resource not found")

    async def _check_room(self, call: Call) -> None:
        if call.match and call.match.route.reads:
            self._reading.check_room()

    async def _handle(self, call: Call) -> Response | None:
        return await call.match.route.handler(call) if call.match else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        call = Call(Request(scope, receive))
        try:
            response = await self._answer(call)
        except Cancelled:
            self._log_answer(call, 499, started)  # nobody is there to be answered; nginx's number for it
            return
        finish(call, response)
        self._log_answer(call, response.status_code, started)
        await send_and_linger(call, response, receive, send)

    async def _answer(self, call: Call) -> Response:
        try:
            for step in self.steps:
                response = await step(call)
                if response is not None:
                    return response
            raise Refusal(Reason.RESOURCE_NOT_FOUND, "Resource not found")
        except Refusal as refusal:
            return self._error(call, refusal)
        except Cancelled:
            raise
        except Exception:
            _log.exception("request %s failed", call.request_id)
            return self._error(call, Refusal(Reason.INTERNAL, "The server failed to process the request."))

    def _error(self, call: Call, refusal: Refusal) -> Response:
        surface, route = (call.match.surface, call.match.route) if call.match else (None, None)
        origin = self._origin(call)
        family = call.segments[0].lower() if call.segments else ""
        unmatched = errors.Envelope.UNIFIED if family == "computervision" else errors.Envelope.GATEWAY
        envelope = (route and route.envelope) or (surface and surface.envelope) or unmatched
        answer = errors.answer(
            refusal,
            errors.Caller(
                request_id=call.request_id,
                envelope=envelope,
                version=surface.name if surface else "",
                operation=route.operation if route else "",
                realm=f"{origin}/{family if family in ('vision', 'computervision') else ''}",
            ),
        )
        return Response(answer.body, answer.status, headers=dict(answer.headers))

    def _origin(self, call: Call) -> str:
        """The server's base URL as the call's client sees it, without a slash at its end (contract 2.7)."""
        return self._settings.public_url or f"{call.request.url.scheme}://{call.request.url.netloc}"

    def _log_answer(self, call: Call, status: int, started: float) -> None:
        logs.answered(
            method=call.request.method,
            path=call.request.url.path,
            status=status,
            milliseconds=(time.monotonic() - started) * 1000,
            request_id=call.request_id,
            client_request_id=call.request.headers.get("x-ms-client-request-id"),
        )

    # --- start and stop ----------------------------------------------------------------------------

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start the parts in order, stop them in the opposite one. The port opens once this is through."""
        await receive()
        keep_few_heaps()
        try:
            self._decoder.start()
            await self._store.open()
            await asyncio.to_thread(self._spool.open)
            self._reader.put(await asyncio.to_thread(self._make_reader))
            self._runner.start()
            self._sweeper.start()
        except StoreUnusableError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        except Exception as error:
            _log.exception("start failed")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        self._ready = True
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._ready = False
        await self._runner.stop(PAGE_GRACE_SECONDS)
        await self._sweeper.stop()
        await asyncio.to_thread(self._pool.close)
        await asyncio.to_thread(self._analysing.close)
        await self._fetcher.aclose()
        await self._store.close()
        await asyncio.to_thread(self._spool.close)
        self._decoder.close()
        await send({"type": "lifespan.shutdown.complete"})
