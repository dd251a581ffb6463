"""Regret, top decile and the pick, by hand and by trying every order of the ties."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.fitness import correlate
from lpzero.fitness.regret import Regret, percentile, pick_percentile, regret, top_decile


def test_regret_by_hand() -> None:
    scores, quality = np.array([5.0, 4.0, 3.0, 2.0, 1.0]), np.array([60.0, 70.0, 50.0, 80.0, 75.0])
    # the best of all is 80, the range 30
    assert regret(scores, quality, 1) == Regret(20.0, 20 / 30)
    assert regret(scores, quality, 3) == Regret(10.0, 10 / 30)
    assert regret(scores, quality, 4) == Regret(0.0, 0.0)
    assert regret(scores, quality, 10) == Regret(0.0, 0.0)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 6])
def test_ties_are_broken_in_every_way(k: int) -> None:
    scores, quality = np.array([2.0, 1.0, 1.0, 1.0, 3.0, 0.0]), np.array([4.0, 9.0, 2.0, 7.0, 3.0, 10.0])
    lost = []
    for order in permutations(range(6)):
        ranked = sorted(order, key=lambda i: -scores[i])
        lost.append(10.0 - quality[ranked[:k]].max())
    assert regret(scores, quality, k).quality == pytest.approx(np.mean(lost), abs=1e-12)


def test_scores_that_say_nothing_cost_what_chance_does() -> None:
    quality = np.arange(11.0)
    assert regret(np.zeros(11), quality, 1) == Regret(5.0, 0.5)
    assert top_decile(np.zeros(11), quality).precision == pytest.approx(2 / 11)
    assert pick_percentile(np.zeros(11), quality) == pytest.approx(50.0)
    assert regret(np.arange(3.0), np.ones(3), 1) == Regret(0.0, 0.0)


def test_the_top_decile_is_ranked_by_itself() -> None:
    rng = np.random.default_rng(0)
    quality = rng.normal(size=95)
    scores = (quality + 0.3 * rng.normal(size=95)).round(1)
    found = top_decile(scores, quality)
    best = np.argsort(quality)[-10:]
    assert found.n == 10
    assert found.tau_a == pytest.approx(correlate(scores[best], quality[best]).tau_a, abs=1e-12)
    exact = top_decile(quality, quality)
    assert (exact.tau_a, exact.precision) == pytest.approx((1.0, 1.0))
    assert top_decile(-quality, quality).precision == 0.0


def test_ties_at_the_edge_of_the_decile() -> None:
    # two of twenty are a tenth: 9 is in it, and one of the three 8s
    quality = np.array([9.0, 8.0, 8.0, 8.0, *range(-16, 0)])
    scores = np.array([0.0, 5.0, 4.0, 4.0, *range(-16, 0)])
    found = top_decile(scores, quality)
    assert found.n == 4
    # 9 is below each 8: three pairs of six are discordant, and the others are ties of quality
    assert found.tau_a == pytest.approx(-0.5)
    # the scores take the first 8 and one of the two others: each 8 is in the tenth by quality with 1/3
    assert found.precision == pytest.approx((1 / 3 + 0.5 / 3 + 0.5 / 3) / 2)


def test_the_percentile_of_the_pick() -> None:
    quality = np.array([10.0, 20.0, 30.0, 40.0])
    assert pick_percentile(np.array([0.0, 0.0, 0.0, 1.0]), quality) == 87.5
    assert pick_percentile(np.array([1.0, 0.0, 0.0, 1.0]), quality) == 50.0


def test_a_percentile_is_the_share_that_is_lower_and_half_of_those_that_are_equal() -> None:
    rng = np.random.default_rng(0)
    of, values = rng.integers(0, 8, 31).astype(float), np.arange(-1.0, 9.0)
    counted = [100 * (sum(of < value) + sum(of == value) / 2) / 31 for value in values]
    assert percentile(values, of) == pytest.approx(counted)
    # nobody's place depends on which side is called the better one
    assert percentile(-values, -of) == pytest.approx(100 - percentile(values, of))
    assert percentile(np.array([-1.0, 9.0]), of).tolist() == [0.0, 100.0]
    assert percentile(of, of).mean() == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("x", "k", "words"),
    [([1.0, 2.0], 1, "one length"), ([1.0, np.nan, 2.0], 1, "finite"), ([1.0, 2.0, 3.0], 0, "at least 1, found 0")],
)
def test_refuses_what_has_no_regret(x: list[float], k: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        regret(np.array(x), np.arange(3.0), k)
