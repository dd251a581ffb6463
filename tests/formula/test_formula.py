"""The formula value: types, text, size, depth."""

from __future__ import annotations

import copy
import itertools
import pickle

import pytest

from lpzero.errors import InputError
from lpzero.formula import apply, operand, parse
from lpzero.formula.primitives import PRIMITIVES


def test_size_depth_operands_and_type() -> None:
    f = parse("sum(l1(weight * grad)) + mean(std(head))")
    assert (f.size, f.depth, f.type.level) == (9, 5, "scalar")
    assert f.operands == {"weight", "grad", "head"}


@pytest.mark.parametrize(("name", "passes"), [("weight", 0), ("grad_embedding", 1), ("jacobian", 1), ("hidden", 0)])
def test_the_cost_counts_primitives_and_a_backward_pass(name: str, passes: int) -> None:
    # a logarithm costs five additions, and the two sums one each
    assert parse(f"sum(log(sum({name})))").cost == 7 + passes


@pytest.mark.parametrize(
    "text",
    [
        "sum(l1(weight)) - (sum(l1(grad)) - sum(l1(head)))",
        "sum(l1(weight)) - sum(l1(grad)) - sum(l1(head))",
        "sum(l1(weight)) / (sum(l1(grad)) * sum(l1(head)))",
        "(sum(l1(weight)) + sum(l1(grad))) * sum(l1(head))",
        "sum(l1(weight)) + sum(l1(grad)) * sum(l1(head))",
        "sum(l1(weight)) + (sum(l1(grad)) + sum(l1(head)))",
    ],
)
def test_text_keeps_the_grouping_and_nothing_more(text: str) -> None:
    assert str(parse(text)) == text


def test_every_nesting_of_infix_symbols_reads_back() -> None:
    x, y, z = (apply("sum", apply("l1", operand(name))) for name in ("weight", "grad", "head"))
    infix = [row.name for row in PRIMITIVES if row.symbol is not None]
    for outer, inner in itertools.product(infix, repeat=2):
        for formula in (apply(outer, apply(inner, x, y), z), apply(outer, x, apply(inner, y, z))):
            assert [(n.name, n.size) for n in parse(str(formula)).walk()] == [(n.name, n.size) for n in formula.walk()]


def test_equal_texts_are_equal_formulas() -> None:
    assert parse("sum(l1(weight))") == parse(" sum( l1( weight ) )")
    assert hash(parse("sum(l1(weight))")) == hash(parse("sum(l1(weight))"))
    assert parse("sum(l1(weight))") != parse("mean(l1(weight))")


def test_tensors_of_different_sites_do_not_combine() -> None:
    with pytest.raises(InputError, match=r"tensor\[parameter\] and tensor\[attention\].*reduce"):
        apply("mul", operand("weight"), operand("attention"))
    with pytest.raises(InputError, match="one type"):
        apply("add", operand("weight"), operand("weight_operation"))


def test_levels_do_not_mix() -> None:
    with pytest.raises(InputError, match="l1 takes tensor, found layers"):
        apply("l1", apply("l1", operand("weight")))
    with pytest.raises(InputError, match="layers and scalar"):
        apply("add", apply("l1", operand("weight")), parse("sum(l1(weight))"))


def test_an_axes_primitive_names_the_families_it_takes() -> None:
    with pytest.raises(InputError, match="max_heads takes attention, found"):
        apply("max_heads", operand("weight"))
    assert parse("sum(mean(max_heads(attention)))").needs_axes
    assert not parse("sum(mean(attention))").needs_axes


def test_travels_as_text() -> None:
    f = parse("sum(l1(weight * grad))")
    assert pickle.loads(pickle.dumps(f)) == f  # noqa: S301  (our own bytes)
    assert copy.deepcopy(f) is f
