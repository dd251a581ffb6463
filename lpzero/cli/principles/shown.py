"""How principles are shown to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpzero.principles import Principle
    from lpzero.principles.result import RemainingFigures

HEADER = ["principle", "strength", "rule", "top", "all", "lift", "95 %", "by size alone", "chosen again"]
"""The header of :func:`cells`."""


def cells(one: Principle) -> list[str | None]:
    """A principle with its evidence: the share of the top and of all records that keep it, and the lift."""
    from lpzero.principles import as_text

    strength: str = one.status if one.status != "active" else one.strength
    if one.weight is not None:
        strength += f" x{one.weight:g}"
    row = [one.id, strength, one.statement if one.rule is None else as_text(one.rule)]
    found = one.evidence
    if found is None:
        return [*row, *([None] * 6)]
    return [
        *row,
        f"{found.support:.0%}",
        f"{found.base_rate:.0%}",
        _two(found.lift),
        None if found.interval is None else f"{found.interval[0]:.2f} to {found.interval[1]:.2f}",
        _two(found.size_lift),
        None if found.stability is None else f"{found.stability:.0%}",
    ]


def _two(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def left(found: RemainingFigures) -> str:
    """What the hard rules leave of the space, as a sentence without its end."""
    counted = "" if found.architectures is None else f", {found.architectures:.4g} architectures"
    if found.interval is None:
        return f"the hard rules leave {found.share:.3%} of the space{counted}"
    low, high = found.interval
    return f"the hard rules leave {found.share:.2%} of the space ({low:.2%} to {high:.2%}, {found.draws} draws)"
