"""Ranking a bundled table: every figure that is promised, and nulls where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lpzero.engines import Serial
from lpzero.fitness.ranking import FIGURES
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.rank import measured_architectures, rank_table
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table


@pytest.fixture
def table() -> Table:
    """The bundled table of decoders."""
    return load_table("gpt2-own")


def _rank(table: Table, *names: str) -> list[dict[str, Any]]:
    space = get_space(table.space, table.protocols[0])
    proxies = [load_proxy(name) for name in names]
    return rank_table(space, table, proxies, Probe(), engine=Serial(), progress=lambda _done, _total: None)


def test_a_row_has_every_figure(table: Table) -> None:
    depth, params = _rank(table, "depth", "params")
    for row in (depth, params):
        assert set(row) == {"proxy", "direction", "status", *FIGURES, "reason"}
        assert row["interval"][0] < row["tau_a"] < row["interval"][1]
        assert row["rho_interval"][0] < row["rho"] < row["rho_interval"][1]
        assert row["matched_size"]["pairs"] > 0
    # depth says nothing of architectures of one depth, and every architecture shares its depth with others
    assert depth["within_depth"] == {"tau_a": 0.0, "pairs": params["within_depth"]["pairs"]}
    assert params["within_depth"]["pairs"] > table.n


def test_what_does_not_rank_has_nulls(table: Table) -> None:
    records = table.records[:6]
    same = replace(table, records=tuple(replace(r, architecture=records[0].architecture) for r in records))
    (row,) = _rank(same, "depth")
    assert row["status"] == "constant"
    assert row["reason"]
    assert all(row[name] is None for name in FIGURES)


def test_depth_and_size_are_those_of_the_models(table: Table) -> None:
    space = get_space(table.space, table.protocols[0])
    measured = measured_architectures(space, table)
    last = table.records[-1].architecture
    assert (measured.depth[-1], measured.params[-1]) == (last.depth, space.parameter_counts(last)["total"])
    assert measured.quality.tolist() == table.oriented.tolist()
    assert measured.groups.tolist() == table.groups(space).tolist()
