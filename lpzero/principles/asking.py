"""Principles that a language model proposes and the source data decide on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from lpzero.llm import Document, Request, clean_line
from lpzero.principles.contrast import Contrast
from lpzero.principles.document import Change, Evidence, Principle, Status
from lpzero.principles.greedy import Limits
from lpzero.principles.language.binding import fits
from lpzero.principles.language.columns import Columns
from lpzero.principles.language.fault import fault_of
from lpzero.principles.language.feature import Feature
from lpzero.principles.language.holds import hold_all
from lpzero.principles.language.rule import Rule, levels
from lpzero.principles.mining import measured
from lpzero.principles.slots import contradiction
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture

SHOWN = 12
"""Architectures of the top, and of the rest, that a model is shown where nobody says."""
MOST = 8
LONGEST = 400
FEW_VALUES = 12
DEEPEST = 8
"""Levels of a rule that is measured: a file of it has to be read again."""

_ROLE = (
    "You are an expert in the design of neural networks. From architectures that were trained you learn what the good "
    "ones have in common, and state it as design principles, each with a rule that a machine checks."
)
_OPERATORS = (
    "Operators of rules: in, not_in (values) and eq (value) of a feature with listed values; ge, le (value) and "
    "between (low, high) of a number; count_ge, count_le (values, number) count the layers that have one of the "
    "values; all, any (rules), not (rule) and implies (condition, rule) join rules."
)
_TASK = (
    f"Propose at most {MOST} principles that most of the good architectures keep and many of the others do not. Use "
    "only the features and values above. Each is measured on all the data, and dropped where they do not bear it out. "
    "Where you know no rule for a statement, its rule is null."
)


class Proposal(BaseModel):
    """One principle as a model proposes it; ``rule`` is null for advice."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    statement: str
    rule: Rule | None


class Unreadable(Proposal):
    """A proposal that cannot be read, which costs the others nothing.

    Attributes:
        fault: Why, in one line.
    """

    fault: str


def _readable(entry: Any, read: ValidatorFunctionWrapHandler) -> Proposal:
    try:
        found: Proposal = read(entry)
    except ValidationError as err:
        said = entry.get("statement") if isinstance(entry, dict) else None
        fault = f"it cannot be read: {fault_of(err)}"
        return Unreadable(statement=said if isinstance(said, str) else "", rule=None, fault=fault)
    return found


