"""Sub-networks of nearly equal size, drawn: whole layers dropped, one width, widths and groups layer by layer, mixed.

None of them is hopeless: which layers go leans on their block influence, and in one of four what stays is chosen
exactly, by estimates that chance has multiplied.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.compression.choosing.counts import Count
from lpzero.compression.choosing.importance import KINDS, LayerScores
from lpzero.compression.choosing.menu import check_limits, choose, menu_of, shaken
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.layout import Layout
from lpzero.compression.sub_networks.file import Units
from lpzero.errors import InputError
from lpzero.seeds import derived_seed

PARAMS = "params"
TRIES = 25
"""Of one kind, before the next kind stands in: few layers have few ways to be dropped."""
LEANING = 0.5
"""Spread of the chance that is added to the logarithm of a layer's influence before the least ones go."""
GROUPS = 0.25
"""Largest share of all key-value groups that go at random."""
SPREADS = (0.3, 0.6)
"""Of the logarithms of widths, layer by layer, and of what estimates are multiplied by: the least and the most."""


@dataclass(frozen=True)
class Drawing:
    """What sub-networks are drawn from.

    Attributes:
        layout: Shape of the checkpoint.
        units: The nested sets of its units.
        scores: What each unit is expected to cost, by layer.
        influence: Block influence of each layer.
        counts: What sub-networks take.
        limit: Most parameters.
        tolerance: By which share of the limit one may stay below it.
    """

    layout: Layout
    units: Units
    scores: Sequence[LayerScores]
    influence: Sequence[float]
    counts: Mapping[str, Count]
    limit: float
    tolerance: float

    def size(self, groups: np.ndarray, neurons: np.ndarray) -> float:
        """Parameters of a sub-network, by the units that each layer keeps, (layers,) both."""
        count = self.counts[PARAMS]
        return count.outside + sum(count.layer.of(int(g), int(n)) for g, n in zip(groups, neurons, strict=True))

    def expected(self, choice: Choice) -> float:
        """The sum of what the replacements of single parts are expected to cost."""
        everything = (self.layout.everything.layers, choice.layers, self.scores)
        total = 0.0
        for whole, one, scores in zip(*everything, strict=True):
            for kind in KINDS:
                gone = sorted(set(getattr(whole, kind)) - set(getattr(one, kind)))
                total += scores.cost[kind].of(gone)
        return total


Shape = tuple[np.ndarray, np.ndarray]
"""(layers,) groups that stay, and (layers,) how many neurons each would keep beside the others; 0 for none."""


