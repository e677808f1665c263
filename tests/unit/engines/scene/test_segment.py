"""Foreground and background: how the networks' words are put together, and the real ones on known pictures."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.refusals import Cancelled
from readstone.engines.scene.segment.edges import along_edges
from readstone.engines.scene.segment.segmenter import PictureSegmenter

WIDTH, HEIGHT = 320, 240
BODY = Box(100, 60, 60, 120)


class ToldNetworks:
    """Networks that say what they were told. `seen` are the shapes of what the person's network was shown."""

    def __init__(self, subject: float, body: float = 0.0, people: tuple[Box, ...] = (BODY,)) -> None:
        self._subject, self._body, self._people = subject, body, people
        self.seen: list[tuple[int, ...]] = []

    def subject(self, pixels: RgbPixels) -> NDArray[np.float32]:
        found = np.zeros(pixels.shape[:2], np.float32)
        found[60:180, 100:160] = self._subject
        return found

    def person(self, pixels: RgbPixels) -> NDArray[np.float32]:
        self.seen.append(pixels.shape)
        return np.full(pixels.shape[:2], self._body, np.float32)

    def people(self, pixels: RgbPixels) -> tuple[Box, ...]:
        return self._people if pixels.shape[0] > 64 else ()


def scene() -> Picture:
    """A grey field with a red body in BODY."""
    pixels = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    pixels[60:180, 100:160] = (200, 30, 30)
    return Picture(pixels, "Jpeg")


def told(networks: ToldNetworks, picture: Picture | None = None) -> NDArray[np.float32]:
    return PictureSegmenter(networks=networks).foreground(picture or scene())


def test_a_thing_is_what_catches_the_eye() -> None:
    networks = ToldNetworks(0.9, people=())
    alpha = told(networks)
    assert alpha.shape == (HEIGHT, WIDTH)
    assert alpha[80:160, 110:150].min() > 0.85
    assert alpha[:40].max() < 0.01
    assert networks.seen == [(64, 64, 3)], "only the blank picture at the start"


def test_a_person_is_seen_again_from_near() -> None:
    networks = ToldNetworks(0.6, body=0.75)
    alpha = told(networks)
    assert networks.seen[1:] == [(180, 120, 3)], "the box with a quarter of its longer side around"
    assert alpha[100:140, 110:150].mean() == pytest.approx(((0.6 + 2 * 0.75) / 3 - 0.1) / 0.8, abs=0.02)


def test_a_person_who_is_not_the_subject_stays_background() -> None:
    # The box of the person lies where nothing catches the eye.
    networks = ToldNetworks(0.9, body=1.0, people=(Box(230, 60, 60, 120),))
    alpha = told(networks)
    assert alpha[80:160, 240:280].max() < 0.01
    assert alpha[80:160, 110:150].min() > 0.85


def test_what_a_person_holds_is_not_taken_away() -> None:
    alpha = told(ToldNetworks(0.95, body=0.6))
    assert alpha[80:160, 110:150].min() > 0.9


def test_at_most_eight_people_are_looked_at() -> None:
    networks = ToldNetworks(0.9, body=1.0, people=(BODY,) * 30)
    told(networks)
    assert len(networks.seen) == 1 + 8


@pytest.mark.parametrize(
    "box", [Box(-500, -500, 20, 20), Box(319.5, 10, 40, 40), Box(10, 239.9, 5, 5), Box(5, 5, 0, 0)]
)
def test_boxes_at_the_edge(box: Box) -> None:
    told(ToldNetworks(0.9, body=1.0, people=(box,)))


def test_large_pictures_are_answered_reduced() -> None:
    pixels = np.full((3000, 6000, 3), 90, np.uint8)
    alpha = told(ToldNetworks(0.9, people=()), Picture(pixels, "Png"))
    assert alpha.shape == (1024, 2048)


