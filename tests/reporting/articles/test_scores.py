"""What a run scored, and the picture of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from lpzero.errors import InputError
from lpzero.reporting.articles.scores import Scores, against_cost, against_truth, read_scores
from lpzero.reporting.blocks import Grid, Picture

HEADER = "part,id,score,quality,size\n"


def _scores(score: list[float], quality: list[float]) -> Scores:
    names = np.array([f"a{i}" for i in range(len(score))], dtype=object)
    return Scores(
        np.full(len(score), "test", dtype=object), names, np.array(score), np.array(quality), np.ones(len(score))
    )


def test_recorded_scores_are_read(runs: Path) -> None:
    scores = read_scores(runs / "evolve")
    assert dict(zip(*np.unique(scores.part, return_counts=True), strict=True)) == {
        "search": 12,
        "validation": 4,
        "test": 16,
    }
    assert np.isfinite(scores.score).all()
    open_search = read_scores(runs / "open")
    assert len(open_search) == 6
    assert np.isnan(open_search.quality).all()


def test_a_run_without_them_has_none(tmp_path: Path) -> None:
    assert len(read_scores(tmp_path)) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n",
        HEADER + "test,1\n",
        HEADER + "test,1,x,1,1\n",
        HEADER + "test,1,1,1,\n",
        HEADER + "test,1,1,1,inf\n",
        HEADER + 'test,"1',
        HEADER + "test,\x00,1,1,1\n\xff",
    ],
)
def test_damaged_ones_are_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"scores.csv: expected scored architectures, found .*: remove the file"):
        read_scores(tmp_path)


@pytest.mark.parametrize("higher", [True, False])
def test_ranks_are_those_of_scipy(higher: bool) -> None:
    rng = np.random.default_rng(1)
    score, quality = rng.random((2, 30))
    blocks = against_truth(_scores([*score], [*quality]), "n", higher=higher, size_label="size", score_label="score")
    _, grid = blocks
    assert isinstance(grid, Grid)
    by_score = stats.rankdata(-score if higher else score).astype(int)
    by_quality = stats.rankdata(-quality).astype(int)
    assert len(grid.rows) == 20
    for row in grid.rows:
        place = int((row[1] or "a")[1:])
        assert (row[0], row[4]) == (str(by_score[place]), str(by_quality[place]))


def test_without_truth_there_is_no_picture_of_it_but_one_of_costs() -> None:
    scores = _scores([1.0, 2.0, 3.0], [np.nan] * 3)
    words = {"higher": True, "size_label": "params", "score_label": "snip"}
    assert against_truth(scores, "n", **words) == []  # type: ignore[arg-type]
    (picture,) = against_cost(scores, "n", **words)  # type: ignore[arg-type]
    assert isinstance(picture, Picture)
    assert picture.points["score"] == [1.0, 2.0, 3.0]


def test_scores_of_many_powers_of_ten_are_drawn_as_logarithms() -> None:
    blocks = against_truth(_scores([1.0, 1e9], [0.0, 1.0]), "n", higher=True, size_label="s", score_label="snip")
    assert isinstance(blocks[0], Picture)
    assert "log10 of snip" in blocks[0].svg
