"""What may stay of each layer, and the choice that costs least."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import torch

from lpzero.compression.choosing.counts import Count, LayerCount, PartCount
from lpzero.compression.choosing.importance import LayerScores, Scores
from lpzero.compression.choosing.menu import Item, choose, menu_of, shaken, widths_of
from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import Layout
from lpzero.errors import InputError

LAYOUT = Layout("llama", FAMILIES["llama"], depth=3, width=24, groups=2, heads=2, head_width=6, neurons=4)
COUNTS = {
    "params": Count(100, LayerCount(1, PartCount(2, 30), PartCount(3, 10))),
    "kv_bytes": Count(0, LayerCount(0, PartCount(0, 7), PartCount(0, 0))),
}


def scores(*rows: list[float]) -> Scores:
    return Scores(torch.tensor(rows), 2, 1.0)


def layer_scores(seed: int) -> LayerScores:
    generator = torch.Generator().manual_seed(seed)
    sizes = (("groups", 2), ("neurons", 4))
    drawn = {kind: Scores(torch.randn(5, size, generator=generator), 2, 1.0) for kind, size in sizes}
    return LayerScores(drawn, drawn)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("neurons", "number", "expected"),
    [(1536, 8, tuple(range(0, 1537, 192))), (1000, 2, (0, 512, 1000)), (6, 8, (0, 1, 2, 3, 4, 5, 6)), (64, 1, (0, 64))],
)
def test_widths(neurons: int, number: int, expected: tuple[int, ...]) -> None:
    assert widths_of(neurons, number) == expected


def test_a_menu_has_the_best_units_of_every_number() -> None:
    order = {"groups": scores([1.0, 3.0]), "neurons": scores([4.0, 1.0, 3.0, 2.0])}
    # units make up for each other where they go together
    cost = {"groups": scores([1.0, -1.0]), "neurons": scores([1.0, 2.0, -2.0, 5.0])}
    one = LayerScores(order, cost)  # type: ignore[arg-type]
    (menu,) = menu_of(LAYOUT, [one], (0, 2, 4))
    found = {(item.stays.groups, item.stays.neurons): (item.attention, item.feed_forward) for item in menu}
    assert found == {
        ((), ()): (0, 36),
        ((), (0, 2)): (0, 49),
        ((), (0, 1, 2, 3)): (0, 0),
        ((1,), ()): (1, 36),
        ((1,), (0, 2)): (1, 49),
        ((1,), (0, 1, 2, 3)): (1, 0),
        ((0, 1), ()): (0, 36),
        ((0, 1), (0, 2)): (0, 49),
        ((0, 1), (0, 1, 2, 3)): (0, 0),
    }


@pytest.mark.parametrize("of_layer", [0, 1])
def test_the_choice_is_that_of_full_enumeration(of_layer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a layer takes nothing beside its parts, these are chosen apart."""
    layer = LayerCount(of_layer, PartCount(2, 30), PartCount(3, 10))
    monkeypatch.setitem(COUNTS, "params", Count(100, layer))
    rng = random.Random(3)
    for seed in range(8):
        menu = menu_of(LAYOUT, [layer_scores(10 * seed + layer) for layer in range(3)], (0, 2, 4))
        limits = {"params": rng.randint(160, 400), "kv_bytes": rng.randint(14, 42)}
        best = min(
            sum(item.cost for item in items)
            for items in itertools.product(*menu)
            if fits(Choice(tuple(item.stays for item in items)), limits)
        )
        found = choose(menu, COUNTS, limits)
        assert found.selection.cost == pytest.approx(best, abs=1e-6)
        assert fits(found.choice, limits)
        assert found.selection.amounts["params"] == COUNTS["params"].of(found.choice)


def fits(choice: Choice, limits: dict[str, int]) -> bool:
    within = all(COUNTS[name].of(choice) <= limit for name, limit in limits.items())
    return within and any(one.groups for one in choice.layers)


def test_a_limit_below_the_smallest_possible_names_it() -> None:
    menu = menu_of(LAYOUT, [layer_scores(layer) for layer in range(3)], (0, 2, 4))
    # one group of one layer: 100 outside, 1 of the layer, 2 + 30 of its attention
    with pytest.raises(InputError, match=r"`limits.params`: nothing is within 132: the smallest possible is 133"):
        choose(menu, COUNTS, {"params": 132})
    assert choose(menu, COUNTS, {"params": 133}).choice.kept


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, "`limits`: expected at least one, on params, kv_bytes, found none"),
        ({"weights": 3}, "unknown count 'weights'"),
        ({"params": 0}, "`limits.params`: expected more than 0, found 0"),
    ],
)
def test_limits_have_to_be_some(limits: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        choose([[Item(LayerChoice(0, (0,), ()), 0, 0)]], COUNTS, limits)


def test_chance_multiplies_what_the_parts_of_a_layer_cost() -> None:
    menu = menu_of(LAYOUT, [layer_scores(seed) for seed in range(3)], (0, 2, 4))
    found = shaken(menu, np.random.default_rng(1), 0.5)
    assert shaken(menu, np.random.default_rng(1), 0.5) == found
    factors = []
    for before, after in zip(menu, found, strict=True):
        assert [one.stays for one in after] == [one.stays for one in before]
        for part in ("attention", "feed_forward"):
            costs = [(getattr(one, part), getattr(other, part)) for one, other in zip(before, after, strict=True)]
            ratios = {round(new / old, 9) for old, new in costs if old}
            assert len(ratios) == 1
            factors += ratios
            assert all(new == 0 for old, new in costs if not old)
    assert len(set(factors)) == 6
    still = shaken(menu, np.random.default_rng(1), 0.0)
    assert still == menu
