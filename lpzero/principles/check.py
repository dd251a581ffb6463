"""Check a file of principles: do its rules leave anything, how much, and does each of them do something?"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lpzero.errors import InputError
from lpzero.principles.contrast import Contrast
from lpzero.principles.document import Principle, Principles
from lpzero.principles.file import check_against
from lpzero.principles.language.columns import Columns
from lpzero.principles.language.feature import declared
from lpzero.principles.language.holds import Mask, hold_all, holds
from lpzero.principles.language.rule import Rule, as_text
from lpzero.principles.remaining import DRAWS, Remaining, remaining
from lpzero.principles.result import CheckedPrinciple, CheckResult, Finding, RemainingFigures, TableFigures
from lpzero.principles.slots import refuse_contradictions, slots_of
from lpzero.seeds import derived_seed
from lpzero.spaces.space import SearchSpace


def refuse_unusable(principles: Principles, space: SearchSpace, place: Path | str) -> None:
    """Refuse a file that cannot be used in a space.

    Raises:
        InputError: It is about another space, a rule says nothing of it, or hard rules contradict each other or leave
            nothing together.
    """
    check_against(principles, space, place)
    features = declared(space)
    refuse_contradictions(principles.hard, features, place)
    if not any(slots_of(space.choices, features, hard_rules(principles)).shares):
        raise _empty(place)


def _empty(place: Path | str) -> InputError:
    return InputError(f"{place}: the hard rules hold of no architecture of the space together: drop or relax one")


def hard_rules(principles: Principles) -> list[Rule]:
    """The rules that filter."""
    return [one.rule for one in principles.hard if one.rule is not None]


def check(
    principles: Principles, space: SearchSpace, path: Path, seed: int, source: TableFigures | None
) -> CheckResult:
    """Check principles in their space.

    Args:
        principles: What the file says.
        space: The space.
        path: The file, for messages.
        seed: Seed of the draws.
        source: What is kept of the table that they were measured on; None where it is not looked at.

    Raises:
        InputError: As :func:`refuse_unusable`.
    """
    refuse_unusable(principles, space, path)
    left = remaining(space, hard_rules(principles), seed)
    if left.architectures == 0:
        raise _empty(path)
    rng = np.random.default_rng(derived_seed(seed, "principles", "check"))
    drawn = Columns(space, [space.sample(rng) for _ in range(DRAWS)])
    return CheckResult(
        schema_=1,
        path=str(path),
        space=space.name,
        protocol=space.protocol,
        seed=seed,
        status="ok" if left.share > 0 else "unknown",
        remaining=figures_of(left),
        source=source,
        principles=_checked(principles, drawn),
    )


def _checked(principles: Principles, drawn: Columns) -> list[CheckedPrinciple]:
    hard = {one.id: holds(one.rule, drawn) for one in principles.hard if one.rule is not None}
    found = []
    for one in principles.principles:
        kept = None if one.rule is None else holds(one.rule, drawn)
        others = [mask for name, mask in hard.items() if name != one.id]
        found.append(
            CheckedPrinciple(
                id=one.id,
                statement=one.statement,
                rule=None if one.rule is None else as_text(one.rule),
                strength=one.strength,
                status=one.status,
                finding=_finding(one, kept, others),
                keeps=None if kept is None else float(kept.mean()),
            )
        )
    return found


def _finding(one: Principle, kept: Mask | None, others: list[Mask]) -> Finding:
    if kept is None or one.status == "advice":
        return "advice"
    if one.status != "active":
        return "inactive"
    if kept.all():
        return "idle"
    beside = np.logical_and.reduce(others) if others else np.ones_like(kept)
    # with no draw that keeps the others, nothing is seen of it
    return "redundant" if one.strength == "hard" and beside.any() and kept[beside].all() else "ok"


def figures_of(left: Remaining) -> RemainingFigures:
    """What is left, as a result."""
    interval = None if left.interval is None else list(left.interval)
    return RemainingFigures(share=left.share, interval=interval, architectures=left.architectures, draws=left.draws)


def kept_of(table: str, found: Contrast, rules: list[Rule]) -> TableFigures:
    """What rules keep of the records of a contrast, and of their top."""
    kept = hold_all(rules, found.columns)
    return TableFigures(
        table=table,
        n=len(kept),
        kept=float(kept.mean()),
        top=int(found.top.sum()),
        top_kept=float(kept[found.top].mean()),
    )
