"""The whole server, top to bottom: how it is put together and the path each request takes.

`App` is the ASGI application. A request goes through the steps listed in `App.steps` until one of them
answers; whatever happens, `finish` adds the headers that every answer carries.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from readstone import errors
from readstone.api import container, extras, imageanalysis, tokens, usage, vision
from readstone.api.call import Call
from readstone.api.credentials import presented
from readstone.api.headers import finish, preflight
from readstone.api.imageanalysis.analyzing import Analyzing
from readstone.api.imageanalysis.segment import Segmentations
from readstone.api.imageanalysis.taking import Taking
from readstone.api.imageanalysis.vectorize import Vectorizing
from readstone.api.linger import send_and_linger
from readstone.api.routing import RouteTable
from readstone.api.vision.intake import ImageIntake
from readstone.api.vision.services import Services
from readstone.api.vision.text_operations import Desk, room_under
from readstone.domain.refusals import Cancelled, Reason, Refusal
from readstone.engines.large.background import segmenter_of
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.protocols import SceneViewer, Segmenter, TextReader
from readstone.engines.scene.translations import translated
from readstone.inference.analysing import Analysing
from readstone.inference.reading import Reading
from readstone.inference.seeing import Seeing, ViewerSlot
from readstone.inference.segmenting import Segmenting
from readstone.inference.vectorising import Vectorising
from readstone.intake.addresses import AllowList
from readstone.intake.fetch import FetchPolicy, ImageFetcher
from readstone.intake.limits import ANALYSIS, RETRIEVAL
from readstone.intake.spool import Spool
from readstone.observe.observer import Observer, WatchedRequest
from readstone.observe.traces import Outcome
from readstone.operations.errors import StoreUnavailableError, StoreUnusableError
from readstone.parts import Parts, gate_of, keys_of, metering_of, tokens_of
from readstone.plugging import viewer_of
from readstone.settings import Settings

_log = logging.getLogger("readstone.app")


PAGE_GRACE_SECONDS = 8.0
"""At the end, pages in work have this long to finish; the others are given back to the store."""


class App:
    """One server: its parts, their start and stop, and the request path.

    `make_reader` is called once, at start, off the event loop; `make_viewer` when something is first to be seen,
    `make_segmenter` when something is first to be cut out.
    """

    def __init__(
        self,
        settings: Settings,
        make_reader: Callable[[], TextReader] | None = None,
        make_viewer: Callable[[], SceneViewer] | None = None,
        make_segmenter: Callable[[], Segmenter] | None = None,
    ) -> None:
        self._settings = settings
        self._ready = False
        self._observer = Observer(settings.otlp_endpoint)
        self._parts = parts = Parts(settings, self._observer, make_reader)

        token_service = tokens_of(settings)
        stored = keys_of(settings)
        self._gate = gate_of(settings, stored, token_service)
        self._metering = metering_of(settings, stored)

        allowed = AllowList.parse(settings.fetch_allow)
        self._fetcher = ImageFetcher(
            FetchPolicy(allowed, deadline_seconds=settings.fetch_timeout, proxy=settings.fetch_proxy)
        )
        self._reading = Reading(parts.pool, parts.decoder, parts.reader)
        viewer = ViewerSlot(make_viewer or (lambda: viewer_of(settings, parts.plugged)))
        seeing = Seeing(parts.pool, parts.decoder, viewer, translated)
        self._analysing = Analysing(parts.pool, parts.decoder, parts.reader, viewer, translated, settings.workers)
        # Within the store's folder, so that an accepted document is moved and not copied.
        self._spool = Spool(parts.folder / "spool", room_under(parts.watermark))
        intake = ImageIntake(self._fetcher, settings.upload_timeout, self._spool)
        services = Services(
            intake,
            self._reading,
            seeing,
            Desk(intake, parts.documents, parts.store, parts.admission, self._origin),
            parts.caps,
            settings.age_and_gender,
        )
        analyzing = Analyzing(intake, self._analysing, services.limits(ANALYSIS))
        self.versions = vision.surfaces(services)
        vectors = Vectorising(parts.pool, parts.decoder, parts.plugged.embedder)
        vectorizing = Vectorizing(Taking(intake, services.limits(RETRIEVAL)), vectors)
        make_segmenter = make_segmenter or (lambda: segmenter_of(parts.plugged, settings.workers))
        segmenting = Segmenting(parts.pool, parts.decoder, make_segmenter)
        segmentations = Segmentations(Taking(intake, services.limits(ANALYSIS)), segmenting)
        unified = (analyzing, vectorizing, segmentations)
        described = (*self.versions, *imageanalysis.described(*unified))
        # Health, landing page, description and sample: no key is asked for.
        probes = container.surface(lambda: self._ready, described)
        self._public = RouteTable((probes, extras.surface(), *parts.metrics(self._gate)))
        issuing = tokens.surface(self._gate, token_service)
        self._routes = RouteTable(
            (*self.versions, imageanalysis.surface(*unified), issuing, usage.surface(self._metering))
        )

        self.steps: tuple[Callable[[Call], Awaitable[Response | None]], ...] = (
            self._answer_preflight,  # OPTIONS needs no key (contract 2.6)
            self._answer_public,  # nor do health probes (contract 12)
            self._check_access,  # 401 before anything else is looked at (contract 6.1)
            self._find_route,  # 404
            self._check_room,  # 429 while no worker will be free soon, before the body is read
            self._check_rate,  # 429 beyond the calls that the key may make
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

    async def _check_rate(self, call: Call) -> None:
        if call.match and call.match.surface.metered:
            await self._metering.rates.check(call.owner)

    async def _handle(self, call: Call) -> Response | None:
        return await call.match.route.handler(call) if call.match else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        call = Call(request)
        url = request.url
        with self._observer.request(call.request_id, request.method, url.scheme, url.path, request.headers) as watched:
            call.trace = watched.traceparent
            try:
                response = await self._answer(call)
            except Cancelled:
                usage.count(self._metering, call, 499)
                _tell(watched, call, 499)  # nobody is there to be answered; nginx's number for it
                return
            finish(call, response)
            if not self._ready:
                response.headers["Connection"] = "close"  # the next request is for a process that stays
            usage.count(self._metering, call, response.status_code)
            _tell(watched, call, response.status_code)
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
        self._observer.refused(refusal)
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

    # --- start and stop ----------------------------------------------------------------------------

    def leave(self) -> None:
        """From now on /ready says no, and clients are asked to connect anew; everything is still served."""
        self._ready = False

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start the parts in order, stop them in the opposite one. The port opens once this is through."""
        await receive()
        try:
            await self._parts.load()
            await self._parts.store.open()
            await self._metering.open()
            await asyncio.to_thread(self._spool.open)
            self._observer.start()
            self._parts.begin()
        except (StoreUnusableError, StoreUnavailableError, ModelUnusableError) as error:
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
        await self._parts.rest(PAGE_GRACE_SECONDS)
        await asyncio.to_thread(self._analysing.close)
        await self._fetcher.aclose()
        await asyncio.to_thread(self._spool.close)
        await self._metering.close()
        await self._parts.close()
        await asyncio.to_thread(self._observer.close)
        await send({"type": "lifespan.shutdown.complete"})


def _tell(watched: WatchedRequest, call: Call, status: int) -> None:
    surface, route = (call.match.surface, call.match.route) if call.match else (None, None)
    outcome = Outcome(
        surface.name if surface else "none",
        route.operation if route else "none",
        f"{surface.base}/{route.path}" if surface and route else "",
        status,
        call.operation_id,
    )
    watched.answered(outcome, call.request_id)
