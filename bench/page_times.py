"""Records what reading a page costs: `python bench/page_times.py --count 240 --out bench/simulation/page_times.json`.

Pages are generated, no two alike: 5 to 45 lines of print, A4 at 150 dpi, as JPEG. Each is decoded, read by the default
reader and encoded just as a worker does it, on one thread; what is recorded is processor time, of the process and its
decoder. `--at-once 2` does it in two processes at a time: how much slower cores are that work side by side.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import random
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
from PIL import Image, ImageDraw, ImageFont

from readstone.api import vision
from readstone.api.vision.services import Caps
from readstone.api.vision.text_operations import encode_page, read_options
from readstone.api.vision.text_options import TextOptions
from readstone.engines.registry import create_reader
from readstone.inference.documents import Documents
from readstone.inference.pool import WorkPool
from readstone.inference.reading import ReaderSlot
from readstone.intake.decoder_process import DecoderPool

WORDS = "page carries moderate amounts of ordinary printed text between invoices and lantern light".split()


def page(dice: random.Random) -> bytes:
    """One page as JPEG."""
    image, font = Image.new("L", (1240, 1754), 250), ImageFont.load_default(26)
    draw = ImageDraw.Draw(image)
    for row in range(dice.randint(5, 43)):
        text = " ".join(dice.choices(WORDS, k=dice.randint(2, 10)))[:72]
        draw.text((60 + dice.randint(0, 20), 40 + row * 39), text, fill=20, font=font)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def used() -> float:
    """Seconds of the processor that this process and its children have used."""
    processes = (psutil.Process(), *psutil.Process().children(recursive=True))
    return sum(sum(process.cpu_times()[:2]) for process in processes)


async def record(count: int, seed: int) -> list[float]:
    """Processor seconds of so many pages, after two that warm up."""
    decoder, pool, slot = DecoderPool(processes=1), WorkPool(1, 1), ReaderSlot()
    decoder.start()
    slot.put(create_reader(threads=1))
    documents, options = Documents(pool, decoder, slot), TextOptions()
    family = vision.text_families(Caps(None, None, None))["v3.2", "read"]
    encode = partial(encode_page, family.codec, options)
    dice, seconds = random.Random(seed), []
    try:
        for number in range(count + 2):
            data = page(dice)
            before = used()
            await documents.read_page(data, 1, family.limits.document, read_options(family.codec, options), encode)
            if number >= 2:
                seconds.append(round(used() - before, 3))
    finally:
        pool.close()
        decoder.close()
    return seconds


def side_by_side(processes: int, count: int) -> float:
    """Mean processor seconds a page, of the same pages, in so many processes at once."""
    command = [sys.executable, __file__, "--count", str(count), "--out", "-"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return statistics.fmean(s for one in running for s in json.loads(one.communicate()[0])["seconds"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--out", default="bench/simulation/page_times.json")
    parser.add_argument("--at-once", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.out != "-":
        Path(chosen.out).parent.mkdir(parents=True, exist_ok=True)
    if chosen.at_once:
        alone, beside = side_by_side(1, chosen.count), side_by_side(chosen.at_once, chosen.count)
        print(f"{alone:.3f} s a page alone, {beside:.3f} s with {chosen.at_once} at once: {beside / alone:.3f} times")
        if chosen.out != "-":
            Path(chosen.out).write_text(json.dumps({"together": beside / alone}) + "\n", "utf-8")
        return 0
    started = time.perf_counter()
    seconds = asyncio.run(record(chosen.count, chosen.seed))
    text = json.dumps({"seconds": seconds}) + "\n"
    if chosen.out == "-":
        print(text, end="")
        return 0
    Path(chosen.out).write_text(text, "utf-8")
    print(f"{len(seconds)} pages, mean {statistics.fmean(seconds):.3f} s, in {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
