"""Simulation: intervals hold what they promise, and tests refuse what is true no more often than they say.

Sizes are drawn, quality is the logarithm of the size plus noise, and two scores are the quality plus noise of their
own: neither of the two is better, over all pairs and at matched size.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from lpzero.fitness.compare import compare, share_left
from lpzero.fitness.resample import bootstrap_groups, intervals, order, quadratic, ratio
from lpzero.fitness.strata import equal, matched, stratified

RESAMPLES = 300
MOST_TYPE_ONE, LEAST_COVERAGE, MOST_COVERAGE = 0.06, 0.93, 0.99


def drawn(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sizes, depths, qualities, and two scores."""
    depth = rng.integers(2, 9, n)
    size = np.exp(rng.uniform(0, 2.5, n))
    quality = np.log(size) + rng.normal(size=n)
    return size, depth, quality, quality + rng.normal(size=n), quality + rng.normal(size=n)


@dataclass
class Counted:
    """How often each thing held."""

    times: dict[str, list[bool]] = field(default_factory=dict)

    def __call__(self, name: str, *, held: bool) -> None:
        """Count one time."""
        self.times.setdefault(name, []).append(held)

    def share(self, name: str) -> float:
        """How often it held."""
        return float(np.mean(self.times[name]))


@pytest.fixture(scope="module")
def truth() -> dict[str, float]:
    """The correlations of a population, from one large sample."""
    size, depth, quality, score, _ = drawn(3000, np.random.default_rng(99))
    agreement = np.sign(score[:, None] - score) * np.sign(quality[:, None] - quality)
    ranks = [values.argsort().argsort() for values in (score, quality)]
    among = {
        "tau_a": equal(np.zeros(3000)),
        "matched": matched(size),
        "closer": matched(size, 1.05),
        "depth": equal(depth),
    }
    found = {name: float(agreement[pairs].mean()) for name, pairs in among.items()}
    return {**found, "rho": float(np.corrcoef(*ranks)[0, 1])}


@pytest.fixture(scope="module", params=[(64, 400), (400, 240)], ids=["n=64", "n=400"])
def counted(request: pytest.FixtureRequest, truth: dict[str, float]) -> Counted:
    """Many samples of one size."""
    (n, samples), rng, found = request.param, np.random.default_rng(1), Counted()
    groups = np.arange(n)
    for _ in range(samples):
        size, depth, quality, score, other = drawn(n, rng)
        whole = intervals(score, quality, groups, rng, resamples=RESAMPLES)
        for name, (low, high) in (("tau_a", whole.tau_a), ("rho", whole.rho)):
            found(name, held=low <= truth[name] <= high)
        for name, pairs in (("matched", matched(size)), ("closer", matched(size, 1.05)), ("depth", equal(depth))):
            among = stratified(score, quality, groups, pairs, rng, resamples=RESAMPLES)
            assert among is not None
            assert among.interval is not None
            found(name, held=among.interval[0] <= truth[name] <= among.interval[1])
        for name, counting in (("all pairs", None), ("matched", matched(size))):
            (one,) = compare(score, other[None], quality, groups, rng, pairs=counting, resamples=RESAMPLES)
            found(f"difference, {name}", held=one.interval[0] <= 0 <= one.interval[1])
            found(f"type I, bootstrap, {name}", held=one.p <= 0.05)
            found(f"type I, swaps, {name}", held=one.p_swap <= 0.05)
        left = share_left(score, other[None], quality, groups, rng, resamples=RESAMPLES)
        found("share left", held=left.interval[0] <= 1 <= left.interval[1])
    return found


@pytest.mark.parametrize(
    "name",
    ["tau_a", "rho", "matched", "closer", "depth", "difference, all pairs", "difference, matched", "share left"],
)
def test_an_interval_covers_what_is_true(name: str, counted: Counted) -> None:
    assert LEAST_COVERAGE <= counted.share(name) <= MOST_COVERAGE


@pytest.mark.parametrize("pairs", ["all pairs", "matched"])
@pytest.mark.parametrize("test", ["bootstrap", "swaps"])
def test_what_is_true_is_hardly_ever_refused(test: str, pairs: str, counted: Counted) -> None:
    assert counted.share(f"type I, {test}, {pairs}") <= MOST_TYPE_ONE


def test_weighing_pairs_by_both_members_overstates_where_few_are_comparable() -> None:
    """Why strata have a bootstrap of their own: that of all pairs gives wider intervals, the fewer pairs the more."""
    rng, groups, wider = np.random.default_rng(2), np.arange(64), dict[float, list[float]]()
    for _ in range(60):
        size, _, quality, score, _ = drawn(64, rng)
        for within in (1.05, 1.25):
            pairs = matched(size, within)
            form, counted = pairs * order(score) * order(quality), pairs.astype(np.float64)

            def both(weights: np.ndarray, form: np.ndarray = form, counted: np.ndarray = counted) -> np.ndarray:
                return ratio(quadratic(weights, form), quadratic(weights, counted))[None]

            low, high, _ = bootstrap_groups(both, groups, rng, RESAMPLES, 0.95)
            own = stratified(score, quality, groups, pairs, rng, resamples=RESAMPLES)
            assert own is not None
            assert own.interval is not None
            wider.setdefault(within, []).append(float(high[0] - low[0]) / (own.interval[1] - own.interval[0]))
    assert np.mean(wider[1.05]) > np.mean(wider[1.25]) > 1.05
