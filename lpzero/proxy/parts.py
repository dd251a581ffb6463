"""Which records of a table proxies are judged on: not those that they were chosen on, nor those that lend labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.regression import FEWEST_LABELS
from lpzero.proxy.exclusion import looked_at, same_models
from lpzero.proxy.proxy import Proxy
from lpzero.seeds import derived_seed
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table

LEAST = 4
"""The fewest architectures that are ranked."""


@dataclass(frozen=True)
class Parts:
    """What becomes of the records of a table.

    Attributes:
        tested: Indices of those that are ranked, ascending.
        labelled: Indices of those whose qualities controls are fitted to, ascending.
        seen: For each proxy, whether it was chosen on any of those that are ranked.
    """

    tested: tuple[int, ...]
    labelled: tuple[int, ...]
    seen: tuple[bool, ...]


def parts_of(
    proxies: Sequence[Proxy], table: Table, space: SearchSpace, *, include_seen: bool, labels: int | None, seed: int
) -> Parts:
    """Divide the records of a table.

    All proxies are judged on the same records, so that what one of them was chosen on is left out for all. Controls
    take their labels from what was left out first, and beyond that from records that are drawn and left out as well.

    Args:
        proxies: What will be ranked.
        table: The table.
        space: Space and protocol that build the models.
        include_seen: Whether what proxies were chosen on is ranked as well.
        labels: How many labels controls get; None for those that the proxies were chosen on.
        seed: Seed of the draw.

    Raises:
        InputError: Fewer than 4 records would be ranked, or the labels are fewer than 4 or more than there are.
    """
    known = [_known(proxy, table, include_seen=include_seen) for proxy in proxies]
    lent = sorted(set().union(*(raw for raw, _ in known)))
    seen = set().union(*(every for _, every in known))
    labelled = lent if labels is None else _drawn(table, space, lent, seen, labels, seed)
    out = set(labelled) - seen if include_seen else {*seen, *labelled}
    tested = tuple(i for i in range(table.n) if i not in out)
    if len(tested) < LEAST:
        rest = "" if labels is None else ", or fewer `labels`"
        raise InputError(
            f"{table.name}: {len(out)} of {table.n} architectures are left out, since a proxy was chosen on them, or "
            f"a control has their labels: rank fewer proxies at a time, or give `include_seen`{rest}"
        )
    marks = tuple(bool(every & set(tested)) for _, every in known)
    return Parts(tested, tuple(sorted(labelled)) if len(labelled) >= FEWEST_LABELS else (), marks)


def _known(proxy: Proxy, table: Table, *, include_seen: bool) -> tuple[frozenset[int], frozenset[int]]:
    """What a proxy was chosen on, and what builds the same models; all of the table where no more is known of it."""
    try:
        looked = looked_at(proxy, table)
    except InputError:
        if include_seen:
            return frozenset(), frozenset(range(table.n))
        raise
    return looked, same_models(table, looked)


def _drawn(table: Table, space: SearchSpace, lent: list[int], seen: set[int], labels: int, seed: int) -> list[int]:
    """So many records, those that a proxy was chosen on first; all records of one model or none of them."""
    most = table.n - len(seen - set(lent)) - LEAST
    if most < FEWEST_LABELS:
        raise InputError(f"`labels`: nobody knows which architectures of {table.name} a proxy was chosen on: give none")
    if not FEWEST_LABELS <= labels <= most:
        raise InputError(
            f"`labels`: expected from {FEWEST_LABELS} to {most}, which leaves {LEAST} of the {table.n} architectures "
            f"of {table.name} to rank, found {labels}"
        )
    groups, rng = table.groups(space), np.random.default_rng(derived_seed(seed, "labels"))
    rest = [i for i in range(table.n) if i not in seen]
    taken: list[int] = []
    for part in (lent, rest):
        there = groups[part]
        for label in rng.permutation(np.unique(there)):
            members = [i for i, group in zip(part, there, strict=True) if group == label]
            if len(taken) + len(members) <= labels:
                taken += members
    return taken
