"""A viewer for Readstone that also finds QR codes: the built-in one sees the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.scene import DetectedObject, Scene, SceneOptions, Tag
from readstone.engines.protocols import never
from readstone.engines.registry import create_viewer


class QrViewer:
    """A `readstone.engines.protocols.SceneViewer`; any number of threads may call `see` at once."""

    def __init__(self, *, threads: int) -> None:
        self._viewer = create_viewer(threads=threads)

    def see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool] = never) -> Scene:
        """What the built-in viewer sees; "qr code" among its tags and objects where there is one."""
        scene = self._viewer.see(picture, options, cancelled)
        found, corners = cv2.QRCodeDetector().detectMulti(cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2GRAY))
        if not found:
            return scene
        edges = [(*code.min(axis=0), *np.ptp(code, axis=0)) for code in corners]
        boxes = [Box(*map(float, edge)).clipped(picture.width, picture.height) for edge in edges]
        # None is what was not asked for, and stays so.
        tags = None if scene.tags is None else (Tag("qr code", 0.99), *scene.tags)
        codes = tuple(DetectedObject("qr code", 0.99, box) for box in boxes)
        objects = None if scene.objects is None else (*codes, *scene.objects)
        return replace(scene, tags=tags, objects=objects)
