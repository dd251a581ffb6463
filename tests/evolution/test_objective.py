"""The stable objective: every resample against its architectures written out, and scipy's tau."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lpzero.errors import InputError
from lpzero.evolution.objective import draw_resamples, lower_quantile
from lpzero.fitness.correlation import net_pairs
from lpzero.fitness.strata import equal


def test_tau_of_a_resample_is_tau_of_the_architectures_written_out() -> None:
    rng = np.random.default_rng(0)
    quality, scores = rng.normal(size=20), rng.integers(0, 8, size=(5, 20)).astype(float)
    groups = np.array([0, 0, 1, 1, *range(2, 18)])
    taus = draw_resamples(quality, groups, 30, np.random.default_rng(7)).tau_a(torch.from_numpy(scores))
    counts = np.random.default_rng(7).multinomial(18, np.full(18, 1 / 18), size=30)[:, groups]
    for resample, count in enumerate(counts):
        drawn = np.repeat(np.arange(20), count)
        pairs = sum(a != b for i, a in enumerate(drawn) for b in drawn[:i])
        for candidate, row in enumerate(scores):
            wanted = net_pairs(row[drawn], quality[drawn]) / pairs
            assert float(taus[candidate, resample]) == pytest.approx(wanted, abs=1e-6)


def test_resamples_of_one_seed_are_the_same_and_of_another_are_not() -> None:
    quality, groups = np.arange(10.0), np.arange(10)
    one, two, other = (draw_resamples(quality, groups, 8, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert torch.equal(one.counts, two.counts)
    assert not torch.equal(one.counts, other.counts)


def test_a_resample_of_one_architecture_is_drawn_again() -> None:
    resamples = draw_resamples(np.arange(2.0), np.arange(2), 50, np.random.default_rng(0))
    assert (resamples.totals > 0).all()
    assert torch.equal(
        resamples.tau_a(torch.tensor([[0.0, 1.0], [1.0, 0.0]])), torch.tensor([[1.0], [-1.0]]).expand(2, 50)
    )


def test_the_quantile_is_reached_by_the_share_that_it_says() -> None:
    taus = torch.rand(6, 64, generator=torch.Generator().manual_seed(0))
    for quantile in (0.01, 0.25, 0.5, 0.999):
        reached = (taus >= lower_quantile(taus, quantile)[:, None]).float().mean(1)
        assert (reached >= 1 - quantile).all()
        assert (reached <= 1 - quantile + 2 / 64).all()


def test_a_resample_counts_the_pairs_that_count() -> None:
    rng = np.random.default_rng(3)
    quality, scores, width = rng.normal(size=12), rng.normal(size=(4, 12)), rng.integers(0, 3, 12)
    width[:2] = 0
    counted = equal(width)
    resamples = draw_resamples(quality, np.arange(12), 20, np.random.default_rng(7), counted=counted)
    counts = np.random.default_rng(7).multinomial(12, np.full(12, 1 / 12), size=20)
    taus = resamples.tau_a(torch.from_numpy(scores)).numpy()
    for place, copies in enumerate(counts):
        weights = np.outer(copies, copies) * counted
        order = np.sign(quality[:, None] - quality)
        if weights.any():
            for row, one in enumerate(scores):
                wanted = (np.sign(one[:, None] - one) * order * weights).sum() / weights.sum()
                assert taus[row, place] == pytest.approx(wanted, abs=1e-6)


def test_twins_alone_are_no_pair_to_resample() -> None:
    with pytest.raises(InputError, match="expected a pair of different models that counts, found none"):
        draw_resamples(
            np.arange(4.0), np.array([0, 0, 1, 2]), 5, np.random.default_rng(0), counted=equal(np.array([1, 1, 2, 3]))
        )
