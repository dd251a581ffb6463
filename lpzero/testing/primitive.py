"""The laws of a primitive: its function, what its row says of it, and its forms in other languages."""

from __future__ import annotations

import importlib.util
import math
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lpzero.errors import LpzeroError
from lpzero.formula import Formula, apply, canonical, operand, parse
from lpzero.formula.brought import row_at, rows_named
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.export import to_latex, to_python, to_sympy
from lpzero.formula.module import FormulaModule
from lpzero.formula.primitive import Primitive
from lpzero.formula.values import ExactSource
from lpzero.operands.extract import Operands
from lpzero.operands.operand import OPERANDS, Sign
from lpzero.operands.units import UNIT_OPERANDS
from lpzero.testing.example import example_operands
from lpzero.testing.laws import law, random_states_kept

NUMBERS = (-1e3, -2.5, -1.0, -1e-3, 0.0, 1e-3, 0.5, 1.0, 3.0, 1e3)
_NEAR = 1e-5
_SIGNS: dict[Sign, tuple[float, float]] = {
    "any": (-math.inf, math.inf),
    "nonnegative": (0.0, math.inf),
    "nonpositive": (-math.inf, 0.0),
}


def check_primitive(name: str) -> None:
    """Hold a primitive to its laws.

    It is total, pure and equal again; finite where its row says; shaped as its kind asks for; blind to padding; of the
    sign and the order that its row says; and a formula with it is read back from its text, keeps its value in canonical
    form, and has the same value as a module and as exported Python; of an element-wise one, as sympy too.

    Args:
        name: Its name in formulas.

    Raises:
        AssertionError: A law does not hold; the message is a sentence that says which.

    >>> check_primitive("sigmoid")
    """
    try:
        rows = rows_named(name)
    except LpzeroError as err:
        raise AssertionError(f"a primitive is found by its name: {err}") from err
    law(rows, f"a primitive is found by its name, not {name!r}: install the package that brings it")
    for row in rows:
        if row.axis is not None:
            # over a named axis of what units of a checkpoint show: the model here has none
            _check_units(row)
            continue
        if row.kind != "axes":
            _check_function(row)
            _check_facts(row)
        _check_formula(row)
        if row.kind == "elementwise":
            _check_sympy(row)


def _inputs(row: Primitive, low: float = -math.inf, high: float = math.inf) -> tuple[Tensor, ...]:
    """Numbers of a range within the finite domain of a primitive: every pair of them where it takes two."""
    lowest, highest = max(row.lowest, low), min(row.highest, high)
    numbers = torch.tensor([one for one in NUMBERS if lowest <= one <= highest])
    if row.arity == 1:
        return (numbers,)
    grid = torch.cartesian_prod(numbers, numbers)
    return grid[:, 0].clone(), grid[:, 1].clone()


def _applied(row: Primitive, *values: Tensor) -> Tensor:
    """The result, of which everything is checked that holds for every kind."""
    given = values if row.kind == "elementwise" else (*values, None)
    before = [value.clone() for value in values]
    with random_states_kept(row.name):
        found, again = row.function(*given), row.function(*given)
    law(torch.equal(found, again), f"{row.name} is the same again, bit for bit")
    same = all(torch.equal(value, copy) for value, copy in zip(values, before, strict=True))
    law(same, f"{row.name} leaves its arguments as they were")
    return found


def _check_function(row: Primitive) -> None:
    values = _inputs(row)
    for kind in (torch.float32, torch.float64):
        typed = [value.to(kind) for value in values]
        found = _applied(row, *typed)
        shape = values[0].shape if row.kind in ("elementwise", "normalise") else values[0].shape[:-1]
        law(found.shape == shape, f"{row.name} gives the shape {tuple(shape)}, found {tuple(found.shape)}")
        law(found.dtype == kind, f"{row.name} keeps {kind}, found {found.dtype}")
        law(found.isfinite().all(), f"{row.name} is finite for numbers from {row.lowest:g} to {row.highest:g}")
    rows = torch.stack([values[0], values[0].flip(0)])
    if row.kind == "elementwise":
        return
    with_rows = row.function(rows, None)
    each = torch.stack([row.function(one, None) for one in rows])
    law(torch.allclose(with_rows, each, rtol=_NEAR), f"{row.name} works along the last axis, row by row")
    _check_weights(row, values[0])


def _check_weights(row: Primitive, value: Tensor) -> None:
    """What a sketch asks of a function: weights of 1 change nothing, and elements of weight 0 are not there."""
    if row.name == "numel":
        return
    plain, ones = row.function(value, None), torch.ones_like(value)
    law(torch.allclose(row.function(value, ones), plain, rtol=_NEAR), f"{row.name} of weights of 1 is that of none")
    padded = torch.cat([value, value[:1].expand(3)])
    weights = torch.cat([ones, torch.zeros(3)])
    found = row.function(padded, weights)
    found = found[: len(value)] if row.kind == "normalise" else found
    law(torch.allclose(found, plain, rtol=_NEAR), f"{row.name} does not see elements of weight 0")


