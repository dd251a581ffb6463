"""The greedy choice of rules."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.principles.candidates import Candidates
from lpzero.principles.greedy import Limits, choose, paired
from lpzero.principles.language.rule import Bound

RNG = np.random.default_rng(0)
N, TOP = 400, 40
EVERYTHING = Limits(keep=0.9, max_shrink=0.99, floor=0.0, most=8)


def made(masks: list[np.ndarray], drawn: list[np.ndarray] | None = None) -> Candidates:
    rules = tuple(Bound(op="ge", feature=f"f{place}", value=1) for place in range(len(masks)))
    return Candidates(rules, np.array(masks), np.array(masks if drawn is None else drawn))


def half(kept_of_top: int, rng: np.random.Generator) -> np.ndarray:
    """Half of the rest, and so many of the top, which comes first."""
    return np.concatenate([np.arange(TOP) < kept_of_top, rng.permutation(N - TOP) < (N - TOP) // 2])


@pytest.fixture
def top() -> np.ndarray:
    return np.arange(N) < TOP


def chosen(found: Candidates, top: np.ndarray, limits: Limits = EVERYTHING, seed: int | None = 0) -> list[int]:
    rng = None if seed is None else np.random.default_rng(seed)
    return choose(found, top, np.ones(N), limits, rng)


def test_the_best_comes_first_until_the_top_would_go(top: np.ndarray) -> None:
    masks = [half(20, RNG), half(39, RNG), half(40, RNG), half(39, RNG), half(36, RNG)]
    # one of the top lost each, and then four more would be too many
    assert sorted(chosen(made(masks), top)) == [1, 2, 3]
    assert chosen(made(masks), top)[0] == 2


def test_limits(top: np.ndarray) -> None:
    masks = [half(40, RNG), half(40, RNG), half(40, RNG)]
    assert len(chosen(made(masks), top)) == 3
    assert len(chosen(made(masks), top, Limits(0.9, 0.99, 0.0, 1))) == 1
    # a half of the space at most goes; the masks are those of the space as well
    assert len(chosen(made(masks), top, Limits(0.9, 0.5, 0.0, 8))) == 1
    assert len(chosen(made(masks), top, Limits(0.9, 0.99, 0.5, 8))) == 1
    everything = [np.ones(N, dtype=np.bool_)] * 3
    assert len(chosen(made(masks, everything), top, Limits(0.9, 0.5, 0.0, 8))) == 3


def test_what_is_chance_is_not_chosen(top: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred random rules, the top none of their doing: one run in a hundred chooses any."""
    monkeypatch.setattr("lpzero.principles.greedy.WORTH", 0.0)
    runs = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        masks = [rng.random(N) < share for share in rng.uniform(0.2, 0.9, size=200)]
        limits = Limits(keep=0.0, max_shrink=1.0, floor=0.0, most=1, price=1.0)
        runs += bool(chosen(made(masks), top, limits, seed))
    assert runs <= 2
    # without shuffles something always is
    assert chosen(made(masks), top, Limits(0.0, 1.0, 0.0, 1, 1.0), None)


def test_copies_count(top: np.ndarray) -> None:
    masks = [half(40, RNG), half(39, RNG)]
    weights = np.ones(N)
    # the one of the top that the second rule loses is all of the top in this resample
    weights[:TOP] = 0
    weights[39] = TOP
    assert choose(made(masks), top, weights, EVERYTHING, None) == [0]


def test_pairs_are_made_of_the_best(top: np.ndarray) -> None:
    masks = [half(20, RNG) for _ in range(60)] + [half(40, RNG), half(39, RNG)]
    found = paired(made(masks), top)
    assert len(found.rules) > 62
    assert any({part.feature for part in rule.rules} == {"f60", "f61"} for rule in found.rules[62:])  # type: ignore[union-attr]


def test_what_losing_the_top_costs_is_a_setting(top: np.ndarray) -> None:
    """A rule of 32 of the top and half of the rest: its lift is 1.5, and at a price of 4 it is not worth a fifth."""
    found = made([half(32, RNG)])
    assert chosen(found, top, Limits(keep=0.5, max_shrink=0.99, floor=0.0, most=8)) == []
    assert chosen(found, top, Limits(keep=0.5, max_shrink=0.99, floor=0.0, most=8, price=1.0)) == [0]
