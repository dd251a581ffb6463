"""Who breeds and who survives."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.individual import Individual
from lpzero.evolution.selection import Nsga2, Tournament
from lpzero.fitness import Correlation, Status
from lpzero.formula import canonical
from lpzero.formula.grammar import draw, get_grammar


def _individuals(number: int, *, many: bool) -> list[Individual]:
    rules, rng, found = get_grammar("typed"), np.random.default_rng(0), {}
    while len(found) < number:
        formula = canonical(draw(rules, rng))
        tau = float(rng.random())
        correlation = Correlation(tau, tau, tau, 1.0)
        found[formula.text] = Candidate(
            formula.text, formula.size, Status.OK, objective=tau, signature=0, search=correlation, both=correlation
        )
    return [Individual(known, 0.002, many=many) for known in found.values()]


def _dominates(one: Individual, other: Individual) -> bool:
    def values(individual: Individual) -> np.ndarray:
        known = individual.candidate
        assert known.objective is not None
        return np.array([known.objective, -known.size, -known.formula.cost])

    difference = values(one) - values(other)
    return bool((difference >= 0).all() and (difference > 0).any())


def test_a_tournament_of_all_finds_the_best_and_of_one_anybody() -> None:
    population, rng = _individuals(30, many=False), np.random.default_rng(0)
    best = max(population, key=lambda individual: individual.worth)
    assert Tournament(500, 2).parent(population, rng) is best
    assert len({Tournament(1, 2).parent(population, rng) for _ in range(200)}) > 25


def test_the_elite_is_carried() -> None:
    population = _individuals(30, many=False)
    carried = Tournament(3, 4).carried(population)
    assert [i.worth for i in carried] == sorted((i.worth for i in population), reverse=True)[:4]


def test_what_nothing_dominates_survives_and_parents_are_rarely_dominated() -> None:
    population = _individuals(60, many=True)
    first_front = [one for one in population if not any(_dominates(other, one) for other in population)]
    selection = Nsga2(30)
    survivors = selection.survivors(population[:30], population[30:])
    assert len(survivors) == 30
    assert len(first_front) < 30
    assert {id(individual) for individual in first_front} <= {id(individual) for individual in survivors}
    selection.begin(population)
    rng = np.random.default_rng(1)
    chosen = [selection.parent(population, rng) for _ in range(600)]
    share = np.mean([individual in first_front for individual in chosen])
    assert share > 1.3 * len(first_front) / len(population)


def test_cost_counts_primitives_and_a_backward_pass() -> None:
    from lpzero.formula import parse

    assert parse("sum(l1(weight))").cost == 2.0
    assert parse("sum(l1(weight * grad))").cost == 4.0
    assert parse("sum(l1(jacobian))").cost == 3.0
    assert parse("sum(log(l1(hidden)))").cost == pytest.approx(7.0)
