"""THE table of primitives: everything that the formula language can do to operands.

Types. An operand is a *tensor* at each of its sites. A **reduction** turns every site's tensor into one number and
adds the numbers of a layer's sites: the *layers* of a model, one value a layer. An **aggregation** turns the layers
into one *scalar* a model. Element-wise primitives live on tensors, layers and scalars alike, normalising ones where
there is something to normalise over (all elements of a tensor, all layers of a model), and primitives that need a
tensor's axes on exact tensors only.

The 20 unary and 4 binary primitives of LPZero (arXiv 2410.04808, section 3) are here; deviations from its code are
deliberate: softmax, log-softmax, z-score and min-max run over all elements of a tensor, not over its last axis,
``log`` does not write to its input, and the standard deviation is that of the population.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from lpzero.formula import functions as f
from lpzero.formula.functions import EPS

Level = Literal["tensor", "layers", "scalar"]
Kind = Literal["elementwise", "normalise", "reduction", "aggregation", "axes"]
Sign = Literal["any", "nonnegative", "nonpositive"]


@dataclass(frozen=True)
class Primitive:
    """One row of the table.

    Attributes:
        name: The word in formulas; a reduction and an aggregation may share it.
        kind: What it does to types (see the module's first lines).
        arity: 1 or 2.
        levels: The types that its arguments may have.
        function: The PyTorch function: (x), (x, y), or (x, w) for kinds that look along the last axis.
        sympy: The expression, from the sympy module and the arguments' expressions; None where the primitive
            stays a named function.
        latex: Template with ``{x}`` and ``{y}``.
        lowest, highest: The finite domain: finite for inputs between these, each included.
        cost: Cost an element relative to an addition.
        sign: The sign that every result has.
        families: The site families that have the axes it needs; empty where any will do.
        search: Whether generated formulas may use it.
    """

    name: str
    kind: Kind
    arity: int
    levels: tuple[Level, ...]
    function: Callable[..., Tensor]
    sympy: Callable[..., Any] | None
    latex: str
    lowest: float = -1e18
    highest: float = 1e18
    cost: float = 1.0
    sign: Sign = "any"
    families: tuple[str, ...] = ()
    search: bool = True

    @property
    def symbol(self) -> str | None:
        """The infix symbol of a binary primitive that has one."""
        return INFIX.get(self.name)


INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


def _elementwise(
    name: str, function: Callable[..., Tensor], sympy: Callable[..., Any], latex: str, **row: Any
) -> Primitive:
    levels: tuple[Level, ...] = ("tensor", "layers", "scalar")
    return Primitive(name, "elementwise", row.pop("arity", 1), levels, function, sympy, latex, **row)


def _normalise(name: str, function: Callable[..., Tensor], latex: str, **row: Any) -> Primitive:
    return Primitive(name, "normalise", 1, ("tensor", "layers"), function, None, latex, **row)


def _reduction(name: str, function: Callable[..., Tensor], latex: str, **row: Any) -> Primitive:
    return Primitive(name, "reduction", 1, ("tensor",), function, None, latex, **row)


def _axes(name: str, function: Callable[..., Tensor], latex: str, **row: Any) -> Primitive:
    arity = row.pop("arity", 1)
    return Primitive(name, "axes", arity, ("tensor",), function, None, latex, search=False, **row)


POSITIVE: dict[str, Any] = {"sign": "nonnegative"}

PRIMITIVES: tuple[Primitive, ...] = (
    _elementwise("identity", f.identity, lambda s, x: x, r"{x}"),
    _elementwise("log", f.log, lambda s, x: s.log(s.Max(x, EPS)), r"\log_{{+}}\left({x}\right)", cost=5),
    _elementwise("abslog", f.abslog, lambda s, x: s.log(s.Max(s.Abs(x), EPS)), r"\log_{{+}}\left|{x}\right|", cost=6),
    _elementwise("abs", f.absolute, lambda s, x: s.Abs(x), r"\left|{x}\right|", **POSITIVE),
    _elementwise("square", f.square, lambda s, x: x**2, r"\left({x}\right)^{{2}}", **POSITIVE),
    _elementwise("exp", f.exp, lambda s, x: s.exp(x), r"\exp\left({x}\right)", highest=80.0, cost=5, **POSITIVE),
    _elementwise("relu", f.relu, lambda s, x: s.Max(x, 0), r"\max\left({x}, 0\right)", **POSITIVE),
    _elementwise("reciprocal", f.reciprocal, lambda s, x: x / s.Max(x**2, EPS**2), r"\left({x}\right)^{{-1}}", cost=4),
    _elementwise("sigmoid", f.sigmoid, lambda s, x: 1 / (1 + s.exp(-x)), r"\sigma\left({x}\right)", cost=5, **POSITIVE),
    _elementwise(
        "sqrt", f.sqrt, lambda s, x: s.sqrt(s.Max(x, 0)), r"\sqrt{{\max\left({x}, 0\right)}}",
        cost=2, **POSITIVE,
    ),
    _elementwise("neg", f.neg, lambda s, x: -x, r"-\left({x}\right)"),
    _elementwise("add", f.add, lambda s, x, y: x + y, r"{x} + {y}", arity=2),
    _elementwise("sub", f.sub, lambda s, x, y: x - y, r"{x} - {y}", arity=2),
    _elementwise("mul", f.mul, lambda s, x, y: x * y, r"{x} \odot {y}", arity=2),
    _elementwise(
        "div", f.div, lambda s, x, y: x * y / s.Max(y**2, EPS**2), r"{x} \oslash {y}",
        arity=2, cost=4, highest=1e6, lowest=-1e6,
    ),
    _normalise("zscore", f.zscore, r"\operatorname{{z}}\left({x}\right)", cost=5),
    _normalise("min_max", f.min_max, r"\operatorname{{minmax}}\left({x}\right)", cost=5, **POSITIVE),
    _normalise("softmax", f.softmax, r"\operatorname{{softmax}}\left({x}\right)", cost=12, **POSITIVE),
    _normalise(
        "log_softmax", f.log_softmax, r"\log\operatorname{{softmax}}\left({x}\right)", cost=8, sign="nonpositive"
    ),
    _reduction("sum", f.total, r"\Sigma\left({x}\right)"),
    _reduction("mean", f.mean, r"\overline{{{x}}}"),
    _reduction("normalised_sum", f.mean, r"\frac{{1}}{{n}}\Sigma\left({x}\right)"),
    _reduction("std", f.std, r"\operatorname{{sd}}\left({x}\right)", cost=4, **POSITIVE),
    _reduction("l1", f.l1, r"\left\lVert{{{x}}}\right\rVert_{{1}}", **POSITIVE),
    _reduction("mean_abs", f.mean_abs, r"\overline{{\left|{x}\right|}}", **POSITIVE),
    _reduction("frobenius", f.frobenius, r"\left\lVert{{{x}}}\right\rVert_{{F}}", cost=2, **POSITIVE),
    _reduction("max", f.maximum, r"\max\left({x}\right)"),
    _reduction("numel", f.numel, r"\#\left({x}\right)", **POSITIVE),
    Primitive("sum", "aggregation", 1, ("layers",), f.total, None, r"\sum_{{\ell}}\left[{x}\right]"),
    Primitive(
        "mean", "aggregation", 1, ("layers",), f.mean, None, r"\frac{{1}}{{L}}\sum_{{\ell}}\left[{x}\right]"
    ),
    Primitive("first", "aggregation", 1, ("layers",), f.first, None, r"\left[{x}\right]_{{\ell=\mathrm{{first}}}}"),
    Primitive("last", "aggregation", 1, ("layers",), f.last, None, r"\left[{x}\right]_{{\ell=\mathrm{{last}}}}"),
    _axes(
        "matmul", f.matmul, r"{x}\,{y}^{{\top}}", arity=2, cost=50,
        families=("parameter", "activation", "head", "hidden", "jacobian"),
        lowest=-1e12, highest=1e12,
    ),
    _axes(
        "max_tokens", f.max_tokens, r"\max_{{t}}\left({x}\right)",
        families=("activation", "head", "hidden", "jacobian"),
    ),
    _axes("max_heads", f.max_heads, r"\max_{{h}}\left({x}\right)", families=("attention",)),
)  # fmt: skip

NAMES: dict[str, tuple[Primitive, ...]] = {}
for _row in PRIMITIVES:
    NAMES[_row.name] = (*NAMES.get(_row.name, ()), _row)
