"""The document of a ranking: each figure is that of its own module."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.fitness import correlate, tau_a_interval
from lpzero.fitness.compare import Comparison
from lpzero.fitness.figures import RankingFigures
from lpzero.fitness.ranking import MeasuredArchitectures, comparison_figures, ranking_figures
from lpzero.fitness.regret import pick_percentile, regret, top_decile
from lpzero.fitness.resample import intervals
from lpzero.fitness.strata import matched, within


@pytest.fixture
def measured() -> MeasuredArchitectures:
    """Sixty architectures of three depths, a few of them twice."""
    rng = np.random.default_rng(0)
    depth = rng.choice([2, 4, 6], 60)
    groups = np.arange(60)
    groups[50:] = groups[:10]
    return MeasuredArchitectures(depth + rng.normal(size=60), groups, depth, depth * 1000 + rng.integers(0, 400, 60))


def test_every_figure_is_that_of_its_module(measured: MeasuredArchitectures) -> None:
    scores, quality = measured.quality + np.random.default_rng(1).normal(size=60), measured.quality
    ranking = ranking_figures(RankingFigures, scores, measured, correlate(scores, quality), np.random.default_rng(2))
    found = json.loads(json.dumps(ranking.to_json(), allow_nan=False))
    assert tuple(found) == tuple(RankingFigures.model_fields)
    ends = intervals(scores, quality, measured.groups, np.random.default_rng(2))
    assert found["interval"] == pytest.approx(ends.tau_a, abs=1e-6)
    assert found["interval"] == pytest.approx(
        tau_a_interval(scores, quality, measured.groups, np.random.default_rng(2)), abs=1e-6
    )
    assert found["rho_interval"] == pytest.approx(ends.rho, abs=1e-6)
    for name, stratified in (
        ("within_depth", within(scores, quality, measured.depth)),
        ("matched_size", matched(scores, quality, measured.params)),
    ):
        assert stratified is not None
        assert found[name] == {"tau_a": pytest.approx(stratified.tau_a, abs=1e-6), "pairs": stratified.pairs}
    top = top_decile(scores, quality)
    assert found["top_decile"] == pytest.approx({"n": top.n, "tau_a": top.tau_a, "precision": top.precision}, abs=1e-6)
    assert list(found["regret"]) == ["1", "5", "10"]
    for k, lost in found["regret"].items():
        assert lost["quality"] == pytest.approx(regret(scores, quality, int(k)).quality, abs=1e-6)
    assert found["pick_percentile"] == pytest.approx(pick_percentile(scores, quality), abs=1e-6)


def test_without_comparable_pairs_there_is_no_figure() -> None:
    measured = MeasuredArchitectures(np.arange(5.0), np.arange(5), np.arange(5), 2 ** np.arange(5))
    five = np.arange(5.0)
    found = ranking_figures(RankingFigures, five, measured, correlate(five, five), np.random.default_rng(0)).to_json()
    assert found["within_depth"] == found["matched_size"] == {"tau_a": None, "pairs": 0}


def test_a_part_takes_all_with_it(measured: MeasuredArchitectures) -> None:
    part = measured.part((3, 1))
    for name in ("quality", "groups", "depth", "params"):
        assert getattr(part, name).tolist() == [getattr(measured, name)[3], getattr(measured, name)[1]]
    with pytest.raises(InputError, match="of one length"):
        MeasuredArchitectures(np.arange(3.0), np.arange(3), np.arange(3), np.arange(2))


def test_no_comparison_is_all_nulls() -> None:
    keys = {"difference", "interval", "p", "p_swap", "p_holm"}
    assert comparison_figures(None).to_json() == dict.fromkeys(keys)
    assert comparison_figures(Comparison(0.1, (0.0, 0.2), 0.03, 0.04, 0.06)).to_json() == {
        **{"difference": 0.1, "interval": [0.0, 0.2], "p": 0.03, "p_swap": 0.04, "p_holm": 0.06}
    }
