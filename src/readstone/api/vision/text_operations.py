"""Text operations: submit a document, poll its result (contract 2.7, 4.4 - 4.6, 6.4).

One pair of routes a family; the versions differ in paths, parameters, limits and codec, which `Family` holds.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import Protocol

from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.query import Query
from readstone.api.routing import Route
from readstone.api.vision.intake import ImageIntake
from readstone.api.vision.text_codec import TextCodec, Times
from readstone.api.vision.text_options import TextOptions
from readstone.domain.document import Sheet
from readstone.domain.options import ReadOptions
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.stages import Stage, stage
from readstone.domain.text import Page
from readstone.errors import Envelope
from readstone.intake.document import DocumentInfo, DocumentLimits
from readstone.intake.page_range import select_pages
from readstone.intake.spool import CheckRoom
from readstone.intake.text_limits import TextLimits
from readstone.operations.admission import Admission
from readstone.operations.errors import StoreUnavailableError
from readstone.operations.operation import NewOperation, Operation, State
from readstone.operations.store import OperationStore
from readstone.operations.watermark import Watermark

_JSON = "application/json; charset=utf-8"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class ReadsDocuments(Protocol):
    """Looks into documents and reads their pages (`readstone.inference.documents.Documents`)."""

    def judge(self, options: ReadOptions) -> None:
        """Raise Refusal for what no page could be read with."""
        ...

    async def inspect(self, data: bytes | Path, limits: DocumentLimits) -> DocumentInfo:
        """What kind of document it is and how many pages it has, or Refusal."""
        ...

    async def read_page(
        self,
        data: bytes | Path,
        number: int,
        limits: DocumentLimits,
        options: ReadOptions,
        encode: Callable[[Sheet, Page], bytes],
        *,
        patient: bool = False,
    ) -> bytes:
        """One page as `encode` writes it, or Refusal."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What all text routes work with; `origin` is the server's base URL as a call's client sees it.

    `admission` tells whether one more document may wait in the store.
    """

    intake: ImageIntake
    documents: ReadsDocuments
    store: OperationStore
    admission: Admission
    origin: Callable[[Call], str]


class PageSyntax(Enum):
    """How a version writes its `pages` parameter."""

    NONE = auto()
    COMMAS = auto()
    COMMAS_OR_SPACES = auto()


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of text operation in one version.

    `surface` and `kind` mark its operations: an id is only valid where it was made. `submit` and `results`
    are paths under the version's base, each with its operationId. `parameters` judges the query.
    `id_is_request_id`: as live v3.2 has it, the operation's id is the apim-request-id of its 202.
    `single_page`: of a longer document only the first page is read.
    """

    surface: str
    kind: str
    submit: tuple[str, str]
    results: tuple[str, str]
    limits: TextLimits
    codec: TextCodec
    parameters: Callable[[Query], TextOptions]
    pages: PageSyntax = PageSyntax.NONE
    id_is_request_id: bool = False
    single_page: bool = False


@contextmanager
def store_answers() -> Iterator[None]:
    """A store that is full or away is a 503 with whole seconds, and nothing was accepted."""
    try:
        yield
    except StoreUnavailableError:
        raise Refusal(Reason.UNAVAILABLE, "The operation store is not available.", retry_after=5) from None


def room_under(watermark: Watermark) -> CheckRoom:
    """The spool's question for room: a full disk is the same 503 there as in the store."""

    def check(folder: Path, more: int) -> None:
        with store_answers():
            watermark.check(folder, more)

    return check


def text_routes(desk: Desk, family: Family) -> tuple[Route, Route]:
    """Submit and poll."""

    async def submit(call: Call) -> Response:
        with store_answers():
            await desk.admission.check(call.owner)
        options = family.parameters(Query(call.request.query_params))
        desk.documents.judge(read_options(family.codec, options))
        async with accepted_document(desk, family, call) as (data, numbers):
            new = NewOperation(family.surface, family.kind, options.packed(), numbers, data, call.owner, call.trace)
            with store_answers(), stage(Stage.ACCEPT, "store"):
                await desk.admission.check(call.owner)  # others were accepted while this one was sent
                operation = await desk.store.accept(new)
        desk.admission.accepted(call.owner, len(numbers))
        call.pages = len(numbers)
        call.operation_id = operation.id
        if family.id_is_request_id:
            call.request_id = operation.id
        location = f"{desk.origin(call)}/vision/{family.surface}/{family.results[0]}/{operation.id}"
        return Response(status_code=202, headers={"Operation-Location": location, "Content-Length": "0"})

    results, results_operation = family.results
    return (
        Route("POST", *family.submit, submit, envelope=Envelope.UNION),
        results_route(desk, family, results, results_operation),
    )


