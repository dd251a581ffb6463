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
    # what was found on another version of the table cannot be judged by this one
    formulas = [name for name in proxy_names() if load_proxy(name).found_on != few.name]
    assert len(formulas) < len(proxy_names())
    assert [row.proxy for row in rank(few, **SMALL).scores] == [*shapes, *formulas]


def test_what_does_not_rank_has_a_status(few: Table) -> None:
    (row,) = rank(few, ["sum(exp(exp(exp(l1(weight)))))"], **SMALL).scores
    assert (row.status, row.tau_a, row.interval, row.regret) == ("overflow", None, None, None)
    assert "12 of 12" in row.reason


def test_the_watch_is_told_and_may_end_it(few: Table) -> None:
    told: list[Progress] = []
    rank(few, ["snip", "depth"], watch=told.append, **SMALL)
    assert {one.step for one in told} == {"scoring"}
    assert [one.share for one in told] == sorted(one.share for one in told)
    assert told[-1] == Progress("scoring", 1.0, "12/12 architectures")

    def ends(_: Progress) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        rank(few, ["snip"], watch=ends, **SMALL)


def test_what_a_proxy_was_chosen_on_is_left_out_or_marked() -> None:
    sealed = rank("gpt2-own", ["gpt2/own", "depth"], batch=1, tokens=4)
    assert (sealed.n, sealed.total, sealed.left_out, sealed.labels) == (64, 128, 64, 64)
    assert not any(row.in_sample for row in sealed.scores)
    whole = rank("gpt2-own", ["gpt2/own", "depth"], include_seen=True, batch=1, tokens=4)
    assert (whole.n, whole.left_out) == (128, 0)
    assert [row.in_sample for row in whole.scores] == [True, False]
    assert whole.scores[1].tau_a != sealed.scores[1].tau_a


def test_controls_stand_beside_and_each_proxy_is_compared_with_them() -> None:
    found = rank("gpt2-own", ["depth", "width"], labels=40, matched=1.5)
    assert (found.n, found.labels, found.matched) == (88, 40, 1.5)
    names = ["strongest_count", "spec_ridge", "shape_quadratic", "strongest_feature"]
    assert [row.control for row in found.controls] == names
    assert [row.labels for row in found.controls] == [0, 40, 40, 40]
    for row in found.scores:
        assert [one.control for one in row.against] == names
        for one, control in zip(row.against, found.controls, strict=True):
            assert one.versus.difference == pytest.approx(row.tau_a - control.tau_a, abs=2e-6)
    assert found.controls[0].tau_a == max(
        row.tau_a for row in rank("gpt2-own", [n for n, m in METRICS.items() if m.needs == "shape"], labels=40).scores
    )


def test_a_single_proxy_says_how_much_of_it_is_the_draw(few: Table) -> None:
    (alone,) = rank(few, ["snip"], **SMALL).scores
    assert alone.spread is not None
    assert (alone.spread.initialisations, alone.spread.n) == (3, 12)
    assert 0 <= (alone.spread.share or 0) < 1
    beside = rank(few, ["snip", "depth"], **SMALL).scores
    assert [row.spread for row in beside] == [None, None]


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


@pytest.mark.slow
def test_a_shipped_proxy_with_every_default() -> None:
    """The figure of its run's sealed test comes out again, since the run tested on what is left."""
    found = rank("gpt2-own", ["gpt2/own"], workers=Workers(jobs=1))
    (row,) = found.scores
    assert (found.n, found.left_out, found.labels, row.in_sample) == (64, 64, 64, False)
    assert row.tau_a == pytest.approx(0.658, abs=0.005)
    provenance = load_proxy("gpt2/own").provenance
    assert provenance is not None
    assert row.tau_a == pytest.approx(provenance.test["tau_a"], abs=0.005)
    assert row.spread is not None
    assert (row.spread.initialisations, row.spread.n) == (3, 32)
