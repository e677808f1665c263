"""All networks of the viewer, loaded once and shared by all pictures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Box
from readstone.domain.picture import RgbPixels
from readstone.engines.onnx import Model
from readstone.engines.scene.age_gender import AgeAndGenderEstimator
from readstone.engines.scene.centernet import CenterNet
from readstone.engines.scene.classify import Classifier
from readstone.engines.scene.coco import THINGS
from readstone.engines.scene.evidence import AgeAndGender, Detection, FoundFace
from readstone.engines.scene.faces import FaceFinder
from readstone.engines.scene.fuse import fused
from readstone.engines.scene.nanodet import NanoDet
from readstone.engines.scene.open_nsfw import AdultClassifier


class OnnxModels:
    """The default `SceneModels`. Re-entrant; one run uses at most `threads` cores.

    Raises ModelUnusableError when a model file is missing or not the known one.
    """

    def __init__(self, *, threads: int) -> None:
        self._classifier = Classifier(threads=threads)
        self._centernet = CenterNet(threads=threads)
        self._nanodet = NanoDet(threads=threads)
        self._faces = FaceFinder(threads=threads)
        self._adult = AdultClassifier(threads=threads)
        self._ages = AgeAndGenderEstimator(threads=threads)

    @property
    def by_name(self) -> Mapping[str, Model]:
        """The models with their counts of runs and seconds, for benchmarks and tests."""
        return {
            "imagenet-classifier": self._classifier.model,
            "centernet": self._centernet.model,
            "nanodet": self._nanodet.model,
            "face-detector": self._faces.model,
            "adult-classifier": self._adult.model,
            "face-age": self._ages.age,
            "face-gender": self._ages.gender,
        }

    def classify(self, pixels: RgbPixels) -> NDArray[np.float32]:
        """See `SceneModels`."""
        return self._classifier.classify(pixels)

    def detect(self, pixels: RgbPixels) -> tuple[Detection, ...]:
        """See `SceneModels`."""
        found = fused([self._centernet.find(pixels), self._nanodet.find(pixels)])
        rows = zip(found.classes.tolist(), found.scores.tolist(), found.corners.tolist(), strict=True)
        return tuple(
            Detection(THINGS[kind], score, Box(left, top, right - left, bottom - top))
            for kind, score, (left, top, right, bottom) in rows
        )

    def find_faces(self, pixels: RgbPixels) -> tuple[FoundFace, ...]:
        """See `SceneModels`."""
        return self._faces.find(pixels)

    def age_and_gender(self, pixels: RgbPixels, face: FoundFace) -> AgeAndGender:
        """See `SceneModels`."""
        return self._ages.estimate(pixels, face)

    def adult_probability(self, pixels: RgbPixels) -> float:
        """See `SceneModels`."""
        return self._adult.probability(pixels)
