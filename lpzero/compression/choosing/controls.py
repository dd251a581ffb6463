"""Choices within the same limits that take no search: whole layers, one width for all, magnitude, chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from lpzero.compression.choosing.counts import Count
from lpzero.compression.choosing.importance import KINDS, LayerScores, Scores
from lpzero.compression.choosing.menu import choose, menu_of
from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.layout import Layout
from lpzero.seeds import derived_seed

DEPTH = "depth by block influence"


def fits(choice: Choice, counts: Mapping[str, Count], limits: Mapping[str, float]) -> bool:
    """Whether a choice is within limits."""
    return all(counts[name].of(choice) <= limit for name, limit in limits.items())


def by_depth(
    layout: Layout, influence: Sequence[float], counts: Mapping[str, Count], limits: Mapping[str, float]
) -> Choice | None:
    """Whole layers are dropped, that of the least block influence first, until the rest fits; None where none does."""
    layers = list(layout.everything.layers)
    for layer in np.argsort(influence, kind="stable")[:-1].tolist():
        if fits(Choice(tuple(layers)), counts, limits):
            break
        layers[layer] = LayerChoice(layer, (), ())
    found = Choice(tuple(layers))
    return found if fits(found, counts, limits) else None


def by_width(
    layout: Layout, scores: Sequence[LayerScores], counts: Mapping[str, Count], limits: Mapping[str, float]
) -> Choice | None:
    """One width of the feed-forward for all layers, the largest that fits; None where none does.

    Neurons stay in the order of ``scores``; attention stays whole.
    """
    orders = [one.order["neurons"].order() for one in scores]

    def of(width: int) -> Choice:
        return Choice(
            tuple(
                replace(one, neurons=tuple(sorted(order[:width])))
                for one, order in zip(layout.everything.layers, orders, strict=True)
            )
        )

    low, high = 0, layout.neurons
    if not fits(of(1), counts, limits):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(of(middle), counts, limits) else (low, middle - 1)
    return of(low)


def by_chance(
    layout: Layout, widths: Sequence[int], counts: Mapping[str, Count], limits: Mapping[str, float], seed: int
) -> Choice:
    """Exact selection by costs that are drawn for each unit; raises InputError where nothing fits."""
    return choose(menu_of(layout, chance_scores(layout, seed), widths), counts, limits).choice


def chance_scores(layout: Layout, seed: int) -> Sequence[LayerScores]:
    """Scores of all units that are drawn; those of both parts of a layer sum to about as much."""
    generator = torch.Generator().manual_seed(derived_seed(seed, "control"))
    sizes = {"groups": layout.groups, "neurons": layout.neurons}
    scores = []
    for _ in range(layout.depth):
        # both parts of a layer count alike, whatever the number of their units
        drawn = {
            kind: Scores(
                torch.rand(1, sizes[kind], generator=generator),
                1,
                float(torch.rand(1, generator=generator)) / sizes[kind],
            )
            for kind in KINDS
        }
        scores.append(LayerScores(drawn, drawn))
    return scores
