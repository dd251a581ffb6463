"""What a row of the table says of its primitive, against what its function does: neither more nor less."""

from __future__ import annotations

import itertools
from dataclasses import fields

import pytest
import torch
from torch import Tensor

from lpzero.formula import functions
from lpzero.formula.primitive import Primitive
from lpzero.formula.primitives import NAMES, PRIMITIVES, ROWS
from lpzero.operands.operand import SITE_FAMILIES, Sign

EVERY = [pytest.param(row, id=f"{row.kind}-{row.name}") for row in PRIMITIVES]
UNARY = [one for one in EVERY if one.values[0].arity == 1 and one.values[0].kind != "axes"]
BINARY = [one for one in EVERY if one.values[0].arity == 2]
MAPS = [one for one in UNARY if one.values[0].kind == "elementwise"]
SHAPED = [one for one in UNARY if one.values[0].kind in ("elementwise", "normalise")]
OVER = [one for one in UNARY if one.values[0].kind in ("reduction", "aggregation")]
SHARES = [one for one in UNARY if one.values[0].kind == "normalise"]
FACTS = {
    **dict.fromkeys(("trivial", "clips", "monotone"), MAPS),
    **dict.fromkeys(("undoes", "idempotent"), SHAPED),
    **dict.fromkeys(("blind", "of_nonnegative", "overflows_of", "synonym"), UNARY),
    **dict.fromkeys(("symmetry", "of_equals"), BINARY),
    **{"adds_up_to": SHARES, "elements": OVER},
}
"""The rows that each fact is tested on, by the tests below."""
BOUNDS: dict[Sign, tuple[float, float]] = {"any": (-8.0, 8.0), "nonnegative": (0.0, 8.0), "nonpositive": (-8.0, 0.0)}


def value(row: Primitive, *x: Tensor) -> Tensor:
    """What a primitive makes of tensors, every element counting once."""
    weighs = row.kind not in ("elementwise", "axes")
    return row.function(*x, None) if weighs else row.function(*x)


def probe(sign: Sign = "any", *, seed: int = 0) -> Tensor:
    """(2, 3, 6, 6): numbers of a sign, zeros and the tiniest ones that protection knows among them."""
    low, high = BOUNDS[sign]
    made = low + (high - low) * torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    made[0, 0, 0, :3] = torch.tensor([0.0, 1e-13, -1e-13]).clamp(low, high)
    # ... and a row without a positive number
    made[1, 1] = -made[1, 1].abs() if low < 0 else made[1, 1]
    return made


