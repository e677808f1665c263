"""How fast operations are accepted and polled over HTTP, and how a long document flows.

    python bench/operations_http.py --folder DIR --out FILE.json

Figures: submits a second with the reader stopped; submit and poll latency with the reader stopped and with
the reader saturated; a 200-page PDF: pages a second, when the first page was done, the longest wait for the next
one, memory. The load comes from one process on the same cores, over raw sockets, so that as little as possible
goes to the client.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from PIL import Image, ImageDraw, ImageFont

REPOSITORY = Path(__file__).resolve().parent.parent
KEY = "bench"
Figure = dict[str, float]


def page_image(lines: int, size: tuple[int, int], font_size: int) -> Image.Image:
    image = Image.new("L", size, 250)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(font_size)
    for row in range(lines):
        draw.text((40, 40 + row * font_size * 1.5), f"line {row} of a page with words on it", fill=20, font=font)
    return image


def small_jpeg() -> bytes:
    buffer = io.BytesIO()
    page_image(6, (338, 451), 30).convert("RGB").save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def long_pdf(pages: int, lines: int) -> bytes:
    """A4 pages at 150 dpi, scans as JPEG, no two alike: `lines` give or take a third, each of another length."""
    dice = random.Random(200)
    words = "page carries moderate amounts of ordinary printed text between invoices and lantern light".split()
    font = ImageFont.load_default(26)

    def page() -> Image.Image:
        image = Image.new("L", (1240, 1754), 250)
        draw = ImageDraw.Draw(image)
        for row in range(dice.randint(lines - lines // 3, lines + lines // 3)):
            text = " ".join(dice.choices(words, k=dice.randint(2, 10)))[:72]
            draw.text((60 + dice.randint(0, 20), 40 + row * 39), text, fill=20, font=font)
        return image

    buffer = io.BytesIO()
    page().save(buffer, "PDF", save_all=True, append_images=(page() for _ in range(pages - 1)), resolution=150)
    return buffer.getvalue()


@contextmanager
def server(folder: Path, mode: str) -> Iterator[tuple[int, psutil.Process, Path]]:
    """A server process of its own; its port, the process, and its data folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = Path(tempfile.mkdtemp(dir=folder))
    process = subprocess.Popen(
        [sys.executable, str(REPOSITORY / "bench/operations_server.py"), str(data), str(port), mode],
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port, psutil.Process(process.pid), data
    finally:
        process.kill()
        process.wait()
        subprocess.run(["rm", "-rf", str(data)], check=True)


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Client:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower-case names) and body."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nOcp-Apim-Subscription-Key: {KEY}\r\n"
        if body:
            head += f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n"
        self._writer.write(head.encode() + b"\r\n" + body)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        content = await self._reader.readexactly(int(headers["content-length"]))
        return int(lines[0].split()[1]), headers, content


SUBMIT = "/vision/v3.2/read/analyze"


async def submit(client: Client, data: bytes) -> str:
    status, headers, _ = await client.ask("POST", SUBMIT, data)
    if status != 202:
        raise RuntimeError(f"submit answered {status}")
    return "/vision" + headers["operation-location"].partition("/vision")[2]


def milliseconds(values: list[float]) -> Figure:
    ordered = sorted(values)
    return {
        "p50_ms": 1000 * ordered[len(ordered) // 2],
        "p99_ms": 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
    }


async def submits(port: int, data: bytes, clients: int, each: int) -> Figure:
    """Submits a second of so many clients, each waiting for its 202 before the next."""
    took: list[float] = []

    async def run() -> None:
        async with Client(port) as client:
            for _ in range(each):
                start = time.perf_counter()
                await submit(client, data)
                took.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(run() for _ in range(clients)))
    return {"per_second": len(took) / (time.perf_counter() - start), **milliseconds(took)}


async def paced(port: int, data: bytes, count: int, pause: float) -> dict[str, Figure]:
    """Single submits and polls with pauses between: what one caller feels while others' pages are read."""
    submitting: list[float] = []
    polling: list[float] = []
    async with Client(port) as client:
        for _ in range(count):
            start = time.perf_counter()
            location = await submit(client, data)
            submitting.append(time.perf_counter() - start)
            for _ in range(3):
                start = time.perf_counter()
                await client.ask("GET", location)
                polling.append(time.perf_counter() - start)
            await asyncio.sleep(pause)
    return {"submit": milliseconds(submitting), "poll": milliseconds(polling)}


