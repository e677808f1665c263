"""`readstone analyze`: what images show, on standard output, without a server."""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from rich.console import Console

from readstone.api.vision.scene.codec import Told
from readstone.api.vision.wire import SCENE_VERSIONS
from readstone.cli.boxes import draw_boxes
from readstone.cli.configuration import add_flags, settings_of
from readstone.cli.engines import chosen_engines
from readstone.cli.leaves import ANY_IMAGE
from readstone.cli.scene_table import scene_table
from readstone.cli.sources import Source, sources_of
from readstone.domain.picture import Picture
from readstone.domain.refusals import Refusal
from readstone.domain.scene import Feature, Scene, SceneOptions
from readstone.engines.protocols import SceneViewer
from readstone.inference.seeing import Seen
from readstone.intake.decoder_process import DecoderPool
from readstone.plugging import viewer_of

_Looked = tuple[Picture, Scene]


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    parser.add_argument("image", nargs="+", help="image, folder, glob, URL, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print the answer that the API's analyze would give")
    parser.add_argument(
        "--api-version", choices=sorted(SCENE_VERSIONS), default="v3.2", help="whose answer (default: v3.2)"
    )
    parser.add_argument(
        "--features", help="comma list of visualFeatures of that version, in any letter case (default: all)"
    )
    parser.add_argument("--save", type=Path, metavar="OUT.png", help="write the image with the boxes drawn into it")
    add_flags(parser, ["workers", "age_and_gender"])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything, print results in the order asked; 1 when anything could not be looked at."""
    settings = settings_of(arguments)
    features = _features(arguments)
    sources = list(sources_of(arguments.image))
    if not sources or features is None or (arguments.save and len(sources) > 1):
        wrong = "no image there" if not sources else "--save takes one image" if features else "no such feature"
        print(f"readstone: {wrong}", file=sys.stderr)
        return 2 if sources else 1
    options = SceneOptions(features, age_and_gender=settings.age_and_gender)
    plugged = chosen_engines(settings)
    decoder = DecoderPool(settings.workers)
    decoder.start()
    failed = False
    try:
        viewer = viewer_of(settings, plugged)
        for source, outcome in _look_at(sources, decoder, viewer, options, settings.workers):
            if isinstance(outcome, Exception):
                failed = True
                print(f"readstone: {source.name}: {_sentence(outcome)}", file=sys.stderr)
            else:
                _print(arguments, source, outcome, several=len(sources) > 1)
    finally:
        decoder.close()
    return 1 if failed else 0


def _features(arguments: argparse.Namespace) -> frozenset[Feature] | None:
    """Those of --features, all of the version by default, None when it has one of them not."""
    known = {name.lower(): feature for name, feature in SCENE_VERSIONS[arguments.api_version].features.items()}
    if arguments.features is None:
        return frozenset(known.values())
    asked = [name.strip().lower() for name in arguments.features.split(",") if name.strip()]
    return frozenset(known[name] for name in asked) if asked and known.keys() >= set(asked) else None


def _look_at(
    sources: Iterable[Source], decoder: DecoderPool, viewer: SceneViewer, options: SceneOptions, workers: int
) -> Iterator[tuple[Source, _Looked | Exception]]:
    """Each image with what it shows or the exception in its way, in order, a few looked at at the same time."""

    def look(source: Source) -> _Looked:
        picture = decoder.decode(source.load(), ANY_IMAGE)
        return picture, viewer.see(picture, options)

    left = iter(sources)
    executor = ThreadPoolExecutor(workers, thread_name_prefix="seeing")
    try:
        ahead: deque[tuple[Source, Future[_Looked]]] = deque()
        ahead.extend((source, executor.submit(look, source)) for source in islice(left, 2 * workers))
        while ahead:
            source, future = ahead.popleft()
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            yield source, error or future.result()
            ahead.extend((source, executor.submit(look, source)) for source in islice(left, 1))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _print(arguments: argparse.Namespace, source: Source, looked: _Looked, *, several: bool) -> None:
    picture, scene = looked
    if arguments.save:
        draw_boxes(picture, scene).save(arguments.save)
    if arguments.json:
        version = SCENE_VERSIONS[arguments.api_version]
        told = Told(str(uuid.uuid4()), version.model_versions[-1] if version.model_versions else "")
        answer = json.loads(version.codec.seen(Seen(scene, picture.format), told))
        print(json.dumps({"image": source.name, "result": answer} if several else answer, ensure_ascii=False))
        return
    if several:
        print(f"==> {source.name} <==")
    if scene.description is not None:
        for caption in scene.description.captions:
            print(caption.text)
    if scene.tags:
        print(", ".join(tag.name for tag in scene.tags))
    sys.stdout.flush()
    table = scene_table(scene)
    if table.row_count:
        Console().print(table)


def _sentence(error: Exception) -> str:
    if isinstance(error, Refusal):
        return error.message
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{type(error).__name__}: {error}"
