"""Assignments: the values of some fields that keep constraints, found one after another, and counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from lpzero.spaces.architecture import Value
from lpzero.spaces.choices import Cell, Choices
from lpzero.spaces.toml.constraint import Constraint

COUNTED = 100_000
"""The most combinations of the fields that constraints name which are looked at one by one."""


def assignments(
    fields: Mapping[str, Sequence[Value]],
    constraints: Sequence[Constraint],
    fixed: Mapping[str, Value],
    tries: int | Iterator[object],
) -> Iterator[dict[str, Value]]:
    """Every way to give the fields values that keep the constraints, those of earlier values first.

    A constraint is looked at as soon as all that it names has a value.

    Args:
        fields: For each field its values, in the order to try them; the first field changes last.
        constraints: What has to hold; each names fields and known values alone.
        fixed: Values that are given.
        tries: How many values to set at most; whatever would come behind them is left out. An iterator that ends after
            so many may be shared by several searches.

    Raises:
        InputError: A constraint cannot be evaluated.

    >>> from lpzero.spaces.toml.constraint_text import parse_constraint
    >>> whole = [parse_constraint("width % heads == 0")]
    >>> list(assignments({"width": [4, 6], "heads": [2, 3]}, whole, {}, 100))
    [{'width': 4, 'heads': 2}, {'width': 6, 'heads': 2}, {'width': 6, 'heads': 3}]
    """
    order = list(fields)
    ready: list[list[Constraint]] = [[] for _ in range(len(order) + 1)]
    for constraint in constraints:
        places = [order.index(name) + 1 for name in constraint.names if name in fields]
        ready[max(places, default=0)].append(constraint)
    values = dict(fixed)
    budget = iter(range(tries)) if isinstance(tries, int) else tries

    def extended(place: int) -> Iterator[dict[str, Value]]:
        if not all(constraint.holds(values) for constraint in ready[place]):
            return
        if place == len(order):
            yield {name: values[name] for name in order}
            return
        for value in fields[order[place]]:
            if next(budget, None) is None:
                return
            values[order[place]] = value
            yield from extended(place + 1)

    yield from extended(0)


def chosen_values(choices: Choices, depth_field: str) -> dict[str, tuple[Value, ...]]:
    """The values of the depth, under its name, and of every choice of the whole model; each has a single name."""
    whole = {choice.names[0]: tuple(values[0] for values in choice.values) for choice in choices.whole}
    return {depth_field: choices.depths, **whole}


def counted(
    choices: Choices, depth_field: str, constraints: Sequence[Constraint], fixed: Mapping[str, Value]
) -> tuple[int, tuple[Cell, ...]]:
    """Count the architectures that keep constraints, and find the cells that hold any.

    Args:
        choices: What there is to choose.
        depth_field: What constraints call the depth.
        constraints: They name the depth, choices of the whole model and known values.
        fixed: Values that are given.

    Returns:
        Both exactly, where the fields that constraints name have no more than ``COUNTED`` combinations; else the number
        and the cells without constraints.

    Raises:
        InputError: A constraint cannot be evaluated.
    """
    values = chosen_values(choices, depth_field)
    named = frozenset().union(*(constraint.names for constraint in constraints))
    fields = {name: values[name] for name in values if name in named}
    combinations = math.prod(len(field) for field in fields.values())
    if not constraints or combinations > COUNTED:
        return choices.size, choices.cells
    # a cell is a depth and a value of the first choice
    strata = list(values)[:2]
    depths: Counter[Value] = Counter()
    there: set[tuple[Value | None, ...]] = set()
    # each place in the tree is visited once, and all but the depth have two values at least
    for found in assignments(fields, constraints, fixed, 2 * combinations + 1):
        depths.update((found[depth_field],) if depth_field in fields else choices.depths)
        there.add(tuple(found.get(name) for name in strata))
    # what no constraint names multiplies the number, and needs no look at its values
    free = math.prod(len(values[name]) for name in values if name not in named and name != depth_field)
    each_layer = math.prod(len(choice.values) for choice in choices.layer)
    size = sum(free * depths[depth] * each_layer**depth for depth in choices.depths)
    return size, tuple(cell for cell in choices.cells if _place(cell, values, strata, fields) in there)


def _place(
    cell: Cell, values: Mapping[str, Sequence[Value]], strata: Sequence[str], fields: Mapping[str, object]
) -> tuple[Value | None, ...]:
    """What a cell says of the fields; None for what is not among them."""
    held = (cell.depth, *(values[name][cell.width] for name in strata[1:]))
    return tuple(value if name in fields else None for name, value in zip(strata, held, strict=True))
