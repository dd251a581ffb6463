"""The closed language of rules: what may be said of the features of an architecture, as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lpzero.spaces.architecture import Value

LONGEST_NAME = 200
MOST_PARTS = 64
MOST_VALUES = 4096
LARGEST = 1 << 53
"""Numbers of a rule are smaller than what a double counts."""

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Number = Annotated[int | float, Field(ge=-LARGEST, le=LARGEST)]
Word = Annotated[str, Field(max_length=LONGEST_NAME)]
Scalar = Number | Word | bool
Values = Annotated[list[Scalar], Field(min_length=1, max_length=MOST_VALUES)]


OPERATORS = (
    *("in", "not_in", "eq", "ge", "le", "between", "count_ge", "count_le"),
    *("all", "any", "not", "implies"),
)
"""The operators of rules: of conditions, and of what joins them."""


class _Part(BaseModel):
    """A part of a rule."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class Membership(_Part):
    """A feature has one of some values, or none of them (``not_in``); where it has no value, neither holds."""

    op: Literal["in", "not_in"]
    feature: Name
    values: Values


class Equality(_Part):
    """A feature has a value."""

    op: Literal["eq"]
    feature: Name
    value: Scalar


class Bound(_Part):
    """A number is at least, or at most, so large."""

    op: Literal["ge", "le"]
    feature: Name
    value: Number


class Between(_Part):
    """A number lies within ends, both included."""

    op: Literal["between"]
    feature: Name
    low: Number
    high: Number


class Count(_Part):
    """At least, or at most, so many layers have one of some values."""

    op: Literal["count_ge", "count_le"]
    feature: Name
    values: Values
    number: Annotated[int, Field(ge=0, le=LARGEST)]


class Junction(_Part):
    """All of some rules hold, or any."""

    op: Literal["all", "any"]
    rules: Annotated[list[Rule], Field(min_length=1, max_length=MOST_PARTS)]


class Negation(_Part):
    """A rule does not hold."""

    op: Literal["not"]
    rule: Rule


class Implication(_Part):
    """Where one rule holds, so does another."""

    op: Literal["implies"]
    condition: Rule
    rule: Rule


Condition = Membership | Equality | Bound | Between | Count
"""A rule about one feature."""
Rule = Annotated[
    Membership | Equality | Bound | Between | Count | Junction | Negation | Implication, Field(discriminator="op")
]
"""A rule; ``op`` says which."""

for _kind in (Junction, Negation, Implication):
    _kind.model_rebuild()


def parts(rule: Rule) -> tuple[Rule, ...]:
    """The rules that a rule is made of; none of a condition."""
    if isinstance(rule, Junction):
        return tuple(rule.rules)
    if isinstance(rule, Negation):
        return (rule.rule,)
    return (rule.condition, rule.rule) if isinstance(rule, Implication) else ()


def levels(rule: Rule) -> int:
    """How many rules stand inside each other at most; 1 of a condition."""
    return 1 + max(map(levels, parts(rule)), default=0)


def conditions(rule: Rule) -> Iterator[tuple[str, Condition]]:
    """Every condition of a rule with the keys that lead to it, such as ``rules.1.condition``."""
    if isinstance(rule, Junction):
        inner = [(f"rules.{place}", part) for place, part in enumerate(rule.rules)]
    elif isinstance(rule, Negation):
        inner = [("rule", rule.rule)]
    elif isinstance(rule, Implication):
        inner = [("condition", rule.condition), ("rule", rule.rule)]
    else:
        yield "", rule
        return
    for key, part in inner:
        for path, condition in conditions(part):
            yield f"{key}.{path}".rstrip("."), condition


def features_of(rule: Rule) -> tuple[str, ...]:
    """The features that a rule names, each once, in their order."""
    return tuple(dict.fromkeys(condition.feature for _, condition in conditions(rule)))


def conjuncts(rule: Rule) -> tuple[Rule, ...]:
    """The rules that all have to hold for a rule to hold, junctions by ``all`` taken apart."""
    if isinstance(rule, Junction) and rule.op == "all":
        return tuple(part for inner in rule.rules for part in conjuncts(inner))
    return (rule,)


_SIGNS = {"ge": "≥", "le": "≤"}


def as_text(rule: Rule) -> str:
    """A rule for people.

    >>> as_text(Implication(op="implies", condition=Equality(op="eq", feature="depth", value=2),
    ...                     rule=Bound(op="ge", feature="heads.mean", value=3.5)))
    'if depth = 2 then heads.mean ≥ 3.5'
    """
    match rule:
        case Membership(op="in"):
            return f"{rule.feature} in {_set(rule.values)}"
        case Membership():
            return f"{rule.feature} not in {_set(rule.values)}"
        case Equality():
            return f"{rule.feature} = {rule.value}"
        case Bound():
            return f"{rule.feature} {_SIGNS[rule.op]} {_number(rule.value)}"
        case Between():
            return f"{_number(rule.low)} ≤ {rule.feature} ≤ {_number(rule.high)}"
        case Count():
            most = "at least" if rule.op == "count_ge" else "at most"
            return f"{most} {rule.number} layers with {rule.feature} in {_set(rule.values)}"
        case Junction():
            return f" {'and' if rule.op == 'all' else 'or'} ".join(map(_inner, rule.rules))
        case Negation():
            return f"not {_inner(rule.rule)}"
        case Implication():
            return f"if {as_text(rule.condition)} then {as_text(rule.rule)}"


def _inner(rule: Rule) -> str:
    return f"({as_text(rule)})" if parts(rule) else as_text(rule)


def _set(values: list[Value]) -> str:
    shown = [_number(value) for value in values[:FEW_SHOWN]]
    return "{" + ", ".join(shown) + (", ..." if len(values) > FEW_SHOWN else "") + "}"


def _number(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


FEW_SHOWN = 8
"""Values of a set that a text shows."""
