"""The choices that simple conditions leave open: what a refined space is drawn from, and when it is counted exactly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lpzero.errors import InputError
from lpzero.principles.document import Principle
from lpzero.principles.language.feature import Feature, are_numbers
from lpzero.principles.language.holds import position_of
from lpzero.principles.language.rule import (
    Between,
    Bound,
    Condition,
    Count,
    Equality,
    Membership,
    Rule,
    as_text,
    conjuncts,
)
from lpzero.settings import one_line
from lpzero.spaces.architecture import Architecture, Value
from lpzero.spaces.choices import Choice, Choices


@dataclass(frozen=True)
class Slots:
    """What hard rules leave of each choice.

    Attributes:
        choices: Those of the space.
        allowed: For each feature that simple conditions are about, the values that are left.
        rest: The rules that are no simple conditions.
    """

    choices: Choices
    allowed: tuple[tuple[str, tuple[Value, ...]], ...]
    rest: tuple[Rule, ...]

    @cached_property
    def _left(self) -> dict[str, tuple[Value, ...]]:
        return dict(self.allowed)

    def _open(self, choice: Choice, suffix: str) -> list[int]:
        """Combinations of a choice that are left, by their places."""
        return [
            place
            for place, values in enumerate(choice.values)
            if all(
                _has(value, self._left.get(f"{name}{suffix}")) for name, value in zip(choice.names, values, strict=True)
            )
        ]

    @cached_property
    def _whole(self) -> list[tuple[Choice, list[int]]]:
        return [(choice, self._open(choice, "")) for choice in self.choices.whole]

    @cached_property
    def _layers(self) -> list[list[tuple[Choice, list[int]]]]:
        """Of each layer up to the deepest; names count the layers that have them."""
        met: dict[str, int] = {}
        found = []
        for index in range(max(self.choices.depths)):
            here = []
            for choice in self.choices.of_layer(index):
                layer = met.setdefault(choice.names[0], 0)
                here.append((choice, self._open(choice, f"[{layer}]")))
                met[choice.names[0]] += 1
            found.append(here)
        return found

    @cached_property
    def _needed(self) -> int:
        """The fewest layers with which every layer that a condition is about is there."""
        met: dict[str, int] = {}
        deepest = 0
        for index in range(max(self.choices.depths)):
            for name in (name for choice in self.choices.of_layer(index) for name in choice.names):
                if f"{name}[{met.setdefault(name, 0)}]" in self._left:
                    deepest = index + 1
                met[name] += 1
        return deepest

    def numbers(self, depth: int) -> tuple[int, int]:
        """Architectures of a depth that are left by the simple conditions, and all of that depth."""
        slots = [*self._whole, *(slot for layer in self._layers[:depth] for slot in layer)]
        all_ = math.prod(len(choice.values) for choice, _ in slots)
        if depth < self._needed or not _has(depth, self._left.get("depth")):
            return 0, all_
        return math.prod(len(left) for _, left in slots), all_

    @cached_property
    def shares(self) -> tuple[float, ...]:
        """For each depth, the share of its architectures that simple conditions leave."""
        return tuple(left / all_ for left, all_ in map(self.numbers, self.choices.depths))

    def draw(self, rng: np.random.Generator) -> Architecture:
        """Draw an architecture that the simple conditions hold of, as the space draws; some depth must be left."""
        shares = np.array(self.shares)
        depth = self.choices.depths[int(rng.choice(len(shares), p=shares / shares.sum()))]
        layers = [_drawn(slots, rng) for slots in self._layers[:depth]]
        return Architecture.of(self.choices.space, _drawn(self._whole, rng), layers)


def _drawn(slots: list[tuple[Choice, list[int]]], rng: np.random.Generator) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for choice, left in slots:
        values.update(choice.combination(left[int(rng.integers(len(left)))]))
    return values


def _has(value: Value, left: tuple[Value, ...] | None) -> bool:
    return left is None or any(one == value and isinstance(one, bool) == isinstance(value, bool) for one in left)


def slots_of(choices: Choices, features: Mapping[str, Feature], rules: Iterable[Rule]) -> Slots:
    """Take what hard rules say of single choices apart from the rest."""
    allowed: dict[str, tuple[Value, ...]] = {}
    rest = []
    for rule in (part for whole in rules for part in conjuncts(whole)):
        if not isinstance(rule, (Membership, Equality, Bound, Between)) or not _is_slot(features[rule.feature]):
            rest.append(rule)
            continue
        feature = features[rule.feature]
        left = allowed.get(rule.feature, feature.values)
        allowed[rule.feature] = tuple(value for value in left if _keeps(rule, feature, value))
    return Slots(choices, tuple(allowed.items()), tuple(rest))


def _is_slot(feature: Feature) -> bool:
    return feature.kind == "choice" and not feature.name.endswith(".trend")


def _keeps(rule: Condition, feature: Feature, value: Value) -> bool:
    match rule:
        case Membership() | Equality():
            values = [rule.value] if isinstance(rule, Equality) else rule.values
            inside = position_of(value, feature) in {position_of(one, feature) for one in values}
            return inside != (rule.op == "not_in")
        case Bound():
            return float(value) >= rule.value if rule.op == "ge" else float(value) <= rule.value
        case Between():
            return rule.low <= float(value) <= rule.high
        case Count():
            return True


def contradiction(principles: Sequence[Principle], features: Mapping[str, Feature]) -> str | None:
    """Hard principles that cannot hold together, since what they say of one feature leaves nothing; None if none does.

    What it finds is proved; what takes several features to see is left to drawing.
    """
    about: dict[str, list[tuple[str, Condition]]] = {}
    for principle in principles:
        for rule in () if principle.rule is None else conjuncts(principle.rule):
            if isinstance(rule, (Membership, Equality, Bound, Between)):
                about.setdefault(rule.feature, []).append((principle.id, rule))
    for name, said in about.items():
        feature = features[name]
        for number in range(1, len(said) + 1):
            if not _leaves(feature, [rule for _, rule in said[:number]], features):
                # the last of them breaks it; one that is enough to do so beside it is named alone
                last = said[number - 1]
                first = next(
                    (one for one in said[:number] if not _leaves(feature, [one[1], last[1]], features)), said[0]
                )
                return _told(first, last)
    return None


def _told(first: tuple[str, Condition], last: tuple[str, Condition]) -> str:
    if first == last:
        return f"principle {last[0]}: {one_line(as_text(last[1]), 200)} holds of no architecture"
    return (
        f"principles {first[0]} and {last[0]} contradict each other: {one_line(as_text(first[1]), 200)}, and "
        f"{one_line(as_text(last[1]), 200)}"
    )


def _leaves(feature: Feature, rules: list[Condition], features: Mapping[str, Feature]) -> bool:
    if feature.kind == "choice":
        return any(all(_keeps(rule, feature, value) for rule in rules) for value in feature.values)
    low, high = _range(feature, features)
    for rule in rules:
        if isinstance(rule, Between):
            low, high = max(low, rule.low), min(high, rule.high)
        elif isinstance(rule, Bound) and rule.op == "ge":
            low = max(low, rule.value)
        elif isinstance(rule, Bound):
            high = min(high, rule.value)
    return low <= high


def _range(feature: Feature, features: Mapping[str, Feature]) -> tuple[float, float]:
    """The least and the most that a number can be."""
    if feature.name == "width":
        return 1.0, math.inf
    values = features[feature.of].values if feature.of else ()
    if values and are_numbers(values):
        return float(min(map(float, values))), float(max(map(float, values)))
    return 0.0, 1.0


def refuse_contradictions(principles: Sequence[Principle], features: Mapping[str, Feature], place: object) -> None:
    """Raise InputError where hard principles are seen to contradict each other."""
    found = contradiction(principles, features)
    if found is not None:
        raise InputError(f"{place}: {found}: drop or relax one")
