"""Variation: typed, inside the grammar, never changing a parent, and golden single steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lpzero.evolution.variation import (
    crossover,
    mutate,
    mutate_hoist,
    mutate_point,
    mutate_subtree,
    part_at,
    paths,
    replaced,
)
from lpzero.formula import Formula, operand, parse
from lpzero.formula.grammar import GRAMMARS, Grammar, accepts, draw, get_grammar

Mutation = Callable[[Formula, Grammar, np.random.Generator], Formula]


@pytest.mark.parametrize("name", GRAMMARS)
@pytest.mark.parametrize("operator", [mutate_subtree, mutate_point, mutate_hoist, mutate])
def test_mutants_stay_in_the_grammar(name: str, operator: Mutation) -> None:
    rules, rng = get_grammar(name), np.random.default_rng(0)
    changed = 0
    for _ in range(120):
        parent = draw(rules, rng)
        before = str(parent)
        child = operator(parent, rules, rng)
        assert accepts(rules, child)
        assert str(parent) == before
        changed += child != parent
    assert changed > 20


@pytest.mark.parametrize("name", GRAMMARS)
def test_children_of_two_stay_in_the_grammar_and_hold_parts_of_both(name: str) -> None:
    rules, rng = get_grammar(name), np.random.default_rng(1)
    changed = 0
    for _ in range(120):
        first, second = draw(rules, rng), draw(rules, rng)
        child = crossover(first, second, rules, rng)
        assert accepts(rules, child)
        if child != first:
            changed += 1
            donated = {str(node) for node in second.walk()}
            assert any(str(node) in donated for node in child.walk())
    assert changed > 60


def test_hoisting_never_grows() -> None:
    rules, rng = get_grammar("typed"), np.random.default_rng(2)
    for _ in range(100):
        parent = draw(rules, rng)
        assert mutate_hoist(parent, rules, rng).size <= parent.size


def test_equal_seeds_vary_equally() -> None:
    rules = get_grammar("typed")
    parents = draw(rules, np.random.default_rng(8)), draw(rules, np.random.default_rng(9))
    children = [
        (mutate(parents[0], rules, rng), crossover(*parents, rules, rng))
        for rng in (np.random.default_rng(5), np.random.default_rng(5))
    ]
    assert children[0] == children[1]


def test_paths_lead_to_parts_and_replacing_keeps_the_rest() -> None:
    formula = parse("sum(l1(weight * grad)) + mean(std(head))")
    assert [str(part_at(formula, path)) for path in paths(formula)] == [str(n) for n in formula.walk()]
    assert str(replaced(formula, (1, 0, 0), operand("attention"))) == ("sum(l1(weight * grad)) + mean(std(attention))")
    assert str(formula) == "sum(l1(weight * grad)) + mean(std(head))"