@pytest.mark.parametrize("after", range(5))
def test_cancelled_between_networks(after: int) -> None:
    asked = iter([False] * after + [True] * 10)
    segmenter = PictureSegmenter(networks=ToldNetworks(0.9, body=1.0))
    if after < 4:
        with pytest.raises(Cancelled):
            segmenter.foreground(scene(), lambda: next(asked))
    else:
        segmenter.foreground(scene(), lambda: next(asked))


def test_alpha_follows_the_picture_s_edges() -> None:
    """A blurred outline becomes as sharp as the edge."""
    picture = scene()
    truth = np.zeros((HEIGHT, WIDTH), np.float32)
    truth[60:180, 100:160] = 1
    rough = cv2.GaussianBlur(truth, (0, 0), 3)
    fine = along_edges(np.asarray(rough, np.float32), picture.pixels)
    assert 0 <= fine.min() <= fine.max() <= 1
    assert (rough[120, 100] - rough[120, 99]) < 0.2
    assert (fine[120, 100] - fine[120, 99]) > 0.45


def test_alpha_on_a_picture_without_edges_stays_as_it_is() -> None:
    plain = np.full((HEIGHT, WIDTH, 3), 77, np.uint8)
    rough = np.zeros((HEIGHT, WIDTH), np.float32)
    rough[:, 160:] = 1
    fine = along_edges(rough, plain)
    assert fine[:, :140].max() < 0.01
    assert fine[:, 180:].min() > 0.99


# --- the real networks ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def segmenter() -> PictureSegmenter:
    return PictureSegmenter(threads=1)


def intersection_over_union(alpha: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    found = alpha > 0.5
    return float((found & truth).sum() / max(1, (found | truth).sum()))


@pytest.fixture(scope="module")
def officer() -> Picture:
    """512 x 600: one woman in uniform before a flag and a plain ground, in the public domain."""
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    return Picture(np.asarray(Image.open(path).convert("RGB")), "Jpeg")


def test_a_person(segmenter: PictureSegmenter, officer: Picture) -> None:
    alpha = segmenter.foreground(officer)
    assert alpha.shape == (officer.height, officer.width)
    assert alpha[100:250, 230:330].min() > 0.9, "her face"
    assert alpha[420:590, 150:380].min() > 0.9, "her uniform"
    assert alpha[:90, :120].max() < 0.1, "the flag behind her"
    assert 0.3 < float((alpha > 0.5).mean()) < 0.75


def test_a_thing(segmenter: PictureSegmenter) -> None:
    image = Image.new("RGB", (640, 480), (120, 170, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 380, 640, 480), fill=(70, 120, 50))
    turns = [math.pi * (0.125 + 0.25 * k) for k in range(8)]
    corners = [(320 + 120 * math.cos(a), 170 + 120 * math.sin(a)) for a in turns]
    draw.polygon(corners, fill=(190, 20, 30))
    truth = Image.new("1", image.size)
    ImageDraw.Draw(truth).polygon(corners, fill=1)
    alpha = segmenter.foreground(Picture(np.asarray(image), "Png"))
    assert intersection_over_union(alpha, np.asarray(truth)) > 0.95


@pytest.mark.parametrize("shape", [(50, 50), (50, 3000), (3000, 50), (51, 199)])
def test_any_shape(segmenter: PictureSegmenter, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (*shape, 3), np.uint8)
    alpha = segmenter.foreground(Picture(noise, "Png"))
    longest = max(shape)
    assert alpha.shape == tuple(round(side * min(1, 2048 / longest)) for side in shape)
    assert alpha.dtype == np.float32
    assert np.isfinite(alpha).all()
    assert 0 <= alpha.min() <= alpha.max() <= 1


def test_many_at_once_as_alone(segmenter: PictureSegmenter, officer: Picture) -> None:
    alone = segmenter.foreground(officer)
    with ThreadPoolExecutor(3) as pool:
        for together in pool.map(segmenter.foreground, [officer] * 3):
            assert np.allclose(alone, together, atol=1e-5)
