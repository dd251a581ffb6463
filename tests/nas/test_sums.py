"""Counts of real spaces as sums over their layers."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from lpzero.costs.costs import COUNTED, Costs
from lpzero.errors import InputError
from lpzero.nas.sums import sums_of
from lpzero.spaces import get_space
from lpzero.spaces.choices import Choice, Choices


@pytest.mark.parametrize(
    ("space", "protocol"), [("gpt2", "own"), ("hwgpt", "s"), ("hat-mt", "wmt14ende"), ("llama", "own")]
)
def test_counts_of_a_space_are_sums_over_its_layers(space: str, protocol: str) -> None:
    found = get_space(space, protocol)
    costs, rng = Costs(found), np.random.default_rng(1)
    sums = sums_of(found.choices, {name: partial(costs.of, name=name) for name in COUNTED}, rng)
    by_whole = {tuple(sorted(one.whole.items())): one for one in sums}
    for _ in range(30):
        drawn = found.sample(rng)
        said = by_whole[drawn.whole].of(drawn)
        np.testing.assert_allclose(said, [costs.of(drawn, name) for name in COUNTED], rtol=1e-12)


def test_depths_with_a_gap_are_refused() -> None:
    choices = Choices("tiny", (2, 4), (), (Choice.of("heads", 1, 2),))
    with pytest.raises(InputError, match="every depth from 2 to 4"):
        sums_of(choices, {"depth": lambda one: float(one.depth)}, np.random.default_rng(0))
