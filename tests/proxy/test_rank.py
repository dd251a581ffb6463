"""Ranking a bundled table: every figure that is promised, and nulls where there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lpzero.engines import Serial
from lpzero.fitness.figures import RankingFigures
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.rank import RankRow, measured_architectures, rank_table
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table


@pytest.fixture
def table() -> Table:
    """The bundled table of decoders."""
    return load_table("gpt2-own")


def _rank(table: Table, *names: str) -> list[RankRow]:
    space = get_space(table.space, table.protocols[0])
    proxies = [load_proxy(name) for name in names]
    return rank_table(space, table, proxies, Probe(), engine=Serial(), progress=lambda _done, _total: None)


def test_a_row_has_every_figure(table: Table) -> None:
    depth, params = _rank(table, "depth", "params")
    for row in (depth, params):
        assert set(row.to_json()) == {"proxy", "direction", "status", *RankingFigures.model_fields}
        assert row.tau_a is not None
        assert row.rho is not None
        assert row.interval is not None
        assert row.rho_interval is not None
        assert row.matched_size is not None
        assert row.interval[0] < row.tau_a < row.interval[1]
        assert row.rho_interval[0] < row.rho < row.rho_interval[1]
        assert row.matched_size.pairs > 0
    # depth says nothing of architectures of one depth, and every architecture shares its depth with others
    assert depth.within_depth is not None
    assert params.within_depth is not None
    assert depth.within_depth.tau_a == 0.0
    assert depth.within_depth.pairs == params.within_depth.pairs > table.n


def test_what_does_not_rank_has_nulls(table: Table) -> None:
    records = table.records[:6]
    same = replace(table, records=tuple(replace(r, architecture=records[0].architecture) for r in records))
    (row,) = _rank(same, "depth")
    assert row.status == "constant"
    assert row.reason
    document = row.to_json()
    assert all(document[name] is None for name in RankingFigures.model_fields)
    assert "reason" not in document


def test_depth_and_size_are_those_of_the_models(table: Table) -> None:
    space = get_space(table.space, table.protocols[0])
    measured = measured_architectures(space, table)
    last = table.records[-1].architecture
    assert (measured.depth[-1], measured.params[-1]) == (last.depth, space.parameter_counts(last)["total"])
    assert measured.quality.tolist() == table.oriented.tolist()
    assert measured.groups.tolist() == table.groups(space).tolist()
