"""Transfer: the matrix against the ranking of each table, tables that are not here, and what a run was found on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lpzero.engines import Serial
from lpzero.errors import InputError, MissingError
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.rank import rank_table
from lpzero.proxy.transfer import BASELINES, TransferCell, column, transfer_tables
from lpzero.spaces import get_space
from lpzero.tables import load_table

PROBE = Probe(batch=2, tokens=8)


def _nothing(*_: Any) -> None:
    return None


def _matrix(tables: tuple[str, ...], proxies: tuple[str, ...], probe: Probe = PROBE) -> list[list[TransferCell]]:
    columns = [column(text) for text in tables]
    rows = transfer_tables(columns, [load_proxy(p) for p in proxies], probe, engine=Serial(), progress=_nothing)
    return [row.cells for row in rows]


def test_a_cell_is_what_rank_says_of_its_table(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    tables = {"flexibert-glue:listed": ("flexibert", "listed"), "gpt2-wt103": ("gpt2", "lts")}
    matrix = _matrix(tuple(tables), BASELINES)
    for j, (text, (space, protocol)) in enumerate(tables.items()):
        table = load_table(text.split(":")[0], data=data)
        ranked = rank_table(
            get_space(space, protocol),
            table,
            [load_proxy(b) for b in BASELINES],
            PROBE,
            engine=Serial(),
            progress=_nothing,
        )
        for i, one in enumerate(ranked):
            cell = matrix[i][j]
            assert (cell.table, cell.protocol, cell.n) == (table.name, protocol, table.n)
            for name in ("status", "tau_a", "interval", "tau_b", "rho", "distinct", "matched_size"):
                assert getattr(cell, name) == getattr(one.row, name)


def test_a_direction_is_never_fitted(tmp_path: Path) -> None:
    document = {"schema": 1, "name": "x", "formula": "mean(numel(hidden))", "higher_is_better": True}
    for better in (True, False):
        (tmp_path / f"{better}.json").write_text(json.dumps({**document, "higher_is_better": better}))
    whole = column("gpt2-own")
    assert whole.table is not None
    part = replace(whole, table=replace(whole.table, records=whole.table.records[:8]))
    proxies = [load_proxy(str(tmp_path / f"{better}.json")) for better in (True, False)]
    up, down = transfer_tables([part], proxies, PROBE, engine=Serial(), progress=_nothing)
    assert up.cells[0].tau_a is not None
    assert down.cells[0].tau_a is not None
    assert up.cells[0].tau_a == -down.cells[0].tau_a != 0


def test_a_table_that_is_not_here_is_a_cell_without_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path))
    ((here, gone),) = _matrix(("gpt2-own", "gpt2-wt103"), ("params",))
    assert here.status == "ok"
    assert "lpzero tables fetch gpt2-wt103" in gone.reason
    document = gone.to_json()
    assert {document.pop("status"), document.pop("table")} == {"missing", "gpt2-wt103"}
    assert document.pop("found_here") is False
    assert set(document.values()) == {None}
    with pytest.raises(MissingError, match="tables fetch gpt2-wt103"):
        _matrix(("gpt2-wt103",), ("params",))


def test_a_batch_that_does_not_fit_is_refused_before_any_work(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a table was scored")

    monkeypatch.setattr("lpzero.proxy.transfer.rank_table", refuse)
    with pytest.raises(InputError, match="at most 64 tokens for flexibert"):
        _matrix(("gpt2-wt103", "flexibert-own"), ("snip",), Probe(tokens=100))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("glue", "unknown table 'glue'"),
        ("glue:own", "unknown table 'glue'"),
        ("gpt2-own:lts", "on other models than 'lts': expected own"),
        ("gpt2-own:", "on other models than ''"),
    ],
)
def test_a_wrong_table_is_named(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        column(text)
