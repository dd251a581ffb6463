"""Ranking a table: every figure that is promised, nulls where there is none, and what lies at matched size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.engines import Serial
from lpzero.errors import InputError
from lpzero.fitness.figures import RankingFigures
from lpzero.fitness.strata import CLOSER, RATIO
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.parts import Parts
from lpzero.proxy.rank import Ranked, measured_architectures, rank_table
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table


@pytest.fixture
def table() -> Table:
    """The bundled table of decoders."""
    return load_table("gpt2-own")


def _rank(table: Table, *names: str, **options: Any) -> list[Ranked]:
    space = get_space(table.space, table.protocols[0])
    proxies = [load_proxy(name) for name in names]
    return rank_table(space, table, proxies, Probe(), engine=Serial(), progress=lambda _done, _total: None, **options)


def test_a_row_has_every_figure(table: Table) -> None:
    depth, params = (ranked.row for ranked in _rank(table, "depth", "params"))
    for row in (depth, params):
        promised = {"proxy", "direction", "status", "in_sample", "against", "spread", *RankingFigures.model_fields}
        assert set(row.to_json()) == promised
        assert row.tau_a is not None
        assert row.rho is not None
        assert row.interval is not None
        assert row.rho_interval is not None
        assert row.interval[0] < row.tau_a < row.interval[1]
        assert row.rho_interval[0] < row.rho < row.rho_interval[1]
        for part in (row.within_depth, row.within_width, row.matched_size, *(row.matched_closer or ())):
            assert part is not None
            assert part.pairs > 0
            assert part.tau_a is not None
            assert part.interval is not None
            assert part.interval[0] <= part.tau_a <= part.interval[1]
        assert (row.in_sample, row.against, row.spread) == (False, [], None)
    # depth says nothing of architectures of one depth, and every architecture shares its depth with others
    assert depth.within_depth is not None
    assert params.within_depth is not None
    assert depth.within_depth.tau_a == 0.0
    assert depth.within_depth.pairs == params.within_depth.pairs > table.n


def test_the_scores_behind_a_row_are_turned_so_that_higher_is_better(table: Table) -> None:
    proxies = [load_proxy("depth"), replace(load_proxy("depth"), higher_is_better=False)]
    space = get_space("gpt2", "own")
    up, down = rank_table(space, table, proxies, Probe(), engine=Serial(), progress=lambda _done, _total: None)
    assert up.scores is not None
    assert down.scores is not None
    assert up.scores.tolist() == [record.architecture.depth for record in table.records] == (-down.scores).tolist()


def test_what_does_not_rank_has_nulls_and_no_scores(table: Table) -> None:
    records = table.records[:6]
    same = replace(table, records=tuple(replace(r, architecture=records[0].architecture) for r in records))
    (ranked,) = _rank(same, "depth")
    assert ranked.row.status == "constant"
    assert ranked.row.reason
    assert ranked.scores is None
    document = ranked.row.to_json()
    assert all(document[name] is None for name in RankingFigures.model_fields)
    assert "reason" not in document


def test_only_what_is_tested_is_ranked_and_marks_are_those_of_the_parts(table: Table) -> None:
    tested = tuple(range(0, table.n, 3))
    parts = Parts(tested, (), (False, True))
    depth, params = _rank(table, "depth", "params", parts=parts)
    part = replace(table, records=tuple(table.records[i] for i in tested))
    alone, _ = _rank(part, "depth", "params")
    assert depth.row == alone.row
    assert depth.scores is not None
    assert len(depth.scores) == len(tested)
    assert (depth.row.in_sample, params.row.in_sample) == (False, True)


def test_shapes_are_those_of_the_models(table: Table) -> None:
    space = get_space(table.space, table.protocols[0])
    measured = measured_architectures(space, table, within=1.5)
    for i in (0, -1):
        one = table.records[i].architecture
        assert (measured.depth[i], measured.width[i]) == (one.depth, space.width(one))
        assert measured.decoder_params[i] == space.parameter_counts(one)["nonembedding"]
    assert measured.quality.tolist() == table.oriented.tolist()
    assert measured.groups.tolist() == table.groups(space).tolist()
    assert measured.within == 1.5
    assert measured_architectures(space, table, np.zeros(table.n, dtype=int)).groups.max() == 0


def _matched(sizes: Sequence[int], scores: Sequence[float], quality: np.ndarray, within: float) -> tuple[int, float]:
    """The pairs of about the same size, and tau-a among them, one by one."""
    signs = [
        np.sign(scores[i] - scores[j]) * np.sign(quality[i] - quality[j])
        for i, j in combinations(range(len(sizes)), 2)
        if max(sizes[i], sizes[j]) <= within * min(sizes[i], sizes[j])
    ]
    return len(signs), float(np.mean(signs))


@pytest.mark.parametrize("name", ["gpt2-wt103", "transxl-wt103"])
def test_tau_at_matched_size_is_that_of_the_pairs_one_by_one(name: str, data: Path) -> None:
    table = load_table(name, data=data)
    space = get_space(table.space, table.protocols[0])
    counts = [space.parameter_counts(record.architecture) for record in table.records]
    sizes = [count["nonembedding"] for count in counts]
    decoder, attention = (ranked.row for ranked in _rank(table, "decoder_params", "attention_params"))
    for row, key in ((decoder, "nonembedding"), (attention, "attention")):
        assert row.matched_size is not None
        assert row.matched_closer is not None
        for within, found in zip((RATIO, *CLOSER), (row.matched_size, *row.matched_closer), strict=True):
            pairs, tau = _matched(sizes, [float(count[key]) for count in counts], table.oriented, within)
            assert (found.within, found.pairs, found.tau_a) == (within, pairs, pytest.approx(tau, abs=1e-6))
    # what decides over the whole table says little of architectures of one size
    assert decoder.tau_a is not None
    assert decoder.matched_size is not None
    assert decoder.matched_size.interval is not None
    assert decoder.tau_a > 0.8 > 2 * decoder.matched_size.interval[1]


def test_another_factor_is_another_set_of_pairs(table: Table) -> None:
    space = get_space(table.space, table.protocols[0])
    sizes = [space.parameter_counts(record.architecture)["nonembedding"] for record in table.records]
    depths = [float(record.architecture.depth) for record in table.records]
    for within in (1.0, 1.05, 2.0):
        (ranked,) = _rank(table, "depth", within=within)
        close = ranked.row.matched_size
        assert close is not None
        pairs, tau = _matched(sizes, depths, table.oriented, within)
        assert (close.within, close.pairs, close.tau_a) == (within, pairs, pytest.approx(tau, abs=1e-6))
    with pytest.raises(InputError, match="`matched`: expected a ratio of sizes of at least 1"):
        _rank(table, "depth", within=0.9)
