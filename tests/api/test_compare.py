"""Comparing proxies from Python: pairs by direct computation, draws, and the document."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lpzero.api.compare import compare
from lpzero.api.rank import rank
from lpzero.errors import InputError
from lpzero.fitness.compare import holm
from lpzero.proxy.comparison import CompareResult
from lpzero.result import read_result

SMALL = {"batch": 1, "tokens": 4, "device": "cpu"}


@pytest.fixture(scope="module")
def result() -> CompareResult:
    """Three counts on the architectures that lend no label."""
    return compare("gpt2-own", ["width", "params", "depth"], labels=40)


def test_a_pair_is_the_difference_of_two_rankings(result: CompareResult) -> None:
    rows = {row.proxy: row for row in rank("gpt2-own", ["width", "params", "depth"], labels=40).scores}
    assert [(pair.first, pair.second) for pair in result.pairs] == [
        ("width", "params"),
        ("width", "depth"),
        ("params", "depth"),
    ]
    for pair in result.pairs:
        first, second = rows[pair.first], rows[pair.second]
        assert pair.overall.difference == pytest.approx(first.tau_a - second.tau_a, abs=2e-6)
        matched = first.matched_size.tau_a - second.matched_size.tau_a
        assert pair.matched_size.difference == pytest.approx(matched, abs=2e-6)
        assert pair.overall.detectable > 0
    assert result.matched_pairs == rows["width"].matched_size.pairs


def test_p_values_are_corrected_for_all_pairs(result: CompareResult) -> None:
    for found in ([pair.overall for pair in result.pairs], [pair.matched_size for pair in result.pairs]):
        assert [one.p_holm for one in found] == pytest.approx(holm(np.array([one.p for one in found])), abs=1e-5)


def test_rows_and_controls_are_those_of_rank(result: CompareResult) -> None:
    ranked = rank("gpt2-own", ["width", "params", "depth"], labels=40)
    assert (result.scores, result.controls) == (ranked.scores, ranked.controls)


def test_the_document_is_read_back(result: CompareResult) -> None:
    document = json.loads(json.dumps(result.to_json()))
    assert read_result(CompareResult, document, "x", of="a comparison", remedy="compare again") == result


def test_draws_move_what_looks_at_weights_and_nothing_else() -> None:
    found = compare("gpt2-own", ["snip", "depth"], labels=112, matched=2, initialisations=3, **SMALL)
    (pair,) = found.pairs
    assert pair.drawn is not None
    assert pair.drawn.each[0] == pair.overall.difference
    assert pair.drawn.mean == pytest.approx(np.mean(pair.drawn.each), abs=2e-6)
    assert pair.drawn.deviation == pytest.approx(np.std(pair.drawn.each, ddof=1), abs=2e-6)
    snip, depth = (row.spread for row in found.scores)
    assert snip is not None
    assert depth is not None
    assert 0 < (snip.share or 0) < 1
    assert depth.share == 0.0


def test_trained_weights_have_one_draw() -> None:
    with pytest.raises(InputError, match=r"^`initialisations`: the weights of llama are trained ones"):
        compare("llama-own", ["params", "depth"], initialisations=2)
