"""THE table of primitives: everything that the formula language can do to operands.

A row carries every fact about its primitive (:class:`lpzero.formula.primitive.Primitive` says which); parser, printer,
canonical forms, rules, grammars, exports and the enumeration read them there. The order of the rows is part of what a
seed draws: new ones go to the end of their kind.

The 20 unary and 4 binary primitives of LPZero (arXiv 2410.04808, section 3) are here; deviations from its code are
deliberate: softmax, log-softmax, z-score and min-max run over all elements of a tensor, not over its last axis,
``log`` does not write to its input, and the standard deviation is that of the population.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from lpzero.formula import functions as f
from lpzero.formula import streamed as t
from lpzero.formula.functions import EPS
from lpzero.formula.primitive import Level, Primitive
from lpzero.formula.signs import kept, of_difference, of_product, of_sum, turned
from lpzero.operands.units import Axis


def _elementwise(
    name: str, function: Callable[..., Tensor], sympy: Callable[..., Any], latex: str, **row: Any
) -> Primitive:
    levels: tuple[Level, ...] = ("tensor", "layers", "scalar", "units")
    return Primitive(name, "elementwise", row.pop("arity", 1), levels, function, sympy, latex, **row)


def _root(name: str, function: Callable[..., Tensor], sympy: Callable[..., Any], latex: str, **row: Any) -> Primitive:
    return _elementwise(name, function, sympy, latex, arity=2, root=True, **row)


def _normalise(name: str, function: Callable[..., Tensor], latex: str, **row: Any) -> Primitive:
    return Primitive(name, "normalise", 1, ("tensor", "layers"), function, name, latex, **row)


def _reduction(name: str, function: Callable[..., Tensor], latex: str, **row: Any) -> Primitive:
    return Primitive(name, "reduction", 1, ("tensor",), function, row.pop("sympy", name), latex, **row)


def _aggregation(name: str, function: Callable[..., Tensor], latex: str, **row: Any) -> Primitive:
    return Primitive(name, "aggregation", 1, ("layers",), function, f"{name}_layers", latex, **row)


def _axes(name: str, function: Callable[..., Tensor], latex: str, **row: Any) -> Primitive:
    arity = row.pop("arity", 1)
    return Primitive(name, "axes", arity, ("tensor",), function, name, latex, search=False, **row)


def _over(axis: Axis, letter: str) -> tuple[Primitive, ...]:
    """What reduces one named axis of units."""
    rows = (
        ("sum", f.total, r"\sum_{{" + letter + r"}}\left({x}\right)"),
        ("mean", f.mean, r"\operatorname{{mean}}_{{" + letter + r"}}\left({x}\right)"),
        ("max", f.maximum, r"\max_{{" + letter + r"}}\left({x}\right)"),
    )
    return tuple(
        Primitive(
            f"{name}_{axis}", "over", 1, ("units",), function, f"{name}_{axis}", latex,
            axis=axis, search=False, sign=kept,
        )
        for name, function, latex in rows
    )  # fmt: skip


# what is taken the absolute value of: neither a sign nor another absolute value shows
_ABSOLUTE: dict[str, Any] = {"blind": ("neg", "abs")}

PRIMITIVES: tuple[Primitive, ...] = (
    _elementwise(
        "identity", f.identity, lambda s, x: x, r"{x}",
        paper=20, sign=kept, trivial=True, idempotent=True, monotone="any",
    ),
    _elementwise(
        "log", f.log, lambda s, x: s.log(s.Max(x, EPS)), r"\log_{{+}}\left({x}\right)",
        cost=5, paper=1, undoes=("exp", "softmax"), blind=("relu",), monotone="nonnegative",
    ),
    _elementwise(
        "abslog", f.abslog, lambda s, x: s.log(s.Max(s.Abs(x), EPS)), r"\log_{{+}}\left|{x}\right|",
        cost=6, paper=2, of_nonnegative="log", monotone="nonnegative", **_ABSOLUTE,
    ),
    _elementwise(
        "abs", f.absolute, lambda s, x: s.Abs(x), r"\left|{x}\right|",
        paper=3, sign="nonnegative", idempotent=True, of_nonnegative="identity", monotone="nonnegative", **_ABSOLUTE,
    ),
    _elementwise(
        "square", f.square, lambda s, x: x**2, r"\left({x}\right)^{{2}}",
        paper=4, sign="nonnegative", undoes=("sqrt",), monotone="nonnegative", **_ABSOLUTE,
    ),
    _elementwise(
        "exp", f.exp, lambda s, x: s.exp(x), r"\exp\left({x}\right)",
        highest=80.0, cost=5, paper=5, sign="nonnegative", undoes=("log", "abslog", "log_softmax"), monotone="any",
        overflows_of=("numel",),
    ),
    _elementwise(
        "relu", f.relu, lambda s, x: s.Max(x, 0), r"\max\left({x}, 0\right)",
        paper=7, sign="nonnegative", idempotent=True, blind=("relu",), of_nonnegative="identity", clips=True,
        monotone="nonnegative",
    ),
    _elementwise(
        "reciprocal", f.reciprocal, lambda s, x: x / s.Max(x**2, EPS**2), r"\left({x}\right)^{{-1}}",
        cost=4, paper=8, sign=kept, undoes=("reciprocal",),
    ),
    _elementwise(
        "sigmoid", f.sigmoid, lambda s, x: 1 / (1 + s.exp(-x)), r"\sigma\left({x}\right)",
        cost=5, paper=13, sign="nonnegative", monotone="any",
    ),
    _elementwise(
        "sqrt", f.sqrt, lambda s, x: s.sqrt(s.Max(x, 0)), r"\sqrt{{\max\left({x}, 0\right)}}",
        cost=2, paper=15, sign="nonnegative", undoes=("square",), blind=("relu",), clips=True, monotone="nonnegative",
    ),
    _elementwise(
        "neg", f.neg, lambda s, x: -x, r"-\left({x}\right)",
        prefix="-", paper=16, sign=turned, undoes=("neg",), monotone="any",
    ),
    _root(
        "add", f.add, lambda s, x, y: x + y, r"{x} + {y}",
        symbol="+", precedence=1, sign=of_sum, symmetry="symmetric", of_equals="multiple",
    ),
    _root(
        "sub", f.sub, lambda s, x, y: x - y, r"{x} - {y}",
        symbol="-", precedence=1, sign=of_difference, symmetry="antisymmetric", of_equals="constant",
    ),
    _root(
        "mul", f.mul, lambda s, x, y: x * y, r"{x} \odot {y}",
        symbol="*", precedence=2, sign=of_product, symmetry="symmetric", of_equals="square",
    ),
    _root(
        "div", f.div, lambda s, x, y: x * y / s.Max(y**2, EPS**2), r"{x} \oslash {y}",
        lowest=-1e6, highest=1e6, cost=4, symbol="/", precedence=2, sign=of_product, of_equals="constant",
    ),
    _normalise(
        "zscore", f.zscore, r"\operatorname{{z}}\left({x}\right)", cost=5, paper=6, idempotent=True, adds_up_to=0.0,
        streamed=t.STANDARD,
    ),
    _normalise(
        "min_max", f.min_max, r"\operatorname{{minmax}}\left({x}\right)",
        cost=5, paper=17, sign="nonnegative", idempotent=True, streamed=t.BETWEEN_ENDS,
    ),
    _normalise(
        "softmax", f.softmax, r"\operatorname{{softmax}}\left({x}\right)",
        cost=12, paper=12, sign="nonnegative", adds_up_to=1.0, streamed=t.SHARES,
    ),
    _normalise(
        "log_softmax", f.log_softmax, r"\log\operatorname{{softmax}}\left({x}\right)",
        cost=8, paper=14, sign="nonpositive", idempotent=True, streamed=t.LOG_SHARES,
    ),
    _reduction(
        "sum", f.total, r"\Sigma\left({x}\right)", sympy="sum_elements", sign=kept, elements="total", streamed=t.TOTAL
    ),
    _reduction(
        "mean", f.mean, r"\overline{{{x}}}", sympy="mean_elements",
        paper=18, sign=kept, elements="average", streamed=t.AVERAGE,
    ),
    _reduction(
        "normalised_sum", f.mean, r"\frac{{1}}{{n}}\Sigma\left({x}\right)",
        paper=10, sign=kept, synonym="mean", elements="average", streamed=t.AVERAGE,
    ),
    _reduction(
        "std", f.std, r"\operatorname{{sd}}\left({x}\right)",
        cost=4, paper=19, sign="nonnegative", blind=("neg",), streamed=t.SPREAD,
    ),
    _reduction(
        "l1", f.l1, r"\left\lVert{{{x}}}\right\rVert_{{1}}",
        paper=11, sign="nonnegative", of_nonnegative="sum", streamed=t.SIZE, **_ABSOLUTE,
    ),
    _reduction(
        "mean_abs", f.mean_abs, r"\overline{{\left|{x}\right|}}",
        sign="nonnegative", of_nonnegative="mean", streamed=t.AVERAGE_SIZE, **_ABSOLUTE,
    ),
    _reduction(
        "frobenius", f.frobenius, r"\left\lVert{{{x}}}\right\rVert_{{F}}",
        cost=2, paper=9, sign="nonnegative", streamed=t.NORM, **_ABSOLUTE,
    ),
    _reduction("max", f.maximum, r"\max\left({x}\right)", sympy="max_elements", sign=kept, streamed=t.LARGEST),
    _reduction("numel", f.numel, r"\#\left({x}\right)", sign="nonnegative", streamed=t.COUNT),
    _aggregation("sum", f.total, r"\sum_{{\ell}}\left[{x}\right]", paper=1, sign=kept, elements="total"),
    _aggregation(
        "mean", f.mean, r"\frac{{1}}{{L}}\sum_{{\ell}}\left[{x}\right]", paper=2, sign=kept, elements="average"
    ),
    _aggregation("first", f.first, r"\left[{x}\right]_{{\ell=\mathrm{{first}}}}", sign=kept),
    _aggregation("last", f.last, r"\left[{x}\right]_{{\ell=\mathrm{{last}}}}", sign=kept),
    _axes(
        "matmul", f.matmul, r"{x}\,{y}^{{\top}}", arity=2, cost=50,
        families=("parameter", "activation", "head", "hidden", "jacobian"),
        lowest=-1e12, highest=1e12,
    ),
    _axes(
        "max_tokens", f.max_tokens, r"\max_{{t}}\left({x}\right)",
        families=("activation", "head", "hidden", "jacobian"), sign=kept,
    ),
    _axes("max_heads", f.max_heads, r"\max_{{h}}\left({x}\right)", families=("attention",), sign=kept),
    *_over("windows", "s"),
    *_over("tokens", "t"),
    *_over("units", r"i \in R"),
    *_over("channels", "c"),
    *_over("features", "d"),
)  # fmt: skip

NAMES: dict[str, tuple[Primitive, ...]] = {}
for _row in PRIMITIVES:
    NAMES[_row.name] = (*NAMES.get(_row.name, ()), _row)

ROWS: dict[tuple[str, Level], Primitive] = {(row.name, level): row for row in PRIMITIVES for level in row.levels}
"""The row that a name picks, by the type of the arguments."""
