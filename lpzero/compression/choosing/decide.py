"""From a checkpoint and what it was looked at with to what stays of it, and to controls within the same limits."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choosing.asked import Asked, as_given, ask, menu_by
from lpzero.compression.choosing.budget import Budget
from lpzero.compression.choosing.controls import DEPTH, by_chance, by_depth, by_width
from lpzero.compression.choosing.counts import Count
from lpzero.compression.choosing.importance import block_influence, get_importance, scores_of
from lpzero.compression.choosing.measured import Kept, Measuring, choose_by_measure
from lpzero.compression.choosing.menu import Chosen, choose, widths_of
from lpzero.compression.choosing.repair import Repaired, repair
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.settings import CompressSettings
from lpzero.progress import Watch, unwatched


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
    with as_given(keep):
        return _decide(shown, settings, ask(shown, settings, limits, keep), kept, watch)


def _decide(shown: Calibrated, settings: CompressSettings, asked: Asked, kept: Kept | None, watch: Watch) -> Decision:
    counts, highest, menu, way = asked.counts, asked.limits, asked.menu, asked.way
    controls = _controls(shown, settings, asked) if settings.controls else {}
    if kept is None and settings.repair is None and not settings.plain:
        return Decision(way.best(menu), highest, counts, controls, measured=0)
    measuring, measured = Measuring(shown.model, shown.layout, shown.measuring), 0
    if kept is not None:
        found = choose_by_measure(menu, way.best, measuring.divergence, kept, watch)
        menu, measured = found.menu, found.measured
    # of plain choices none is a swap away from another: all of them are compared, as far as the budget goes
    few = way.few(menu) if settings.repair is None else way.few(menu, plain=sys.maxsize)
    budget = settings.repair or Budget(trials=len(few))
    repaired = repair(menu, few, counts, highest, measuring.joint, budget, swaps=not settings.plain, watch=watch)
    return Decision(repaired.chosen, highest, counts, controls, measured, repaired)


def _controls(shown: Calibrated, settings: CompressSettings, asked: Asked) -> Mapping[str, Choice]:
    model, layout = shown.model, shown.layout
    products, counts, limits = asked.products, asked.counts, asked.limits
    wanda = scores_of(get_importance("wanda"), model, layout, products)
    found: dict[str, Choice | None] = {
        DEPTH: by_depth(layout, block_influence(products), counts, limits),
        "one width": by_width(layout, wanda, counts, limits),
    }
    widths = widths_of(layout.neurons, settings.widths)
    for name in ("wanda", "magnitude"):
        menu = menu_by(get_importance(name), shown, products, widths)
        found[name] = choose(menu, counts, limits).choice
    found["random"] = by_chance(layout, widths, counts, limits, settings.seed)
    return {name: choice for name, choice in found.items() if choice is not None and name != settings.importance}
