"""The real networks on a drawn stop sign and on a photograph in the public domain that matplotlib carries."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.scene import Feature, Gender, SceneOptions
from readstone.engines.scene.evidence import Evidence
from readstone.engines.scene.models import OnnxModels
from readstone.engines.scene.viewer import PictureViewer

STREET_SIGN, UNIFORM = 919, 652
EVERYTHING = SceneOptions(frozenset(Feature), ratios=(1.0, 1.8))


@pytest.fixture(scope="module")
def models() -> OnnxModels:
    return OnnxModels(threads=1)


@pytest.fixture(scope="module")
def viewer(models: OnnxModels) -> PictureViewer:
    return PictureViewer(models=models)


@pytest.fixture(scope="module")
def officer() -> Picture:
    """512 x 600: one woman in uniform, facing us."""
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    return Picture(np.asarray(Image.open(path).convert("RGB")), "Jpeg")


@pytest.fixture(scope="module")
def sign() -> Picture:
    """640 x 480: a stop sign around (320, 170), 222 pixels wide, on a post."""
    image = Image.new("RGB", (640, 480), (120, 170, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 380, 640, 480), fill=(70, 120, 50))
    draw.rectangle((312, 250, 328, 440), fill=(110, 110, 115))
    for radius, colour in ((120, "white"), (110, (190, 20, 30))):
        turns = [math.pi * (0.125 + 0.25 * k) for k in range(8)]
        draw.polygon([(320 + radius * math.cos(a), 170 + radius * math.sin(a)) for a in turns], fill=colour)
    draw.text((320, 170), "STOP", fill="white", font=ImageFont.load_default(80), anchor="mm")
    return Picture(np.asarray(image), "Png")


def overlap(one: Box, other: Box) -> float:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (one.width * one.height + other.width * other.height - shared)


def runs(models: OnnxModels) -> dict[str, int]:
    return {name: model.runs for name, model in models.by_name.items()}


def since(before: dict[str, int], models: OnnxModels) -> dict[str, int]:
    return {name: count - before[name] for name, count in runs(models).items() if count != before[name]}


def test_a_sign_is_found_where_it_stands(models: OnnxModels, sign: Picture) -> None:
    best = Evidence(sign, models).detections[0]
    assert best.name == "stop sign"
    assert best.score > 0.7
    assert overlap(best.box, Box(209, 59, 222, 222)) > 0.85


def test_boxes_are_in_pixels_of_the_whole_picture(models: OnnxModels, sign: Picture) -> None:
    large = Picture(np.asarray(cv2.resize(sign.pixels, (1920, 1440)), np.uint8), "Png")
    evidence = Evidence(large, models)
    assert evidence.reduced.shape == (480, 640, 3)
    assert evidence.detections[0].name == "stop sign"
    assert overlap(evidence.detections[0].box, Box(627, 177, 666, 666)) > 0.85


def test_detections_fall_in_score_and_lie_inside(models: OnnxModels, officer: Picture) -> None:
    found = Evidence(officer, models).detections
    assert len(found) > 20
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    for each in found:
        assert 0 < each.score < 1
        assert each.box.width > 0
        assert each.box.height > 0
        assert each.box.left >= 0
        assert each.box.top >= 0
        assert each.box.right <= officer.width + 1e-6
        assert each.box.bottom <= officer.height + 1e-6


def test_one_person_with_one_face(models: OnnxModels, officer: Picture) -> None:
    evidence = Evidence(officer, models)
    assert [each.name for each in evidence.detections if each.score >= 0.5] == ["person"]
    (face,) = evidence.faces
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    assert left_eye.x < nose.x < right_eye.x
    assert left_mouth.x < right_mouth.x
    assert max(left_eye.y, right_eye.y) < nose.y < min(left_mouth.y, right_mouth.y)
    assert overlap(face.box, Box(174, 128, 185, 206)) > 0.7


def test_the_classifier_names_what_it_shows(models: OnnxModels, officer: Picture, sign: Picture) -> None:
    probabilities = Evidence(officer, models).imagenet
    assert probabilities.shape == (1000,)
    assert probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert int(probabilities.argmax()) == UNIFORM
    assert STREET_SIGN in Evidence(sign, models).imagenet.argsort()[-3:]


def test_age_and_gender_of_a_face(models: OnnxModels, officer: Picture) -> None:
    evidence = Evidence(officer, models)
    seen = evidence.age_and_gender(evidence.faces[0])
    assert 60 < seen.age < 81  # she was 78
    assert seen.gender in Gender
    assert 0.5 <= seen.probability <= 1


def test_harmless_pictures_are_harmless(models: OnnxModels, officer: Picture, sign: Picture) -> None:
    assert Evidence(officer, models).adult_probability < 0.1
    assert Evidence(sign, models).adult_probability < 0.1


@pytest.mark.parametrize("shape", [(50, 50), (50, 4000), (4000, 50), (641, 33)])
def test_any_shape_of_picture_is_seen(viewer: PictureViewer, shape: tuple[int, int]) -> None:
    scene = viewer.see(Picture(np.full((*shape, 3), 128, np.uint8), "Png"), EVERYTHING)
    assert (scene.height, scene.width) == shape
    assert scene.faces == ()
    assert scene.objects == ()


def test_each_model_runs_once_for_all_features(viewer: PictureViewer, models: OnnxModels, officer: Picture) -> None:
    before = runs(models)
    scene = viewer.see(officer, EVERYTHING)
    counts = since(before, models)
    ages = {name: counts.pop(name, 0) for name in ("face-age", "face-gender")}
    assert counts == dict.fromkeys(counts, 1)
    assert len(counts) == 5
    # Captions say man or woman; no more often than there are faces.
    assert max(ages.values()) <= 1
    assert scene.faces is not None
    assert scene.faces[0].age is None
    assert scene.faces[0].gender is None


def test_only_what_is_asked_runs(viewer: PictureViewer, models: OnnxModels, officer: Picture) -> None:
    for feature, wanted in (
        (Feature.ADULT, {"adult-classifier"}),
        (Feature.OBJECTS, {"centernet", "nanodet"}),
        (Feature.PEOPLE, {"centernet", "nanodet"}),
        (Feature.FACES, {"face-detector"}),
        (Feature.COLOURS, set()),
        (Feature.LANDMARKS, set()),
    ):
        before = runs(models)
        viewer.see(officer, SceneOptions(frozenset({feature})))
        assert set(since(before, models)) == wanted, feature


def test_age_and_gender_only_when_switched_on(viewer: PictureViewer, models: OnnxModels, officer: Picture) -> None:
    before = runs(models)
    scene = viewer.see(officer, SceneOptions(frozenset({Feature.FACES}), age_and_gender=True))
    assert since(before, models) == {"face-detector": 1, "face-age": 1, "face-gender": 1}
    assert scene.faces is not None
    assert scene.faces[0].age is not None
    assert scene.faces[0].gender is not None


def test_what_was_not_asked_is_none(viewer: PictureViewer, officer: Picture) -> None:
    scene = viewer.see(officer, SceneOptions(frozenset({Feature.ADULT, Feature.BRANDS})))
    assert scene.adult is not None
    assert scene.brands == ()
    assert scene.tags is None
    assert scene.faces is None


def test_two_threads_see_what_one_sees(viewer: PictureViewer, officer: Picture, sign: Picture) -> None:
    pictures = [officer, sign] * 3
    serial = [viewer.see(picture, EVERYTHING) for picture in (officer, sign)] * 3
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda picture: viewer.see(picture, EVERYTHING), pictures)) == serial


def test_no_model_runs_for_a_caller_who_left(viewer: PictureViewer, models: OnnxModels, officer: Picture) -> None:
    before = runs(models)
    with pytest.raises(Cancelled):
        viewer.see(officer, EVERYTHING, lambda: True)
    answers = iter([False, False] + [True] * 100)
    with pytest.raises(Cancelled):
        viewer.see(officer, EVERYTHING, lambda: next(answers))
    assert sum(since(before, models).values()) <= 1
