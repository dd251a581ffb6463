"""Rules against a space: are there such features, and may they have such values?"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from lpzero.errors import InputError
from lpzero.principles.language.feature import Feature
from lpzero.principles.language.holds import position_of
from lpzero.principles.language.rule import Between, Bound, Condition, Count, Equality, Rule, conditions
from lpzero.settings import one_line, shorten

SHOWN = 12


def check_rule(rule: Rule, features: Mapping[str, Feature], place: str) -> None:
    """Check a rule against the features of a space.

    Args:
        rule: The rule.
        features: What the space declares.
        place: The file and the principle, for the message.

    Raises:
        InputError: A feature is unknown, takes no such condition, or has no such value; the path of it is named.
    """
    for path, condition in conditions(rule):
        where = f"{place}: {'.'.join(filter(None, ('rule', path)))}"
        feature = features.get(condition.feature)
        if feature is None:
            expected = _near(condition, features)
            raise InputError(f"{where}: unknown feature {shorten(condition.feature, 80)}: expected {expected}")
        _check_condition(condition, feature, where)


def _near(condition: Condition, features: Mapping[str, Feature]) -> str:
    near = get_close_matches(condition.feature[:80], features, n=3)
    names = near or [name for name, feature in features.items() if "[" not in name][:SHOWN]
    return f"{'one such as ' if not near else ''}{', '.join(one_line(name, 80) for name in names)}"


def _check_condition(condition: Condition, feature: Feature, where: str) -> None:
    counted = isinstance(condition, Count)
    if counted != (feature.kind == "layers"):
        found = f"found {condition.op} of {one_line(feature.name, 80)}"
        if counted:
            raise InputError(f"{where}: expected the name of a choice of the layers to count, {found}")
        raise InputError(f"{where}: expected count_ge or count_le of what each layer has, {found}")
    if isinstance(condition, (Bound, Between)):
        if not feature.ordered:
            listed = ", ".join(map(str, feature.values[:SHOWN]))
            raise InputError(
                f"{where}: expected in, not_in or eq of one of {one_line(listed)}, found {condition.op} of "
                f"{one_line(feature.name, 80)}"
            )
        if isinstance(condition, Between) and condition.low > condition.high:
            raise InputError(f"{where}: expected low up to high, found {condition.low} to {condition.high}")
        return
    if feature.kind == "number":
        raise InputError(
            f"{where}: expected ge, le or between of {one_line(feature.name, 80)}, a mean or a share, "
            f"found {condition.op}"
        )
    for value in [condition.value] if isinstance(condition, Equality) else condition.values:
        if position_of(value, feature) < 0:
            listed = ", ".join(map(repr, feature.values[:SHOWN])) + (", ..." if len(feature.values) > SHOWN else "")
            raise InputError(
                f"{where}: {one_line(feature.name, 80)} has no value {shorten(value, 80)}: expected {one_line(listed)}"
            )


def fits(rule: Rule, features: Mapping[str, Feature]) -> str | None:
    """Why a rule says nothing of a space, in one line; None where it does."""
    try:
        check_rule(rule, features, "it")
    except InputError as error:
        return str(error).removeprefix("it: ")
    return None
