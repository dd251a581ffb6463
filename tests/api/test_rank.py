"""``lpzero.rank``: figures against SciPy's, and what every job keeps to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from lpzero import Workers, load_proxy, load_table, rank
from lpzero.errors import InputError, MissingError
from lpzero.metrics import METRICS
from lpzero.progress import Progress
from lpzero.proxy import proxy_names
from lpzero.proxy.rank import RankResult
from lpzero.result import read_result
from lpzero.tables import Table

SMALL: dict[str, Any] = {"batch": 1, "tokens": 8, "device": "cpu"}


@pytest.fixture(scope="module")
def result(quietly: Callable[[Callable[[], RankResult]], RankResult]) -> RankResult:
    return quietly(lambda: rank("flexibert-own", ["depth", "params"], seed=4, **SMALL))


def test_the_figures_are_those_of_scipy(result: RankResult) -> None:
    table = load_table("flexibert-own")
    assert (result.table, result.protocol, result.seed, result.n) == ("flexibert-own", "own", 4, table.n)
    depth = np.array([record.architecture.depth for record in table.records])
    row = result.scores[0]
    assert (row.proxy, row.direction, row.status) == ("depth", "higher", "ok")
    assert row.tau_b == pytest.approx(stats.kendalltau(depth, table.oriented).statistic, abs=1e-6)
    assert row.rho == pytest.approx(stats.spearmanr(depth, table.oriented).statistic, abs=1e-6)
    assert row.distinct == pytest.approx(len(set(depth)) / table.n, abs=1e-6)


def test_the_command_prints_the_document(
    result: RankResult, printed: Callable[..., Any], timeless: Callable[[Any], Any]
) -> None:
    assert printed("rank", "depth", "params", "--table", "flexibert-own", "--seed", "4") == timeless(result.to_json())


def test_the_document_is_read_back(result: RankResult) -> None:
    document = json.loads(json.dumps(result.to_json()))
    assert document["schema"] == 1
    assert read_result(RankResult, document, "x", of="a ranking", remedy="rank again") == result


def test_the_seed_decides_what_a_pass_gives(few: Table) -> None:
    def values(seed: int) -> Any:
        return rank(few, ["snip", "depth"], seed=seed, **SMALL).to_json()["scores"]

    first, again, other = values(0), values(0), values(1)
    assert first == again
    assert first[0] != other[0]
    assert first[1]["tau_a"] == other[1]["tau_a"]


def test_proxies_may_be_values(few: Table, tmp_path: Path) -> None:
    file = tmp_path / "down.json"
    file.write_text('{"schema": 1, "name": "down", "formula": "sum(l1(weight))", "higher_is_better": false}')
    by_path, by_value, up = rank(few, [file, load_proxy(str(file)), "sum(l1(weight))"], **SMALL).scores
    assert by_path == by_value
    assert by_path.tau_a is not None
    assert up.tau_a == -by_path.tau_a


def test_without_proxies_all_that_ship_are_ranked(few: Table) -> None:
    shapes = [name for name, metric in METRICS.items() if metric.needs == "shape"]
    assert [row.proxy for row in rank(few, **SMALL).scores] == [*shapes, *proxy_names()]


def test_what_does_not_rank_has_a_status(few: Table) -> None:
    (row,) = rank(few, ["sum(exp(exp(exp(l1(weight)))))"], **SMALL).scores
    assert (row.status, row.tau_a, row.interval, row.regret) == ("overflow", None, None, None)
    assert "12 of 12" in row.reason


def test_the_watch_is_told_and_may_end_it(few: Table) -> None:
    told: list[Progress] = []
    rank(few, ["snip"], watch=told.append, **SMALL)
    assert {one.step for one in told} == {"scoring"}
    assert [one.share for one in told] == sorted(one.share for one in told)
    assert told[-1] == Progress("scoring", 1.0, "12/12 architectures")

    def ends(_: Progress) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        rank(few, ["snip"], watch=ends, **SMALL)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"table": "nope"}, "unknown table 'nope': expected one of flexibert-own, "),
        ({"protocol": "lts"}, "table flexibert-own was measured on other models than 'lts': expected own"),
        ({"proxies": ["sum(l1(nothing))"]}, "unknown"),
        ({"tokens": 1}, "`tokens`: expected at least 2, found 1"),
        ({"workers": Workers(jobs=0)}, "`jobs`: expected at least 1, found 0"),
    ],
)
def test_what_is_wrong_is_said(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        rank(**{"table": "flexibert-own", "proxies": ["depth"], **SMALL, **arguments})
    assert words in str(caught.value)
    assert "--" not in str(caught.value)


def test_the_command_line_names_its_flags(refused: Callable[..., str]) -> None:
    assert refused("rank", "depth", "--table", "flexibert-own", "--jobs", "0") == "--jobs: expected at least 1, found 0"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_here_is_missing(refused: Callable[..., str]) -> None:
    with pytest.raises(MissingError, match=r"^`device` cuda: .*: use `device` cpu$"):
        rank("flexibert-own", ["depth"], device="cuda")
    assert refused("rank", "depth", "--table", "flexibert-own", "--device", "cuda").endswith("use --device cpu")
