"""``lpzero.transfer``: one row a proxy, one cell a table, each as :func:`lpzero.rank` ranks it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero import rank, transfer
from lpzero.errors import InputError, MissingError
from lpzero.progress import Progress
from lpzero.proxy.transfer import TransferResult
from lpzero.result import read_result

SMALL: dict[str, Any] = {"batch": 1, "tokens": 8, "device": "cpu"}
TABLES = ("flexibert-own", "gpt2-own")


@pytest.fixture(scope="module")
def result(quietly: Callable[[Callable[[], TransferResult]], TransferResult]) -> TransferResult:
    return quietly(lambda: transfer(["depth", "params"], TABLES, seed=3, **SMALL))


def test_each_cell_is_the_ranking_of_its_table(result: TransferResult) -> None:
    assert [row.proxy for row in result.proxies] == ["depth", "params"]
    for column, table in enumerate(TABLES):
        ranked = rank(table, ["depth", "params"], seed=3, **SMALL)
        for row, alone in zip(result.proxies, ranked.scores, strict=True):
            cell = row.cells[column]
            assert (cell.table, cell.protocol, cell.n) == (table, "own", ranked.n)
            for name in ("status", "tau_a", "tau_b", "rho", "distinct", "interval"):
                assert getattr(cell, name) == getattr(alone, name), name


def test_the_command_prints_the_document(
    result: TransferResult, printed: Callable[..., Any], timeless: Callable[[Any], Any]
) -> None:
    words = ["transfer", "depth", "params", "--tables", TABLES[0], "--tables", TABLES[1], "--seed", "3"]
    document = timeless(result.to_json())
    assert printed(*words) == document
    assert read_result(TransferResult, document, "x", of="a transfer", remedy="again") == result


def test_a_table_that_is_not_here_is_said_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path))
    with caplog.at_level(logging.WARNING, logger="lpzero"):
        found = transfer(["depth"], ["gpt2-wt103", "gpt2-own"], **SMALL)
    assert [cell.status for cell in found.proxies[0].cells] == ["missing", "ok"]
    assert "lpzero tables fetch gpt2-wt103" in caplog.text
    with pytest.raises(MissingError, match="table gpt2-wt103 is not there"):
        transfer(["depth"], ["gpt2-wt103"], **SMALL)


def test_a_table_named_twice_is_one_column() -> None:
    assert len(transfer(["depth"], ["gpt2-own", "gpt2-own"], **SMALL).proxies[0].cells) == 1


def test_the_watch_is_told_of_each_table_and_may_end_it() -> None:
    told: list[Progress] = []

    def watch(progress: Progress) -> None:
        told.append(progress)
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        transfer(["sum(l1(weight))"], ["gpt2-own"], watch=watch, **SMALL)
    assert [one.step for one in told] == ["scoring gpt2-own"]


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(InputError, match="table gpt2-own was measured on other models than 'lts': expected own"):
        transfer(["depth"], ["gpt2-own:lts"], **SMALL)
    with pytest.raises(InputError, match="expected at most 64 tokens for gpt2, found 65"):
        transfer(["snip"], ["gpt2-own"], **{**SMALL, "tokens": 65})
