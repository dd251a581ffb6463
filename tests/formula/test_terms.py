"""Terms: what is drawn belongs to the grammar, and a set of terms has one form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.formula import canonical, parse
from lpzero.formula.grammar import get_grammar
from lpzero.formula.terms import (
    accepts_sum,
    accepts_term,
    counted_terms,
    draw_sum,
    draw_term,
    plain_sum,
    refused_term,
    terms_of,
)
from lpzero.operands.shape import COUNTS


def test_sums_that_are_drawn_are_of_the_grammar_and_read_back() -> None:
    rules, rng = get_grammar("weighted", terms=4), np.random.default_rng(0)
    numbers = set()
    for _ in range(150):
        formula = draw_sum(rules, rng)
        assert accepts_sum(rules, formula)
        assert parse(str(formula)) == formula == canonical(formula) == plain_sum(terms_of(formula))
        assert all(refused_term(term) is None for term in terms_of(formula))
        numbers.add(len(terms_of(formula)))
    assert numbers == {1, 2, 3, 4}


def test_every_kind_of_term_is_drawn() -> None:
    rules, rng = get_grammar("weighted"), np.random.default_rng(1)
    terms = [draw_term(rules, rng) for _ in range(300)]
    assert {name for term in terms for name in term.shape_operands} >= set(COUNTS)
    assert any(term.operands and term.shape_operands for term in terms)
    assert any(term.name == "log" for term in terms)
    assert len({name for term in terms for name in term.operands}) > 8


def test_order_and_repeats_of_terms_change_nothing() -> None:
    terms = [parse(text) for text in ("log(width)", "sum(l1(weight))", "depth")]
    assert plain_sum(terms) == plain_sum([*reversed(terms), terms[0]])


@pytest.mark.parametrize("text", ["depth + width", "neg(depth)", "depth - width", "2", "0.5 * depth"])
def test_what_begins_with_a_sum_or_holds_a_constant_is_no_term(text: str) -> None:
    assert not accepts_term(get_grammar("weighted"), parse(text))


def test_the_outermost_primitive_of_a_term_may_be_monotone() -> None:
    assert refused_term(parse("log(sum(l1(weight)))")) is None
    assert refused_term(parse("log(exp(depth))")) == "inverse"


def test_what_is_enumerated_of_the_shape_are_different_terms() -> None:
    terms = counted_terms()
    assert len(set(terms)) == len(terms) == 2 * len(COUNTS) + len(COUNTS) * (len(COUNTS) + 1) // 2
    assert all(accepts_term(get_grammar("weighted"), term) for term in terms)


@pytest.mark.parametrize(("terms", "size"), [(0, 24), (12, 24), (2, 120)])
def test_sums_that_no_formula_could_hold_are_refused(terms: int, size: int) -> None:
    with pytest.raises(InputError, match=r"lower `terms` or `max_size`"):
        get_grammar("weighted", terms=terms, max_size=size)


def test_a_grammar_without_an_operand_accepts_and_draws_no_term_of_it() -> None:
    rules = get_grammar("weighted")
    narrow = replace(rules, operands=tuple(name for name in rules.operands if name not in ("attention", "head")))
    term = parse("sum(mean(attention))")
    assert accepts_term(rules, term)
    assert not accepts_term(narrow, term)
    rng = np.random.default_rng(0)
    drawn = [draw_term(narrow, rng) for _ in range(300)]
    assert not any(one.operands & {"attention", "head"} for one in drawn)
