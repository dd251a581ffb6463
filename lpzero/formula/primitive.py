"""What the table says of a primitive: the type of its rows.

Types. An operand is a *tensor* at each of its sites. A **reduction** turns every site's tensor into one number and
adds the numbers of a layer's sites: the *layers* of a model, one value a layer. An **aggregation** turns the layers
into one *scalar* a model. Element-wise primitives live on tensors, layers and scalars alike, normalising ones where
there is something to normalise over (all elements of a tensor, all layers of a model), and primitives that need a
tensor's axes on exact tensors only.

An operand of *units* is a tensor with named axes. Element-wise primitives live on it too, and primitives **over** an
axis reduce that one; where none is left, the value is a scalar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from lpzero.formula.signs import SignRule
from lpzero.formula.streamed import Streamed
from lpzero.operands.operand import Sign
from lpzero.operands.units import Axis

Level = Literal["tensor", "layers", "scalar", "units"]
Kind = Literal["elementwise", "normalise", "reduction", "aggregation", "axes", "over"]


@dataclass(frozen=True)
class Primitive:
    """One row of the table: everything that the language knows of a primitive.

    Where a fact is about another primitive, it has that one's name. What is said of values holds bit for bit where
    canonical forms use it, and up to rounding where rules alone do.

    Attributes:
        name: The word in formulas; a reduction and an aggregation may share it.
        kind: What it does to types (see the module's first lines).
        arity: 1 or 2.
        levels: The types that its arguments may have.
        function: The PyTorch function: (x), (x, y), or (x, w) for kinds that look along the last axis.
        sympy: The expression, from the sympy module and the arguments' expressions; or the name of the function
            that the primitive stays.
        latex: Template with ``{x}`` and ``{y}``.
        lowest, highest: The finite domain: finite for inputs between these, each included.
        cost: Cost an element relative to an addition.
        axis: The axis that it reduces, where it is one over an axis.
        families: The site families that have the axes it needs; empty where any will do.
        symbol: The infix symbol of a binary primitive that has one, as in Python.
        precedence: How closely the symbol binds; of two symbols, the one with the higher number binds first.
        prefix: The symbol before an argument that the parser reads as this primitive, as in Python.
        search: Whether generated formulas may use it.
        paper: Its place among the unary primitives of LPZero (arXiv 2410.04808), from 1, or, of an aggregation, among
            those over layers; None where the paper has it not.
        root: Whether it combines the two branches of the grammars that are made of branches.
        sign: The sign that every result has, or the rule by which it follows from those of the arguments.
        trivial: Whether it gives back its argument.
        synonym: The primitive that computes the same and stands for it in canonical forms.
        undoes: Primitives before it that it undoes: a smaller formula says both.
        idempotent: Whether a second time changes nothing more.
        blind: Element-wise primitives before it that it does not see.
        of_nonnegative: The primitive that it is of what is never negative.
        clips: Whether it is 0 of all that is not positive.
        monotone: The arguments of which it keeps the order, or turns it round: all, those of one sign, or none (None).
        overflows_of: Reductions of which it always overflows.
        elements: Whether it is the plain total or the plain average of its elements.
        adds_up_to: What its results add up to, whatever they are of.
        symmetry: What the other order of its arguments gives: the same, or its negative.
        of_equals: What it makes of two equal arguments: a constant, a multiple or their square.
        streamed: How it is computed a piece of a tensor at a time; None of what looks at one element anyway, and of
            what needs all of them at once.
    """

    name: str
    kind: Kind
    arity: int
    levels: tuple[Level, ...]
    function: Callable[..., Tensor]
    sympy: Callable[..., Any] | str
    latex: str
    lowest: float = -1e18
    highest: float = 1e18
    cost: float = 1.0
    axis: Axis | None = None
    families: tuple[str, ...] = ()
    symbol: str | None = None
    precedence: int = 0
    prefix: str | None = None
    search: bool = True
    paper: int | None = None
    root: bool = False
    sign: Sign | SignRule = "any"
    trivial: bool = False
    synonym: str | None = None
    undoes: tuple[str, ...] = ()
    idempotent: bool = False
    blind: tuple[str, ...] = ()
    of_nonnegative: str | None = None
    clips: bool = False
    monotone: Literal["any", "nonnegative"] | None = None
    overflows_of: tuple[str, ...] = ()
    elements: Literal["total", "average"] | None = None
    adds_up_to: float | None = None
    symmetry: Literal["symmetric", "antisymmetric"] | None = None
    of_equals: Literal["constant", "multiple", "square"] | None = None
    streamed: Streamed | None = None
