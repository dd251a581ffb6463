"""The choice of a batch: the best first, what goes on counts as trained, and nothing is taken twice."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.acquisition.choice import Choice
from lpzero.acquisition.improvement import IMPROVEMENT, VALUE
from lpzero.predictors.description import Description


def row(*values: float) -> Description:
    return Description({f"spec:{i}": value for i, value in enumerate(values)})


RNG = np.random.default_rng(0)
ROWS = [row(*RNG.normal(size=2)) for _ in range(40)]
QUALITY = np.array([one.values["spec:0"] for one in ROWS]) + RNG.normal(0, 0.001, 40)


def choice(pending: int = 0) -> Choice:
    return Choice.of(ROWS[:10], QUALITY[:10], ROWS[10 : 10 + pending], ROWS[20:])


def test_what_is_worth_most_is_first() -> None:
    picks, highest = choice().picks(4, VALUE)
    assert [one.index for one in picks] == np.argsort(-QUALITY[20:])[:4].tolist()
    assert [one.mean for one in picks] == sorted((one.mean for one in picks), reverse=True)
    assert highest == pytest.approx(max(one.chance for one in picks))


@pytest.mark.parametrize("acquisition", [VALUE, IMPROVEMENT])
def test_nothing_is_taken_twice_and_more_than_there_are_is_all(acquisition: str) -> None:
    picks, _ = choice().picks(100, acquisition)
    assert sorted(one.index for one in picks) == list(range(20))


def test_what_is_like_a_pending_one_promises_less() -> None:
    rng = np.random.default_rng(1)
    known = [row(*pair) for pair in rng.normal(size=(10, 2))]
    quality = np.array([one.values["spec:0"] for one in known]) + rng.normal(0, 0.3, 10)
    # the first is worth less than the others, and nobody knows what its second number does
    candidates = [row(0.0, 40.0), row(0.3, 0.0), row(0.3, 0.1)]
    alone = Choice.of(known, quality, [], candidates).picks(1, IMPROVEMENT)[0][0]
    beside = Choice.of(known, quality, [row(0.1, 41.0)], candidates).picks(1, IMPROVEMENT)[0][0]
    assert alone.index == 0
    assert beside.index != 0


def test_nothing_left_is_no_choice() -> None:
    assert Choice.of(ROWS[:5], QUALITY[:5], [], []).picks(3, VALUE) == ([], 0.0)