def _check_facts(row: Primitive) -> None:
    """The sign, the order, and the second time, as the row says them."""
    for sign, (low, high) in _SIGNS.items():
        values = _inputs(row, low, high)
        said = row.sign(*[sign] * row.arity) if callable(row.sign) else row.sign
        least, most = _SIGNS[said]
        found = _applied(row, *values)
        law(((found >= least) & (found <= most)).all(), f"{row.name} of {sign} numbers is {said}")
    if row.of_nonnegative is not None:
        plain = row_at(row.of_nonnegative, row.levels[0])
        values = _inputs(row, 0.0)
        same = torch.equal(_applied(row, *values), _applied(plain, *values))
        law(same, f"{row.name} is {plain.name}, bit for bit, of what is never negative")
    value = _inputs(row)[0]
    if row.idempotent and row.kind in ("elementwise", "normalise"):
        once = _applied(row, value)
        again = row.function(once) if row.kind == "elementwise" else row.function(once, None)
        law(torch.allclose(again, once, rtol=_NEAR, atol=_NEAR), f"{row.name} a second time changes nothing")
    if row.kind == "elementwise" and row.arity == 1 and row.monotone is not None:
        low = 0.0 if row.monotone == "nonnegative" else -math.inf
        steps = _applied(row, _inputs(row, low)[0]).diff()
        law((steps >= 0).all() or (steps <= 0).all(), f"{row.name} keeps the order of numbers, or turns it round")


def _check_formula(row: Primitive) -> None:
    formula, operands = formula_with(row), example_operands()
    law(parse(str(formula)) == formula, f"{formula} is read back from its text")
    plain, form = _value(formula, operands), _value(canonical(formula), operands)
    law(math.isfinite(plain), f"{formula} is finite on a small decoder, found {plain}")
    law(plain == form, f"{formula} has the value {plain} in canonical form as well, found {form}")
    given = given_operands(formula, operands)
    for what, found in (("a module", FormulaModule(formula)(given).item()), ("Python", _exported(formula, given))):
        law(math.isclose(found, plain, rel_tol=_NEAR), f"{formula} has the value {plain} as {what}, found {found}")
    law("{" in to_latex(formula) and str(to_sympy(formula)), f"{formula} is written in LaTeX and sympy")


def _check_units(row: Primitive) -> None:
    """Of a reduction over a named axis: one that is there goes, and the formula is read back and written."""
    shown = next(one.name for one in UNIT_OPERANDS.values() if row.axis in one.axes)
    reduced = formula = apply(row.name, operand(shown))
    for axis in operand(shown).type.axes:
        if axis in formula.type.axes:
            formula = apply(f"sum_{axis}", formula)
    law(parse(str(formula)) == formula, f"{formula} is read back from its text")
    law(parse(str(canonical(formula))) == canonical(formula), f"the canonical form of {formula} is read back")
    gone = set(operand(shown).type.axes) - set(reduced.type.axes)
    law(gone == {row.axis}, f"{reduced} reduces {row.axis} alone, found {', '.join(sorted(gone)) or 'nothing'}")
    law("{" in to_latex(formula), f"{formula} is written in LaTeX")


def formula_with(row: Primitive) -> Formula:
    """A formula with a primitive, each kind where it belongs."""
    if row.kind == "aggregation":
        return apply(row.name, apply("mean_abs", operand("weight")))
    first = next((o.name for o in OPERANDS.values() if not row.families or o.site_family in row.families), "weight")
    inner = [operand(first), operand("grad" if first == "weight" else first)][: row.arity]
    if row.highest <= 1e6:
        # where large numbers leave the domain, small ones are what a model shows
        inner = [apply("mul", one, one) if row.arity == 1 else one for one in inner]
    made = apply(row.name, *inner)
    return apply("sum", made if row.kind == "reduction" else apply("frobenius", made))


def _value(formula: Formula, operands: Operands) -> float:
    return float(Evaluator(ExactSource(operands)).scores(formula)[0])


def given_operands(formula: Formula, operands: Operands) -> dict[str, Any]:
    """The operands of a formula as its export takes them: for each a list of tensors a layer."""
    given: dict[str, Any] = {}
    for name in formula.operands:
        layers: list[list[Tensor]] = [[] for _ in range(operands.depth + 2)]
        for site, tensor in zip(*operands.select(OPERANDS[name]), strict=True):
            layers[site.layer].append(tensor)
        given[name] = layers
    return given


def _exported(formula: Formula, given: dict[str, Any]) -> float:
    """The value that the exported module gives, imported from a file of its own."""
    try:
        text = to_python(formula)
    except LpzeroError as err:
        raise AssertionError(f"{formula} is written as Python: {err}") from err
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "exported.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("lpzero_exported", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
            return float(module.score(given))
        except Exception as err:  # whatever the copied functions lack
            raise AssertionError(f"{formula} runs as Python: {type(err).__name__}: {err}") from err


def _check_sympy(row: Primitive) -> None:
    import sympy

    if isinstance(row.sympy, str):
        return
    symbols = sympy.symbols("x y", real=True)[: row.arity]
    form = row.sympy(sympy, *symbols)
    columns = [value.double() for value in _inputs(row)]
    found = _applied(row, *columns)
    for place in range(len(found)):
        numbers = dict(zip(symbols, (float(column[place]) for column in columns), strict=True))
        wanted, value = float(sympy.N(form.subs(numbers))), float(found[place])
        close = math.isclose(value, wanted, rel_tol=_NEAR, abs_tol=1e-12)
        law(close, f"{row.name} of {[*numbers.values()]} is {wanted} by its sympy form, found {value}")