def draw(drawing: Drawing, index: int, seed: int, without: Collection[Choice] = ()) -> Choice:
    """Draw one sub-network.

    Args:
        drawing: What from.
        index: Which one, which also says of which kind, where that kind has others.
        seed: Of all draws.
        without: Those that were drawn before.

    Raises:
        InputError: The limit is out of the range of such sub-networks.
    """
    check_limits(drawing.counts, {PARAMS: drawing.limit})
    rng = np.random.default_rng(derived_seed(seed, "sub-network", str(index)))
    for attempt in range(TRIES * len(_KINDS)):
        kind = _KINDS[(index + attempt // TRIES) % len(_KINDS)]
        drawn = kind(drawing, rng)
        if drawn is not None and drawn not in without:
            return drawn
    raise InputError(
        f"`max_params`: expected a limit that layers, widths and groups can be brought to within "
        f"{100 * drawing.tolerance:g} %, found {drawing.limit:,.0f}: give one nearer to the checkpoint's "
        f"{drawing.counts[PARAMS].of(drawing.layout.everything):,.0f}"
    )


def _layers(drawing: Drawing, rng: np.random.Generator) -> Choice | None:
    """Some whole layers go, as many as the limit allows at most; one width for those that stay."""
    layout = drawing.layout
    everything = np.full(layout.depth, layout.neurons)
    order = _dropping(drawing, rng)
    most = 0
    for number in range(1, layout.depth):
        groups, neurons = np.full(layout.depth, layout.groups), everything.copy()
        groups[order[:number]] = neurons[order[:number]] = 0
        if drawing.size(groups, neurons) < drawing.limit * (1 - drawing.tolerance):
            break
        most = number
    gone = order[: int(rng.integers(1, most + 1))] if most else order[:0]
    groups, wishes = np.full(layout.depth, layout.groups), np.ones(layout.depth)
    groups[gone] = wishes[gone] = 0
    return _fitted(drawing, (groups, wishes), rng)


def _one_width(drawing: Drawing, rng: np.random.Generator) -> Choice | None:
    """All layers stay, with one width; some groups go."""
    return _fitted(drawing, (_some_groups(drawing, rng), np.ones(drawing.layout.depth)), rng)


def _unlike(drawing: Drawing, rng: np.random.Generator) -> Choice | None:
    """A width for each layer; some groups go, and some layers."""
    depth = drawing.layout.depth
    wishes = np.exp(rng.normal(0.0, rng.uniform(*SPREADS), depth))
    groups = _some_groups(drawing, rng)
    gone = _dropping(drawing, rng)[: int(rng.integers(0, max(1, depth // 8) + 1))]
    groups[gone] = wishes[gone] = 0
    return _fitted(drawing, (groups, wishes), rng)


def _chosen(drawing: Drawing, rng: np.random.Generator) -> Choice | None:
    """The exact choice by estimates that are multiplied by chance."""
    menu = menu_of(drawing.layout, drawing.scores, drawing.units.widths)
    try:
        choice = choose(shaken(menu, rng, rng.uniform(*SPREADS) * 2), drawing.counts, {PARAMS: drawing.limit}).choice
    except InputError:
        # nothing is within the limit
        return None
    groups = np.array([len(one.groups) for one in choice.layers])
    neurons = np.array([len(one.neurons) for one in choice.layers])
    return _filled(drawing, groups, neurons, rng)


_KINDS: tuple[Callable[[Drawing, np.random.Generator], Choice | None], ...] = (_layers, _one_width, _unlike, _chosen)


def _dropping(drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    """All layers, those that go first at the beginning."""
    keys = np.log(np.maximum(drawing.influence, 1e-9)) + rng.gumbel(0.0, LEANING, drawing.layout.depth)
    return np.argsort(keys, kind="stable")


def _some_groups(drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    layout = drawing.layout
    groups = np.full(layout.depth, layout.groups)
    all_of_them = layout.depth * layout.groups
    number = int(rng.integers(0, int(GROUPS * all_of_them) + 1))
    gone = rng.choice(all_of_them, number, replace=False) // layout.groups
    np.subtract.at(groups, gone, 1)
    return groups


def _fitted(drawing: Drawing, shape: Shape, rng: np.random.Generator) -> Choice | None:
    """Widths in the proportions of a shape, as large as the limit allows; None where it cannot be reached."""
    groups, wishes = shape
    widths = np.array(drawing.units.widths)

    def scaled(level: float) -> np.ndarray:
        wanted = np.minimum(wishes * level, drawing.layout.neurons)
        found: np.ndarray = widths[np.searchsorted(widths, wanted, side="right") - 1]
        return found

    low, high = 0.0, float(drawing.layout.neurons) / max(float(wishes[wishes > 0].min()), 1e-9)
    if drawing.size(groups, scaled(low)) > drawing.limit:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if drawing.size(groups, scaled(middle)) <= drawing.limit else (low, middle)
    return _filled(drawing, groups, scaled(low), rng)


def _filled(drawing: Drawing, groups: np.ndarray, neurons: np.ndarray, rng: np.random.Generator) -> Choice | None:
    """Widths one step wider, in a random order of layers, as long as the limit allows; None where it is not reached."""
    widths, neurons = drawing.units.widths, neurons.copy()
    for layer in rng.permutation(np.flatnonzero((groups > 0) | (neurons > 0))):
        place = widths.index(int(neurons[layer]))
        if place + 1 == len(widths):
            continue
        wider = neurons.copy()
        wider[layer] = widths[place + 1]
        if drawing.size(groups, wider) <= drawing.limit:
            neurons = wider
    size = drawing.size(groups, neurons)
    if not drawing.limit * (1 - drawing.tolerance) <= size <= drawing.limit or not groups.any():
        return None
    return drawing.units.choice(groups.tolist(), neurons.tolist())
