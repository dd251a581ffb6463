"""From a checkpoint and what it was looked at with to what stays of it, and to controls within the same limits."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choice import Choice
from lpzero.compression.choices.given import formula_scores, importance_given
from lpzero.compression.choosing.controls import by_chance, by_depth, by_width, chance_scores
from lpzero.compression.choosing.counts import LATENCY, Count, counts_of
from lpzero.compression.choosing.importance import Importance, block_influence, get_importance, scores_of
from lpzero.compression.choosing.latency import latency_of
from lpzero.compression.choosing.measured import ByMeasure, Kept, Measuring, choose_by_measure
from lpzero.compression.choosing.menu import (
    Chosen,
    Menu,
    choose,
    choose_plain,
    layers_menu,
    menu_of,
    widths_of,
)
from lpzero.compression.choosing.products import Products, unit_products
from lpzero.compression.cut import cut
from lpzero.compression.layout import Layout
from lpzero.compression.proof import mean_divergence
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
    """

    chosen: Chosen
    limits: Mapping[str, float]
    counts: Mapping[str, Count]
    controls: Mapping[str, Choice]
    measured: int


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
    counts = counts_of(model, layout, context=settings.context)
    if LATENCY in limits:
        widths = widths_of(layout.neurons, settings.widths)
        counts = {**counts, LATENCY: latency_of(model, layout, shown.choosing.inputs[0], widths)}
    highest = limits_of(counts, layout, limits, keep)
    by_layers = settings.importance == BLOCK_INFLUENCE
    given = importance_given(settings.importance)
    importance = get_importance(given if isinstance(given, str) and not by_layers else "wanda")
    # limits that nothing keeps are refused before the pass that takes long
    drawn = menu_of(layout, chance_scores(layout, settings.seed), widths_of(layout.neurons, settings.widths))
    _choose(drawn, layout, settings, counts, highest)
    products = unit_products(model, layout, shown.choosing, labels=importance.labels or "sampled", seed=settings.seed)
    if isinstance(given, str):
        by_units = _menu(shown, importance, products, settings)
    else:
        priced = formula_scores(given, model, layout, shown.choosing, products, seed=settings.seed)
        by_units = menu_of(layout, priced, widths_of(layout.neurons, settings.widths))
    menu = layers_menu(layout, block_influence(products)) if by_layers else by_units
    controls = _controls(shown, settings, products, counts, highest) if settings.controls else {}

    def choosing(menu: Menu) -> Chosen:
        return _choose(menu, layout, settings, counts, highest)

    if kept is None:
        return Decision(choosing(menu), highest, counts, controls, measured=0)
    measuring = Measuring(model, layout, shown.measuring)
    found = choose_by_measure(menu, choosing, measuring.divergence, kept, watch)
    few = [found.chosen] if settings.plain else best_few(found, counts, highest)
    joint = [mean_divergence(model, cut(model, layout, one.choice), shown.measuring) for one in few]
    return Decision(few[joint.index(min(joint))], highest, counts, controls, measured=found.measured)


def best_few(found: ByMeasure, counts: Mapping[str, Count], limits: Mapping[str, float]) -> list[Chosen]:
    """The choice and those that cost next to it, as many as are compared by their joint divergence."""
    few = [found.chosen]
    # there may be no more
    with suppress(LpzeroError):
        while len(few) < FEW:
            few.append(choose(found.menu, counts, limits, without=few))
    return few


def _choose(
    menu: Menu, layout: Layout, settings: CompressSettings, counts: Mapping[str, Count], limits: Mapping[str, float]
) -> Chosen:
    if settings.plain:
        return choose_plain(menu, counts, limits, groups=layout.family not in NO_GROUPS)
    return choose(menu, counts, limits)


def _menu(shown: Calibrated, importance: Importance, products: Products, settings: CompressSettings) -> Menu:
    scores = scores_of(importance, shown.model, shown.layout, products)
    return menu_of(shown.layout, scores, widths_of(shown.layout.neurons, settings.widths))


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
        "depth by block influence": by_depth(layout, block_influence(products), counts, limits),
        "one width": by_width(layout, wanda, counts, limits),
    }
    for name in ("wanda", "magnitude"):
        menu = _menu(shown, get_importance(name), products, settings)
        found[name] = choose(menu, counts, limits).choice
    widths = widths_of(layout.neurons, settings.widths)
    found["random"] = by_chance(layout, widths, counts, limits, settings.seed)
    return {name: choice for name, choice in found.items() if choice is not None and name != settings.importance}
