"""The start: by attention parameters, and of decoders by the universal proxy as well."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.acquisition.start import COUNT, SHORTLIST, proxy_source, shortlist, start_order
from lpzero.operands.probe import Probe
from lpzero.paths import cache_home
from lpzero.predictors.branches import BRANCHES
from lpzero.predictors.description import OPERANDS, Description, Source
from lpzero.proxy import USUAL, load_proxy
from lpzero.spaces import get_space

SCORE = f"{OPERANDS}:{load_proxy(USUAL).formula}"
RNG = np.random.default_rng(0)


def counted(*counts: float) -> list[Description]:
    return [Description({COUNT: count}) for count in counts]


def test_the_most_attention_parameters_are_first() -> None:
    assert start_order(counted(1, 3, 2), None, RNG) == [1, 2, 0]
    assert shortlist(counted(*range(100)), 4, RNG) == list(range(99, 99 - SHORTLIST, -1))
    assert len(shortlist(counted(*range(100)), 20, RNG)) == 40


def test_equal_ones_come_in_a_random_order() -> None:
    orders = {tuple(start_order(counted(1, 1, 1), None, np.random.default_rng(seed))) for seed in range(40)}
    assert len(orders) == 6


def test_the_ranks_by_the_proxy_are_multiplied_in_and_no_score_is_last() -> None:
    # ranks 1 2 3 4 by count; 4 2 1 3 by score: products 4 4 3 12
    scores = [Description({SCORE: score}) for score in (1.0, 3.0, 4.0, 2.0)]
    assert start_order(counted(4, 3, 2, 1), scores, RNG)[0] == 2
    assert start_order(counted(4, 3, 2, 1), scores, RNG)[-1] == 3
    without = [Description(reason="no model"), *scores[1:3], Description(reason="no model")]
    # ranks 3.5 2 1 3.5 of the scores: products 3.5 4 3 14
    assert start_order(counted(4, 3, 2, 1), without, RNG) == [2, 0, 1, 3]


@pytest.mark.parametrize(("space", "scored"), [("gpt2", True), ("flexibert", False)])
def test_the_proxy_looks_at_decoders_alone(space: str, *, scored: bool) -> None:
    found = proxy_source(Source(get_space(space, "own"), ("spec", "shape"), (), Probe(), cache_home()))
    assert (found is not None) == scored
    assert found is None or found.groups == (OPERANDS,)


def test_the_bank_has_the_score_of_the_proxy() -> None:
    assert str(load_proxy(USUAL).formula) in BRANCHES
