"""Age and gender of a face, by two small networks of dlib's model collection.

The face is turned upright and cut as dlib does it (get_face_chip_details, mean face of 68 points, padding .2),
by the five landmarks that the face detector gives.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.domain.scene import Gender
from readstone.engines.manifest import FACE_AGE, FACE_GENDER
from readstone.engines.onnx import Model
from readstone.engines.scene.evidence import AgeAndGender, FoundFace

_AGE_SIDE, _GENDER_SIDE = 64, 32
_PADDING = 0.2
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)  # red, green, blue
_YEARS = np.array([0.25, *range(1, 81)], np.float32)  # what each of the 81 classes counts as
# Where dlib's mean face has the middle of both eyes, the tip of the nose and the corners of the mouth.
_PLACES = np.array([[0.2257, 0.2160], [0.7546, 0.2160], [0.4901, 0.5156], [0.2541, 0.7802], [0.7261, 0.7802]])


class AgeAndGenderEstimator:
    """Both networks. Re-entrant."""

    def __init__(self, *, threads: int) -> None:
        self.age = Model(FACE_AGE, threads=threads, arena=True)
        self.gender = Model(FACE_GENDER, threads=threads, arena=True)

    def estimate(self, pixels: RgbPixels, face: FoundFace) -> AgeAndGender:
        """Age as the mean of its distribution; `face` lies in `pixels`."""
        ages = self.age.run(_tensor(_chip(pixels, face, _AGE_SIDE)))[0]
        female, male = self.gender.run(_tensor(_chip(pixels, face, _GENDER_SIDE)))[0].tolist()
        gender = Gender.MALE if male >= female else Gender.FEMALE
        return AgeAndGender(float(ages @ _YEARS), gender, max(male, female))


def _tensor(chip: RgbPixels) -> NDArray[np.float32]:
    return np.ascontiguousarray(((chip - _MEAN) / np.float32(256)).transpose(2, 0, 1)[None], dtype=np.float32)


def _chip(pixels: RgbPixels, face: FoundFace, side: int) -> RgbPixels:
    """The face upright in a square of `side` pixels; black where it reaches over the picture's edge."""
    marks = np.array([[point.x, point.y] for point in face.landmarks])
    places = (_PLACES + _PADDING) / (1 + 2 * _PADDING) * side
    turn = _similarity(marks, places)
    reduction = float(np.hypot(turn[0, 0], turn[1, 0]))
    # A warp looks at four pixels only; a large face is drawn larger first and then averaged.
    finer = min(8, max(1, round(1 / max(reduction, 1e-6))))
    large = cv2.warpAffine(pixels, turn * finer, (side * finer, side * finer), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _similarity(marks: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 2 x 3 matrix that turns, scales and moves `marks` onto `places` with the least squared error.

    In complex numbers: places = a * marks + b, which is plain linear regression.
    """
    source, target = marks @ np.array([1, 1j]), places @ np.array([1, 1j])
    middle, goal = source.mean(), target.mean()
    spread = (np.abs(source - middle) ** 2).sum()
    a = (np.conj(source - middle) * (target - goal)).sum() / max(spread, 1e-9)
    b = goal - a * middle
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
