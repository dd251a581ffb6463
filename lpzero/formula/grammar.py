"""Grammars: which formulas a search may draw, and how a random one is drawn.

``lpzero`` is the grammar of LPZero (arXiv 2410.04808, section 3): two branches under one binary primitive, each
an operand (or the product of two operands at the same sites) under two unary primitives, averaged over the elements
where no reduction was among them, and summed or averaged over layers. ``layered`` is the same with two more ways to
make one number of the layers: the value of the first one and that of the last one. ``typed`` draws typed trees up to a
depth: element-wise work on tensors, layer by layer and on whole models, several operands, reductions of every kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from lpzero.errors import InputError, unknown_name
from lpzero.formula.brought import rows_named
from lpzero.formula.formula import MAX_DEPTH, MAX_SIZE, Formula, Type, apply, operand
from lpzero.formula.primitive import Kind, Level, Primitive
from lpzero.formula.primitives import NAMES, PRIMITIVES
from lpzero.operands.brought import known_operand
from lpzero.operands.operand import OPERANDS, PAPER_OPERANDS

GRAMMARS = ("typed", "lpzero", "layered")
WEIGHTED = "weighted"
"""The grammar of sums of terms, which :mod:`lpzero.formula.terms` draws."""
UNITS_GRAMMAR = "units"
"""The grammar of the units of a checkpoint, which :mod:`lpzero.formula.unit_grammar` draws."""


def _names(kind: Kind, arity: int = 1) -> tuple[str, ...]:
    """What the typed grammar draws, in the order of the table."""
    return tuple(p.name for p in PRIMITIVES if p.kind == kind and p.arity == arity and p.search and not p.trivial)


def _of_paper(rows: Iterable[Primitive]) -> tuple[str, ...]:
    """The paper's primitives among some, in its order."""
    return tuple(name for _, name in sorted((row.paper, row.name) for row in rows if row.paper is not None))


AGGREGATIONS = _names("aggregation")
REDUCTIONS = _names("reduction")
ELEMENTWISE = _names("elementwise")
NORMALISING = _names("normalise")
BINARY = _names("elementwise", arity=2)

ROOTS = tuple(row.name for row in PRIMITIVES if row.root)
"""The primitives that combine two branches; elsewhere one is known by its index here."""
PAPER_UNARY = _of_paper(row for row in PRIMITIVES if row.kind != "aggregation")
OVER_LAYERS: dict[str, tuple[str, ...]] = {
    "lpzero": _of_paper(row for row in PRIMITIVES if row.kind == "aggregation"),
    "layered": AGGREGATIONS,
}
"""The aggregations of the grammars that are made of branches."""


@dataclass(frozen=True)
class Grammar:
    """A set of formulas.

    Attributes:
        name: One of ``GRAMMARS``, ``WEIGHTED``, or ``UNITS_GRAMMAR``.
        max_depth: Deepest formula, 4 to 24.
        max_size: Largest formula in nodes, 4 to 200.
        operands: Names of the operands that may be drawn, at least one.
        terms: Terms of a weighted sum, at least 1, of which depth and size are the limits; 0 for another grammar.
        primitives: Names of the primitives of other packages that may be drawn beside those of the package; none in
            grammars that are made of branches.
    """

    name: str
    max_depth: int
    max_size: int
    operands: tuple[str, ...]
    terms: int = 0
    primitives: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.name not in (*GRAMMARS, WEIGHTED, UNITS_GRAMMAR):
            raise unknown_name("grammar", self.name, (*GRAMMARS, WEIGHTED))
        if not 4 <= self.max_depth <= MAX_DEPTH or not 4 <= self.max_size <= MAX_SIZE:
            raise InputError(
                f"expected a depth limit of 4 to {MAX_DEPTH} and a size limit of 4 to {MAX_SIZE}, "
                f"found {self.max_depth} and {self.max_size}"
            )
        if self.name in OVER_LAYERS and (self.max_depth < 7 or self.max_size < 13):
            raise InputError(f"the {self.name} grammar needs a depth limit of at least 7 and a size limit of 13")
        if self.name == WEIGHTED and not (self.terms >= 1 and self._fits()):
            raise InputError(
                f"expected 1 term or more, and in all at most {MAX_SIZE} nodes {MAX_DEPTH} deep with weights, found "
                f"{self.terms} terms of {self.max_size} nodes {self.max_depth} deep: lower `terms` or `max_size`"
            )
        for name in self.operands:
            operand(name)
        self._check_brought()

    def _check_brought(self) -> None:
        """Raise InputError for a primitive that no package brings, or that no search may use."""
        if self.primitives and self.name in OVER_LAYERS:
            raise InputError(f"the {self.name} grammar has the primitives of the paper alone: name no `primitives`")
        for name in self.primitives:
            rows = () if name in NAMES else rows_named(name)
            if not all(row.search for row in rows) or not rows:
                raise InputError(f"`primitives`: expected one that an installed package brings, found {name!r}")

    def _fits(self) -> bool:
        """Whether the largest sum is no larger than a formula can be: a weight is 2 nodes more, and each plus one."""
        deepest = self.max_depth + 1 + self.terms - 1
        return deepest <= MAX_DEPTH and self.terms * (self.max_size + 2) + self.terms - 1 <= MAX_SIZE


