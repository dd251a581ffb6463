"""The choice of a batch: the best first, what goes on counts as trained, and nothing is taken twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lpzero.acquisition.belief import Belief, Columns
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


def test_what_is_pending_or_picked_counts_as_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[int], list[float], Belief]] = []
    believed = Columns.believed

    def told(self: Columns, labelled: Sequence[int], regressed: np.ndarray, some: Sequence[int]) -> Belief:
        found = believed(self, labelled, regressed, some)
        asked.append((list(labelled), regressed.tolist(), found))
        return found

    monkeypatch.setattr(Columns, "believed", told)
    picks, _ = choice(pending=2).picks(2, IMPROVEMENT)
    known, first = list(range(10)), 12 + picks[0].index
    assert [rows for rows, _, _ in asked] == [known, known, [*known, 10, 11], [*known, 10, 11, first]]
    # of the labels, of the pending ones, of the rest once those count, and once the first pick does
    assert asked[2][1] == [*QUALITY[:10], *asked[1][2].mean]
    assert asked[3][1] == [*asked[2][1], asked[2][2].mean[picks[0].index]]


def test_nothing_left_is_no_choice() -> None:
    assert Choice.of(ROWS[:5], QUALITY[:5], [], []).picks(3, VALUE) == ([], 0.0)
