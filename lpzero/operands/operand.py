"""THE table of operands: what a formula may refer to, which sites each one has, and all that is known of it.

A row carries every fact about its operand; the lists behind the table are read off it. What the pass of a model gives
is read in :mod:`lpzero.operands.extract`, one entry a family.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from torch import Tensor

from lpzero.spaces.models.sites import Group

Family = Literal["weight", "grad", "activation", "head", "attention", "hidden", "jacobian"]
SiteFamily = Literal["parameter", "activation", "head", "attention", "hidden", "jacobian"]
Sign = Literal["any", "nonnegative", "nonpositive"]


@dataclass(frozen=True)
class Operand:
    """One row of the operand table.

    Attributes:
        name: The word that formulas use.
        family: What is read at each site.
        site_family: The family of sites: a weight and its gradient share theirs.
        latex: Its symbol.
        meaning: One line for people.
        group: Restricts parameter sites to one part of the model; None for all of them.
        sign: The sign that every element is known to have.
        backward: Whether it needs a backward pass.
        paper: Its place among the operands of LPZero (arXiv 2410.04808), from 1; None where the paper has it not.
        remedy: What to expect of a model that does not show it, as an error says behind its name.
    """

    name: str
    family: Family
    site_family: SiteFamily
    latex: str
    meaning: str
    group: Group | None = None
    sign: Sign = "any"
    backward: bool = False
    paper: int | None = None
    remedy: str = ""

    @property
    def reads(self) -> tuple[Family, ...]:
        """The families that it is read from: its own."""
        return (self.family,)

    @property
    def sites(self) -> str:
        """Name of the set of sites; operands combine element by element where these are equal."""
        return self.site_family if self.group is None else f"{self.site_family}/{self.group}"


@dataclass(frozen=True)
class DerivedOperand:
    """An operand of another package: at each site a tensor that is computed of those that the pass shows there.

    Attributes:
        name: The word that formulas use, and the family of its own that it is.
        site_family: The family of sites: the operand combines element by element with whatever else lives there.
        reads: The families of operands at these sites that it is computed of, one or more.
        function: (one tensor a family) to a tensor of their shape; plain and pure.
        latex: Its symbol.
        meaning: One line for people.
        sign: The sign that every element is known to have.
        remedy: What to expect of a model that does not show it, as an error says behind its name.
    """

    name: str
    site_family: SiteFamily
    reads: tuple[Family, ...]
    function: Callable[..., Tensor]
    latex: str
    meaning: str
    sign: Sign = "any"
    remedy: str = ""
    group: ClassVar[None] = None

    @property
    def sites(self) -> str:
        """As of :class:`Operand`."""
        return self.site_family

    @property
    def backward(self) -> bool:
        """Whether it needs a backward pass: where something does that it is computed of."""
        return any(family in GRADIENTS for family in self.reads)


EAGER = "(transformers: attn_implementation='eager')"
"""What to do where a model of transformers returns no attention."""
_PARTS: tuple[tuple[Group, str], ...] = (("operation", "op"), ("feed_forward", "ff"), ("embedding", "emb"))


def _of_parameters(family: Family, symbol: str, noun: str, *, paper: int, **row: Any) -> tuple[Operand, ...]:
    """The row of a whole model, and one for each part that has weights of its own."""
    whole = Operand(family, family, "parameter", symbol, f"{noun}, embeddings included", paper=paper, **row)
    parts = (
        Operand(
            f"{family}_{group}",
            family,
            "parameter",
            f"{symbol}^{{\\mathrm{{{mark}}}}}",
            f"{noun} of the {group.replace('_', '-')} part",
            group,
            **row,
        )
        for group, mark in _PARTS
    )
    return (whole, *parts)


OPERANDS: dict[str, Operand] = {
    row.name: row
    for row in (
        *_of_parameters("weight", "W", "weights", paper=5),
        *_of_parameters("grad", "G", "gradients of the loss by the weights", backward=True, paper=3),
        Operand(
            "activation", "activation", "activation", "A",
            "output of the feed-forward's non-linearity, of recurrent layers the gates", paper=1,
        ),
        Operand("head", "head", "head", "H", "outputs of the query, key and value projections", paper=4),
        Operand(
            "attention", "attention", "attention", "P", "attention probabilities", sign="nonnegative", paper=6,
            remedy=f"expected it in `attentions` of what the model returns {EAGER}",
        ),
        Operand(
            "hidden", "hidden", "hidden", "X",
            "residual stream behind the embedding and behind each block, of recurrent layers the states",
            remedy="expected it in `hidden_states` of what the model returns",
        ),
        Operand(
            "jacobian", "jacobian", "jacobian", "J", "gradient of the loss by the embedding output",
            backward=True, paper=2,
        ),
    )
}  # fmt: skip

PAPER_OPERANDS = tuple(
    name for _, name in sorted((row.paper, row.name) for row in OPERANDS.values() if row.paper is not None)
)
WHOLE_OPERANDS = (
    *PAPER_OPERANDS,
    *(row.name for row in OPERANDS.values() if row.group is None and row.paper is None),
)
"""Those of whole models, which an enumeration combines where nobody says otherwise; those of parts are many more."""

FAMILIES: tuple[Family, ...] = tuple(dict.fromkeys(row.family for row in OPERANDS.values()))
SITE_FAMILIES: tuple[SiteFamily, ...] = tuple(dict.fromkeys(row.site_family for row in OPERANDS.values()))
GRADIENTS: tuple[Family, ...] = tuple(dict.fromkeys(row.family for row in OPERANDS.values() if row.backward))
