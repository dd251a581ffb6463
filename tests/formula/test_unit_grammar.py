"""The grammar of units: what is drawn belongs to it, and every operand, axis and order is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.formula.formula import SCALAR
from lpzero.formula.parse import parse, parse_part
from lpzero.formula.unit_grammar import OVER, accepts_units, draw_units, draw_units_part, units_grammar
from lpzero.operands.units import UNIT_OPERANDS

GRAMMAR = units_grammar(14, 30)


def test_what_is_drawn_is_accepted_and_all_is_drawn() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_units(GRAMMAR, rng) for _ in range(2000)]
    assert all(accepts_units(GRAMMAR, formula) for formula in drawn)
    names = {node.name for formula in drawn for node in formula.walk()}
    assert {*UNIT_OPERANDS, *(name for over in OVER.values() for name in over)} <= names
    # units are reduced before tokens and behind them
    nested = [(a.name, a.arguments[0].name) for formula in drawn for a in formula.walk() if a.arguments]
    assert {("sum_units", "sum_tokens"), ("sum_tokens", "sum_units")} <= set(nested)


def test_equal_seeds_draw_equal_formulas() -> None:
    one, other = (draw_units(GRAMMAR, np.random.default_rng(4)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    "text",
    ["gate_grad", "sum_units(gate_grad)", "sum_windows(unit_output * unit_grad)", "sum_units(unit_weight_out)"],
)
def test_a_part_of_a_type_is_drawn(text: str) -> None:
    wanted = parse_part(text).type
    assert draw_units_part(wanted, np.random.default_rng(1)).type == wanted


def test_no_part_is_of_a_type_that_no_operand_leads_to() -> None:
    with pytest.raises(InputError, match="expected a type that chains of units go through"):
        draw_units_part(parse_part("weight").type, np.random.default_rng(1))


@pytest.mark.parametrize("text", ["sum(l1(weight))", "2 * sum_units(unit_weight_in)", "depth * removed_share"])
def test_other_formulas_are_none_of_it(text: str) -> None:
    formula = parse(text)
    assert formula.type == SCALAR
    assert not accepts_units(GRAMMAR, formula)
