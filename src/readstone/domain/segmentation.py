"""What can be made of a picture once its foreground is told from its background."""

from __future__ import annotations

from enum import Enum, auto


class Segmentation(Enum):
    """BACKGROUND_REMOVAL: the picture with all but the foreground transparent. FOREGROUND_MATTING: how much of each
    pixel is foreground, white where all of it is."""

    BACKGROUND_REMOVAL = auto()
    FOREGROUND_MATTING = auto()
