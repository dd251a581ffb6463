"""What a choice is asked for: limits, what may stay of each layer at what cost, and how a choice is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choices.given import formula_scores, importance_given
from lpzero.compression.choosing.controls import by_chance
from lpzero.compression.choosing.counts import LATENCY, Count, counts_of
from lpzero.compression.choosing.importance import Importance, block_influence, get_importance, scores_of
from lpzero.compression.choosing.latency import latency_of
from lpzero.compression.choosing.menu import Chosen, Menu, choose, layers_menu, menu_of, shaken, widths_of
from lpzero.compression.choosing.plain import Shape, plain_choices, plain_few, plain_shapes
from lpzero.compression.choosing.products import Products, unit_products
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.layout import Layout
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError, LpzeroError
from lpzero.seeds import derived_seed

BLOCK_INFLUENCE = "block_influence"
FEW = 4
"""Choices whose joint divergence is measured, where single ones are."""
NO_GROUPS = ("gpt2", "opt", "bert", "roberta", "phi")
"""Families whose configurations derive the width of a head from the number of heads: fewer heads would be wider."""
SPREAD = 0.6
"""Of the logarithms of what costs are multiplied by, where choices next to the cheapest are drawn."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a choice.

    Attributes:
        counts: What the checkpoint takes.
        limits: The highest counts.
        menu: What may stay of each layer, at what cost.
        products: What its units do.
        way: How a choice is made from a menu.
    """

    counts: Mapping[str, Count]
    limits: Mapping[str, float]
    menu: Menu
    products: Products
    way: Way

    def drawn(self, number: int, seed: int) -> tuple[Choice, ...]:
        """Choices within the limits, each the cheapest by costs that chance has multiplied.

        Args:
            number: How many.
            seed: Of the draws.
        """
        found = []
        for index in range(number):
            rng = np.random.default_rng(derived_seed(seed, "drawn choice", str(index)))
            found.append(self.way.best(shaken(self.menu, rng, SPREAD)).choice)
        return tuple(found)


def ask(shown: Calibrated, settings: CompressSettings, limits: Mapping[str, float], keep: float | None) -> Asked:
    """Price what may stay of a checkpoint, by one backward pass.

    Args:
        shown: The checkpoint and its windows.
        settings: How.
        limits: The highest counts.
        keep: Share of the parameters instead.

    Raises:
        InputError: Nothing is within the limits, or they are none; there is no such importance.
    """
    model, layout = shown.model, shown.layout
    widths = widths_of(layout.neurons, settings.widths)
    counts = counts_of(model, layout, context=settings.context)
    if LATENCY in limits:
        counts = {**counts, LATENCY: latency_of(model, layout, shown.choosing.inputs[0], widths)}
    highest = limits_of(counts, layout, limits, keep)
    # limits that nothing keeps are refused before the pass that takes long
    by_chance(layout, widths, counts, highest, settings.seed)
    way = _way(layout, settings, counts, highest)
    menu, products = priced(shown, settings, sorted({*widths, *(neurons for _, neurons in way.shapes)}))
    return Asked(counts, highest, menu, products, way)


@contextmanager
def as_given(keep: float | None) -> Iterator[None]:
    """Have errors inside the block name the share that was given where they name the limit that it is."""
    try:
        yield
    except InputError as err:
        if keep is None or "`limits.params`" not in str(err):
            raise
        raise type(err)(str(err).replace("`limits.params`", f"`keep` {keep:g}")) from err


def limits_of(
    counts: Mapping[str, Count], layout: Layout, limits: Mapping[str, float], keep: float | None
) -> Mapping[str, float]:
    """All limits; raises InputError where ``keep`` is no share, or stands beside a limit on the same."""
    if keep is None:
        return limits
    if "params" in limits:
        raise InputError("`keep` is a limit on the parameters: expected no `limits.params` beside it")
    if not 0 < keep < 1:
        raise InputError(f"`keep`: expected a share of the parameters between 0 and 1, found {keep:g}")
    return {**limits, "params": int(keep * counts["params"].of(layout.everything))}


def priced(shown: Calibrated, settings: CompressSettings, widths: Sequence[int]) -> tuple[Menu, Products]:
    """What may stay of each layer at what cost, and what its units do, by one backward pass.

    Args:
        shown: The checkpoint and its windows.
        settings: How.
        widths: Numbers of neurons that may stay.

    Raises:
        InputError: There is no such importance.
    """
    by_layers = settings.importance == BLOCK_INFLUENCE
    given = importance_given(settings.importance)
    importance = get_importance(given if isinstance(given, str) and not by_layers else "wanda")
    labels = importance.labels or "sampled"
    products = unit_products(shown.model, shown.layout, shown.choosing, labels=labels, seed=settings.seed)
    if by_layers:
        return layers_menu(shown.layout, block_influence(products)), products
    if isinstance(given, str):
        return menu_by(importance, shown, products, widths), products
    scores = formula_scores(given, shown.model, shown.layout, shown.choosing, products, seed=settings.seed)
    return menu_of(shown.layout, scores, widths), products


@dataclass(frozen=True)
class Way:
    """How a choice is made from a menu.

    Attributes:
        counts: What the checkpoint takes.
        limits: The highest counts.
        plain: Whether it has to be one that an ordinary configuration says.
        groups: Whether such a one says fewer key-value groups.
        shapes: Those that it may have; none where every one of the menu, or where it need not be plain.
    """

    counts: Mapping[str, Count]
    limits: Mapping[str, float]
    plain: bool
    groups: bool
    shapes: tuple[Shape, ...]

    def best(self, menu: Menu) -> Chosen:
        """The choice that costs least by the sum."""
        return self._plain(menu)[0] if self.plain else choose(menu, self.counts, self.limits)

    def few(self, menu: Menu, plain: int = FEW) -> list[Chosen]:
        """Choices whose joint divergence is compared, the cheapest first; of plain ones so many."""
        if self.plain:
            return plain_few(self._plain(menu), plain)
        return best_few(menu, self.counts, self.limits)

    def _plain(self, menu: Menu) -> Sequence[Chosen]:
        return plain_choices(menu, self.counts, self.limits, groups=self.groups, only=self.shapes)


def _way(layout: Layout, settings: CompressSettings, counts: Mapping[str, Count], limits: Mapping[str, float]) -> Way:
    groups = layout.family not in NO_GROUPS
    # whole layers have one shape, and latencies are known at the widths of the menu alone
    any_width = settings.plain and settings.importance != BLOCK_INFLUENCE and LATENCY not in limits
    shapes = plain_shapes(layout, counts, limits, groups=groups) if any_width else ()
    return Way(counts, limits, settings.plain, groups, shapes)


def best_few(menu: Menu, counts: Mapping[str, Count], limits: Mapping[str, float]) -> list[Chosen]:
    """The choice and those that cost next to it, as many as are compared by their joint divergence."""
    few = [choose(menu, counts, limits)]
    # there may be no more
    with suppress(LpzeroError):
        while len(few) < FEW:
            few.append(choose(menu, counts, limits, without=few))
    return few


def menu_by(importance: Importance, shown: Calibrated, products: Products, widths: Sequence[int]) -> Menu:
    """What may stay of each layer, priced by an importance of units that follows from what they do."""
    return menu_of(shown.layout, scores_of(importance, shown.model, shown.layout, products), widths)
