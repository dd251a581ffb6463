"""Choices that an ordinary configuration says, against full enumeration."""

from __future__ import annotations

import itertools

import pytest

from lpzero.compression.choosing.menu import menu_of
from lpzero.compression.choosing.plain import choose_plain, plain_choices, plain_few, plain_shapes
from lpzero.compression.cutting.choice import Choice
from lpzero.errors import InputError
from tests.compression.choosing.test_menu import COUNTS, LAYOUT, fits, layer_scores


def test_plain_choices_have_one_shape_and_are_the_best_of_them() -> None:
    menu = menu_of(LAYOUT, [layer_scores(layer) for layer in range(3)], (0, 2, 4))
    limits = {"params": 270}
    found = choose_plain(menu, COUNTS, limits, groups=True)
    shapes = {(len(one.groups), len(one.neurons)) for one in found.choice.layers if not one.is_dropped}
    assert len(shapes) == 1
    best = min(
        sum(item.cost for item in items)
        for items in itertools.product(*menu)
        if len({shape for item in items if (shape := (len(item.stays.groups), len(item.stays.neurons))) != (0, 0)}) == 1
        and not any(
            0 in (len(item.stays.groups), len(item.stays.neurons)) and not item.stays.is_dropped for item in items
        )
        and fits(Choice(tuple(item.stays for item in items)), limits)
    )
    assert found.selection.cost == pytest.approx(best, abs=1e-6)
    whole = choose_plain(menu, COUNTS, limits, groups=False)
    assert {len(one.groups) for one in whole.choice.layers if not one.is_dropped} == {2}
    assert whole.selection.cost >= found.selection.cost


def test_shapes_are_the_widest_that_fit() -> None:
    found = plain_shapes(LAYOUT, COUNTS, {"params": 270}, groups=True)
    expected = set()
    for depth, groups in itertools.product((1, 2, 3), (1, 2)):
        wide = [n for n in (1, 2, 3, 4) if 100 + depth * (1 + 2 + 30 * groups + 3 + 10 * n) <= 270]
        if wide:
            expected.add((groups, wide[-1]))
    assert set(found) == expected
    assert {groups for groups, _ in plain_shapes(LAYOUT, COUNTS, {"params": 270}, groups=False)} == {2}
    assert plain_shapes(LAYOUT, COUNTS, {"params": 110}, groups=True) == ()


def test_only_shapes_that_are_asked_for_are_chosen() -> None:
    menu = menu_of(LAYOUT, [layer_scores(layer) for layer in range(3)], (0, 1, 2, 3, 4))
    found = plain_choices(menu, COUNTS, {"params": 270}, groups=True, only=[(1, 2), (2, 1)])
    kept = [next(one for one in chosen.choice.layers if not one.is_dropped) for chosen in found]
    assert {(len(one.groups), len(one.neurons)) for one in kept} == {(1, 2), (2, 1)}
    assert found[0].selection.cost <= found[1].selection.cost


def test_one_width_for_all_layers_is_among_the_few() -> None:
    menu = menu_of(LAYOUT, [layer_scores(layer) for layer in range(3)], (0, 1, 2, 3, 4))
    choices = plain_choices(menu, COUNTS, {"params": 350}, groups=True)
    few = plain_few(choices, 1)
    assert few[0] == choices[0]
    assert any(len(one.choice.kept) == 3 and len(one.choice.layers[0].groups) == 2 for one in few)
    assert plain_few(choices, len(choices)) == list(choices)


def test_a_limit_below_the_smallest_plain_choice_names_it() -> None:
    menu = menu_of(LAYOUT, [layer_scores(layer) for layer in range(3)], (0, 2, 4))
    with pytest.raises(InputError, match="smallest possible is 156"):
        choose_plain(menu, COUNTS, {"params": 132}, groups=True)
