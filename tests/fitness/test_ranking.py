"""The document of a ranking and of comparisons: each figure is that of its own module."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.fitness import correlate, tau_a_interval
from lpzero.fitness.compare import Comparison, compare, holm
from lpzero.fitness.figures import RankingFigures
from lpzero.fitness.ranking import MeasuredArchitectures, comparisons, difference_figures, ranking_figures
from lpzero.fitness.regret import pick_percentile, regret, top_decile
from lpzero.fitness.resample import intervals
from lpzero.fitness.strata import CLOSER, RATIO, equal, matched, stratified

FIGURES = {"difference", "interval", "p", "p_swap", "p_holm", "detectable"}


def rng(seed: int) -> np.random.Generator:
    """A source of randomness."""
    return np.random.default_rng(seed)


@pytest.fixture
def measured() -> MeasuredArchitectures:
    """Sixty architectures of three depths and four widths, a few of them twice."""
    random, groups = rng(0), np.arange(60)
    groups[50:] = groups[:10]
    depth, width = random.choice([2, 4, 6], 60), random.choice([16, 32, 48, 64], 60)
    quality = depth + random.normal(size=60)
    return MeasuredArchitectures(quality, groups, depth, width, depth * 1000 + random.integers(0, 400, 60))


def _apart(number: int = 12) -> MeasuredArchitectures:
    """Architectures no two of which are comparable."""
    each = np.arange(number)
    return MeasuredArchitectures(each.astype(float), each, each, each, 2**each)


def test_every_figure_is_that_of_its_module(measured: MeasuredArchitectures) -> None:
    scores, quality = measured.quality + rng(1).normal(size=60), measured.quality
    ranking = ranking_figures(RankingFigures, scores, measured, correlate(scores, quality), rng(2))
    found = json.loads(json.dumps(ranking.to_json(), allow_nan=False))
    assert tuple(found) == tuple(RankingFigures.model_fields)
    ends = intervals(scores, quality, measured.groups, rng(2))
    assert found["interval"] == pytest.approx(ends.tau_a, abs=1e-6)
    assert found["interval"] == pytest.approx(tau_a_interval(scores, quality, measured.groups, rng(2)), abs=1e-6)
    assert found["rho_interval"] == pytest.approx(ends.rho, abs=1e-6)
    top = top_decile(scores, quality)
    assert found["top_decile"] == pytest.approx({"n": top.n, "tau_a": top.tau_a, "precision": top.precision}, abs=1e-6)
    assert list(found["regret"]) == ["1", "5", "10"]
    for k, lost in found["regret"].items():
        assert lost["quality"] == pytest.approx(regret(scores, quality, int(k)).quality, abs=1e-6)
    assert found["pick_percentile"] == pytest.approx(pick_percentile(scores, quality), abs=1e-6)


def test_every_stratum_is_that_of_its_pairs_with_an_interval(measured: MeasuredArchitectures) -> None:
    scores, quality = measured.quality + rng(1).normal(size=60), measured.quality
    ranking = ranking_figures(RankingFigures, scores, measured, correlate(scores, quality), rng(2))
    found = ranking.to_json()
    rows = [
        (found["within_depth"], equal(measured.depth)),
        (found["within_width"], equal(measured.width)),
        (found["matched_size"], matched(measured.decoder_params, RATIO)),
        *zip(found["matched_closer"], (matched(measured.decoder_params, one) for one in CLOSER), strict=True),
    ]
    for row, pairs in rows:
        expected = stratified(scores, quality, measured.groups, pairs, rng(3), resamples=4000)
        assert expected is not None
        assert expected.interval is not None
        assert row["tau_a"] == pytest.approx(expected.tau_a, abs=1e-6)
        assert row["pairs"] == expected.pairs
        # two bootstraps of the same pairs
        assert row["interval"] == pytest.approx(expected.interval, abs=0.05)
    assert [row["within"] for row in (found["matched_size"], *found["matched_closer"])] == [RATIO, *CLOSER]


@pytest.mark.parametrize(("within", "closer"), [(3.0, list(CLOSER)), (1.1, [1.05]), (1.05, []), (1.0, [])], ids=str)
def test_closer_sizes_are_closer_than_what_was_asked_for(
    within: float, closer: list[float], measured: MeasuredArchitectures
) -> None:
    one = replace(measured, within=within)
    ranking = ranking_figures(RankingFigures, one.quality, one, correlate(one.quality, one.quality), rng(0))
    assert ranking.matched_size is not None
    assert ranking.matched_size.within == within
    assert ranking.matched_closer is not None
    assert [row.within for row in ranking.matched_closer] == closer
    pairs = [row.pairs for row in (ranking.matched_size, *ranking.matched_closer)]
    assert pairs == sorted(pairs, reverse=True)


def test_without_comparable_pairs_there_is_no_figure() -> None:
    measured = _apart(5)
    ranking = ranking_figures(
        RankingFigures, measured.quality, measured, correlate(measured.quality, measured.quality), rng(0)
    )
    found, nothing = ranking.to_json(), {"tau_a": None, "interval": None, "pairs": 0}
    assert found["within_depth"] == found["within_width"] == nothing
    assert found["matched_size"] == {**nothing, "within": RATIO}
    assert found["matched_closer"] == [{**nothing, "within": within} for within in CLOSER]


def test_a_part_takes_all_with_it(measured: MeasuredArchitectures) -> None:
    part = replace(measured, within=1.5).part((3, 1))
    for name in ("quality", "groups", "depth", "width", "decoder_params"):
        assert getattr(part, name).tolist() == [getattr(measured, name)[3], getattr(measured, name)[1]]
    assert part.within == 1.5
    assert part.matched.shape == (2, 2)
    with pytest.raises(InputError, match=r"expected quality, groups, depth, width, decoder_params of one length"):
        MeasuredArchitectures(np.arange(3.0), np.arange(3), np.arange(3), np.arange(3), np.arange(2))


def test_scores_are_compared_over_all_pairs_and_at_matched_size(measured: MeasuredArchitectures) -> None:
    noise, quality = rng(1), measured.quality
    best, near, far = (quality + size * noise.normal(size=60) for size in (0.1, 0.5, 5.0))
    found = comparisons(best, [near, far], measured, rng(0))
    counted = measured.matched
    for row, other in zip(found, (near, far), strict=True):
        assert row.difference == pytest.approx(
            correlate(best, quality).tau_a - correlate(other, quality).tau_a, abs=1e-6
        )
        (close,) = compare(best, other[None], quality, measured.groups, rng(5), pairs=counted)
        assert row.matched_size is not None
        assert row.matched_size.difference == pytest.approx(close.difference, abs=1e-6)
        assert row.matched_size.interval == pytest.approx(close.interval, abs=0.06)
        assert row.matched_size.detectable == pytest.approx(close.detectable, rel=0.15)
    for rows in (found, [row.matched_size for row in found if row.matched_size is not None]):
        raw = np.array([row.p for row in rows])
        assert [row.p_holm for row in rows] == pytest.approx(holm(raw).tolist(), abs=1e-5)


def test_what_does_not_rank_is_compared_with_nothing_and_counts_in_no_correction(
    measured: MeasuredArchitectures,
) -> None:
    noise = rng(1)
    best, near, far = (measured.quality + size * noise.normal(size=60) for size in (0.1, 0.3, 1.0))
    constant, unranked = np.ones(60), np.where(np.arange(60) == 3, np.nan, near)
    among = comparisons(best, [constant, near, unranked, far], measured, rng(0))
    assert [among[1], among[3]] == comparisons(best, [near, far], measured, rng(0))
    for nothing in (among[0], among[2]):
        assert nothing.to_json() == dict.fromkeys({*FIGURES, "matched_size"})


def test_where_hardly_any_size_is_matched_there_is_no_comparison_at_matched_size() -> None:
    measured = _apart()
    (found,) = comparisons(measured.quality, [-measured.quality], measured, rng(0))
    assert (found.difference, found.matched_size) == (2.0, None)


def test_without_others_there_is_nothing_to_compare(measured: MeasuredArchitectures) -> None:
    assert comparisons(measured.quality, [], measured, rng(0)) == []


def test_a_comparison_is_rounded() -> None:
    third = 1 / 3
    assert difference_figures(Comparison(third, (0.0, 2 * third), third, 0.04, 0.06, 2 * third)).to_json() == {
        **{"difference": 0.333333, "interval": [0.0, 0.666667], "p": 0.333333, "p_swap": 0.04, "p_holm": 0.06},
        "detectable": 0.666667,
    }
