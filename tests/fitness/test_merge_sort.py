"""Pairs counted by merging: the same whole numbers as of every pair, with ties, of any number of architectures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import lpzero.fitness.batch as batch_module
from lpzero.fitness.batch import rank_statistics
from lpzero.fitness.merge_sort import BLOCK, net_pairs_merged


@pytest.mark.parametrize("n", [2, 3, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 200, 517])
@pytest.mark.parametrize("values", [3, 20, 10**6])
def test_the_counts_are_those_of_every_pair(n: int, values: int) -> None:
    rng = np.random.default_rng(n * values)
    x, y = rng.integers(-values, values, size=(4, n)), rng.integers(0, values, size=n)
    wanted = np.triu(np.sign(x[:, :, None] - x[:, None]) * np.sign(y[:, None] - y), 1).sum((1, 2))
    found = net_pairs_merged(torch.from_numpy(x), torch.from_numpy(y))
    assert found.tolist() == wanted.tolist()


def test_statistics_do_not_depend_on_how_pairs_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    scores = torch.from_numpy(rng.normal(size=(6, 300)).round(1))
    scores[1, 5], scores[2, 7], scores[3] = torch.inf, torch.nan, 4.0
    quality = torch.from_numpy(rng.normal(size=300).round(2))
    compared = rank_statistics(scores, quality)
    monkeypatch.setattr(batch_module, "COMPARED", 100)
    merged = rank_statistics(scores, quality)
    for name in compared.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(merged, name), getattr(compared, name), err_msg=name)


def test_ten_thousand_architectures_take_no_memory_for_every_pair() -> None:
    rng = np.random.default_rng(1)
    scores, quality = (torch.from_numpy(rng.normal(size=size)) for size in ((2, 10_000), 10_000))
    scores[1] = -quality.exp()
    found = rank_statistics(scores, quality)
    assert found.tau_a[1] == -1
    from scipy.stats import kendalltau

    assert float(found.tau_b[0]) == pytest.approx(kendalltau(scores[0], quality).statistic, abs=1e-12)
