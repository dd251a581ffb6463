"""Tau-a over comparable pairs, against scipy stratum by stratum and against counting."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.fitness import correlate
from lpzero.fitness.strata import (
    FEWEST,
    RATIO,
    Pairs,
    Stratified,
    equal,
    matched,
    mean_over,
    resampled_mean,
    stratified,
)


@pytest.fixture
def table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, qualities with ties, and a depth that explains most of both."""
    rng = np.random.default_rng(0)
    depth = rng.choice([2, 4, 6], 60)
    return (depth + rng.normal(size=60)).round(1), (depth + rng.normal(size=60)).round(1), depth


def among(x: np.ndarray, y: np.ndarray, pairs: Pairs, groups: np.ndarray | None = None) -> Stratified | None:
    """With a fixed source of randomness."""
    return stratified(x, y, np.arange(len(x)) if groups is None else groups, pairs, np.random.default_rng(3))


def test_within_is_the_mean_over_strata_by_their_pairs(table: tuple[np.ndarray, ...]) -> None:
    x, y, depth = table
    found = among(x, y, equal(depth))
    sizes = {d: int((depth == d).sum()) for d in np.unique(depth)}
    pairs = {d: n * (n - 1) / 2 for d, n in sizes.items()}
    taus = {d: correlate(x[depth == d], y[depth == d]).tau_a for d in sizes}
    assert found is not None
    assert found.pairs == sum(pairs.values())
    assert found.tau_a == pytest.approx(sum(taus[d] * pairs[d] for d in pairs) / found.pairs, abs=1e-12)
    assert abs(found.tau_a) < correlate(x, y).tau_a / 2
    assert found.interval is not None
    assert found.interval[0] < found.tau_a < found.interval[1]


def test_one_stratum_is_the_whole_and_a_stratum_each_is_nothing(table: tuple[np.ndarray, ...]) -> None:
    x, y, _ = table
    found = among(x, y, equal(np.zeros(60)))
    assert found is not None
    assert found.tau_a == pytest.approx(correlate(x, y).tau_a, abs=1e-12)
    assert among(x, y, equal(np.arange(60))) is None
    assert among(x, y, matched(2.0 ** np.arange(60))) is None


def test_a_score_of_the_stratum_alone_earns_nothing_in_it(table: tuple[np.ndarray, ...]) -> None:
    _, y, depth = table
    found = among(depth.astype(float), y, equal(depth))
    assert found is not None
    assert found.tau_a == 0.0


@pytest.mark.parametrize("within", [1.0, 1.05, RATIO, 3.0])
def test_matched_counts_pairs_whose_sizes_differ_by_a_factor(within: float, table: tuple[np.ndarray, ...]) -> None:
    x, y, _ = table
    sizes = np.random.default_rng(1).integers(100, 400, 60)
    signs = [
        np.sign(x[i] - x[j]) * np.sign(y[i] - y[j])
        for i, j in combinations(range(60), 2)
        if max(sizes[i], sizes[j]) <= within * min(sizes[i], sizes[j])
    ]
    found = among(x, y, matched(sizes, within))
    assert found is not None
    assert (found.pairs, found.tau_a) == (len(signs), pytest.approx(sum(signs) / len(signs), abs=1e-12))


def test_sizes_of_nothing_match_each_other_alone() -> None:
    assert matched(np.array([0, 0, 5])).tolist() == [[False, True, False], [True, False, False], [False] * 3]


@pytest.mark.parametrize("within", [0.99, 0.0, -1.0, np.nan, np.inf])
def test_a_factor_below_one_is_refused(within: float) -> None:
    with pytest.raises(InputError, match=r"^`matched`: expected a ratio of sizes of at least 1, such as 1.25, found"):
        matched(np.ones(3), within)


@pytest.mark.parametrize("sizes", [[1.0, -1.0], [1.0, np.nan]])
def test_sizes_are_counts(sizes: list[float]) -> None:
    with pytest.raises(InputError, match="expected sizes of at least 0"):
        matched(np.array(sizes))


def test_hardly_any_partner_is_no_interval() -> None:
    rng = np.random.default_rng(0)
    sizes = 3.0 ** np.arange(40)
    for partnered, interval in ((FEWEST - 2, False), (FEWEST, True)):
        some = sizes.copy()
        some[1:partnered:2] = some[0:partnered:2]
        found = among(rng.normal(size=40), rng.normal(size=40), matched(some))
        assert found is not None
        assert found.pairs == partnered // 2
        assert (found.interval is not None) is interval


def test_a_resampled_mean_is_the_mean_of_shares() -> None:
    """The projection by hand: every group's share is the mean plus its own pairs' excess, scaled."""
    rng = np.random.default_rng(2)
    form, groups = rng.normal(size=(30, 30)), np.arange(30) // 2
    form = form + form.T
    pairs = matched(rng.integers(10, 20, 30))
    found = resampled_mean(form, pairs, groups, np.random.default_rng(0), 500, 0.95)
    assert found.value == pytest.approx(mean_over(pairs, form))
    shares = [
        found.value + 15 * sum((form - found.value)[i][pairs[i]].sum() for i in (2 * g, 2 * g + 1)) / (pairs.sum() / 2)
        for g in range(15)
    ]
    assert np.mean(shares) == pytest.approx(found.value)
    assert found.drawn.std() == pytest.approx(np.std(shares) / np.sqrt(15), rel=0.1)


def test_the_lengths_must_agree(table: tuple[np.ndarray, ...]) -> None:
    x, y, depth = table
    with pytest.raises(InputError, match="of one length"):
        among(x, y[1:], equal(depth))
    with pytest.raises(InputError, match="expected pairs of 60 architectures"):
        among(x, y, equal(depth[1:]))
