"""The branches of the paper's grammar."""

from __future__ import annotations

import numpy as np

from lpzero.formula import apply, canonical, parse
from lpzero.formula.branches import bases, branches, written
from lpzero.formula.grammar import accepts, draw, get_grammar
from lpzero.operands.operand import PAPER_OPERANDS


def test_products_are_of_operands_at_the_same_sites() -> None:
    assert [str(base) for base in bases(PAPER_OPERANDS)] == [*PAPER_OPERANDS, "grad * weight"]


def test_every_pair_of_written_branches_is_a_formula_of_the_grammar() -> None:
    rules = get_grammar("lpzero")
    for left in list(written(("weight", "grad")))[::37]:
        assert accepts(rules, apply("div", left, next(written(("head",)))))


def test_every_formula_that_the_grammar_draws_is_a_pair_of_branches() -> None:
    rules, rng = get_grammar("lpzero"), np.random.default_rng(0)
    known = set(branches(PAPER_OPERANDS))
    for _ in range(300):
        drawn = draw(rules, rng)
        assert {canonical(argument) for argument in drawn.arguments} <= known


def test_branches_are_distinct_and_canonical() -> None:
    found = branches(("weight", "grad"))

    assert len(set(found)) == len(found)
    assert all(canonical(branch) == branch for branch in found)
    assert parse("sum(l1(grad * weight))") in found
    assert sum(1 for _ in written(("weight", "grad"))) > len(found)
