"""The orders of the lists that are read off the table.

A random choice is a place in one of these lists: with the names in another order, or one more among them, equal seeds
draw other formulas, and a run of an earlier version cannot be repeated or resumed. Who adds a primitive changes these
lines on purpose, and says so in CHANGELOG.md.
"""

from __future__ import annotations

from lpzero.formula import grammar
from lpzero.formula.primitives import PRIMITIVES

REDUCTIONS = ("sum", "mean", "normalised_sum", "std", "l1", "mean_abs", "frobenius", "max", "numel")
ELEMENTWISE = ("log", "abslog", "abs", "square", "exp", "relu", "reciprocal", "sigmoid", "sqrt", "neg")
NORMALISING = ("zscore", "min_max", "softmax", "log_softmax")
AGGREGATIONS = ("sum", "mean", "first", "last")
ROOTS = ("add", "sub", "mul", "div")


def test_the_typed_grammar_draws_in_this_order() -> None:
    assert grammar.REDUCTIONS == REDUCTIONS
    assert grammar.ELEMENTWISE == ELEMENTWISE
    assert grammar.NORMALISING == NORMALISING
    assert grammar.AGGREGATIONS == AGGREGATIONS
    assert grammar.BINARY == ROOTS


def test_branches_are_drawn_and_written_in_this_order() -> None:
    assert grammar.ROOTS == ROOTS
    assert (
        *("log", "abslog", "abs", "square", "exp", "zscore", "relu", "reciprocal", "frobenius", "normalised_sum"),
        *("l1", "softmax", "sigmoid", "log_softmax", "sqrt", "neg", "min_max", "mean", "std", "identity"),
    ) == grammar.PAPER_UNARY
    assert grammar.OVER_LAYERS == {"lpzero": ("sum", "mean"), "layered": AGGREGATIONS}


def test_a_mutation_draws_from_the_rows_in_this_order() -> None:
    names = tuple(row.name for row in PRIMITIVES if row.search)
    assert names == ("identity", *ELEMENTWISE, *ROOTS, *NORMALISING, *REDUCTIONS, *AGGREGATIONS)
