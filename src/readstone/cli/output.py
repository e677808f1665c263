"""What `readstone read` prints: text, or the wire form of a version."""

from __future__ import annotations

import argparse
import json
import sys

from readstone.api.vision.text_codec import Times
from readstone.api.vision.text_options import TextOptions
from readstone.api.vision.text_parameters import READ_MODELS
from readstone.api.vision.wire import READ_CODECS, encode_for
from readstone.cli.leaves import Leaf
from readstone.cli.partial import ReadPage
from readstone.domain.order import basic_order
from readstone.domain.text import Page


class Output:
    """Prints pages as they come; of a document in wire form, once it is whole."""

    def __init__(self, arguments: argparse.Namespace, *, several: bool) -> None:
        self._arguments = arguments
        self._several = several
        self._natural = arguments.reading_order == "natural"
        model = READ_MODELS[-1] if arguments.api_version == "v3.2" else ""
        self._options = TextOptions(arguments.language, self._natural, model)
        self._times = Times.now()
        self._bodies: list[bytes] = []

    def page(self, leaf: Leaf, read: ReadPage) -> None:
        """Print a page, or keep it for its document's end."""
        if self._arguments.json:
            self._wire(leaf, read)
        else:
            if leaf.of > 1:
                print(f"==> {leaf.source.name}, page {leaf.number} <==")
            elif self._several:
                print(f"==> {leaf.source.name} <==")
            print(self._text(read.page))
        if leaf.last and leaf.partial:
            leaf.partial.discard()
        sys.stdout.flush()

    def _text(self, page: Page) -> str:
        if self._natural:
            return "\n\n".join("\n".join(line.text for line in region.lines) for region in page.regions)
        return "\n".join(line.text for line in basic_order(page))

    def _wire(self, leaf: Leaf, read: ReadPage) -> None:
        version = self._arguments.api_version
        operation = self._arguments.operation or ("read" if leaf.of > 1 or read.sheet.units_per_pixel != 1 else "ocr")
        if operation == "ocr":
            body = encode_for(version, read.page, self._arguments.language)
        else:
            codec = READ_CODECS[version]
            if leaf.position == 0:
                self._bodies = []  # of a document that could not be read to its end
            self._bodies.append(codec.page(read.sheet, read.page, self._options))
            if not leaf.last:
                return
            body = codec.done(self._bodies, self._times.until_now(), self._options)
        answer = json.loads(body)
        print(
            json.dumps({"image": leaf.source.name, "result": answer} if self._several else answer, ensure_ascii=False)
        )
