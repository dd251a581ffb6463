"""Local repair: what is next to a choice, and that a better one is found where costs do not add up."""

from __future__ import annotations

import itertools

import pytest

from lpzero.compression.choosing.budget import Budget
from lpzero.compression.choosing.menu import Menu, choose, menu_of
from lpzero.compression.choosing.repair import neighbours, repair
from lpzero.compression.cutting.choice import Choice
from tests.compression.choosing.test_menu import COUNTS, LAYOUT, fits, layer_scores

LIMITS = {"params": 270}


@pytest.fixture
def menu() -> Menu:
    return menu_of(LAYOUT, [layer_scores(layer) for layer in range(3)], (0, 2, 4))


def cost(menu: Menu, choice: Choice) -> float:
    return sum(
        next(item.cost for item in items if item.stays == one) for items, one in zip(menu, choice.layers, strict=True)
    )


def changes(one: Choice, other: Choice) -> int:
    pairs = zip(one.layers, other.layers, strict=True)
    return sum((a.groups != b.groups) + (a.neurons != b.neurons) for a, b in pairs)


def test_neighbours_fit_differ_by_one_swap_and_come_in_the_order_of_their_costs(menu: Menu) -> None:
    chosen = choose(menu, COUNTS, LIMITS).choice
    found = list(neighbours(menu, chosen, COUNTS, LIMITS))
    assert found
    assert all(fits(one, LIMITS) and 1 <= changes(one, chosen) <= 2 for one in found)
    costs = [cost(menu, one) for one in found]
    assert costs == sorted(costs)


def test_where_costs_add_up_nothing_is_changed(menu: Menu) -> None:
    cheapest = choose(menu, COUNTS, LIMITS)
    found = repair(menu, [cheapest], COUNTS, LIMITS, lambda choice: cost(menu, choice), Budget(trials=500))
    assert found.chosen == cheapest
    assert found.divergence == found.before == pytest.approx(cheapest.selection.cost)
    assert found.trials > 1


def crossed(menu: Menu, choice: Choice) -> float:
    """A joint cost that is not the sum: what one layer loses counts again with what the next one loses."""
    each = [
        next(item.cost for item in items if item.stays == one) for items, one in zip(menu, choice.layers, strict=True)
    ]
    return sum(each) + sum(3 * a * b for a, b in itertools.pairwise(each))


def test_where_they_do_not_a_better_choice_is_found_and_is_no_neighbours_worse(menu: Menu) -> None:
    cheapest = choose(menu, COUNTS, LIMITS)
    found = repair(menu, [cheapest], COUNTS, LIMITS, lambda choice: crossed(menu, choice), Budget(trials=500))
    assert found.divergence < found.before == crossed(menu, cheapest.choice)
    assert found.divergence == crossed(menu, found.chosen.choice)
    assert fits(found.chosen.choice, LIMITS)
    others = neighbours(menu, found.chosen.choice, COUNTS, LIMITS)
    assert all(crossed(menu, other) >= found.divergence for other in others)
    assert found.chosen.selection.cost == pytest.approx(cost(menu, found.chosen.choice))
    assert found.chosen.selection.bound == cheapest.selection.bound <= found.chosen.selection.cost


def test_it_ends_with_its_trials_and_longer_ones_go_on_from_there(menu: Menu) -> None:
    cheapest = choose(menu, COUNTS, LIMITS)

    def tried(trials: int) -> list[Choice]:
        seen: list[Choice] = []

        def joint(choice: Choice) -> float:
            seen.append(choice)
            return crossed(menu, choice)

        found = repair(menu, [cheapest], COUNTS, LIMITS, joint, Budget(trials=trials))
        assert found.trials == len(seen) == len(set(seen)) <= trials
        assert found.divergence == min(crossed(menu, one) for one in seen)
        return seen

    assert len(tried(3)) == 3
    assert tried(8)[:3] == tried(3)


def test_a_time_ends_it_as_well(menu: Menu) -> None:
    cheapest = choose(menu, COUNTS, LIMITS)
    times = itertools.count()
    budget = Budget(seconds=9.0)
    found = repair(
        menu, [cheapest], COUNTS, LIMITS, lambda choice: crossed(menu, choice), budget, clock=lambda: float(next(times))
    )
    assert 1 <= found.trials < 9


def test_where_no_swap_is_tried_the_given_choices_alone_are_compared(menu: Menu) -> None:
    cheapest = choose(menu, COUNTS, LIMITS)
    few = [cheapest, choose(menu, COUNTS, LIMITS, without=[cheapest])]
    found = repair(menu, few, COUNTS, LIMITS, lambda choice: crossed(menu, choice), Budget(trials=500), swaps=False)
    assert found.trials == 2
    assert found.chosen.choice == min((one.choice for one in few), key=lambda choice: crossed(menu, choice))
