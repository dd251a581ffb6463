"""What is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.reporting.pictures import MOST_POINTS, Cloud, Interval, curves, intervals, lines, matrix, scatter, short
from lpzero.reporting.svg import to_file, to_svg
from tests.reporting.conftest import HOSTILE


def _cloud(number: int) -> Cloud:
    rng = np.random.default_rng(0)
    x, y, size = rng.random((3, number))
    return Cloud(x, y, size * 1e7, np.arange(min(3, number)), "score", "quality", "size")


def test_names_of_anybody_are_letters_not_tex() -> None:
    for drawing in (
        intervals([Interval(HOSTILE, 0.5, (0.4, 0.6), True)], "tau-a"),
        curves({HOSTILE: ([1, 2], [0.1, 0.2]), "b": ([1, 2], [0.3, 0.2])}, "n", "best"),
        lines({HOSTILE: [(1.0, 0.1, (0.0, 0.2))], "b": [(1.0, 0.2, None)]}, "n", "tau-a"),
        matrix([HOSTILE], ["$x$"], [[0.5]]),
    ):
        svg = to_svg(drawing, "one")
        assert "<script>" not in svg
        assert "\x1b" not in svg
        assert "\x00" not in svg
        assert to_file(drawing, ".svg")


def test_long_names_are_cut() -> None:
    assert short("a" * 100, 10) == "a" * 9 + "…"
    assert short("a$b") == "a\\$b"


@pytest.mark.parametrize("number", [1, 2, 5, 200])
def test_a_cloud_has_a_marker_for_each_point(number: int) -> None:
    svg = to_svg(scatter(_cloud(number)), "one")
    assert "picks" in svg
    assert svg.count("<use ") >= number


def test_of_many_points_some_are_drawn_and_the_caption_says_so() -> None:
    assert _cloud(MOST_POINTS).said == ""
    many = _cloud(100_000)
    assert len(many.drawn) == MOST_POINTS
    assert many.drawn[0] == 0
    assert many.drawn[-1] == 99_999
    assert many.said == f" Drawn are {MOST_POINTS:,} of them, evenly by their place."
    assert len(to_svg(scatter(many), "one")) < 400_000


def test_points_of_one_size_are_one_group() -> None:
    cloud = Cloud(np.arange(4.0), np.arange(4.0), np.full(4, 7.0), np.array([0]), "x", "y", "size")
    assert to_svg(scatter(cloud), "one").count("7 to 7") == 1


def test_a_matrix_shows_what_it_has_not() -> None:
    svg = to_svg(matrix(["a", "b"], ["t"], [[None], [-0.25]]), "one")
    assert ">-0.25</text>" in svg
    assert ">-</text>" in svg


def test_many_generations_are_few_points() -> None:
    x = list(range(50_000))
    assert len(to_svg(curves({"a": (x, x)}, "n", "best"), "one")) < 60_000
