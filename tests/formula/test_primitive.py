"""What a row says of a primitive's values holds for its function, on drawn numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import Tensor

from lpzero.formula.primitive import Primitive
from lpzero.formula.primitives import NAMES, PRIMITIVES
from lpzero.operands.operand import Sign

# of a size at which neither a square nor an exponential swallows what is small
numbers = st.floats(-5, 5).map(lambda x: round(x, 3))
rows = hnp.arrays(np.float64, st.tuples(st.just(3), st.integers(2, 6)), elements=numbers)
SIGNS: tuple[Sign, ...] = ("any", "nonnegative", "nonpositive")


def those(fact: str) -> pytest.MarkDecorator:
    kept = [row for row in PRIMITIVES if getattr(row, fact) not in (None, False, ()) and row.kind != "axes"]
    assert kept
    return pytest.mark.parametrize("row", kept, ids=lambda row: f"{row.kind}-{row.name}")


def value(row: Primitive, x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
    one = torch.from_numpy(x)
    if row.kind == "elementwise":
        result: Tensor = (
            row.function(one) if row.arity == 1 else row.function(one, torch.from_numpy(x if y is None else y))
        )
    else:
        result = row.function(one, None)
    found: np.ndarray = result.numpy()
    return found


def unary(name: str) -> Primitive:
    return next(row for row in NAMES[name] if row.arity == 1)


def signed(x: np.ndarray, sign: Sign) -> np.ndarray:
    found: dict[Sign, np.ndarray] = {"any": x, "nonnegative": np.abs(x), "nonpositive": -np.abs(x)}
    return found[sign]


@those("sign")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows, y=rows, signs=st.tuples(st.sampled_from(SIGNS), st.sampled_from(SIGNS)))
def test_results_have_the_sign_that_the_row_says(
    row: Primitive, x: np.ndarray, y: np.ndarray, signs: tuple[Sign, Sign]
) -> None:
    given_signs = signs[: row.arity]
    said = row.sign if isinstance(row.sign, str) else row.sign(*given_signs)
    width = min(x.shape[1], y.shape[1])
    found = value(row, signed(x, signs[0])[:, :width], signed(y, signs[1])[:, :width])
    if said == "nonnegative":
        assert (found >= 0).all()
    if said == "nonpositive":
        assert (found <= 0).all()


@those("idempotent")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_a_second_time_changes_nothing_more(row: Primitive, x: np.ndarray) -> None:
    once = value(row, x)
    spread = np.ptp(x, axis=-1) > 0.01
    np.testing.assert_allclose(value(row, once)[spread], once[spread], rtol=1e-6, atol=1e-9)


@those("undoes")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_what_is_undone_leaves_a_smaller_formula_of_the_same_ranks(row: Primitive, x: np.ndarray) -> None:
    for name in row.undoes:
        other = unary(name)
        if other.kind != "elementwise":
            continue
        inner = np.abs(x) + 0.1
        found = value(row, value(other, inner))
        np.testing.assert_allclose(found, inner, rtol=1e-6)


@those("blind")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_what_it_does_not_see_changes_nothing(row: Primitive, x: np.ndarray) -> None:
    for name in row.blind:
        np.testing.assert_allclose(value(row, value(unary(name), x)), value(row, x), rtol=1e-9, atol=1e-12)


@those("of_nonnegative")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_of_what_is_never_negative_it_is_another_one(row: Primitive, x: np.ndarray) -> None:
    other = next(one for one in NAMES[str(row.of_nonnegative)] if one.kind == row.kind)
    np.testing.assert_array_equal(value(row, np.abs(x)), value(other, np.abs(x)))


@those("clips")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_what_clips_is_zero_of_what_is_not_positive(row: Primitive, x: np.ndarray) -> None:
    assert (value(row, -np.abs(x)) == 0).all()
    assert (value(row, np.abs(x) + 0.1) > 0).all()


@those("monotone")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_what_is_monotone_keeps_or_turns_the_order(row: Primitive, x: np.ndarray) -> None:
    for sign in SIGNS if row.monotone == "any" else ("nonnegative", "nonpositive"):
        ordered = np.sort(signed(x, sign), axis=-1)
        steps = np.diff(value(row, ordered), axis=-1)
        assert (steps >= -1e-12).all() or (steps <= 1e-12).all()


@those("adds_up_to")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_results_add_up_to_what_the_row_says(row: Primitive, x: np.ndarray) -> None:
    assert row.adds_up_to is not None
    np.testing.assert_allclose(value(row, x).sum(-1), row.adds_up_to, atol=1e-6)


@those("elements")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_a_plain_total_or_average_is_that(row: Primitive, x: np.ndarray) -> None:
    wanted = {"total": x.sum(-1), "average": x.mean(-1)}[str(row.elements)]
    np.testing.assert_allclose(value(row, x), wanted, rtol=1e-9, atol=1e-12)


@those("symmetry")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_the_other_order_gives_the_same_or_its_negative(row: Primitive, x: np.ndarray) -> None:
    y = x[::-1].copy()
    sign = {"symmetric": 1.0, "antisymmetric": -1.0}[str(row.symmetry)]
    np.testing.assert_array_equal(value(row, y, x), sign * value(row, x, y))


@those("of_equals")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_two_equal_arguments_make_what_the_row_says(row: Primitive, x: np.ndarray) -> None:
    x = np.abs(x) + 0.1
    found = value(row, x, x)
    wanted = {"constant": np.ones_like(x), "multiple": x, "square": x * x}[str(row.of_equals)]
    ratio = found / wanted
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0, 0], ratio.shape), rtol=1e-9)


@those("synonym")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_a_synonym_computes_the_same(row: Primitive, x: np.ndarray) -> None:
    other = next(one for one in NAMES[str(row.synonym)] if one.kind == row.kind)
    np.testing.assert_array_equal(value(row, x), value(other, x))


@those("trivial")
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_what_is_trivial_gives_back_its_argument(row: Primitive, x: np.ndarray) -> None:
    np.testing.assert_array_equal(value(row, x), x)


def test_a_row_is_a_value_that_cannot_change() -> None:
    row = PRIMITIVES[0]
    with pytest.raises(AttributeError):
        row.cost = 0.0  # type: ignore[misc]
    assert all(row.arity in (1, 2) and row.lowest < row.highest and row.cost > 0 for row in PRIMITIVES)
