"""Grammars: whatever is drawn belongs to its grammar, survives the text, and covers what it should."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.formula import canonical, parse
from lpzero.formula.grammar import AGGREGATIONS, GRAMMARS, accepts, draw, get_grammar
from lpzero.operands.operand import OPERANDS, PAPER_OPERANDS


@pytest.mark.parametrize("name", GRAMMARS)
def test_drawn_formulas_are_accepted_and_round_trip(name: str) -> None:
    rules, rng = get_grammar(name), np.random.default_rng(0)
    for _ in range(400):
        formula = draw(rules, rng)
        assert accepts(rules, formula)
        assert str(parse(str(formula))) == str(formula)
        assert parse(str(formula)) == formula
        canonical_form = canonical(formula)
        assert canonical(canonical_form) == canonical_form
        assert canonical_form.type == formula.type


@pytest.mark.parametrize("name", GRAMMARS)
def test_equal_seeds_draw_equal_formulas(name: str) -> None:
    rules = get_grammar(name)
    first, second = ([draw(rules, np.random.default_rng(5)) for _ in range(3)] for _ in range(2))
    assert first == second


def test_typed_draws_every_operand_and_every_searched_primitive() -> None:
    rules, rng = get_grammar("typed"), np.random.default_rng(1)
    nodes = [node for _ in range(1500) for node in draw(rules, rng).walk()]
    assert {n.name for n in nodes if n.primitive is None} == set(OPERANDS)
    assert {n.primitive.kind for n in nodes if n.primitive} == {
        *("elementwise", "normalise", "reduction", "aggregation"),
    }


def test_lpzero_draws_the_papers_operands_only() -> None:
    rules, rng = get_grammar("lpzero"), np.random.default_rng(1)
    drawn = [draw(rules, rng) for _ in range(300)]
    assert frozenset().union(*(f.operands for f in drawn)) == set(PAPER_OPERANDS)


@pytest.mark.parametrize(
    ("text", "belongs"),
    [
        ("sum(l1(weight)) * mean(std(log(head)))", True),
        ("sum(mean(abs(log(weight * grad)))) - sum(mean(identity(identity(head))))", True),
        ("sum(l1(weight))", False),
        ("sum(l1(abs(log(weight)))) + sum(l1(head))", False),
        ("sum(l1(weight_operation)) + sum(l1(head))", False),
        ("sum(l1(weight + grad)) + sum(l1(head))", False),
        ("sum(l1(weight)) + sum(l1(head)) + sum(l1(grad))", False),
        ("sum(mean(matmul(weight, grad))) + sum(l1(head))", False),
    ],
)
def test_what_belongs_to_the_papers_grammar(text: str, belongs: bool) -> None:
    assert accepts(get_grammar("lpzero"), parse(text)) == belongs


@pytest.mark.parametrize("over_layers", ["first", "last"])
def test_single_layers_belong_to_layered_and_not_to_the_papers_grammar(over_layers: str) -> None:
    formula = parse(f"sum(l1(weight)) / {over_layers}(std(log(head)))")
    assert accepts(get_grammar("layered"), formula)
    assert accepts(get_grammar("typed"), formula)
    assert not accepts(get_grammar("lpzero"), formula)


def test_layered_draws_what_it_accepts_with_every_aggregation() -> None:
    rules, rng = get_grammar("layered"), np.random.default_rng(1)
    drawn = [draw(rules, rng) for _ in range(100)]
    assert all(accepts(rules, formula) for formula in drawn)
    assert {side.name for formula in drawn for side in formula.arguments} == set(AGGREGATIONS)


def test_limits_are_checked() -> None:
    with pytest.raises(InputError, match="expected one of typed, lpzero"):
        get_grammar("koza")
    for depth, size in ((3, 24), (25, 24), (8, 3), (8, 201)):
        with pytest.raises(InputError, match="depth limit"):
            get_grammar("typed", max_depth=depth, max_size=size)
    with pytest.raises(InputError, match="at least 7"):
        get_grammar("lpzero", max_depth=6)
