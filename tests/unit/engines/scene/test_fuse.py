from __future__ import annotations

import numpy as np
import pytest

from readstone.engines.scene.fuse import fused
from readstone.engines.scene.overlap import Candidates, distinct_rows, intersection_over_union


def candidates(*rows: tuple[int, float, tuple[float, float, float, float]]) -> Candidates:
    return Candidates(
        np.array([row[0] for row in rows], np.intp),
        np.array([row[1] for row in rows], float),
        np.array([row[2] for row in rows], float).reshape(-1, 4),
    )


HERE, THERE = (0.0, 0.0, 100.0, 100.0), (300.0, 300.0, 400.0, 400.0)


def test_intersection_over_union() -> None:
    shares = intersection_over_union(np.array([HERE]), np.array([HERE, THERE, (50, 0, 150, 100), (5, 5, 5, 50)]))
    assert shares == pytest.approx(np.array([[1, 0, 1 / 3, 0]]))


def test_what_both_see_is_one_thing_between_their_boxes() -> None:
    found = fused([candidates((3, 0.6, HERE)), candidates((3, 0.2, (0, 0, 100, 120)))])
    assert found.classes.tolist() == [3]
    assert found.scores.tolist() == pytest.approx([0.4])
    # Three quarters of the weight are the first one's.
    assert found.corners.tolist() == [pytest.approx([0, 0, 100, 105])]


def test_what_one_alone_sees_counts_half() -> None:
    found = fused([candidates((3, 0.6, HERE)), candidates()])
    assert found.scores.tolist() == pytest.approx([0.3])


def test_two_looks_of_one_network_are_one_voice() -> None:
    found = fused([candidates((3, 0.6, HERE), (3, 0.5, HERE)), candidates((3, 0.2, HERE))])
    assert found.scores.tolist() == pytest.approx([0.4])


def test_other_classes_and_places_stay_apart() -> None:
    found = fused([candidates((3, 0.6, HERE), (3, 0.4, THERE)), candidates((4, 0.9, HERE))])
    assert found.classes.tolist() == [4, 3, 3]
    assert found.scores.tolist() == pytest.approx([0.45, 0.3, 0.2])


def test_nothing_is_nothing() -> None:
    assert fused([candidates(), candidates()]).scores.shape == (0,)


def test_distinct_rows_keep_the_likeliest_of_a_class() -> None:
    found = candidates((1, 0.3, HERE), (1, 0.8, (2, 0, 102, 100)), (2, 0.5, HERE), (1, 0.1, THERE))
    assert distinct_rows(found, 0.5).tolist() == [1, 2, 3]
    assert distinct_rows(candidates(), 0.5).tolist() == []
