"""Variation of formulas about units."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lpzero.evolution.units import MUTATIONS, cross_units, mutate_units
from lpzero.formula import parse
from lpzero.formula.unit_grammar import accepts_units, draw_units, units_grammar

GRAMMAR = units_grammar(14, 30)


def test_children_belong_to_the_grammar_and_most_are_new() -> None:
    rng = np.random.default_rng(0)
    parents = [draw_units(GRAMMAR, rng) for _ in range(150)]
    mutants = [mutate_units(parent, GRAMMAR, rng) for parent in parents]
    crossed = [cross_units(a, b, GRAMMAR, rng) for a, b in itertools.pairwise(parents)]
    assert all(accepts_units(GRAMMAR, child) for child in (*mutants, *crossed))
    assert np.mean([a != b for a, b in zip(parents, mutants, strict=True)]) > 0.8
    assert np.mean([a != b for a, b in zip(parents, crossed, strict=False)]) > 0.7


def test_parents_stay_as_they_were() -> None:
    parent = parse("sum_windows(sum_tokens(square(sum_units(gate_grad))))")
    text = str(parent)
    for seed in range(20):
        mutate_units(parent, GRAMMAR, np.random.default_rng(seed))
    assert str(parent) == text


@pytest.mark.parametrize("other", ["sum_tokens(square(sum_windows(sum_units(gate_grad))))"])
def test_the_order_of_reductions_changes(other: str) -> None:
    """From the sum over windows outermost, neighbouring reductions change places, one at a time."""
    swap = next(mutation for mutation in MUTATIONS if mutation.__name__ == "_swap")
    found = {"sum_windows(sum_tokens(square(sum_units(gate_grad))))"}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        child = swap(parse(sorted(found)[int(rng.integers(len(found)))]), rng)
        if child is not None:
            found.add(str(child))
    assert other in found
    assert "sum_windows(square(sum_units(sum_tokens(gate_grad))))" in found
