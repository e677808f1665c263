"""The load of a soak: clients that submit, poll and read at once, and know what each answer must say."""

from __future__ import annotations

import asyncio
import io
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from PIL import Image, ImageDraw, ImageFont

from operations_http import SUBMIT, Client, page_image

_WORDS = "lantern harbour velvet meadow copper thunder willow pepper marble saddle candle orchard ribbon walnut".split()
_POLL_SECONDS = 0.25
_AWAY_SECONDS = 120.0  # a server that answers nothing for so long is an error


@dataclass(frozen=True, slots=True)
class Document:
    """What is sent, and the word that the answer must have; `pages` of it."""

    kind: str
    data: bytes
    word: str
    pages: int = 1


def documents() -> list[Document]:
    """Small and large pages, and PDFs of two, each kind with some words."""
    made = []
    for word in _WORDS:
        made.append(Document("small", _jpeg(_page(word, (338, 451), 6, 30)), word))
        made.append(Document("large", _jpeg(_page(word, (1240, 1754), 24, 34)), word))
        pages = [_page(word, (620, 877), 10, 30) for _ in range(2)]
        buffer = io.BytesIO()
        pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:], resolution=75)
        made.append(Document("pdf", buffer.getvalue(), word, 2))
    return made


@dataclass
class Load:
    """Clients of the servers at `ports`, until `end` (time.monotonic); then each ends what it has begun.

    `took`: (moment, seconds) of each call by kind. `lost`: accepted, and never or wrongly answered.
    """

    ports: list[int]
    end: float
    patience: float
    took: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    waiting: int = 0  # accepted, not ended

    async def run(self, clients: int, made: list[Document]) -> None:
        """Until the end and what was begun."""
        by_kind = {kind: [one for one in made if one.kind == kind] for kind in ("small", "large", "pdf")}
        await asyncio.gather(*(self._client(random.Random(number), by_kind) for number in range(clients)))

    async def _client(self, dice: random.Random, by_kind: dict[str, list[Document]]) -> None:
        while time.monotonic() < self.end:
            kind = dice.choices(("small", "large", "pdf", "at once"), (50, 15, 10, 25))[0]
            if kind == "at once":
                await self._at_once(dice, dice.choice(by_kind["small"]))
            else:
                await self._later(dice, dice.choice(by_kind[kind]))
            await asyncio.sleep(dice.random() * 0.2)

    async def _at_once(self, dice: random.Random, document: Document) -> None:
        status, _, body = await self._ask(dice, "ocr", "POST", "/vision/v3.2/ocr", document.data)
        if status == 200 and document.word not in body.decode().lower():
            self.lost.append(f"ocr: no {document.word!r} in {body[:300]!r}")
        self.done["ocr"] += status == 200

    async def _later(self, dice: random.Random, document: Document) -> None:
        status, headers, _ = await self._ask(dice, "submit", "POST", SUBMIT, document.data)
        if status != 202:
            return
        self.waiting += 1
        where = urlsplit(headers["operation-location"]).path
        begun = time.monotonic()
        try:
            while True:
                status, _, body = await self._ask(dice, "poll", "GET", where)
                answer: dict[str, Any] = json.loads(body) if status == 200 else {}
                if answer.get("status") in ("succeeded", "failed") or status == 404:
                    self._judge(document, where, status, answer)
                    break
                if time.monotonic() > max(begun, self.end) + self.patience:
                    self.lost.append(f"{where}: {status} {answer.get('status')} after {time.monotonic() - begun:.0f} s")
                    break
                await asyncio.sleep(_POLL_SECONDS)
        finally:
            self.waiting -= 1
        self.took.setdefault("done", []).append((time.monotonic(), time.monotonic() - begun))

    def _judge(self, document: Document, where: str, status: int, answer: dict[str, Any]) -> None:
        pages = answer.get("analyzeResult", {}).get("readResults", [])
        texts = [" ".join(line["text"] for line in page["lines"]).lower() for page in pages]
        if len(texts) == document.pages and all(document.word in text for text in texts):
            self.done[document.kind] += 1
        else:
            self.lost.append(f"{where}: {status} {answer.get('status')}, {document.kind} of {document.word!r}: {texts}")

    async def _ask(
        self, dice: random.Random, kind: str, method: str, path: str, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """On a connection of its own, as many clients of such services do. Status 0: no answer."""
        start = time.monotonic()
        try:
            async with asyncio.timeout(_AWAY_SECONDS), Client(dice.choice(self.ports)) as client:
                answer = await client.ask(method, path, body)
        except (OSError, EOFError, TimeoutError, ValueError) as fault:
            self.faults[f"{kind}: {type(fault).__name__}"] += 1
            await asyncio.sleep(1)
            return 0, {}, b""
        self.took.setdefault(kind, []).append((start, time.monotonic() - start))
        if answer[0] >= 400:
            self.faults[f"{kind}: {answer[0]}"] += 1
            await asyncio.sleep(min(10.0, float(answer[1].get("retry-after", 1))))
        return answer


def _page(word: str, size: tuple[int, int], lines: int, font: int) -> Image.Image:
    """A page of `lines` of print with the word, alone on its line, at the bottom."""
    image = page_image(lines, size, font)
    ImageDraw.Draw(image).text((40, 40 + (lines + 1) * font * 1.5), word, fill=20, font=ImageFont.load_default(font))
    return image.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
