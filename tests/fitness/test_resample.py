"""The bootstrap of rank correlations, against scipy resample by resample."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lpzero.errors import InputError
from lpzero.fitness import tau_a_interval
from lpzero.fitness.compare import compare
from lpzero.fitness.correlation import net_pairs
from lpzero.fitness.resample import intervals


def _drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores and qualities with ties, and groups of which some have two members."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=n).round(1)
    groups = np.arange(n)
    groups[n // 2 : n // 2 + n // 5] = groups[: n // 5]
    return (quality + rng.normal(size=n)).round(1), quality, groups


def test_intervals_are_those_of_scipy_resample_by_resample() -> None:
    x, y, groups = _drawn(30)
    members = [np.flatnonzero(groups == label) for label in np.unique(groups)]

    def tau_a(chosen: np.ndarray) -> float:
        copies = np.unique(chosen, return_counts=True)[1]
        pairs = len(chosen) * (len(chosen) - 1) / 2 - (copies * (copies - 1) / 2).sum()
        return net_pairs(x[chosen], y[chosen]) / pairs

    def tau_b(chosen: np.ndarray) -> float:
        return float(stats.kendalltau(x[chosen], y[chosen]).statistic)

    def rho(chosen: np.ndarray) -> float:
        return float(stats.spearmanr(x[chosen], y[chosen]).statistic)

    found = intervals(x, y, groups, np.random.default_rng(3), resamples=200, level=0.9)
    for name, figure in (("tau_a", tau_a), ("tau_b", tau_b), ("rho", rho)):
        expected = stats.bootstrap(
            (np.arange(len(members)),),
            lambda drawn, figure=figure: figure(np.concatenate([members[i] for i in drawn])),
            vectorized=False,
            n_resamples=200,
            confidence_level=0.9,
            method="percentile",
            rng=np.random.default_rng(3),
        ).confidence_interval
        assert getattr(found, name) == pytest.approx((expected.low, expected.high), abs=1e-12), name
    alone = tau_a_interval(x, y, groups, np.random.default_rng(3), resamples=200, level=0.9)
    assert alone == pytest.approx(found.tau_a, abs=1e-12)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    truth = 2 / np.pi * np.arcsin(0.7)
    hits = 0
    for _ in range(60):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=60).T
        low, high = tau_a_interval(x, y, np.arange(60), rng, resamples=200)
        hits += low <= truth <= high
    # 57 of 60 on average; 50 is two and a half standard deviations of a 95 % interval away
    assert hits >= 50


def test_duplicates_widen_the_interval() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=40).T
    copied = np.repeat(x, 5) + rng.normal(0, 1e-6, 200), np.repeat(y, 5) + rng.normal(0, 1e-6, 200)
    apart = tau_a_interval(*copied, np.arange(200), np.random.default_rng(0), resamples=300)
    grouped = tau_a_interval(*copied, np.repeat(np.arange(40), 5), np.random.default_rng(0), resamples=300)
    assert grouped[1] - grouped[0] > 1.5 * (apart[1] - apart[0])
    again = tau_a_interval(*copied, np.repeat(np.arange(40), 5), np.random.default_rng(0), resamples=300)
    assert grouped == again


def test_batches_of_resamples_draw_what_one_would(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, groups = _drawn(20)
    whole = intervals(x, y, groups, np.random.default_rng(0))
    monkeypatch.setattr("lpzero.fitness.resample.BATCH", 7)
    assert intervals(x, y, groups, np.random.default_rng(0)) == whole


def test_constant_resamples_count_as_no_correlation() -> None:
    x, y = np.array([0.0, 0.0, 0.0, 1.0]), np.arange(4.0)
    found = intervals(x, y, np.arange(4), np.random.default_rng(0))
    assert all(np.isfinite(end) for pair in (found.tau_a, found.tau_b, found.rho) for end in pair)
    assert found.tau_b[0] == 0.0


@pytest.mark.parametrize(
    ("x", "groups", "words"),
    [
        ([1.0, 2.0], [0, 1, 2], "one length"),
        ([1.0, np.nan, 2.0], [0, 1, 2], "finite"),
        ([1.0, 3.0, 2.0], [0, 0, 0], "at least two different architectures"),
    ],
)
def test_refuses_what_cannot_be_resampled(x: list[float], groups: list[int], words: str) -> None:
    y, rng = np.arange(3.0), np.random.default_rng(0)
    with pytest.raises(InputError, match=words):
        intervals(np.array(x), y, np.array(groups), rng)
    with pytest.raises(InputError, match=words):
        compare(np.array(x), np.array(x)[None], y, np.array(groups), rng)
