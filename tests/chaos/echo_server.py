"""The real server with a reader that reads one number out of a picture's colour: quick, and never mistaken.

python echo_server.py DATA_DIR PORT

A picture of the number 666 kills the process, as a fault in a C library would.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import uvicorn

TESTS = Path(__file__).parent.parent
sys.path.insert(0, str(TESTS))

from readers import box  # noqa: E402 - only found after the line before
from readstone.api.connection import connections  # noqa: E402
from readstone.app import App  # noqa: E402
from readstone.domain.options import ReadOptions  # noqa: E402
from readstone.domain.picture import Picture  # noqa: E402
from readstone.domain.text import Line, Orientation, Page, Region, Word  # noqa: E402
from readstone.engines.protocols import never  # noqa: E402
from readstone.settings import load  # noqa: E402
from serving import KEY  # noqa: E402

POISON = 666


class EchoReader:
    """Answers the number that a picture's colour stands for."""

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        red, green, blue = (int(value) for value in picture.pixels[30, 30])
        number = red << 16 | green << 8 | blue
        if number == POISON:
            os._exit(139)
        time.sleep(0.005)
        quad = box(1, 1, 40, 10)
        line = Line(str(number), quad, (Word(str(number), quad, 0.99),))
        return Page(picture.width, picture.height, 0.0, Orientation.UP, "en", (Region((line,)),))


def main(data_dir: Path, port: int) -> None:
    settings = load({"data_dir": data_dir, "keys": KEY, "workers": 2})
    http = connections(settings.header_timeout)
    app = App(settings, EchoReader)
    uvicorn.run(app, port=port, http=http, ws="none", lifespan="on", log_config=None, access_log=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
