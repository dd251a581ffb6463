"""The choice among formulas that are about equally good."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.discovery.consensus import choose, choose_among, nearest_to_all
from lpzero.fitness import Correlation, Status
from lpzero.formula import Formula, parse


def noisy(candidates: int, seed: int, architectures: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """A truth, and scores that follow it with noise of their own, some more and some less."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=architectures)
    noise = rng.uniform(0.2, 1.5, size=(candidates, 1))
    return truth, truth + noise * rng.normal(size=(candidates, architectures))


def test_the_nearest_is_that_of_a_direct_computation() -> None:
    _, scores = noisy(12, 0)
    together = np.mean([stats.rankdata(row) for row in scores], axis=0)
    taus = [stats.kendalltau(row, together).statistic for row in scores]
    assert nearest_to_all(scores) == int(np.argmax(taus))


def test_no_monotone_transform_of_a_candidate_changes_the_choice() -> None:
    _, scores = noisy(12, 1)
    bent = scores.copy()
    bent[::2] = np.exp(bent[::2])
    assert nearest_to_all(bent) == nearest_to_all(scores)


def test_where_the_quality_is_noisy_it_finds_better_ones_than_the_best() -> None:
    gained = []
    for seed in range(20):
        truth, scores = noisy(40, seed, architectures=200)
        quality = truth + np.random.default_rng(1000 + seed).normal(0, 2.0, size=200)
        tau_a = np.array([stats.kendalltau(row[:60], quality[:60]).statistic for row in scores])
        chosen, best = choose_among(scores[:, :60], tau_a, committee=20), int(np.argmax(tau_a))
        unseen = [stats.kendalltau(scores[i, 60:], truth[60:]).statistic for i in (chosen, best)]
        gained.append(unseen[0] - unseen[1])
    assert np.mean(gained) > 0.1


def test_one_that_does_not_rank_is_never_chosen() -> None:
    _, scores = noisy(4, 3)
    tau_a = np.array([np.nan, 0.3, np.nan, 0.2])
    scores[0] = np.nan
    assert choose_among(scores, tau_a) in (1, 3)


@pytest.mark.parametrize("committee", [1, 2, 50])
def test_a_committee_of_one_is_the_best(committee: int) -> None:
    _, scores = noisy(6, 4)
    tau_a = np.linspace(0.1, 0.6, 6)
    chosen = choose_among(scores, tau_a, committee=committee)
    assert chosen == 5 or committee > 1


def known(text: str, tau: float, higher_is_better: bool = True) -> Candidate:
    """A formula with a tau-a on search and validation."""
    figures = Correlation(tau, tau, tau, 1.0)
    size = parse(text).size
    return Candidate(text, size, Status.OK, None, higher_is_better, tau, 0, search=figures, both=figures)


def by_text(**scores: list[float]) -> dict[str, np.ndarray]:
    return {f"sum(l1({name}))": np.array(values, dtype=np.float64) for name, values in scores.items()}


def test_of_the_kept_formulas_the_nearest_to_all_is_chosen_with_its_direction() -> None:
    table = by_text(weight=[1, 2, 3, 4, 5], grad=[5, 4, 3, 1, 2], head=[2, 1, 3, 5, 4])
    kept = [known("sum(l1(weight))", 0.5), known("sum(l1(grad))", 0.5, False), known("sum(l1(head))", 0.6)]

    def scores(formula: Formula) -> np.ndarray:
        return table[str(formula)]

    # mean ranks 1.3, 1.7, 3, 4.7, 4.3: minus grad has their order, weight and head turn one pair round
    assert choose(kept, 0.0, scores).key == "sum(l1(grad))"
    assert choose(kept[:2], 0.0, scores, committee=1).key == "sum(l1(grad))"
    without = [known("sum(l1(weight))", 0.4), Candidate("sum(l1(head))", 3, Status.NONFINITE)]
    assert choose(without, 0.0, scores).key == "sum(l1(weight))"


def test_a_node_must_earn_its_tau() -> None:
    table = {"sum(l1(weight))": np.arange(4.0), "sum(l1(grad * weight))": -np.arange(4.0)}
    kept = [known("sum(l1(weight))", 0.5), known("sum(l1(grad * weight))", 0.55)]
    chosen = [choose(kept, p, lambda f: table[str(f)], committee=1).key for p in (0.0, 0.1)]
    assert chosen == ["sum(l1(grad * weight))", "sum(l1(weight))"]
