"""Local repair: costs add up almost, so that choices next to the cheapest one are compared by what they cost together.

What costs least by the sum need not cost least in truth. Near-optimal choices are measured jointly, then swaps: one
part of a layer gets back a step of its units, and another part gives up as many as that takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lpzero.compression.choosing.budget import Budget
from lpzero.compression.choosing.counts import Count
from lpzero.compression.choosing.importance import KINDS, Kind
from lpzero.compression.choosing.menu import Chosen, Item, Menu, choose
from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.progress import Progress, Watch, unwatched


@dataclass(frozen=True)
class Repaired:
    """What a repair came to.

    Attributes:
        chosen: The choice, its costs those of the menu and its bound that of the menu's best.
        divergence: What it costs jointly, in nats a token.
        before: The same of the choice that costs least by the sum.
        trials: Choices that were looked at.
    """

    chosen: Chosen
    divergence: float
    before: float
    trials: int


def repair(
    menu: Menu,
    few: Sequence[Chosen],
    counts: Mapping[str, Count],
    limits: Mapping[str, float],
    joint: Callable[[Choice], float],
    budget: Budget,
    *,
    swaps: bool = True,
    watch: Watch = unwatched,
    clock: Callable[[], float] = time.monotonic,
) -> Repaired:
    """Look for a choice of less joint divergence than the cheapest one has.

    Swaps are tried in the order of what they cost by the sum, and the first that is better is taken. It ends where no
    swap is, or with the budget.

    Args:
        menu: What may stay of each layer.
        few: The cheapest choice, and those next to it.
        counts: What the checkpoint takes.
        limits: The highest counts.
        joint: Measures a choice.
        budget: How long.
        swaps: Whether swaps are tried; else ``few`` alone are compared.
        watch: Told of every trial.
        clock: Seconds.
    """
    begun, known = clock(), dict[Choice, float]()

    def is_over() -> bool:
        return budget.is_over(len(known), clock() - begun)

    def measured(choice: Choice) -> float:
        known[choice] = joint(choice)
        facts = f"{len(known):,} choices, divergence {min(known.values()):.4f}"
        watch(Progress("repairing", budget.share(len(known), clock() - begun), facts))
        return known[choice]

    first = few[0].choice
    before = measured(first)
    for one in few[1:]:
        if not is_over():
            measured(one.choice)
    best = min(known, key=lambda choice: known[choice])
    better: Choice | None = best if swaps else None
    while better is not None:
        best, better = better, None
        for other in neighbours(menu, best, counts, limits):
            if is_over():
                break
            if other not in known and measured(other) < known[best]:
                better = other
                break
    return Repaired(_chosen(menu, best, counts, limits, few[0]), known[best], before, len(known))


def _chosen(
    menu: Menu, choice: Choice, counts: Mapping[str, Count], limits: Mapping[str, float], cheapest: Chosen
) -> Chosen:
    if choice == cheapest.choice:
        return cheapest
    alone = [[item for item in items if item.stays == one] for items, one in zip(menu, choice.layers, strict=True)]
    found = choose(alone, counts, limits)
    return replace(found, selection=replace(found.selection, bound=cheapest.selection.bound))


def neighbours(
    menu: Menu, choice: Choice, counts: Mapping[str, Count], limits: Mapping[str, float]
) -> Iterator[Choice]:
    """Choices within the limits that are one swap away, the cheapest first.

    Args:
        menu: What may stay of each layer.
        choice: One from it.
        counts: What the checkpoint takes.
        limits: The highest counts.
    """
    items = [{(item.stays.groups, item.stays.neurons): item for item in of_layer} for of_layer in menu]
    found: list[Choice] = []
    for layer, kind in _places(items):
        for more in _steps(items[layer], choice.layers[layer], kind, 1):
            bigger = _with(choice, more)
            if _fits(bigger, counts, limits):
                found.append(bigger)
            else:
                found += _paid_for(items, bigger, counts, limits)
    others = (one for one in found if one != choice and any(layer.groups for layer in one.layers))
    yield from sorted(others, key=lambda one: _cost(items, one))


def _paid_for(
    items: Sequence[Items], bigger: Choice, counts: Mapping[str, Count], limits: Mapping[str, float]
) -> Iterator[Choice]:
    """Choices that fit again, since one part gives up as few units as that takes."""
    for layer, kind in _places(items):
        less = (_with(bigger, one) for one in _steps(items[layer], bigger.layers[layer], kind, -1))
        fitting = next((one for one in less if _fits(one, counts, limits)), None)
        if fitting is not None:
            yield fitting


def _places(items: Sequence[Items]) -> Iterator[tuple[int, Kind]]:
    for layer in range(len(items)):
        for kind in KINDS:
            yield layer, kind


Items = Mapping[tuple[tuple[int, ...], tuple[int, ...]], Item]


def _steps(items: Items, present: LayerChoice, kind: Kind, way: int) -> list[LayerChoice]:
    """What a layer may be with more units of a kind, the next number alone, or with fewer, nearest first."""
    sizes = sorted({getattr(item.stays, kind) for item in items.values()}, key=len)
    at = sizes.index(getattr(present, kind))
    others = sizes[at + 1 : at + 2] if way > 0 else sizes[:at][::-1]
    steps = (replace(present, **{kind: one}) for one in others)
    return [one for one in steps if (one.groups, one.neurons) in items]


def _with(choice: Choice, one: LayerChoice) -> Choice:
    return Choice((*choice.layers[: one.layer], one, *choice.layers[one.layer + 1 :]))


def _fits(choice: Choice, counts: Mapping[str, Count], limits: Mapping[str, float]) -> bool:
    return all(counts[name].of(choice) <= limit for name, limit in limits.items())


def _cost(items: Sequence[Items], choice: Choice) -> float:
    return sum(of_layer[one.groups, one.neurons].cost for of_layer, one in zip(items, choice.layers, strict=True))