def get_grammar(name: str, *, max_depth: int = 8, max_size: int = 24, terms: int = 6) -> Grammar:
    """A grammar by name with its usual operands: the paper's six for those made of branches, all for the others.

    Raises:
        InputError: Unknown name, or a limit out of its range.
    """
    operands = PAPER_OPERANDS if name in OVER_LAYERS else tuple(OPERANDS)
    return Grammar(name, max_depth, max_size, operands, terms if name == WEIGHTED else 0)


def draws(grammar: Grammar, node: Formula) -> bool:
    """Whether the primitive of a node is one of those that a grammar draws; its operands are not looked at."""
    row = node.primitive
    return row is None or (row.search and (row.name in NAMES or row.name in grammar.primitives))


_OWN: dict[tuple[Kind, int], tuple[str, ...]] = {
    ("aggregation", 1): AGGREGATIONS,
    ("reduction", 1): REDUCTIONS,
    ("elementwise", 1): ELEMENTWISE,
    ("normalise", 1): NORMALISING,
    ("elementwise", 2): BINARY,
}


@lru_cache(maxsize=256)
def _drawn(brought: tuple[str, ...], level: Level, *kinds: Kind, arity: int = 1) -> tuple[str, ...]:
    """Names that are drawn for arguments of a level: of each kind those of the package, then those that are brought."""
    names: list[str] = []
    for kind in kinds:
        rows = [row for name in brought for row in rows_named(name) if row.kind == kind and row.arity == arity]
        names += [*_OWN[kind, arity], *(row.name for row in rows if level in row.levels)]
    return tuple(names)


def accepts(grammar: Grammar, formula: Formula) -> bool:
    """Whether a formula belongs to a grammar."""
    fits = (
        formula.type.level == "scalar"
        and formula.depth <= grammar.max_depth
        and formula.size <= grammar.max_size
        and formula.operands <= set(grammar.operands)
        and not formula.shape_operands
        and not formula.unit_operands
        and all(node.value is None for node in formula.walk())
        and all(draws(grammar, node) for node in formula.walk())
    )
    aggregations = OVER_LAYERS.get(grammar.name)
    if not fits or aggregations is None:
        return fits
    return formula.name in ROOTS and all(_is_branch(argument, aggregations) for argument in formula.arguments)


def _is_branch(formula: Formula, aggregations: tuple[str, ...]) -> bool:
    """Whether a part is an aggregation over at most two unary primitives over an operand or a product."""
    if formula.name not in aggregations or formula.type.level != "scalar":
        return False
    chain, inner = [], formula.arguments[0]
    while len(inner.arguments) == 1:
        chain.append(inner)
        inner = inner.arguments[0]
    if not all(node.name in PAPER_UNARY for node in chain):
        return False
    is_product = inner.name == "mul" and all(not a.arguments for a in inner.arguments)
    if inner.arguments and not is_product:
        return False
    averaged = chain[0].name == "mean" and chain[0].type.level == "layers"
    return len(chain) <= (3 if averaged else 2)


