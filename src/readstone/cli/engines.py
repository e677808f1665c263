"""The engines that the settings choose, for commands that read and look at images themselves."""

from __future__ import annotations

import sys

from readstone.engines.large.plugged import Plugged
from readstone.engines.model_file import ModelUnusableError
from readstone.plugging import check_engines, plug_in
from readstone.settings import Settings


def chosen_engines(settings: Settings) -> Plugged:
    """The plugged-in engines, none of them loaded yet. Prints what is wrong with them and exits 2 when anything is."""
    plugged = plug_in(settings)
    try:
        check_engines(settings, plugged)
    except ModelUnusableError as fault:
        print(f"readstone: {fault}", file=sys.stderr)
        raise SystemExit(2) from None
    return plugged
