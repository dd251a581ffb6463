"""The figures of the sealed test: each ranking, and the best one against each baseline."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.report import baseline_names, beside_figures, sealed_figures, versus_figures
from lpzero.evolution.run import prepare
from lpzero.fitness import correlate
from lpzero.fitness.compare import holm
from lpzero.fitness.figures import DifferenceFigures, RankingFigures
from lpzero.fitness.ranking import MeasuredArchitectures
from lpzero.proxy import load_proxy
from lpzero.proxy.controls import CONTROLS, fitted_controls
from lpzero.proxy.score import shape_of
from lpzero.tables import load_table

FIGURES = tuple(RankingFigures.model_fields)
KEYS = ("difference", "interval", "p", "p_swap", "p_holm", "detectable", "matched_size")


@pytest.fixture
def measured() -> MeasuredArchitectures:
    """Forty test architectures."""
    rng = np.random.default_rng(0)
    depth, width, sizes = rng.choice([2, 4], 40), rng.choice([8, 16], 40), rng.integers(100, 200, 40)
    return MeasuredArchitectures(rng.normal(size=40), np.arange(40), depth, width, sizes)


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
    assert set(found[0]["matched_size"]) == set(DifferenceFigures.model_fields)
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


@pytest.mark.parametrize(("table", "loss"), [("gpt2-own", False), ("llama-own", True)])
def test_controls_have_the_labels_that_the_formula_was_chosen_on(table: str, *, loss: bool) -> None:
    """And of trained weights the loss on text stands beside as well."""
    measured = load_table(table)
    config = EvolveConfig(
        space=measured.space, protocol="own", table=table, search_size=12, validation_size=8, batch=2, tokens=8
    )
    setting = prepare(config, measured)
    assert ("text_loss" in baseline_names(setting.space)) is loss
    test = list(setting.parts.test)
    proxies = [load_proxy("params"), load_proxy("depth")]
    shapes = [shape_of(setting.space, measured.records[i].architecture) for i in test]
    scores = [np.array([float(s.params) for s in shapes]), np.array([float(s.depth) for s in shapes])]
    found = beside_figures(setting, test, scores, proxies)
    assert found.test.tau_a == pytest.approx(correlate(scores[0], measured.oriented[test]).tau_a, abs=1e-6)
    assert {row.proxy: row.labels for row in found.baselines} == {"depth": None, **dict.fromkeys(CONTROLS, 20)}
    # nothing of the sealed test decides for a control
    hidden = tuple(
        record if i in setting.seen else replace(record, quality=record.quality + i)
        for i, record in enumerate(measured.records)
    )
    others = fitted_controls(
        setting.space,
        [record.architecture for record in hidden],
        replace(measured, records=hidden).oriented,
        setting.seen,
        test,
    )
    own = fitted_controls(
        setting.space, [r.architecture for r in measured.records], measured.oriented, setting.seen, test
    )
    for one, other in zip(own, others, strict=True):
        assert np.array_equal(one.scores, other.scores)
