"""The figures of the sealed test: each ranking, and the best one against each baseline."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lpzero.evolution.discovery.report import sealed_figures, versus_figures
from lpzero.fitness import correlate
from lpzero.fitness.compare import holm
from lpzero.fitness.figures import RankingFigures
from lpzero.fitness.ranking import MeasuredArchitectures

FIGURES = tuple(RankingFigures.model_fields)
KEYS = ("difference", "interval", "p", "p_swap", "p_holm")


@pytest.fixture
def measured() -> MeasuredArchitectures:
    """Forty test architectures."""
    rng = np.random.default_rng(0)
    return MeasuredArchitectures(rng.normal(size=40), np.arange(40), rng.choice([2, 4], 40), rng.integers(100, 200, 40))


def test_a_ranking_has_every_figure(measured: MeasuredArchitectures) -> None:
    outcome, figures = sealed_figures(measured.quality**3, measured, 0)
    found = figures.to_json()
    assert outcome.ok
    assert set(found) == {"n", *FIGURES}
    assert (found["n"], found["tau_a"]) == (40, 1.0)
    assert found["regret"]["1"] == {"quality": 0.0, "share": 0.0}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_no_ranking_has_a_status_and_nulls(measured: MeasuredArchitectures) -> None:
    outcome, figures = sealed_figures(np.zeros(40), measured, 0)
    found = figures.to_json()
    assert not outcome.ok
    assert found == {"n": 40, "status": "constant", **dict.fromkeys(FIGURES)}


def test_the_best_is_compared_with_each_baseline_that_ranks(measured: MeasuredArchitectures) -> None:
    rng = np.random.default_rng(1)
    best, near, far = (measured.quality + noise * rng.normal(size=40) for noise in (0.1, 0.2, 5.0))
    unranked = np.where(np.arange(40) == 3, np.nan, near)
    figures = versus_figures(best, [near, np.ones(40), far, unranked], measured, 0)
    found = [one.to_json() for one in figures]
    assert [set(row) == set(KEYS) for row in found] == [True] * 4
    assert found[1] == found[3] == dict.fromkeys(KEYS)
    for row, scores in ((found[0], near), (found[2], far)):
        expected = correlate(best, measured.quality).tau_a - correlate(scores, measured.quality).tau_a
        assert row["difference"] == pytest.approx(expected, abs=1e-6)
        assert row["interval"][0] <= row["difference"] <= row["interval"][1]
    # corrected for the two that were compared with, not for four
    assert [found[0]["p_holm"], found[2]["p_holm"]] == pytest.approx(
        holm(np.array([found[0]["p"], found[2]["p"]])), abs=1e-5
    )
    assert found[2]["p"] < 0.01
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_without_baselines_there_is_nothing_to_compare(measured: MeasuredArchitectures) -> None:
    assert versus_figures(measured.quality, [], measured, 0) == []
    (only,) = versus_figures(measured.quality, [np.ones(40)], measured, 0)
    assert only.to_json() == dict.fromkeys(KEYS)


def test_the_same_seed_gives_the_same_comparison(measured: MeasuredArchitectures) -> None:
    scores = measured.quality + np.random.default_rng(1).normal(size=(2, 40))
    first, again, other = (versus_figures(scores[0], [scores[1]], measured, seed) for seed in (0, 0, 1))
    assert first == again
    assert first[0].interval != other[0].interval