class Proposals(BaseModel):
    """What a model replies."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    principles: Annotated[list[Annotated[Proposal, WrapValidator(_readable)]], Field(max_length=4 * MOST)]


def request_of(found: Contrast, quality: str, seed: int, shown: int = SHOWN) -> Request:
    """What a model is asked: the space, some of the top and as many of the rest, the operators, the task.

    Args:
        found: The top and the rest; nothing else of a table is shown.
        quality: What was measured.
        seed: Seed of the sample.
        shown: Architectures of the top, and of the rest, at most.
    """
    rng = np.random.default_rng(derived_seed(seed, "principles", "shown"))
    parts = [_declared(found.columns.features)]
    for title, mask in (("Good architectures", found.top), ("Other architectures", ~found.top)):
        places = rng.permutation(np.flatnonzero(mask))[:shown]
        listed = [_line(found.columns.architectures[int(place)]) for place in places]
        parts.append("\n".join([f"{title}, by {clean_line(quality)}:", *listed]))
    return Request.of([*parts, _OPERATORS, _TASK], Document(Proposals), system=_ROLE)


def _declared(features: dict[str, Feature]) -> str:
    lines = []
    for name, feature in features.items():
        if "[" in name and not name.endswith("[0]"):
            continue
        values = "" if not feature.values else f", one of {', '.join(map(str, feature.values[:FEW_VALUES]))}"
        values += ", ..." if len(feature.values) > FEW_VALUES else ""
        kind = {"choice": "a choice", "layers": "what each layer has", "number": "a number"}[feature.kind]
        lines.append(f"{clean_line(name)}: {kind}{clean_line(values)}")
    return "\n".join(["Features; NAME[0] is that of the first layer, NAME[1] of the second, and so on:", *lines])


def _line(one: Architecture) -> str:
    layers = "; ".join(" ".join(f"{name}={value}" for name, value in layer) for layer in one.layers)
    whole = " ".join(f"{name}={value}" for name, value in one.whole)
    return clean_line(f"- depth={one.depth} {whole} | {layers}")


@dataclass(frozen=True)
class Decided:
    """What the data made of proposals.

    Attributes:
        principles: Those that survive, advice, and those that were dropped with the reason as their history.
        proposed: Proposals with a rule, those included that cannot be read.
        survived: Of these.
    """

    principles: tuple[Principle, ...]
    proposed: int
    survived: int


def decide(proposals: Sequence[Proposal], found: Contrast, drawn: Columns, limits: Limits, seed: int) -> Decided:
    """Measure each proposal on the source data, in their order, and keep those that it bears out.

    One is dropped that cannot be read or says nothing of the space, whose lift is not surely above 1, that contradicts
    those before it, or with which too little of the top or of the space would stay.

    Args:
        proposals: What a model says.
        found: The top and the rest.
        drawn: Architectures drawn from the space.
        limits: How far rules may go.
        seed: Seed of the intervals.
    """
    kept: list[Principle] = []
    listed: list[Principle] = []
    for number, one in enumerate(proposals, 1):
        said = clean_line(one.statement)[:LONGEST]
        name = f"m{number}"
        if isinstance(one, Unreadable):
            listed.append(_dropped(name, said, one.fault))
            continue
        if one.rule is None:
            listed.append(Principle(id=name, statement=said, status="advice"))
            continue
        deep = levels(one.rule) > DEEPEST
        reason = "its rule is nested too deeply" if deep else fits(one.rule, found.columns.features)
        evidence = None if reason else measured(one.rule, found, seed)
        if evidence is not None and len(kept) < limits.most:
            reason = _reason(one.rule, evidence, kept, found, drawn, limits)
        elif evidence is not None:
            reason = f"there are {limits.most} already"
        history = [] if reason is None else [Change(version=1, reason=reason)]
        status: Status = "active" if reason is None else "dropped"
        # a rule of unknown features would make the file unusable: the statement and the reason are what is kept of it
        rule = None if evidence is None else one.rule
        made = Principle(id=name, statement=said, rule=rule, evidence=evidence, status=status, history=history)
        listed.append(made)
        kept += [made] if reason is None else []
    proposed = sum(one.rule is not None or isinstance(one, Unreadable) for one in proposals)
    return Decided(tuple(listed), proposed, len(kept))


def _dropped(name: str, said: str, reason: str) -> Principle:
    """A statement without a rule that can be kept."""
    return Principle(id=name, statement=said, status="dropped", history=[Change(version=1, reason=clean_line(reason))])


def _reason(
    rule: Rule, evidence: Evidence, kept: list[Principle], found: Contrast, drawn: Columns, limits: Limits
) -> str | None:
    """Why the data do not bear a rule out; None where they do."""
    if evidence.interval is None or evidence.lift is None or evidence.interval[0] <= 1:
        lift = "none" if evidence.lift is None else f"{evidence.lift:.2f}, from {(evidence.interval or [0])[0]:.2f}"
        return f"its lift is not surely above 1: {lift}"
    probe = Principle(id="this", statement="", rule=rule)
    clash = contradiction([*kept, probe], found.columns.features)
    if clash is not None:
        return clash
    rules = [rule, *(one.rule for one in kept if one.rule is not None)]
    of_top = float(hold_all(rules, found.columns)[found.top].mean())
    if of_top < limits.keep:
        return f"with it {of_top:.1%} of the top stay: expected at least {limits.keep:.0%}"
    of_space = float(hold_all(rules, drawn).mean())
    if of_space < limits.least:
        return f"with it {of_space:.1%} of the space stay: expected at least {limits.least:.1%}"
    return None
