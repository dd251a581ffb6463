"""The plan of an adaptive embedding: one of eight ids, worked out by hand."""

from __future__ import annotations

import pytest

from lpzero.spaces.models.adaptive_plan import AdaptivePlan


class Eight(AdaptivePlan):
    """Clusters of 2, 3 and 3 ids."""

    cutoffs = (0, 2, 5, 8)


@pytest.mark.parametrize(
    ("plan", "tables", "embedding", "softmax"),
    [
        # tables 8 x 4; biases 8, two clusters of 4 + 1
        (Eight(4, 4, 1), ((8, 4),), 32, 8 + 10),
        # ... projections 4 x 6 on both sides
        (Eight(6, 4, 1), ((8, 4),), 32 + 24, 8 + 10 + 24),
        # tables 2 x 4 + 3 x 2 + 3 x 1, each projected to 4 although the first is as wide; softmax 4 x 4
        (Eight(4, 4, 2), ((2, 4), (3, 2), (3, 1)), 17 + 28, 8 + 10 + 16),
    ],
)
def test_tables_and_counts(plan: Eight, tables: tuple[tuple[int, int], ...], embedding: int, softmax: int) -> None:
    assert plan.clusters == (2, 3, 3)
    assert plan.tables == tables
    assert plan.projected == (len(tables) > 1 or plan.width == 6)
    assert (plan.embedding_parameters, plan.softmax_parameters) == (embedding, softmax)
