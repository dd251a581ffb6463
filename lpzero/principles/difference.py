"""What two files of principles say differently."""

from __future__ import annotations

from typing import Any, Literal

from lpzero.principles.document import Principle, Principles
from lpzero.principles.language.rule import as_text
from lpzero.principles.result import PrincipleChange


def differences(old: Principles, new: Principles) -> list[PrincipleChange]:
    """What became of each principle, by id: those of the old file first, in its order; equal ones are left out.

    Args:
        old: One file.
        new: The other.
    """
    before, after = ({one.id: one for one in listed.principles} for listed in (old, new))
    found = []
    for name in dict.fromkeys((*before, *after)):
        first, second = before.get(name), after.get(name)
        if first == second:
            continue
        what: Literal["added", "removed", "changed"] = "removed" if first else "added"
        if first and second:
            what = "changed"
        changed = [] if not (first and second) else _changed(first, second)
        found.append(PrincipleChange(id=name, change=what, old=_said(first), new=_said(second), changed=changed))
    return found


def _changed(first: Principle, second: Principle) -> list[str]:
    values: list[dict[str, Any]] = [one.model_dump() for one in (first, second)]
    return [name for name in values[0] if values[0][name] != values[1][name]]


def _said(one: Principle | None) -> str | None:
    """The rule with its strength, as a text."""
    if one is None:
        return None
    said = one.statement if one.rule is None else as_text(one.rule)
    return f"{one.strength if one.status == 'active' else one.status}: {said}"
