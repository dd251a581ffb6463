"""Children: how often a choice is drawn anew, whom it comes from, and that they fit and are new."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.errors import InputError
from lpzero.nas.pool import ClosedPool, OpenPool, Pool
from lpzero.nas.schedule.variation import crossed, mutant, redrawn
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.gpt2.space import Gpt2
from lpzero.tables import load_table

SPACE = get_space("gpt2", "own")
TABLE = load_table("gpt2-own")


def pool(params: float = 1e9) -> OpenPool:
    return OpenPool(Costs(SPACE), CostLimits({"params": params}))


def test_a_choice_is_drawn_anew_with_the_probability_and_may_stay_what_it_was() -> None:
    rng, draws, values = np.random.default_rng(0), 2000, 3
    parent = Architecture.of("gpt2", {"d_model": 64}, [{"d_inner": 64, "heads": 2}] * 2)
    children = [redrawn(SPACE, parent, 0.3, rng) for _ in range(draws)]
    heads = [child.layer(0)["heads"] for child in children if child is not None]
    assert len(heads) == draws
    changed = sum(one != 2 for one in heads)
    assert stats.binomtest(changed, draws, 0.3 * (values - 1) / values).pvalue > 1e-3
    depths = Counter(child.depth for child in children if child is not None)
    assert stats.binomtest(draws - depths[2], draws, 0.3 * 6 / 7).pvalue > 1e-3
    assert set(depths) == set(range(2, 9))


def test_with_probability_one_everything_is_drawn_and_layers_go_from_behind() -> None:
    rng = np.random.default_rng(0)
    parent = SPACE.sample(rng)
    assert len({redrawn(SPACE, parent, 1.0, rng) for _ in range(50)}) == 50
    deep = Architecture.of("gpt2", {"d_model": 64}, [{"d_inner": 64 + 32 * i, "heads": 2} for i in range(8)])
    # so rarely that it is the depth alone
    kept = [child for _ in range(3000) if (child := redrawn(SPACE, deep, 0.02, rng)) is not None]
    shorter = [child for child in kept if child.depth < 8]
    assert shorter
    whole = [child for child in shorter if child.layers == deep.layers[: child.depth]]
    assert len(whole) > len(shorter) / 2


class Shallow(Gpt2):
    """The space with a constraint."""

    def validate(self, architecture: Architecture) -> None:
        """At most four layers."""
        super().validate(architecture)
        if architecture.depth > 4:
            raise InputError("too deep")


def test_a_child_that_a_constraint_forbids_is_none() -> None:
    space, rng = Shallow("own"), np.random.default_rng(0)
    parent = Architecture.of("gpt2", {"d_model": 64}, [{"d_inner": 64, "heads": 2}] * 2)
    children = [redrawn(space, parent, 0.9, rng) for _ in range(60)]
    assert None in children
    assert max(child.depth for child in children if child is not None) == 4


def test_layers_of_an_encoder_keep_the_choices_of_an_encoder() -> None:
    space, rng = get_space("hat-mt", "wmt14ende"), np.random.default_rng(0)
    parent = space.sample(rng)
    children = [redrawn(space, parent, 0.5, rng) for _ in range(40)]
    assert None not in children
    assert {child.depth for child in children if child is not None} == set(range(7, 13))


@pytest.mark.parametrize("closed", [False, True])
def test_children_fit_and_are_new(closed: bool) -> None:
    most = 600_000
    some = tuple(record.architecture for record in TABLE.records)
    where: Pool = ClosedPool(pool().costs, some, CostLimits({"params": most})) if closed else pool(most)
    rng, taken = np.random.default_rng(0), set[str]()
    parents = []
    for _ in range(6):
        one = where.sample(rng, taken)
        assert one is not None
        taken.add(SPACE.model_key(one))
        parents.append(one)
    for number in range(12):
        child = mutant(where, parents, 0.3, rng, taken) if number % 2 else crossed(where, parents, rng, taken)
        assert child is not None
        assert SPACE.model_key(child) not in taken
        assert SPACE.parameter_counts(child)["total"] <= most
        assert not closed or child in some
        taken.add(SPACE.model_key(child))


def test_a_crossover_has_every_choice_from_one_of_two_different_parents() -> None:
    rng = np.random.default_rng(0)
    parents = [SPACE.sample(rng) for _ in range(3)]
    for _ in range(30):
        child = crossed(pool(), parents, rng, set())
        assert child is not None
        assert child["d_model"] in {parent["d_model"] for parent in parents}
        for index in range(child.depth):
            there = [parent.layer(index) for parent in parents if index < parent.depth]
            assert all(child.layer(index)[name] in {one[name] for one in there} for name in ("d_inner", "heads"))
    only = crossed(pool(), parents[:1], rng, set())
    assert only == parents[0]


def test_where_every_draw_is_refused_a_random_one_takes_its_place_and_in_the_end_nobody() -> None:
    rng = np.random.default_rng(0)
    parent = SPACE.sample(rng)
    other = crossed(pool(), [parent], rng, {SPACE.model_key(parent)})
    assert other not in (None, parent)
    two = tuple(record.architecture for record in TABLE.records[:2])
    small = ClosedPool(pool().costs, two, CostLimits({}))
    keys = {SPACE.model_key(one) for one in two}
    assert mutant(small, two, 0.3, rng, keys) is None
    assert crossed(small, two, rng, set(list(keys)[:1])) is not None