def resident(process: psutil.Process) -> int:
    """Bytes that the server and its children hold, what they share counted for each."""
    return sum(p.memory_info().rss for p in (process, *process.children(recursive=True)))


def pages_done(database: sqlite3.Connection) -> int:
    (count,) = database.execute("SELECT count(*) FROM result").fetchone()
    return int(count)


async def long_document(port: int, process: psutil.Process, folder: Path, pages: int, lines: int) -> Figure:
    """A PDF of that many pages from submit to result: how its pages flow into the store, and memory meanwhile."""
    data = long_pdf(pages, lines)
    peak = resident(process)
    figure: Figure = {"megabytes": len(data) / 1e6, "memory_before_mb": peak / 1e6}
    database = sqlite3.connect(f"file:{folder / 'operations/operations.db'}?mode=ro", uri=True)
    done, last, longest = 0, time.perf_counter(), 0.0
    async with Client(port) as client:
        start = time.perf_counter()
        location = await submit(client, data)
        figure["accepted_ms"] = 1000 * (time.perf_counter() - start)
        while True:
            status = json.loads((await client.ask("GET", location))[2])["status"]
            peak = max(peak, resident(process))
            count, now = pages_done(database), time.perf_counter()
            if count > done:
                if not done:
                    figure["first_page_s"] = now - start
                longest, last = max(longest, now - last), now
                # The mark at each quarter tells growth from a level that was reached early.
                for quarter in (1, 2, 3, 4):
                    if done < quarter * pages / 4 <= count:
                        figure[f"peak_mb_at_{25 * quarter}%"] = peak / 1e6
                done = count
            if status in ("succeeded", "failed"):
                break
            await asyncio.sleep(0.2)
        seconds = time.perf_counter() - start
    database.close()
    if status != "succeeded":
        raise RuntimeError("the document failed")
    figure |= {"pages_per_second": pages / seconds, "longest_wait_for_a_page_s": longest, "peak_memory_mb": peak / 1e6}
    return figure


async def measure(folder: Path, scale: float, pages: int, lines: int) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    if scale:
        figures |= await small_images(folder, scale)
    if pages:
        with server(folder, "reading") as (port, process, data):
            figures[f"PDF of {pages} pages"] = await long_document(port, process, data, pages, lines)
    return figures


async def small_images(folder: Path, scale: float) -> dict[str, Figure]:
    jpeg = small_jpeg()
    figures: dict[str, Figure] = {}
    with server(folder, "stopped") as (port, _, _):
        await submits(port, jpeg, 4, 25)
        for clients in (1, 16, 64):
            each = max(1, int(scale * 4000 / max(clients, 8)))
            figures[f"submit, reader stopped, {clients} clients"] = await submits(port, jpeg, clients, each)
        calm = await paced(port, jpeg, int(200 * scale), 0.01)
        figures["submit, reader stopped, paced"] = calm["submit"]
        figures["poll, reader stopped, paced"] = calm["poll"]
    with server(folder, "reading") as (port, _, _):
        await submits(port, jpeg, 4, int(50 * scale) + 1)  # enough pages to keep the reader busy throughout
        busy = await paced(port, jpeg, int(100 * scale), 0.05)
        figures["submit, reader saturated"] = busy["submit"]
        figures["poll, reader saturated"] = busy["poll"]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "build", help="on the disk that is to be judged")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="how much of each measurement of images; 0: none")
    parser.add_argument("--pages", type=int, default=200, help="of the PDF; 0: none")
    parser.add_argument("--lines", type=int, default=40, help="of text on each of its pages")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} cores, image of {len(small_jpeg())} bytes")
    figures = asyncio.run(measure(arguments.folder, arguments.scale, arguments.pages, arguments.lines))
    for name, figure in figures.items():
        print(f"{name:42} " + "  ".join(f"{k} {v:.1f}" for k, v in figure.items()))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
