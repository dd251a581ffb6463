"""The operands by name: what a formula may refer to, and which sites each one has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lpzero.spaces.models.sites import Group

Family = Literal["weight", "grad", "activation", "head", "attention", "hidden", "jacobian"]
SiteFamily = Literal["parameter", "activation", "head", "attention", "hidden", "jacobian"]


_SITE_FAMILY: dict[Family, SiteFamily] = {
    "weight": "parameter",
    "grad": "parameter",
    "activation": "activation",
    "head": "head",
    "attention": "attention",
    "hidden": "hidden",
    "jacobian": "jacobian",
}


@dataclass(frozen=True)
class Operand:
    """One row of the operand table.

    Attributes:
        name: The word that formulas use.
        family: What is read at each site.
        group: Restricts parameter sites to one part of the model; None for all of them.
        latex: Its symbol.
        meaning: One line for people.
    """

    name: str
    family: Family
    group: Group | None
    latex: str
    meaning: str

    @property
    def site_family(self) -> SiteFamily:
        """The family of sites: a weight and its gradient share theirs."""
        return _SITE_FAMILY[self.family]

    @property
    def sites(self) -> str:
        """Name of the set of sites; operands combine element by element where these are equal."""
        return self.site_family if self.group is None else f"{self.site_family}/{self.group}"


def _parameter_operands() -> tuple[Operand, ...]:
    rows = []
    for family, symbol, noun in (
        ("weight", "W", "weights"),
        ("grad", "G", "gradients of the loss by the weights"),
    ):
        rows.append(Operand(family, family, None, symbol, f"{noun}, embeddings included"))  # type: ignore[arg-type]
        for group, mark in (("operation", "op"), ("feed_forward", "ff"), ("embedding", "emb")):
            latex = f"{symbol}^{{\\mathrm{{{mark}}}}}"
            meaning = f"{noun} of the {group.replace('_', '-')} part"
            rows.append(Operand(f"{family}_{group}", family, group, latex, meaning))  # type: ignore[arg-type]
    return tuple(rows)


OPERANDS: dict[str, Operand] = {
    row.name: row
    for row in (
        *_parameter_operands(),
        Operand("activation", "activation", None, "A", "output of the feed-forward's non-linearity"),
        Operand("head", "head", None, "H", "outputs of the query, key and value projections"),
        Operand("attention", "attention", None, "P", "attention probabilities"),
        Operand("hidden", "hidden", None, "X", "residual stream behind the embedding and behind each block"),
        Operand("jacobian", "jacobian", None, "J", "gradient of the loss by the embedding output"),
    )
}
WHOLE_OPERANDS = ("activation", "jacobian", "grad", "head", "weight", "attention", "hidden")
"""Those of whole models, which an enumeration combines where nobody says otherwise; those of parts are many more."""

SITE_FAMILIES: tuple[SiteFamily, ...] = ("parameter", "activation", "head", "attention", "hidden", "jacobian")
