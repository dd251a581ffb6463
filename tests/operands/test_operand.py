"""The table of operands: its rows, and the orders of the lists that are read off it."""

from __future__ import annotations

from typing import get_args

import pytest

from lpzero.errors import LpzeroError
from lpzero.operands.extract import Operands
from lpzero.operands.matrices import SETS
from lpzero.operands.operand import (
    FAMILIES,
    GRADIENTS,
    OPERANDS,
    PAPER_OPERANDS,
    SITE_FAMILIES,
    WHOLE_OPERANDS,
    Family,
    SiteFamily,
)
from lpzero.operands.sketch import ALIGNED

PARTS = ("", "_operation", "_feed_forward", "_embedding")


def test_operands_are_drawn_in_this_order() -> None:
    # a random choice is a place in one of these lists: in another order, equal seeds draw other formulas
    of_parameters = [f"{family}{part}" for family in ("weight", "grad") for part in PARTS]
    assert list(OPERANDS) == [*of_parameters, "activation", "head", "attention", "hidden", "jacobian"]
    assert PAPER_OPERANDS == ("activation", "jacobian", "grad", "head", "weight", "attention")


def test_branches_are_numbered_in_this_order() -> None:
    # an enumeration that was begun in another order would go on with other formulas
    assert (*PAPER_OPERANDS, "hidden") == WHOLE_OPERANDS
    assert set(WHOLE_OPERANDS) == {name for name, row in OPERANDS.items() if row.group is None}


def test_sketches_and_banks_hold_families_in_this_order() -> None:
    # a bank is read back by these names, and the last family at a site says which elements are kept
    assert SITE_FAMILIES == ("parameter", "activation", "head", "attention", "hidden", "jacobian")
    assert {"parameter": ("weight", "grad"), **{name: (name,) for name in SITE_FAMILIES[1:]}} == ALIGNED
    assert list(ALIGNED) == list(SITE_FAMILIES)
    assert list(SETS) == [*(f"parameter{part.replace('_', '/', 1)}" for part in PARTS), *SITE_FAMILIES[1:]]


def test_every_family_that_the_types_allow_has_a_row() -> None:
    assert get_args(Family) == FAMILIES
    assert get_args(SiteFamily) == SITE_FAMILIES


def test_gradients_are_what_a_backward_pass_shows() -> None:
    assert GRADIENTS == ("grad", "jacobian")
    assert {row.family for row in OPERANDS.values() if row.backward} == set(GRADIENTS)


def test_rows_of_one_family_agree_on_all_but_their_part() -> None:
    for family in FAMILIES:
        rows = [row for row in OPERANDS.values() if row.family == family]
        assert len({(row.site_family, row.sign, row.backward, row.remedy) for row in rows}) == 1
        assert len({row.group for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("head", "the model shows no head"),
        ("hidden", "the model shows no hidden: expected it in `hidden_states` of what the model returns"),
        ("attention", "the model shows no attention: expected it in `attentions` of what the model returns (tr"),
    ],
)
def test_what_is_absent_is_said_with_its_remedy(name: str, words: str) -> None:
    shown = Operands(1, 0.0, {}, {}, absent=frozenset({OPERANDS[name].site_family}))
    with pytest.raises(LpzeroError) as err:
        shown.select(OPERANDS[name])
    assert str(err.value).startswith(words)
    assert (":" in str(err.value)) == bool(OPERANDS[name].remedy)


def test_no_symbol_stands_for_two_operands() -> None:
    assert len({row.latex for row in OPERANDS.values()}) == len(OPERANDS)
