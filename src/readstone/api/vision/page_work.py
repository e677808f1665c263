"""What the runner does with a claimed page: fetch the input, have it read, encode it as its version wants."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from readstone.api.vision.text_operations import Family, ReadsDocuments, encode_page, read_options
from readstone.api.vision.text_options import TextOptions
from readstone.domain.refusals import Reason, Refusal
from readstone.operations.errors import NoRoomError, PageUnreadableError
from readstone.operations.operation import Operation
from readstone.operations.store import OperationStore


class PageWork:
    """Reads pages of accepted operations; `families` by surface and kind."""

    def __init__(
        self, families: Mapping[tuple[str, str], Family], documents: ReadsDocuments, store: OperationStore
    ) -> None:
        self._families = families
        self._documents = documents
        self._store = store

    async def read(self, operation: Operation, number: int) -> bytes:
        """The encoded page.

        Raises PageUnreadableError when no attempt will ever read it, NoRoomError when nothing can right now.
        """
        family = self._families.get((operation.surface, operation.kind))
        if family is None:
            raise PageUnreadableError(f"this server serves no {operation.kind} of {operation.surface}")
        data = await self._store.input(operation.id)
        if data is None:
            raise PageUnreadableError("its input is gone")
        options = TextOptions.unpacked(operation.options)
        try:
            return await self._documents.read_page(
                data,
                number,
                family.limits.document,
                read_options(family.codec, options),
                partial(encode_page, family.codec, options),
                patient=True,
            )
        except Refusal as refusal:
            if refusal.reason in (Reason.UNAVAILABLE, Reason.TOO_MANY_REQUESTS):
                raise NoRoomError(refusal.message) from None
            raise PageUnreadableError(refusal.message) from None
