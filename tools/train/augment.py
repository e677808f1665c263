"""Makes a line look as if it had been written, lit and cut a little differently; every time anew."""

from __future__ import annotations

import cv2
import numpy as np
from lines import HEIGHT, Rgb
from numpy.typing import NDArray

Random = np.random.Generator


def augmented(rng: Random, picture: Rgb, strength: float = 1.0) -> Rgb:
    """A variant of `picture`; `strength` 0 changes hardly anything, 1 much."""
    bent = _bent(rng, picture, strength)
    image = bent.astype(np.float32)
    if rng.random() < 0.2 * strength:
        image = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)
    elif rng.random() < 0.2 * strength:
        image = image[:, :, rng.permutation(3)]
    if rng.random() < 0.7:
        middle = image.mean()
        image = (image - middle) * np.exp(rng.normal(0, 0.3 * strength)) + middle + rng.normal(0, 20 * strength)
    if rng.random() < 0.3:
        image += np.linspace(-1, 1, image.shape[1], dtype=np.float32)[None, :, None] * rng.normal(0, 15 * strength)
    if rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 0.9)))
    elif rng.random() < 0.25:
        image += rng.standard_normal((*image.shape[:2], 1)) * rng.uniform(1, 10)
    if rng.random() < 0.12 * strength:
        image = _thicker(rng, image)
    if rng.random() < 0.02 * strength:
        image = 255 - image
    return np.clip(image, 0, 255).astype(np.uint8)


def _bent(rng: Random, picture: Rgb, strength: float) -> Rgb:
    """Wider or narrower, higher or lower in its strip, slanted, wavering."""
    wide = picture.shape[1]
    width = max(8, int(wide * np.exp(rng.normal(0, 0.13 * strength))))
    y, x = np.mgrid[0:HEIGHT, 0:width].astype(np.float32)
    centre_x, centre_y = width / 2, HEIGHT / 2
    slant = rng.normal(0, 0.18 * strength)
    x += (y - centre_y) * slant
    if rng.random() < 0.6:
        step, force = rng.uniform(12, 50), rng.uniform(0, 1.6 * strength)
        force = min(force, 0.08 * step)
        x += _smooth(rng, (HEIGHT, width), step) * force
        y += _smooth(rng, (HEIGHT, width), step) * force
    y += _smooth(rng, (1, width), 200) * 1.5 * strength * rng.random()
    y += (x - centre_x) * rng.normal(0, 0.005 * strength)
    # The detector's strips are cut tighter or looser than the lines were.
    y = (y - centre_y) * np.exp(rng.normal(0.03, 0.10 * strength)) + centre_y + rng.normal(0, 1.8 * strength)
    x = (x - centre_x) * wide / width + wide / 2 + rng.normal(0, 1)
    grow = rng.uniform(0, 0.03 * strength)
    x = (x - wide / 2) * (1 + grow) + wide / 2
    x, y = x.astype(np.float32), y.astype(np.float32)  # remap() takes nothing else, and does not say so
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _thicker(rng: Random, image: NDArray[np.float32]) -> NDArray[np.float32]:
    size = (2, 2) if rng.random() < 0.7 else (3, 3)
    work = cv2.erode if rng.random() < 0.6 else cv2.dilate  # ink is dark
    changed = work(image.astype(np.float32), np.ones(size, np.uint8))
    part = rng.uniform(0.3, 1)
    return np.asarray(image * (1 - part) + changed * part, np.float32)


def _smooth(rng: Random, shape: tuple[int, int], step: float) -> NDArray[np.float32]:
    coarse = rng.standard_normal((max(2, int(shape[0] / step) + 2), max(2, int(shape[1] / step) + 2)))
    fine = cv2.resize(coarse.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine, np.float32)