def close(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_is_said_where_it_is_tested_only(fact: str) -> None:
    silent = {field.name: field.default for field in fields(Primitive)}[fact]
    said = [row for row in PRIMITIVES if getattr(row, fact) != silent]
    assert said
    assert all(row in [one.values[0] for one in FACTS[fact]] for row in said)


@pytest.mark.parametrize("row", EVERY)
def test_results_have_the_sign_that_follows_from_the_arguments(row: Primitive) -> None:
    for signs in itertools.product(BOUNDS, repeat=row.arity):
        result = value(row, *(probe(sign, seed=i) for i, sign in enumerate(signs)))
        known = row.sign(*signs) if callable(row.sign) else row.sign
        assert (known == "nonnegative") <= bool((result >= 0).all()), signs
        # the largest logarithm of a share may be a rounding above 0
        assert (known == "nonpositive") <= bool((result <= 1e-6).all()), signs
        # log is one number of all that is not positive, and nothing asks for the sign of what needs axes
        if known == "any" and row.kind != "axes" and len(result.unique()) > 1:
            assert (result > 0).any() and (result < 0).any(), signs


@pytest.mark.parametrize("row", MAPS)
def test_what_is_trivial_or_clips_is_said(row: Primitive) -> None:
    assert row.trivial == torch.equal(value(row, probe()), probe())
    assert row.clips == (not value(row, probe("nonpositive")).any())


@pytest.mark.parametrize("row", SHAPED)
def test_what_a_second_time_changes_is_said(row: Primitive) -> None:
    once = value(row, probe())
    assert row.idempotent == close(value(row, once), once)


@pytest.mark.parametrize("row", MAPS)
def test_where_the_order_is_kept_is_said(row: Primitive) -> None:
    grid = torch.linspace(-5, 5, 41, dtype=torch.float64)
    steps, above = value(row, grid).diff(), value(row, grid[grid >= 0]).diff()
    one_way = {"any": steps, "nonnegative": above}
    kept = [name for name, found in one_way.items() if bool((found > 0).all()) or bool((found < 0).all())]
    assert row.monotone == (kept[0] if kept else None)


@pytest.mark.parametrize("row", UNARY)
def test_what_it_does_not_see_is_said(row: Primitive) -> None:
    inner = [one for one in PRIMITIVES if one.kind == "elementwise" and one.arity == 1 and not one.trivial]
    unseen = {one.name for one in inner if torch.equal(value(row, value(one, probe())), value(row, probe()))}
    if row.name == "numel":
        # it sees nothing, and no rule or canonical form is made for it
        assert unseen == {one.name for one in inner}
    else:
        assert unseen == set(row.blind)


@pytest.mark.parametrize("row", [one for one in UNARY if one.values[0].of_nonnegative])
def test_what_it_is_of_what_is_never_negative(row: Primitive) -> None:
    for level in row.levels:
        plain = ROWS[str(row.of_nonnegative), level]
        assert plain.kind == row.kind
        assert torch.equal(value(row, probe("nonnegative")), value(plain, probe("nonnegative")))
        assert not torch.equal(value(row, probe()), value(plain, probe()))


@pytest.mark.parametrize("row", [one for one in UNARY if one.values[0].undoes])
def test_a_smaller_formula_says_what_is_undone(row: Primitive) -> None:
    smaller = [one for one in PRIMITIVES if one.arity == 1 and one.kind in ("elementwise", "normalise")]
    for name in row.undoes:
        for inner in NAMES[name]:
            both = value(row, value(inner, probe()[1:]))
            assert any(close(both, value(one, probe()[1:])) for one in smaller), name


@pytest.mark.parametrize("row", [one for one in UNARY if one.values[0].overflows_of])
def test_what_it_overflows_of(row: Primitive) -> None:
    many = torch.ones(1000, dtype=torch.float64)
    for name in row.overflows_of:
        assert not torch.isfinite(value(row, value(NAMES[name][0], many)))


@pytest.mark.parametrize("row", SHARES)
def test_what_results_add_up_to_is_said(row: Primitive) -> None:
    totals = value(row, probe()).sum(-1)
    constant = close(totals, totals[:1, :1, :1].expand(totals.shape))
    assert row.adds_up_to == (pytest.approx(float(totals[0, 0, 0]), abs=1e-4) if constant else None)


@pytest.mark.parametrize("row", OVER)
def test_totals_and_averages_are_said(row: Primitive) -> None:
    both = {"total": probe().sum(-1), "average": probe().mean(-1)}
    assert row.elements == next((name for name, wanted in both.items() if close(value(row, probe()), wanted)), None)


@pytest.mark.parametrize("row", [one for one in UNARY if one.values[0].synonym])
def test_a_synonym_computes_the_same(row: Primitive) -> None:
    other = ROWS[str(row.synonym), row.levels[0]]
    assert (other.kind, other.function, other.synonym) == (row.kind, row.function, None)


@pytest.mark.parametrize("row", BINARY)
def test_what_the_other_order_gives_is_said(row: Primitive) -> None:
    one, other = (value(row, probe(seed=i), probe(seed=1 - i)) for i in (0, 1))
    found = {"symmetric": torch.equal(one, other), "antisymmetric": torch.equal(one, -other)}
    assert row.symmetry == next((name for name, holds in found.items() if holds), None)


@pytest.mark.parametrize("row", BINARY)
def test_what_it_makes_of_equal_arguments_is_said(row: Primitive) -> None:
    x = probe("nonnegative") + 0.5
    made = value(row, x, x)
    found = {
        "constant": close(made, made[:1, :1, :1, :1].expand(x.shape)),
        "multiple": close(made / x, (made / x)[:1, :1, :1, :1].expand(x.shape)),
        "square": torch.equal(made, functions.square(x)),
    }
    assert row.of_equals == next((name for name, holds in found.items() if holds), None)


def test_families_of_sites_are_known() -> None:
    assert {family for row in PRIMITIVES for family in row.families} <= set(SITE_FAMILIES)
