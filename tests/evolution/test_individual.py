"""What DEAP selects among: its order of fitnesses against the definition, and formulas that nothing copies."""

from __future__ import annotations

import copy
from itertools import pairwise

import numpy as np
import pytest
from deap import tools

from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.individual import FrontMember, Individual
from lpzero.fitness import Correlation, Status
from lpzero.formula import parse

TEXTS = ("sum(l1(weight))", "sum(l1(weight * grad))", "mean(std(grad))", "sum(exp(l1(weight)))", "sum(max(head))")


def candidate(text: str, objective: float | None = 0.5, both: float = 0.5) -> Candidate:
    found = Correlation(both, both, both, 1.0)
    return Candidate(text, parse(text).size, Status.OK, objective=objective, search=found, both=found)


def population(many: bool) -> list[Individual]:
    rng = np.random.default_rng(0)
    # few different values, so that there are ties
    return [
        Individual(candidate(text, float(rng.integers(4)) / 4), 0.01, many=many) for text in TEXTS for _ in range(8)
    ]


def objectives(one: Individual) -> tuple[float, float, float]:
    """What shall be high, each of them."""
    formula = one.candidate.formula
    assert one.candidate.objective is not None
    return one.candidate.objective, -float(one.candidate.size), -float(formula.cost)


def test_the_worth_is_the_objective_less_what_the_size_costs() -> None:
    one = Individual(candidate("sum(l1(weight * grad))", 0.5), 0.01)
    # sum, l1, *, weight, grad
    assert one.candidate.size == 5
    assert one.worth == pytest.approx(0.45)
    assert one.fitness.values == (one.worth,)
    assert Individual(candidate("sum(l1(weight))", 0.5), 0.01).fitness > one.fitness


def test_what_dominates_is_no_worse_in_anything_and_better_in_something() -> None:
    everyone = population(many=True)
    for one in everyone:
        for other in everyone:
            mine, theirs = objectives(one), objectives(other)
            wanted = mine != theirs and all(a >= b for a, b in zip(mine, theirs, strict=True))
            assert one.fitness.dominates(other.fitness) == wanted


def test_the_first_front_of_deap_is_that_of_brute_force() -> None:
    everyone = population(many=True)
    (first, *_) = tools.sortNondominated(everyone, len(everyone))
    values = np.array([objectives(one) for one in everyone])
    dominated = (values[:, None] >= values).all(-1) & (values[:, None] > values).any(-1)
    beaten = [bool(column.any()) for column in dominated.T]
    assert 0 < sum(beaten) < len(everyone)
    assert {id(one) for one in first} == {id(one) for one, bad in zip(everyone, beaten, strict=True) if not bad}


def test_the_front_is_of_correlation_against_size() -> None:
    rng = np.random.default_rng(1)
    # larger ones rank better, more or less
    members = [
        FrontMember(candidate(text, both=0.1 * parse(text).size + 0.1 * float(both)))
        for text in TEXTS
        for both in rng.random(4)
    ]
    front = tools.ParetoFront()
    front.update(members)
    kept = sorted(front, key=lambda one: one.candidate.size)
    assert len(kept) > 1
    for small, large in pairwise(kept):
        assert small.fitness.values[0] < large.fitness.values[0]
    for member in members:
        assert any(
            one.candidate.size <= member.candidate.size and one.fitness.values[0] >= member.fitness.values[0]
            for one in kept
        )


def test_a_formula_is_one_individual_whatever_it_reached() -> None:
    one, again = (Individual(candidate(TEXTS[0], worth), 0.0) for worth in (0.1, 0.9))
    other = Individual(candidate(TEXTS[1]), 0.0)
    assert one == again
    assert len({one, again, other}) == 2
    assert one != candidate(TEXTS[0])


def test_deap_copies_no_formula() -> None:
    one, member = Individual(candidate(TEXTS[0]), 0.0), FrontMember(candidate(TEXTS[0]))
    assert copy.deepcopy(one) is one
    assert copy.deepcopy([member])[0] is member


def test_what_was_not_evaluated_is_no_individual() -> None:
    with pytest.raises(AssertionError):
        Individual(candidate(TEXTS[0], None), 0.0)
    with pytest.raises(AssertionError):
        FrontMember(Candidate(TEXTS[0], 3, Status.CONSTANT))
