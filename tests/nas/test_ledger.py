"""What has been scored: worths are mean ranks in the proxies' directions, and what failed has none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lpzero.nas.ledger import Ledger, Scored
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture

SPACE = get_space("gpt2", "own")
RNG = np.random.default_rng(0)
DRAWN = tuple(SPACE.sample(RNG) for _ in range(12))
# few values, so that there are ties
score = st.integers(-3, 3).map(float)
rows = st.lists(st.tuples(score, score), min_size=1, max_size=12)


def ledger(scores: list[tuple[float, float]], higher: tuple[bool, bool] = (True, False)) -> Ledger:
    made = Ledger(SPACE, higher)
    made.add([Scored(a, row) for a, row in zip(DRAWN, scores, strict=False)])
    return made


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(scores=rows)
def test_a_worth_is_the_mean_rank_that_scipy_gives(scores: list[tuple[float, float]]) -> None:
    values = np.array(scores)
    wanted = (stats.rankdata(values[:, 0]) + stats.rankdata(-values[:, 1])) / 2
    found = ledger(scores)
    assert [found.worth(a) for a in DRAWN[: len(scores)]] == wanted.tolist()
    assert [found.mean_rank(a) for a in DRAWN[: len(scores)]] == wanted.tolist()


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(scores=rows)
def test_a_proxy_may_be_any_monotone_of_itself(scores: list[tuple[float, float]]) -> None:
    stretched = [(float(np.exp(one)), two**3) for one, two in scores]
    one, other = ledger(scores), ledger(stretched)
    assert [one.worth(a) for a in DRAWN] == [other.worth(a) for a in DRAWN]


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(scores=rows, number=st.integers(0, 14))
def test_the_best_come_first_and_of_equal_ones_the_first_that_was_scored(
    scores: list[tuple[float, float]], number: int
) -> None:
    found = ledger(scores)
    best = [one.architecture for one in found.best(number)]
    assert len(best) == min(number, len(scores))
    order = sorted(range(len(scores)), key=lambda i: (-found.worth(DRAWN[i]), i))
    assert best == [DRAWN[i] for i in order[:number]]


def test_what_failed_has_no_rank_and_takes_none() -> None:
    with_, without = ledger([(1.0, 2.0), (3.0, 1.0)]), ledger([(1.0, 2.0), (3.0, 1.0)])
    failed = Scored(DRAWN[5], (9.0, None), "timeout")
    with_.add([failed])
    assert not failed.ok
    assert failed.architecture in with_
    assert failed.architecture not in without
    assert [with_.worth(a) for a in DRAWN[:2]] == [without.worth(a) for a in DRAWN[:2]]
    assert with_.worth(failed.architecture) == -1.0
    assert with_.mean_rank(failed.architecture) is None
    assert len(with_.best(10)) == 2


def test_worths_follow_anew_and_a_second_score_replaces_the_first() -> None:
    found = ledger([(1.0, 0.0), (2.0, 0.0)])
    assert found.worth(DRAWN[0]) < found.worth(DRAWN[1])
    found.add([Scored(DRAWN[0], (5.0, 0.0))])
    assert found.worth(DRAWN[0]) > found.worth(DRAWN[1])
    assert len(found.entries) == 2


@pytest.mark.parametrize("scored", [[], [Scored(DRAWN[0], (None,), "nonfinite")]])
def test_where_nothing_has_a_score_nothing_is_worth_anything(scored: list[Scored]) -> None:
    found = Ledger(SPACE, (True,))
    found.add(scored)
    assert found.worth(DRAWN[0]) == -1.0
    assert found.mean_rank(DRAWN[0]) is None
    assert found.best(3) == []


def test_architectures_of_one_model_share_their_score() -> None:
    space = get_space("flexibert", "trained")
    one = space.sample(np.random.default_rng(0))
    layers = [one.layer(i) for i in range(one.depth)]
    operation = {"operation": "SA", "parameter": "SDP"}
    if layers[0]["operation"] == "SA":
        operation = {"operation": "LT", "parameter": "DFT"}
    other = Architecture.of(one.space, dict(one.whole), [{**layers[0], **operation}, *layers[1:]])
    assert other != one
    found = Ledger(space, (True,))
    found.add([Scored(one, (1.0,))])
    assert other in found
    assert found.worth(other) == found.worth(one) == 1.0
