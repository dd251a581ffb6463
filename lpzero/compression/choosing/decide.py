"""From a checkpoint and what it was looked at with to what stays of it, and to controls within the same limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choice import Choice
from lpzero.compression.choices.given import formula_scores, importance_given
from lpzero.compression.choosing.budget import Budget
from lpzero.compression.choosing.controls import DEPTH, by_chance, by_depth, by_width
from lpzero.compression.choosing.counts import LATENCY, Count, counts_of
from lpzero.compression.choosing.importance import Importance, block_influence, get_importance, scores_of
from lpzero.compression.choosing.latency import latency_of
from lpzero.compression.choosing.measured import Kept, Measuring, choose_by_measure
from lpzero.compression.choosing.menu import (
    Chosen,
    Menu,
    choose,
    layers_menu,
    menu_of,
    widths_of,
)
from lpzero.compression.choosing.plain import Shape, plain_choices, plain_few, plain_shapes
from lpzero.compression.choosing.products import Products, unit_products
from lpzero.compression.choosing.repair import Repaired, repair
from lpzero.compression.layout import Layout
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError, LpzeroError
from lpzero.progress import Watch, unwatched

BLOCK_INFLUENCE = "block_influence"
FEW = 4
"""Choices whose joint divergence is measured, where single ones are."""
NO_GROUPS = ("gpt2", "opt", "bert", "roberta", "phi")
"""Families whose configurations derive the width of a head from the number of heads: fewer heads would be wider."""


@dataclass(frozen=True)
class Decision:
    """What stays of a checkpoint.

    Attributes:
        chosen: The choice.
        limits: The highest counts, by name.
        counts: What the checkpoint takes.
        controls: Choices within the same limits, by name; only those that there are.
        measured: Replacements of one part of a layer whose divergence was measured; the others were estimated.
        repaired: What came of comparing choices by their joint divergence; None where the cheapest was taken.
    """

    chosen: Chosen
    limits: Mapping[str, float]
    counts: Mapping[str, Count]
    controls: Mapping[str, Choice]
    measured: int
    repaired: Repaired | None = None


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


def decide(
    shown: Calibrated,
    settings: CompressSettings,
    limits: Mapping[str, float],
    keep: float | None,
    *,
    kept: Kept | None = None,
    watch: Watch = unwatched,
) -> Decision:
    """Choose what stays.

    Args:
        shown: The checkpoint and its windows.
        settings: How.
        limits: The highest counts.
        keep: Share of the parameters instead.
        kept: Measured divergences: what is chosen is measured too; None to choose by estimates.
        watch: Told of every measurement.

    Raises:
        InputError: Nothing is within the limits, or they are none.
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
    controls = _controls(shown, settings, products, counts, highest) if settings.controls else {}
    if kept is None and settings.repair is None and not settings.plain:
        return Decision(way.best(menu), highest, counts, controls, measured=0)
    measuring, measured = Measuring(model, layout, shown.measuring), 0
    if kept is not None:
        found = choose_by_measure(menu, way.best, measuring.divergence, kept, watch)
        menu, measured = found.menu, found.measured
    few = way.few(menu)
    budget = settings.repair or Budget(trials=len(few))
    repaired = repair(menu, few, counts, highest, measuring.joint, budget, watch=watch)
    return Decision(repaired.chosen, highest, counts, controls, measured, repaired)


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
        return _menu(shown, importance, products, widths), products
    scores = formula_scores(given, shown.model, shown.layout, shown.choosing, products, seed=settings.seed)
    return menu_of(shown.layout, scores, widths), products


@dataclass(frozen=True)
class _Way:
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

    def few(self, menu: Menu) -> list[Chosen]:
        """Choices whose joint divergence is compared, the cheapest first."""
        if self.plain:
            return plain_few(self._plain(menu), FEW)
        return best_few(menu, self.counts, self.limits)

    def _plain(self, menu: Menu) -> Sequence[Chosen]:
        return plain_choices(menu, self.counts, self.limits, groups=self.groups, only=self.shapes)


def _way(layout: Layout, settings: CompressSettings, counts: Mapping[str, Count], limits: Mapping[str, float]) -> _Way:
    groups = layout.family not in NO_GROUPS
    # whole layers have one shape, and latencies are known at the widths of the menu alone
    any_width = settings.plain and settings.importance != BLOCK_INFLUENCE and LATENCY not in limits
    shapes = plain_shapes(layout, counts, limits, groups=groups) if any_width else ()
    return _Way(counts, limits, settings.plain, groups, shapes)


def best_few(menu: Menu, counts: Mapping[str, Count], limits: Mapping[str, float]) -> list[Chosen]:
    """The choice and those that cost next to it, as many as are compared by their joint divergence."""
    few = [choose(menu, counts, limits)]
    # there may be no more
    with suppress(LpzeroError):
        while len(few) < FEW:
            few.append(choose(menu, counts, limits, without=few))
    return few


def _menu(shown: Calibrated, importance: Importance, products: Products, widths: Sequence[int]) -> Menu:
    return menu_of(shown.layout, scores_of(importance, shown.model, shown.layout, products), widths)


def _controls(
    shown: Calibrated,
    settings: CompressSettings,
    products: Products,
    counts: Mapping[str, Count],
    limits: Mapping[str, float],
) -> Mapping[str, Choice]:
    model, layout = shown.model, shown.layout
    wanda = scores_of(get_importance("wanda"), model, layout, products)
    found: dict[str, Choice | None] = {
        DEPTH: by_depth(layout, block_influence(products), counts, limits),
        "one width": by_width(layout, wanda, counts, limits),
    }
    widths = widths_of(layout.neurons, settings.widths)
    for name in ("wanda", "magnitude"):
        menu = _menu(shown, get_importance(name), products, widths)
        found[name] = choose(menu, counts, limits).choice
    found["random"] = by_chance(layout, widths, counts, limits, settings.seed)
    return {name: choice for name, choice in found.items() if choice is not None and name != settings.importance}
