"""Variation of sums: inside the grammar, never changing a parent, one form for one set of terms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lpzero.evolution.weighted.variation import (
    add_term,
    change_term,
    cross_sums,
    drop_term,
    mutate_sum,
    replace_term,
)
from lpzero.formula import Formula, canonical, parse
from lpzero.formula.grammar import Grammar, get_grammar
from lpzero.formula.terms import accepts_sum, draw_sum, plain_sum, terms_of

Mutation = Callable[[Formula, Grammar, np.random.Generator], Formula]


@pytest.mark.parametrize("operator", [add_term, drop_term, replace_term, change_term, mutate_sum])
def test_mutants_are_sums_of_the_grammar(operator: Mutation) -> None:
    rules, rng = get_grammar("weighted", terms=3), np.random.default_rng(0)
    changed = 0
    for _ in range(60):
        parent = draw_sum(rules, rng)
        before = str(parent)
        child = operator(parent, rules, rng)
        assert accepts_sum(rules, child)
        assert str(parent) == before
        assert plain_sum(terms_of(child)) == canonical(child) == child
        changed += child != parent
    assert changed > 40


def test_a_term_comes_and_goes() -> None:
    rules, rng = get_grammar("weighted", terms=3), np.random.default_rng(1)
    parent = parse("log(depth) + log(width)")
    assert len(terms_of(add_term(parent, rules, rng))) == 3
    (left,) = terms_of(drop_term(parent, rules, rng))
    assert left in terms_of(parent)
    one, full = parse("depth"), plain_sum([parse("depth"), parse("width"), parse("heads")])
    assert len(terms_of(drop_term(one, rules, rng))) == 1
    assert len(terms_of(add_term(full, rules, rng))) == 3


def test_children_of_two_have_the_terms_of_both_and_the_size_of_one() -> None:
    rules, rng = get_grammar("weighted"), np.random.default_rng(2)
    for _ in range(60):
        first, second = draw_sum(rules, rng), draw_sum(rules, rng)
        child = cross_sums(first, second, rules, rng)
        assert set(terms_of(child)) <= {*terms_of(first), *terms_of(second)}
        assert len(terms_of(child)) in (len(terms_of(first)), len(terms_of(second)))


def test_a_logarithm_is_put_before_a_term_and_taken_away() -> None:
    rules, rng = get_grammar("weighted", terms=1), np.random.default_rng(3)
    found = {str(change_term(parse("decoder_params"), rules, rng)) for _ in range(5)}
    assert found == {"log(decoder_params)"}
    found = {str(change_term(parse("log(decoder_params)"), rules, rng)) for _ in range(5)}
    assert found == {"decoder_params"}