def results_route(desk: Desk, family: Family, path: str, operation: str) -> Route:
    """Poll: an operation of the family under `path`, by its id."""

    async def poll(call: Call) -> Response:
        operation_id = call.match.captured["operationId"] if call.match else ""
        if not _GUID.fullmatch(operation_id):
            raise Refusal(Reason.BAD_ARGUMENT, "The operation id is not valid.")
        with store_answers():
            found = await desk.store.find(operation_id.lower())
        if found is None or (found.surface, found.kind) != (family.surface, family.kind):
            raise Refusal(
                Reason.OPERATION_NOT_FOUND,
                "The requested operation was not found. The identifier is invalid or the operation is expired.",
            )
        call.operation_id = found.id
        with store_answers():
            body = await _body(desk.store, family.codec, found)
        return Response(body, media_type=_JSON)

    return Route("GET", f"{path}/{{operationId}}", operation, poll, envelope=Envelope.UNION)


def synchronous_route(desk: Desk, family: Family, path: str, operation: str) -> Route:
    """The containers' own variant: the same input, the finished body at once (contract 12)."""

    async def read_now(call: Call) -> Response:
        options = family.parameters(Query(call.request.query_params))
        bodies = []
        async with accepted_document(desk, family, call) as (data, numbers):
            times = Times.now()
            for number in numbers:
                encode = partial(encode_page, family.codec, options)
                how = read_options(family.codec, options)
                read = desk.documents.read_page(data, number, family.limits.document, how, encode)
                bodies.append(await call.unless_gone(read))
        call.pages = len(numbers)
        return Response(family.codec.done(bodies, times.until_now(), options), media_type=_JSON)

    return Route("POST", path, operation, read_now, reads=True, envelope=Envelope.UNION)


@asynccontextmanager
async def accepted_document(
    desk: Desk, family: Family, call: Call
) -> AsyncIterator[tuple[bytes | Path, tuple[int, ...]]]:
    """The document of a request and the numbers of the pages to read; a file is gone when the context ends.

    Everything that can be known without reading is judged here: what is accepted fails only for reasons
    that nobody could have seen (contract 6.1).
    """
    limits = family.limits
    async with desk.intake.document(call, limits.max_bytes) as data:
        info = await desk.documents.inspect(data, limits.document)
        takes_pages = family.pages is not PageSyntax.NONE
        asked = Query(call.request.query_params).text("pages") if takes_pages else None
        cap = 1 if family.single_page else limits.document.max_pages
        numbers = select_pages(asked, info.page_count, cap, spaces=family.pages is PageSyntax.COMMAS_OR_SPACES)
        info.require(numbers, limits.document)
        yield data, numbers


def read_options(codec: TextCodec, options: TextOptions) -> ReadOptions:
    """How the reader is to read for a text operation: always upright, the lines' appearance where it is told."""
    return ReadOptions(options.language, detect_orientation=True, appearance=codec.styled)


def encode_page(codec: TextCodec, options: TextOptions, sheet: Sheet, page: Page) -> bytes:
    """One element of the result, in the codec's form."""
    return codec.page(sheet, page, options)


async def _body(store: OperationStore, codec: TextCodec, operation: Operation) -> bytes:
    times = Times.of(operation.created, operation.updated)
    if operation.state is State.SUCCEEDED:
        options = TextOptions.unpacked(operation.options)
        return codec.done(await store.page_bodies(operation.id) or (), times, options)
    if operation.state is State.FAILED:
        return codec.failed(times)
    return codec.pending(operation.state is State.RUNNING, times)
