"""Tau-a over comparable pairs, against scipy stratum by stratum and against counting."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.fitness import correlate
from lpzero.fitness.strata import Stratified, matched, within


@pytest.fixture
def table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, qualities with ties, and a depth that explains most of both."""
    rng = np.random.default_rng(0)
    depth = rng.choice([2, 4, 6], 60)
    return (depth + rng.normal(size=60)).round(1), (depth + rng.normal(size=60)).round(1), depth


def test_within_is_the_mean_over_strata_by_their_pairs(table: tuple[np.ndarray, ...]) -> None:
    x, y, depth = table
    found = within(x, y, depth)
    sizes = {d: int((depth == d).sum()) for d in np.unique(depth)}
    pairs = {d: n * (n - 1) / 2 for d, n in sizes.items()}
    taus = {d: correlate(x[depth == d], y[depth == d]).tau_a for d in sizes}
    assert found is not None
    assert found.pairs == sum(pairs.values())
    assert found.tau_a == pytest.approx(sum(taus[d] * pairs[d] for d in pairs) / found.pairs, abs=1e-12)
    assert abs(found.tau_a) < correlate(x, y).tau_a / 2


def test_one_stratum_is_the_whole_and_a_stratum_each_is_nothing(table: tuple[np.ndarray, ...]) -> None:
    x, y, _ = table
    found = within(x, y, np.zeros(60))
    assert found is not None
    assert found.tau_a == pytest.approx(correlate(x, y).tau_a, abs=1e-12)
    assert within(x, y, np.arange(60)) is None
    assert matched(x, y, 2.0 ** np.arange(60)) is None


def test_a_score_of_the_stratum_alone_earns_nothing_in_it(table: tuple[np.ndarray, ...]) -> None:
    _, y, depth = table
    found = within(depth.astype(float), y, depth)
    assert found is not None
    assert found.tau_a == 0.0


def test_matched_counts_pairs_of_about_one_size(table: tuple[np.ndarray, ...]) -> None:
    x, y, _ = table
    sizes = np.random.default_rng(1).integers(100, 400, 60)
    signs = [
        np.sign(x[i] - x[j]) * np.sign(y[i] - y[j])
        for i, j in combinations(range(60), 2)
        if abs(int(sizes[i]) - int(sizes[j])) < 0.2 * max(sizes[i], sizes[j])
    ]
    assert matched(x, y, sizes, 0.2) == Stratified(sum(signs) / len(signs), len(signs))


@pytest.mark.parametrize(
    ("x", "sizes", "tolerance", "words"),
    [
        ([1.0, 2.0], [1, 1, 1], 0.1, "one length"),
        ([1.0, np.inf, 2.0], [1, 1, 1], 0.1, "finite"),
        ([1.0, 2.0, 3.0], [1, 0, 1], 0.1, "sizes above 0"),
        ([1.0, 2.0, 3.0], [1, 1, 1], 1.0, "tolerance"),
    ],
)
def test_refuses_what_has_no_strata(x: list[float], sizes: list[int], tolerance: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        matched(np.array(x), np.arange(3.0), np.array(sizes), tolerance)
