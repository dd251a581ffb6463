"""THE table of primitives: everything that the formula language can do to operands.

Types. An operand is a *tensor* at each of its sites. A **reduction** turns every site's tensor into one number and
adds the numbers of a layer's sites: the *layers* of a model, one value a layer. An **aggregation** turns the layers
into one *scalar* a model. Element-wise primitives live on tensors, layers and scalars alike, normalising ones where
there is something to normalise over (all elements of a tensor, all layers of a model), and primitives that need a
tensor's axes on exact tensors only.

Functions. Each works along the last axis of ``x`` and takes ``w``, the weight of every element, of ``x``'s shape
(0 marks padding; an element that stands for several counts as many), or None where every element counts once.
None of them writes to its inputs, and every one is total: a protected primitive says how it is protected.

The 20 unary and 4 binary primitives of LPZero (arXiv 2410.04808, section 3) are here; deviations from its code are
deliberate: softmax, log-softmax, z-score and min-max run over all elements of a tensor, not over its last axis,
``log`` does not write to its input, and the standard deviation is that of the population.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

EPS = 1e-12

Level = Literal["tensor", "layers", "scalar"]
Kind = Literal["elementwise", "normalise", "reduction", "aggregation", "axes"]
Sign = Literal["any", "nonnegative", "nonpositive"]


def total(x: Tensor, w: Tensor | None) -> Tensor:
    """Sum of the elements, (..., elements) to (...)."""
    return x.sum(-1) if w is None else (x * w).sum(-1)


def numel(x: Tensor, w: Tensor | None) -> Tensor:
    """Number of the elements."""
    return x.new_full(x.shape[:-1], x.shape[-1]) if w is None else w.sum(-1).to(x.dtype).expand(x.shape[:-1])


def mean(x: Tensor, w: Tensor | None) -> Tensor:
    """Mean of the elements."""
    return total(x, w) / numel(x, w)


def std(x: Tensor, w: Tensor | None) -> Tensor:
    """Standard deviation of the elements (population)."""
    centred = x - mean(x, w).unsqueeze(-1)
    return mean(centred * centred, w).sqrt()


def l1(x: Tensor, w: Tensor | None) -> Tensor:
    """Sum of absolute values."""
    return total(x.abs(), w)


def mean_abs(x: Tensor, w: Tensor | None) -> Tensor:
    """Mean of absolute values."""
    return mean(x.abs(), w)


def frobenius(x: Tensor, w: Tensor | None) -> Tensor:
    """Frobenius norm: the root of the sum of squares."""
    return total(x * x, w).sqrt()


def maximum(x: Tensor, w: Tensor | None) -> Tensor:
    """Largest element; padding never counts."""
    return (x if w is None else x.masked_fill(w == 0, -torch.inf)).amax(-1)


def minimum(x: Tensor, w: Tensor | None) -> Tensor:
    """Smallest element; padding never counts."""
    return (x if w is None else x.masked_fill(w == 0, torch.inf)).amin(-1)


def identity(x: Tensor) -> Tensor:
    """x."""
    return x


def log(x: Tensor) -> Tensor:
    """log(max(x, 1e-12))."""
    return x.clamp(min=EPS).log()


def abslog(x: Tensor) -> Tensor:
    """log(max(|x|, 1e-12))."""
    return x.abs().clamp(min=EPS).log()


def absolute(x: Tensor) -> Tensor:
    """|x|."""
    return x.abs()


def square(x: Tensor) -> Tensor:
    """x^2."""
    return x * x


def exp(x: Tensor) -> Tensor:
    """e^x."""
    return x.exp()


def relu(x: Tensor) -> Tensor:
    """max(x, 0)."""
    return x.clamp(min=0)


def reciprocal(x: Tensor) -> Tensor:
    """x / max(x^2, 1e-24): 1/x away from zero, 0 at zero, continuous."""
    return x / (x * x).clamp(min=EPS * EPS)


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e^-x)."""
    return x.sigmoid()


def sqrt(x: Tensor) -> Tensor:
    """sqrt(max(x, 0))."""
    return x.clamp(min=0).sqrt()


def neg(x: Tensor) -> Tensor:
    """-x."""
    return -x


def zscore(x: Tensor, w: Tensor | None) -> Tensor:
    """(x - mean) / max(std, 1e-12)."""
    return (x - mean(x, w).unsqueeze(-1)) / std(x, w).clamp(min=EPS).unsqueeze(-1)


def min_max(x: Tensor, w: Tensor | None) -> Tensor:
    """(x - min) / max(max - min, 1e-12)."""
    low, high = minimum(x, w).unsqueeze(-1), maximum(x, w).unsqueeze(-1)
    return (x - low) / (high - low).clamp(min=EPS)


def log_softmax(x: Tensor, w: Tensor | None) -> Tensor:
    """x - log(sum(e^x))."""
    shifted = x - maximum(x, w).unsqueeze(-1)
    return shifted - total(shifted.clamp(max=0).exp(), w).log().unsqueeze(-1)


def softmax(x: Tensor, w: Tensor | None) -> Tensor:
    """e^x / sum(e^x)."""
    return log_softmax(x, w).exp()


def add(x: Tensor, y: Tensor) -> Tensor:
    """x + y."""
    return x + y


def sub(x: Tensor, y: Tensor) -> Tensor:
    """x - y."""
    return x - y


def mul(x: Tensor, y: Tensor) -> Tensor:
    """x y."""
    return x * y


