"""The share of the draw: against a two-way analysis of variance, and on scores whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from lpzero.engines import Engine, Serial
from lpzero.fitness import correlate
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.score import directed, score_architectures
from lpzero.proxy.spread import draw_scores, probes, spread_figures
from lpzero.spaces import get_space
from lpzero.tables import load_table

PROBE = Probe(seed=3, batch=1, tokens=4)


def _nothing(_done: int, _total: int) -> None:
    return None


def _icc_3_1(values: np.ndarray) -> float:
    """Shrout & Fleiss (1979): a two-way analysis of variance of (judges, targets), the judges being all there are."""
    k, n = values.shape
    grand = values.mean()
    of_targets = k * ((values.mean(axis=0) - grand) ** 2).sum()
    of_judges = n * ((values.mean(axis=1) - grand) ** 2).sum()
    of_errors = ((values - grand) ** 2).sum() - of_targets - of_judges
    between, error = of_targets / (n - 1), of_errors / ((n - 1) * (k - 1))
    return float((between - error) / (between + (k - 1) * error))


@pytest.mark.parametrize("noise", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("draws", [2, 3, 7])
def test_the_share_is_one_less_the_intraclass_correlation_of_the_ranks(draws: int, noise: float) -> None:
    rng = np.random.default_rng(draws)
    scores = (rng.normal(size=25) + noise * rng.normal(size=(draws, 25))).round(1)
    found = spread_figures(scores)
    assert (found.initialisations, found.n) == (draws, 25)
    assert found.share == pytest.approx(1 - _icc_3_1(stats.rankdata(scores, axis=1)), abs=1e-6)


def test_the_agreement_is_the_mean_tau_of_two_draws() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=20) + 0.5 * rng.normal(size=(4, 20))
    taus = [correlate(one, other).tau_a for one, other in combinations(scores, 2)]
    assert spread_figures(scores).agreement == pytest.approx(np.mean(taus), abs=1e-6)


def test_equal_draws_leave_nothing_to_the_draw() -> None:
    one = np.random.default_rng(0).normal(size=12)
    # only the order counts, not the unit of a draw
    found = spread_figures(np.stack([one, one * 100, np.exp(one)]))
    assert (found.share, found.agreement) == (0.0, 1.0)


def test_independent_draws_leave_nothing_to_the_architecture() -> None:
    rng = np.random.default_rng(0)
    found = spread_figures(rng.normal(size=(3, 2000)))
    assert found.share is not None
    assert found.share > 0.95
    assert found.agreement == pytest.approx(0.0, abs=0.05)
    # below chance the share is no more than all of it
    opposite = np.arange(9.0)
    assert spread_figures(np.stack([opposite, -opposite])).share == 1.0


def test_noise_of_known_size_is_the_share_that_it_has() -> None:
    """Of two parts of one variance a third is the draw's where its variance is half of the other's."""
    rng = np.random.default_rng(0)
    found = spread_figures(rng.normal(size=2000) + np.sqrt(0.5) * rng.normal(size=(4, 2000)))
    assert found.share == pytest.approx(1 / 3, abs=0.03)


def test_the_more_noise_the_larger_the_share() -> None:
    rng = np.random.default_rng(0)
    one, noise = rng.normal(size=50), rng.normal(size=(3, 50))
    shares = [spread_figures(one + size * noise).share or 0.0 for size in (0.0, 0.1, 0.3, 1.0, 3.0)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0


def test_a_draw_without_scores_leaves_no_figure() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 9))
    for wrong in (np.nan, np.inf):
        scores[1, 4] = wrong
        assert spread_figures(scores).to_json() == {"initialisations": 3, "n": 9, "share": None, "agreement": None}


def test_scores_that_are_all_equal_have_no_share_and_agree_in_nothing() -> None:
    found = spread_figures(np.ones((3, 5)))
    assert (found.share, found.agreement) == (None, 0.0)


def test_the_first_draw_is_that_of_the_seed_and_no_two_are_one() -> None:
    drawn = probes(PROBE, 4)
    assert drawn[0] == PROBE
    assert len({probe.seed for probe in drawn}) == 4
    assert all(replace(probe, seed=PROBE.seed) == PROBE for probe in drawn)
    assert probes(PROBE, 2) == drawn[:2]
    assert {probe.seed for probe in probes(replace(PROBE, seed=4), 4)}.isdisjoint(probe.seed for probe in drawn)


def test_draws_are_scored_as_one_by_one_in_the_direction_of_each_proxy(processes: Engine) -> None:
    table, space = load_table("flexibert-own"), get_space("flexibert", "own")
    architectures = [record.architecture for record in table.records[:5]]
    down = replace(load_proxy("snip"), higher_is_better=False)
    proxies, drawn = [load_proxy("snip"), down, load_proxy("depth")], probes(PROBE, 2)
    told: list[tuple[int, int]] = []
    found = draw_scores(
        space, architectures, proxies, drawn, engine=Serial(), progress=lambda done, total: told.append((done, total))
    )
    assert found.shape == (2, 3, 5)
    for probe, one in zip(drawn, found, strict=True):
        rows = score_architectures(space, architectures, proxies, probe, engine=Serial(), progress=_nothing)
        for i, proxy in enumerate(proxies):
            assert one[i].tolist() == directed([row[i] for row in rows], proxy).tolist()
    assert np.array_equal(found[:, 1], -found[:, 0])
    # a count has no draw, and what looks at a model has
    assert np.array_equal(found[0, 2], found[1, 2])
    assert not np.array_equal(found[0, 0], found[1, 0])
    assert told == [(i, 10) for i in range(1, 11)]
    again = draw_scores(space, architectures, proxies, drawn, engine=processes, progress=_nothing)
    assert np.array_equal(found, again)


def test_what_has_no_score_is_nan() -> None:
    space = get_space("flexibert", "own")
    architectures = [space.sample(np.random.default_rng(i)) for i in range(2)]
    overflow = load_proxy("sum(exp(exp(exp(l1(weight)))))")
    found = draw_scores(space, architectures, [overflow], probes(PROBE, 2), engine=Serial(), progress=_nothing)
    assert np.isnan(found).all()
