"""A candidate: what may become an individual, which one stands for equal ranks, and how it travels."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from scipy import stats

from lpzero.evolution.discovery.candidate import Candidate, directed
from lpzero.fitness import Correlation, Outcome, Status, judge
from lpzero.formula import canonical, parse

FOUND = Correlation(0.5, 0.4, 0.3, 1.0)
TEXT = canonical(parse("sum(l1(weight * grad))")).text


@pytest.mark.parametrize("status", [Status.PRUNED, Status.NONFINITE, Status.CONSTANT])
def test_what_has_no_correlation_is_not_ok(status: Status) -> None:
    assert not Candidate(TEXT, 5, status).ok


def test_what_lacks_a_figure_is_not_ok() -> None:
    whole = {"objective": 0.4, "search": FOUND, "both": FOUND}
    assert Candidate(TEXT, 5, Status.OK, **whole).ok  # type: ignore[arg-type]
    for name in whole:
        assert not Candidate(TEXT, 5, Status.OK, **{**whole, name: None}).ok  # type: ignore[arg-type]
    # a validation split may be empty
    assert Candidate(TEXT, 5, Status.OK, objective=0.0, search=FOUND, both=FOUND, validation=None).ok


def test_the_smaller_represents_equal_ranks_then_the_first_by_text() -> None:
    small, first, later = (Candidate(key, size, Status.OK) for key, size in (("z", 3), ("a", 5), ("b", 5)))
    assert min((later, first, small), key=lambda one: one.rank) is small
    assert min((later, first), key=lambda one: one.rank) is first


def test_the_formula_is_read_from_the_key_or_taken_as_it_came() -> None:
    form = canonical(parse(TEXT))
    assert Candidate(TEXT, 5, Status.OK).formula == form
    assert Candidate(TEXT, 5, Status.OK, form=form).formula is form
    assert Candidate(TEXT, 5, Status.OK, form=form) == Candidate(TEXT, 5, Status.OK)


def test_it_travels_without_its_formula_and_is_the_same() -> None:
    one = Candidate(
        TEXT, 5, Status.OK, higher_is_better=False, objective=0.4, search=FOUND, form=canonical(parse(TEXT))
    )
    assert one.formula.text == TEXT
    # a copy is made of what would travel
    travelled = copy.copy(one)
    assert travelled == one
    assert travelled.form is None
    assert "formula" not in vars(travelled)
    assert travelled.formula == one.formula


def test_a_direction_turns_every_coefficient() -> None:
    rng = np.random.default_rng(0)
    scores, quality = rng.normal(size=20), rng.normal(size=20)
    outcome = judge(scores, quality)
    for higher, sign in ((True, 1.0), (False, -1.0)):
        found = directed(outcome, higher)
        assert found is not None
        assert found.tau_b == pytest.approx(stats.kendalltau(sign * scores, quality).statistic)
        assert found.rho == pytest.approx(stats.spearmanr(sign * scores, quality).statistic)


def test_what_has_no_correlation_has_no_direction() -> None:
    outcome: Outcome = judge(np.ones(5), np.arange(5.0))
    assert outcome.status is Status.CONSTANT
    assert directed(outcome, True) is None
    assert directed(outcome, False) is None
