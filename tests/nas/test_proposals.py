"""What an algorithm has proposed: batches of one size, no model twice, less where nothing is left."""

from __future__ import annotations

import numpy as np

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.nas.pool import ClosedPool
from lpzero.nas.proposals import Proposed
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture

SPACE = get_space("flexibert", "trained")
RNG = np.random.default_rng(0)
DRAWN = tuple(SPACE.sample(RNG) for _ in range(21))


def test_batches_empty_a_pool_without_a_model_twice() -> None:
    pool = ClosedPool(Costs(SPACE), (*DRAWN, *DRAWN), CostLimits({}))
    rng, proposed = np.random.default_rng(1), Proposed(pool)
    batches = [proposed.batch(lambda taken: pool.sample(rng, taken), 8) for _ in range(6)]
    models = {SPACE.model_key(a) for a in DRAWN}
    # some list other operations, which the protocol does not build
    assert 16 < len(models) < len(DRAWN)
    assert [len(batch) for batch in batches] == [8, 8, len(models) - 16, 0, 0, 0]
    found = [SPACE.model_key(a) for batch in batches for a in batch]
    assert sorted(found) == sorted(models)


def test_a_proposer_sees_what_this_and_every_earlier_batch_took() -> None:
    pool, seen = ClosedPool(Costs(SPACE), DRAWN, CostLimits({})), list[int]()
    proposed, rest = Proposed(pool), iter(DRAWN)

    def propose(taken: set[str]) -> Architecture:
        seen.append(len(taken))
        return next(rest)

    assert proposed.batch(propose, 3) == list(DRAWN[:3])
    assert proposed.batch(propose, 2) == list(DRAWN[3:5])
    assert seen == [0, 1, 2, 3, 4]


def test_a_proposer_that_has_none_ends_the_batch() -> None:
    pool = ClosedPool(Costs(SPACE), DRAWN, CostLimits({}))
    given = iter([DRAWN[0], None, DRAWN[1]])
    proposed = Proposed(pool)
    assert proposed.batch(lambda _: next(given), 8) == [DRAWN[0]]
    assert proposed.batch(lambda _: next(given), 1) == [DRAWN[1]]
    assert proposed.batch(lambda _: DRAWN[2], 0) == []
