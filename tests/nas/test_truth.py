"""What a table knows of a pick: regret and percentile by direct computation, among what may be picked alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.nas.truth import Truth
from lpzero.spaces import get_space
from lpzero.tables import load_table

TABLE = load_table("gpt2-own")
SPACE = get_space("gpt2", "own")
COSTS = Costs(SPACE)
PARAMS = np.array([SPACE.parameter_counts(record.architecture)["total"] for record in TABLE.records])


def test_regret_and_percentile_are_those_of_the_table() -> None:
    truth = Truth.of(TABLE, COSTS, CostLimits({}), frozenset())
    quality = TABLE.oriented
    assert len(truth.quality) == TABLE.n, "here no two records are one model"
    for index in range(0, TABLE.n, 17):
        found = truth.of_pick(TABLE.records[index].architecture)
        assert found.quality == pytest.approx(quality[index], abs=1e-6)
        assert found.regret == pytest.approx(quality.max() - quality[index], abs=1e-6)
        share = stats.percentileofscore(quality, quality[index], kind="mean")
        assert found.percentile == pytest.approx(share, abs=1e-4)


def test_the_best_has_no_regret_and_all_others_below_it() -> None:
    truth = Truth.of(TABLE, COSTS, CostLimits({}), frozenset())
    best = truth.of_pick(TABLE.records[int(np.argmax(TABLE.oriented))].architecture)
    assert (best.regret, best.percentile) == (0.0, pytest.approx(100 * (TABLE.n - 0.5) / TABLE.n, abs=1e-4))


def test_limits_and_what_is_left_out_narrow_whom_it_is_compared_with() -> None:
    limit = float(np.median(PARAMS))
    left_out = frozenset(record.id for record in TABLE.records[:20])
    truth = Truth.of(TABLE, COSTS, CostLimits({"params": limit}), left_out)
    among = [i for i in range(20, TABLE.n) if PARAMS[i] <= limit]
    assert set(truth.quality) == {SPACE.model_key(TABLE.records[i].architecture) for i in among}
    quality = TABLE.oriented[among]
    pick = truth.of_pick(TABLE.records[among[3]].architecture)
    assert pick.regret == pytest.approx(quality.max() - quality[3], abs=1e-6)
    assert pick.percentile == pytest.approx(stats.percentileofscore(quality, quality[3], kind="mean"), abs=1e-4)


def test_a_model_that_was_trained_twice_has_the_mean() -> None:
    first = TABLE.records[0]
    twice = replace(TABLE, records=(*TABLE.records, replace(first, id="again", quality=first.quality + 1.0)))
    truth = Truth.of(twice, COSTS, CostLimits({}), frozenset())
    assert len(truth.quality) == TABLE.n
    sign = 1.0 if TABLE.higher_is_better else -1.0
    assert truth.of_pick(first.architecture).quality == pytest.approx(sign * (first.quality + 0.5), abs=1e-6)


def test_lower_losses_are_better() -> None:
    assert not TABLE.higher_is_better
    truth = Truth.of(TABLE, COSTS, CostLimits({}), frozenset())
    losses = [record.quality for record in TABLE.records]
    best, worst = (TABLE.records[int(place(losses))].architecture for place in (np.argmin, np.argmax))
    assert truth.of_pick(best).regret == 0
    assert truth.of_pick(worst).regret == pytest.approx(max(losses) - min(losses), abs=1e-6)
    assert truth.of_pick(worst).percentile == pytest.approx(50 / TABLE.n, abs=1e-4)
