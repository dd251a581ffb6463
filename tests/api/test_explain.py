"""``lpzero.explain``: the verdict as a typed result, the same as the command prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from scipy import stats

from lpzero import explain, load_proxy, load_table
from lpzero.errors import InputError
from lpzero.progress import Progress
from lpzero.proxy.exclusion import looked_at
from lpzero.proxy.explain import drawn
from lpzero.proxy.explanation import ExplainResult
from lpzero.tables import Table

SMALL: dict[str, Any] = {"batch": 1, "tokens": 8, "device": "cpu", "redraws": 1}
TINY = {**SMALL, "tokens": 2}


@pytest.fixture(scope="module")
def result(quietly: Callable[[Callable[[], ExplainResult]], ExplainResult]) -> ExplainResult:
    return quietly(lambda: explain("snip", "flexibert-own", archs=5, seed=2, **SMALL))


def test_the_command_prints_the_document(
    result: ExplainResult, printed: Callable[..., Any], timeless: Callable[[Any], Any]
) -> None:
    words = ["explain", "snip", "--table", "flexibert-own", "--archs", "5", "--seed", "2", "--redraws", "1"]
    document = timeless(result.to_json())
    assert printed(*words, "--batch", "1", "--tokens", "8", "--jobs", "1") == document
    assert not {"total", "faults"} & document.keys()
    assert json.loads(json.dumps(document))["n"] == 5


def test_a_fault_says_why_there_are_no_figures(result: ExplainResult) -> None:
    assert result.total == load_table("flexibert-own").n
    bad = [row.name for row in result.interventions if row.tau_a is None]
    assert bad == list(result.faults) == ["gradients_zero"]
    assert result.faults["gradients_zero"] == "constant: every architecture has the same score"


def test_the_original_is_the_ranking_of_the_drawn_part() -> None:
    result = explain("depth", "flexibert-own", archs=30, seed=5, **SMALL)
    table = load_table("flexibert-own")
    part = drawn(table, range(table.n), 30, 5)
    depth = [record.architecture.depth for record in part.records]
    assert result.original.tau_b == pytest.approx(stats.kendalltau(depth, part.oriented).statistic, abs=1e-6)
    assert (result.n, result.verdict, result.reasons) == (
        30,
        "shape only",
        ["a count: no model is built for it"],
    )


def test_the_table_and_the_proxy_may_be_values(few: Table, result: ExplainResult) -> None:
    by_value = explain(load_proxy("snip"), load_table("flexibert-own"), archs=5, seed=2, **SMALL)
    assert by_value == result
    assert explain("depth", few, **SMALL).n == few.n


def test_the_watch_is_told_and_may_end_it(few: Table) -> None:
    told: list[Progress] = []

    def watch(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 2:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        explain("snip", few, archs=4, watch=watch, **SMALL)
    assert {one.step for one in told} == {"explaining"}
    assert told[0].share < told[1].share


def test_a_wrong_setting_is_named(refused: Callable[..., str]) -> None:
    message = "`archs`: expected from 4 to 128, all of flexibert-own, found 3"
    with pytest.raises(InputError) as caught:
        explain("snip", "flexibert-own", archs=3, **SMALL)
    assert str(caught.value) == message
    said = refused("explain", "snip", "--table", "flexibert-own", "--archs", "3")
    assert said == message.replace("`archs`", "--archs")


def test_no_redraw_is_refused() -> None:
    with pytest.raises(InputError, match="at least 1 redrawn initialisation, found 0"):
        explain("snip", "flexibert-own", **{**SMALL, "redraws": 0})


def test_what_the_proxy_was_chosen_on_is_left_out() -> None:
    proxy, table = load_proxy("flexibert/own"), load_table("flexibert-own")
    seen = looked_at(proxy, table)
    result = explain(proxy, table, archs=8, **TINY)
    assert (result.n, result.total, result.left_out, result.in_sample) == (8, 128, 64, False)
    unseen = replace(table, records=tuple(record for i, record in enumerate(table.records) if i not in seen))
    again = explain(replace(proxy, found_on="", provenance=None), unseen, archs=8, **TINY)
    assert (again.total, again.left_out) == (64, 0)
    assert (again.original, again.interventions) == (result.original, result.interventions)
    with pytest.raises(InputError, match="expected from 4 to 64, those of flexibert-own that are not left out, found "):
        explain(proxy, table, archs=65, **TINY)


def test_what_it_was_chosen_on_is_drawn_as_well_where_that_is_asked_for() -> None:
    proxy = load_proxy("flexibert/own")
    result = explain(proxy, "flexibert-own", archs=8, include_seen=True, **TINY)
    assert (result.n, result.left_out, result.in_sample) == (8, 0, True)
    elsewhere = replace(proxy, found_on="", provenance=None)
    again = explain(elsewhere, "flexibert-own", archs=8, **TINY)
    assert (again.in_sample, again.interventions) == (False, result.interventions)
