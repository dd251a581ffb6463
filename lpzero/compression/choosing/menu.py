"""What may stay of each layer, at what cost; and the choice among it that costs least within limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.compression.choosing.counts import Count
from lpzero.compression.choosing.importance import LayerScores
from lpzero.compression.choosing.selection import Option, Selection, select
from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.layout import Layout
from lpzero.errors import InputError

WIDTHS = 8
MULTIPLE = 32
"""Widths are multiples of it, which hardware likes, where a feed-forward has eight times as many neurons."""
ATTENTION = "attention"


@dataclass(frozen=True)
class Item:
    """What may stay of one layer.

    Attributes:
        stays: Its units.
        attention: What it costs that the other key-value groups go.
        feed_forward: What it costs that the other neurons go.
    """

    stays: LayerChoice
    attention: float
    feed_forward: float

    @property
    def cost(self) -> float:
        """Both together."""
        return self.attention + self.feed_forward


Menu = Sequence[Sequence[Item]]
"""The items of each layer."""


@dataclass(frozen=True)
class Chosen:
    """A choice, and what it was chosen by.

    Attributes:
        choice: What stays.
        selection: Its costs and the bound of all others.
    """

    choice: Choice
    selection: Selection


def widths_of(neurons: int, number: int = WIDTHS) -> tuple[int, ...]:
    """Widths of a feed-forward, from none to all, about as far from each other.

    Args:
        neurons: All of them.
        number: Widths above none.

    >>> widths_of(1536, 4), widths_of(10, 4)
    ((0, 384, 768, 1152, 1536), (0, 3, 5, 8, 10))
    """
    multiple = MULTIPLE if neurons >= MULTIPLE * number else 1
    steps = (math.ceil(neurons * step / number / multiple) * multiple for step in range(number + 1))
    return tuple(sorted({min(width, neurons) for width in steps}))


def menu_of(layout: Layout, scores: Sequence[LayerScores], widths: Sequence[int]) -> Menu:
    """What may stay of each layer: any number of its best groups, beside any of some widths of its best neurons.

    Args:
        layout: The shape of the checkpoint.
        scores: Of each layer.
        widths: Numbers of neurons.
    """
    numbers = range(layout.groups + 1)
    menu = []
    for layer, one in enumerate(scores):
        groups, neurons = one.order["groups"].order(), one.order["neurons"].order()
        costs = zip(numbers, one.cost["groups"].nested(groups, numbers), strict=True)
        of_groups = [(tuple(sorted(groups[:n])), cost) for n, cost in costs]
        costs = zip(widths, one.cost["neurons"].nested(neurons, widths), strict=True)
        of_neurons = [(tuple(sorted(neurons[:n])), cost) for n, cost in costs]
        menu.append(
            tuple(
                Item(LayerChoice(layer, some, others), of_some, of_others)
                for some, of_some in of_groups
                for others, of_others in of_neurons
            )
        )
    return tuple(menu)


def layers_menu(layout: Layout, influence: Sequence[float]) -> Menu:
    """What may stay of each layer: all or nothing.

    Args:
        layout: The shape of the checkpoint.
        influence: What it costs that each layer goes.
    """
    return tuple(
        (Item(LayerChoice(one.layer, (), ()), cost, 0.0), Item(one, 0.0, 0.0))
        for one, cost in zip(layout.everything.layers, influence, strict=True)
    )


def shaken(menu: Menu, rng: np.random.Generator, spread: float) -> Menu:
    """A menu whose costs chance has multiplied, those of each part of a layer alike.

    Args:
        menu: What may stay of each layer.
        rng: Of the draws.
        spread: Standard deviation of the logarithms of what costs are multiplied by.
    """
    multiplied = []
    for items in menu:
        attention, feed_forward = np.exp(rng.normal(0.0, spread, 2))
        multiplied.append(
            tuple(
                Item(one.stays, float(one.attention * attention), float(one.feed_forward * feed_forward))
                for one in items
            )
        )
    return tuple(multiplied)


def choose(
    menu: Menu, counts: Mapping[str, Count], limits: Mapping[str, float], *, without: Sequence[Chosen] = ()
) -> Chosen:
    """The choice whose costs add up to least, within limits, with the attention of one layer at least.

    Args:
        menu: What may stay of each layer.
        counts: What the checkpoint takes.
        limits: The highest counts.
        without: Choices from this menu that are not wanted.

    Raises:
        InputError: Nothing is within the limits, or there is no such count.
    """
    check_limits(counts, limits)
    read = [_read(items, counts) for items in menu]
    slots = [slot for one in read for slot in one.slots]
    slots.append([Option(0.0, {name: count.outside for name, count in counts.items()})])
    unwanted = [one.selection.chosen for one in without]
    found = select(slots, limits, required={ATTENTION: -1}, without=unwanted)
    places = iter(found.chosen)
    stays = tuple(one.stays[tuple(next(places) for _ in one.slots)] for one in read)
    return Chosen(Choice(stays), found)


@dataclass(frozen=True)
class _LayerSlots:
    """The items of a layer, as slots of options.

    Attributes:
        slots: One whose options are the items; or one for each part, where both are free of each other: the solver is
            then twice as fast.
        stays: What stays, by the places of the options.
    """

    slots: Sequence[Sequence[Option]]
    stays: Mapping[tuple[int, ...], LayerChoice]


def _read(items: Sequence[Item], counts: Mapping[str, Count]) -> _LayerSlots:
    attention = {item.stays.groups: item.attention for item in items}
    feed_forward = {item.stays.neurons: item.feed_forward for item in items}
    of_parts = {(item.stays.groups, item.stays.neurons): item.stays for item in items}
    free = (
        len(of_parts) == len(items) == len(attention) * len(feed_forward)
        and all(attention[one.stays.groups] == one.attention for one in items)
        and all(feed_forward[one.stays.neurons] == one.feed_forward for one in items)
        and all(_adds_up(items, count) for count in counts.values())
    )
    if not free:
        options = [_option(item.cost, len(item.stays.groups), len(item.stays.neurons), counts) for item in items]
        return _LayerSlots([options], {(place,): item.stays for place, item in enumerate(items)})
    slots = [
        [_option(cost, len(groups), 0, counts) for groups, cost in attention.items()],
        [_option(cost, 0, len(neurons), counts) for neurons, cost in feed_forward.items()],
    ]
    stays: dict[tuple[int, ...], LayerChoice] = {
        (first, second): of_parts[groups, neurons]
        for first, groups in enumerate(attention)
        for second, neurons in enumerate(feed_forward)
    }
    return _LayerSlots(slots, stays)


def _adds_up(items: Sequence[Item], count: Count) -> bool:
    """Whether what a layer takes is what its parts take."""
    sizes = {(len(item.stays.groups), len(item.stays.neurons)) for item in items}
    of = count.layer.of
    return all(of(groups, neurons) == of(groups, 0) + of(0, neurons) for groups, neurons in sizes)


def _option(cost: float, groups: int, neurons: int, counts: Mapping[str, Count]) -> Option:
    amounts: dict[str, float] = {name: count.layer.of(groups, neurons) for name, count in counts.items()}
    return Option(cost, {**amounts, ATTENTION: -1 if groups else 0})


def check_limits(counts: Mapping[str, Count], limits: Mapping[str, float]) -> None:
    """Raise InputError where there is no limit, one on no count, or one of 0 or below."""
    if not limits:
        raise InputError(f"`limits`: expected at least one, on {', '.join(counts)}, found none")
    for name, limit in limits.items():
        if name not in counts:
            raise InputError(f"`limits`: unknown count {name!r}: expected one of {', '.join(counts)}")
        if not limit > 0:
            raise InputError(f"`limits.{name}`: expected more than 0, found {limit:g}")