def draw(grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Draw a formula of a grammar.

    Args:
        grammar: The grammar.
        rng: Source of randomness.
    """
    while True:
        if grammar.name in OVER_LAYERS:
            formula = apply(str(rng.choice(ROOTS)), _draw_branch(grammar, rng), _draw_branch(grammar, rng))
        else:
            # Koza 1992: depths spread over the range, so that small formulas are tried as well
            formula = draw_part(grammar, Type("scalar"), int(rng.integers(3, grammar.max_depth + 1)), rng)
        if accepts(grammar, formula):
            return formula


def _draw_branch(grammar: Grammar, rng: np.random.Generator) -> Formula:
    value = _draw_paper_operand(grammar, rng)
    for _ in range(2):
        fitting = [n for n in PAPER_UNARY if any(value.type.level in row.levels for row in _unary_rows(n))]
        value = apply(str(rng.choice(fitting)), value)
    if value.type.level == "tensor":
        value = apply("mean", value)
    return apply(str(rng.choice(OVER_LAYERS[grammar.name])), value)


def _unary_rows(name: str) -> list[Primitive]:
    return [row for row in NAMES[name] if row.kind != "aggregation"]


def _draw_paper_operand(grammar: Grammar, rng: np.random.Generator) -> Formula:
    pairs = [(a, b) for a, b in product(grammar.operands, repeat=2) if a < b and _sites(a) == _sites(b)]
    drawn = int(rng.integers(len(grammar.operands) + len(pairs)))
    if drawn < len(grammar.operands):
        return operand(grammar.operands[drawn])
    return apply("mul", *(operand(name) for name in pairs[drawn - len(grammar.operands)]))


def _sites(name: str) -> str:
    return known_operand(name).sites


def draw_part(grammar: Grammar, wanted: Type, depth: int, rng: np.random.Generator) -> Formula:
    """Draw a typed part.

    Args:
        grammar: The grammar whose operands are used.
        wanted: Its type; a tensor with empty sites may live anywhere.
        depth: Deepest part wanted, at least 3 for a scalar, 2 for layers, 1 for a tensor; less counts as that.
        rng: Source of randomness.
    """
    if wanted.level == "tensor":
        names = [n for n in grammar.operands if not wanted.sites or _sites(n) == wanted.sites]
        if not names:
            raise InputError(f"no operand lives at {wanted.sites}")
        return _draw_tensor(grammar, str(rng.choice(names)), depth, rng)
    lowest = 3 if wanted.level == "scalar" else 2
    choice = rng.random()
    if depth <= lowest or choice < 0.5:
        below: Level = "layers" if wanted.level == "scalar" else "tensor"
        down = _drawn(grammar.primitives, below, "aggregation" if below == "layers" else "reduction")
        return apply(str(rng.choice(down)), draw_part(grammar, Type(below), depth - 1, rng))
    if choice < 0.7:
        kinds: tuple[Kind, ...] = ("elementwise",) if wanted.level == "scalar" else ("elementwise", "normalise")
        unary = _drawn(grammar.primitives, wanted.level, *kinds)
        return apply(str(rng.choice(unary)), draw_part(grammar, wanted, depth - 1, rng))
    sides = (draw_part(grammar, wanted, depth - 1, rng) for _ in range(2))
    return apply(str(rng.choice(_drawn(grammar.primitives, wanted.level, "elementwise", arity=2))), *sides)


def _draw_tensor(grammar: Grammar, name: str, depth: int, rng: np.random.Generator) -> Formula:
    choice = rng.random()
    if depth <= 1 or choice < 0.5:
        return operand(name)
    if choice < 0.8:
        unary = str(rng.choice(_drawn(grammar.primitives, "tensor", "elementwise", "normalise")))
        return apply(unary, _draw_tensor(grammar, name, depth - 1, rng))
    sites = Type("tensor", _sites(name))
    left, right = (draw_part(grammar, sites, depth - 1, rng) for _ in range(2))
    return apply(str(rng.choice(_drawn(grammar.primitives, "tensor", "elementwise", arity=2))), left, right)
