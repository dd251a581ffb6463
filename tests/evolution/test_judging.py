"""Scores judged on one table or several: each table counts the same, and pairs never mix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from lpzero.evolution.judging import Judge, averaged
from lpzero.fitness.batch import rank_statistics
from lpzero.fitness.strata import equal

N, SEARCHED = 40, 24


@pytest.fixture
def drawn() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Scores, qualities, and tables of three sizes, of which both splits have some."""
    rng = np.random.default_rng(0)
    quality = torch.from_numpy(rng.normal(size=N))
    scores = torch.from_numpy(rng.normal(size=(6, N))) + quality
    return scores, quality, torch.from_numpy(rng.choice(3, size=N, p=[0.2, 0.3, 0.5]))


def test_one_table_has_the_plain_figures(drawn: tuple[torch.Tensor, ...]) -> None:
    scores, quality, _ = drawn
    judge = Judge(quality, SEARCHED)
    for part in (judge.search, judge.validation, slice(None)):
        found, wanted = judge.figures(scores, part), rank_statistics(scores[:, part], quality[part])
        assert found["tau_a"] == wanted.tau_a.tolist()
        assert found["signature"] == wanted.signature.tolist()


def test_several_tables_count_the_same_whatever_their_size(drawn: tuple[torch.Tensor, ...]) -> None:
    scores, quality, tables = drawn
    judge = Judge(quality, SEARCHED, tables=tables)
    found = judge.figures(scores, slice(None))
    for i, one in enumerate(scores.numpy()):
        taus = [stats.kendalltau(one[tables == t], quality.numpy()[tables == t]).statistic for t in range(3)]
        assert found["tau_a"][i] == pytest.approx(np.mean(taus))
        assert (found["least"][i], found["most"][i]) == pytest.approx((min(taus), max(taus)))
    # the level of a table says nothing
    shifted = judge.figures(scores + 1000.0 * tables, slice(None))
    assert shifted["tau_a"] == pytest.approx(found["tau_a"])


def test_a_constant_on_one_table_ranks_nothing_there_and_is_no_fault(drawn: tuple[torch.Tensor, ...]) -> None:
    scores, quality, tables = drawn
    scores[0, tables == 1] = 7.0
    scores[1] = 7.0
    scores[2, 3] = torch.inf
    scores[3, 3] = torch.nan
    judge = Judge(quality, SEARCHED, tables=tables)
    found = judge.figures(scores, slice(None))
    others = [stats.kendalltau(scores[0, tables == t], quality[tables == t]).statistic for t in (0, 2)]
    assert found["tau_a"][0] == pytest.approx(sum(others) / 3)
    assert found["constant"] == [False, True, False, False, False, False]
    assert found["finite"] == [True, True, False, False, True, True]
    assert found["overflow"] == [False, False, True, False, False, False]


def test_pairs_that_count_are_counted_within_tables(drawn: tuple[torch.Tensor, ...]) -> None:
    scores, quality, tables = drawn
    width = np.random.default_rng(1).integers(0, 2, N)
    judge = Judge(quality, SEARCHED, torch.from_numpy(equal(width)), tables)
    wanted = []
    for table in range(3):
        places = torch.from_numpy(np.flatnonzero(tables == table))
        some = torch.from_numpy(equal(width[places]))
        wanted.append(rank_statistics(scores[:, places], quality[places], counted=some).tau_a)
    assert judge.figures(scores, slice(None))["tau_a"] == pytest.approx(torch.stack(wanted).mean(0).tolist())


def test_scores_of_several_tables_are_compared_by_their_places(drawn: tuple[torch.Tensor, ...]) -> None:
    scores, quality, tables = drawn
    one = scores[0].numpy()
    assert Judge(quality, SEARCHED).levelled(one) is one
    judge = Judge(quality, SEARCHED, tables=tables)
    found = judge.levelled(one)
    # the level of a table says nothing, and each one has its best at 1
    np.testing.assert_array_equal(judge.levelled(one + 1000.0 * tables.numpy()), found)
    for table in range(3):
        assert found[tables == table].max() == 1.0
        assert stats.kendalltau(found[tables == table], one[tables == table]).statistic == pytest.approx(1.0)


def test_a_table_that_cannot_be_ranked_is_seen(drawn: tuple[torch.Tensor, ...]) -> None:
    _, quality, tables = drawn
    assert Judge(quality, SEARCHED, tables=tables).ranks(slice(None))
    quality[tables == 2] = 1.0
    assert not Judge(quality, SEARCHED, tables=tables).ranks(slice(None))
    assert Judge(quality, SEARCHED).ranks(slice(None))
    apart = torch.zeros(N, N, dtype=torch.bool)
    assert not Judge(quality, SEARCHED, apart).ranks(slice(None))


def test_initialisations_are_averaged_with_the_least_table(drawn: tuple[torch.Tensor, ...]) -> None:
    scores, quality, tables = drawn
    judge = Judge(quality, SEARCHED, tables=tables)
    one, other = (judge.figures(some, slice(None)) for some in (scores, scores.flip(0)))
    found = averaged([one, other])
    for name in ("tau_a", "least", "most"):
        assert found[name] == pytest.approx([(a + b) / 2 for a, b in zip(one[name], other[name], strict=True)])