def div(x: Tensor, y: Tensor) -> Tensor:
    """x y / max(y^2, 1e-24): x/y away from zero, 0 at zero, continuous."""
    return x * (y / (y * y).clamp(min=EPS * EPS))


def matmul(x: Tensor, y: Tensor) -> Tensor:
    """x y^T over the last axis of two tensors of one shape, (..., rows, inner) to (..., rows, rows)."""
    return x @ y.transpose(-1, -2)


def max_tokens(x: Tensor) -> Tensor:
    """Maximum over tokens, (batch, tokens, width) to (batch, width)."""
    return x.amax(-2)


def max_heads(x: Tensor) -> Tensor:
    """Maximum over heads, (batch, heads, tokens, tokens) to (batch, tokens, tokens)."""
    return x.amax(1)


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
    _elementwise("identity", identity, lambda s, x: x, r"{x}"),
    _elementwise("log", log, lambda s, x: s.log(s.Max(x, EPS)), r"\log_{{+}}\left({x}\right)", cost=5),
    _elementwise("abslog", abslog, lambda s, x: s.log(s.Max(s.Abs(x), EPS)), r"\log_{{+}}\left|{x}\right|", cost=6),
    _elementwise("abs", absolute, lambda s, x: s.Abs(x), r"\left|{x}\right|", **POSITIVE),
    _elementwise("square", square, lambda s, x: x**2, r"\left({x}\right)^{{2}}", **POSITIVE),
    _elementwise("exp", exp, lambda s, x: s.exp(x), r"\exp\left({x}\right)", highest=80.0, cost=5, **POSITIVE),
    _elementwise("relu", relu, lambda s, x: s.Max(x, 0), r"\max\left({x}, 0\right)", **POSITIVE),
    _elementwise("reciprocal", reciprocal, lambda s, x: x / s.Max(x**2, EPS**2), r"\left({x}\right)^{{-1}}", cost=4),
    _elementwise("sigmoid", sigmoid, lambda s, x: 1 / (1 + s.exp(-x)), r"\sigma\left({x}\right)", cost=5, **POSITIVE),
    _elementwise("sqrt", sqrt, lambda s, x: s.sqrt(s.Max(x, 0)), r"\sqrt{{\max\left({x}, 0\right)}}", cost=2, **POSITIVE),
    _elementwise("neg", neg, lambda s, x: -x, r"-\left({x}\right)"),
    _elementwise("add", add, lambda s, x, y: x + y, r"{x} + {y}", arity=2),
    _elementwise("sub", sub, lambda s, x, y: x - y, r"{x} - {y}", arity=2),
    _elementwise("mul", mul, lambda s, x, y: x * y, r"{x} \odot {y}", arity=2),
    _elementwise("div", div, lambda s, x, y: x * y / s.Max(y**2, EPS**2), r"{x} \oslash {y}", arity=2, cost=4, highest=1e6, lowest=-1e6),
    _normalise("zscore", zscore, r"\operatorname{{z}}\left({x}\right)", cost=5),
    _normalise("min_max", min_max, r"\operatorname{{minmax}}\left({x}\right)", cost=5, **POSITIVE),
    _normalise("softmax", softmax, r"\operatorname{{softmax}}\left({x}\right)", cost=12, **POSITIVE),
    _normalise(
        "log_softmax", log_softmax, r"\log\operatorname{{softmax}}\left({x}\right)", cost=8, sign="nonpositive"
    ),
    _reduction("sum", total, r"\Sigma\left({x}\right)"),
    _reduction("mean", mean, r"\overline{{{x}}}"),
    _reduction("normalised_sum", mean, r"\frac{{1}}{{n}}\Sigma\left({x}\right)"),
    _reduction("std", std, r"\operatorname{{sd}}\left({x}\right)", cost=4, **POSITIVE),
    _reduction("l1", l1, r"\left\lVert{{{x}}}\right\rVert_{{1}}", **POSITIVE),
    _reduction("mean_abs", mean_abs, r"\overline{{\left|{x}\right|}}", **POSITIVE),
    _reduction("frobenius", frobenius, r"\left\lVert{{{x}}}\right\rVert_{{F}}", cost=2, **POSITIVE),
    _reduction("max", maximum, r"\max\left({x}\right)"),
    _reduction("numel", numel, r"\#\left({x}\right)", **POSITIVE),
    Primitive("sum", "aggregation", 1, ("layers",), total, None, r"\sum_{{\ell}}\left[{x}\right]"),
    Primitive(
        "mean", "aggregation", 1, ("layers",), mean, None, r"\frac{{1}}{{L}}\sum_{{\ell}}\left[{x}\right]"
    ),
    _axes(
        "matmul", matmul, r"{x}\,{y}^{{\top}}", arity=2, cost=50,
        families=("parameter", "activation", "head", "hidden", "jacobian"),
        lowest=-1e12, highest=1e12,
    ),
    _axes(
        "max_tokens", max_tokens, r"\max_{{t}}\left({x}\right)",
        families=("activation", "head", "hidden", "jacobian"),
    ),
    _axes("max_heads", max_heads, r"\max_{{h}}\left({x}\right)", families=("attention",)),
)  # fmt: skip

NAMES: dict[str, tuple[Primitive, ...]] = {}
for _row in PRIMITIVES:
    NAMES[_row.name] = (*NAMES.get(_row.name, ()), _row)
