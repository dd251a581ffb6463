"""Choices that an ordinary configuration says: one width and one number of groups for all layers that stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lpzero.compression.choosing.counts import Count
from lpzero.compression.choosing.menu import Chosen, Item, Menu, choose
from lpzero.compression.cutting.layout import Layout
from lpzero.errors import InputError, NoResultError

Shape = tuple[int, int]
"""Key-value groups and neurons."""


def plain_shapes(
    layout: Layout, counts: Mapping[str, Count], limits: Mapping[str, float], *, groups: bool
) -> tuple[Shape, ...]:
    """The shapes that are worth choosing among: for each depth and number of groups the widest that fits.

    Args:
        layout: The shape of the checkpoint.
        counts: What it takes.
        limits: The highest counts.
        groups: Whether a configuration of the family says fewer key-value groups.
    """
    found = set()
    for depth in range(1, layout.depth + 1):
        for some in range(1, layout.groups + 1) if groups else [layout.groups]:
            low, high = 0, layout.neurons
            while low < high:
                middle = (low + high + 1) // 2
                low, high = (middle, high) if _fits(counts, limits, depth, (some, middle)) else (low, middle - 1)
            if low:
                found.add((some, low))
    return tuple(sorted(found))


def _fits(counts: Mapping[str, Count], limits: Mapping[str, float], depth: int, shape: Shape) -> bool:
    used = {name: counts[name].outside + depth * counts[name].layer.of(*shape) for name in limits}
    return all(used[name] <= limit for name, limit in limits.items())


def choose_plain(
    menu: Menu, counts: Mapping[str, Count], limits: Mapping[str, float], *, groups: bool, only: Sequence[Shape] = ()
) -> Chosen:
    """The plain choice whose costs add up to least.

    Args:
        menu: What may stay of each layer.
        counts: What the checkpoint takes.
        limits: The highest counts.
        groups: Whether a configuration of the family says fewer key-value groups.
        only: Shapes to choose among; all of the menu where none are given.

    Raises:
        InputError: Nothing is within the limits, or there is no such count.
    """
    return plain_choices(menu, counts, limits, groups=groups, only=only)[0]


def plain_choices(
    menu: Menu, counts: Mapping[str, Count], limits: Mapping[str, float], *, groups: bool, only: Sequence[Shape] = ()
) -> tuple[Chosen, ...]:
    """The best choice of each shape, the one that costs least first.

    Args:
        menu: What may stay of each layer.
        counts: What the checkpoint takes.
        limits: The highest counts.
        groups: Whether a configuration of the family says fewer key-value groups.
        only: Shapes to choose among; all of the menu where none are given.

    Raises:
        InputError: As :func:`choose_plain`.
    """
    most = max(len(item.stays.groups) for item in menu[0])
    shapes = only or sorted({(len(item.stays.groups), len(item.stays.neurons)) for item in menu[0]})
    found: list[Chosen] = []
    refused: InputError | None = None
    for shape in shapes:
        if 0 in shape or (not groups and shape[0] != most):
            continue
        alike = [[item for item in items if _shape(item) in ((0, 0), shape)] for items in menu]
        try:
            found.append(choose(alike, counts, limits))
        except InputError as err:
            # the first is of the smallest shape
            refused = refused or err
    if not found:
        raise refused or NoResultError("expected layers with attention and feed-forward to choose among, found none")
    return tuple(sorted(found, key=lambda one: one.selection.cost))


def plain_few(choices: Sequence[Chosen], number: int) -> list[Chosen]:
    """The plain choices that are worth comparing: the cheapest, and the one that drops no layer and no group.

    Costs of layers that go whole add up less well than those of neurons, and that one is all neurons.

    Args:
        choices: In the order of their costs.
        number: The cheapest ones to take.
    """
    few = list(choices[:number])
    depth = len(choices[0].choice.layers)
    whole = [one for one in choices if len(one.choice.kept) == depth]
    most = max((len(one.choice.layers[0].groups) for one in whole), default=0)
    widest = next((one for one in whole if len(one.choice.layers[0].groups) == most), None)
    return few if widest is None or widest in few else [*few, widest]


def _shape(item: Item) -> Shape:
    return len(item.stays.groups), len(item.stays.neurons)
