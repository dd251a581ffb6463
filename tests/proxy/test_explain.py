"""Explanations: figures against direct computation, draws, and verdicts on real tables."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.cli.main import run as command
from lpzero.engines import Serial
from lpzero.errors import InputError
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.explain import Explanation, drawn, explain_ranking
from lpzero.proxy.interventions import ORIGINAL, score_interventions
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table

PROBE = Probe(batch=2, tokens=8)


def _nothing(_done: int, _total: int) -> None:
    return None


def _explained(table: Table, text: str, **options: Any) -> Explanation:
    space = get_space(table.space, table.protocols[0])
    return explain_ranking(
        space, table, load_proxy(text), PROBE, redraws=1, engine=Serial(), progress=_nothing, **options
    )


def _smallest(table: Table, number: int) -> Table:
    space = get_space(table.space, table.protocols[0])
    size = {record.id: space.parameter_counts(record.architecture)["total"] for record in table.records}
    return replace(table, records=tuple(sorted(table.records, key=lambda record: size[record.id])[:number]))


@pytest.fixture(scope="module")
def small() -> Table:
    return _smallest(load_table("gpt2-own"), 10)


def test_the_figures_are_those_of_the_scores(small: Table) -> None:
    text = "sum(l1(weight * grad))"
    space = get_space("gpt2", "own")
    architectures = [record.architecture for record in small.records]
    scored = score_interventions(
        space, architectures, load_proxy(text), PROBE, redraws=1, engine=Serial(), progress=_nothing
    )
    found = _explained(small, text)
    before = [score.value for score in scored[ORIGINAL]]
    first = found.original.correlation
    assert first is not None
    assert first.tau_b == pytest.approx(stats.kendalltau(before, small.oriented).statistic)
    for effect in found.effects:
        after = [score.value for score in scored[effect.name]]
        if effect.status != "ok":
            assert (effect.name, effect.status, set(after)) == ("gradients_zero", "constant", {0.0})
            assert (effect.correlation, effect.agreement, effect.left) == (None, None, None)
            continue
        assert effect.correlation is not None
        assert effect.correlation.tau_b == pytest.approx(stats.kendalltau(after, small.oriented).statistic)
        # no two scores are equal: tau-a and tau-b are one
        assert effect.agreement == pytest.approx(stats.kendalltau(after, before).statistic)
        if effect.left is not None:
            assert effect.left == pytest.approx(max(0.0, effect.correlation.tau_a / first.tau_a))


def test_a_score_agrees_with_itself_whatever_its_ties(small: Table) -> None:
    found = _explained(small, "depth")
    assert found.original.correlation is not None
    assert found.original.correlation.distinct < 1
    assert {effect.agreement for effect in found.effects} == {1.0}
    assert {effect.correlation for effect in found.effects} == {found.original.correlation}
    assert found.verdict == "shape only"


def test_the_direction_turns_every_tau_and_no_share(small: Table, tmp_path: Path) -> None:
    document = '{"schema": 1, "name": "down", "formula": "sum(l1(weight))", "higher_is_better": false}'
    (tmp_path / "down.json").write_text(document)
    up, down = _explained(small, "sum(l1(weight))"), _explained(small, str(tmp_path / "down.json"))
    for one, other in zip((up.original, *up.effects), (down.original, *down.effects), strict=True):
        assert one.correlation is not None
        assert other.correlation is not None
        assert one.correlation.tau_a == -other.correlation.tau_a
        assert (one.agreement, one.left) == (other.agreement, other.left)
    assert up.verdict == down.verdict


def test_scores_that_overflow_have_their_status(small: Table) -> None:
    found = _explained(small, "sum(exp(exp(exp(l1(weight)))))")
    assert {effect.status for effect in (found.original, *found.effects)} == {"overflow"}
    assert found.verdict == "does not rank"
    assert "10 of 10 architectures" in found.original.reason


def test_a_coded_metric_cannot_be_shown_other_operands(small: Table) -> None:
    found = _explained(small, "synflow")
    statuses = {effect.name: effect.status for effect in found.effects}
    assert [name for name, status in statuses.items() if status == "unsupported"] == [
        "gradients_zero",
        "gradients_random",
        "shape_permuted",
        "shape_gaussian",
    ]
    assert statuses["tokens_redrawn"] == statuses["weights_redrawn_1"] == "ok"


@pytest.mark.slow
@pytest.mark.parametrize("text", ["sum(l1(weight))", "sum(mean(weight * weight))", "sum(numel(weight))"])
def test_what_follows_from_initial_variance_and_fan_in_is_shape_only(data: Path, text: str) -> None:
    table = _smallest(load_table("gpt2-wt103", data=data), 24)
    found = _explained(table, text)
    assert found.verdict == "shape only", found.reasons


@pytest.mark.slow
def test_a_formula_of_gradients_is_not_shape_only(data: Path) -> None:
    table = drawn(load_table("flexibert-glue", data=data), 24, 0)
    found = _explained(table, "sum(l1(grad_operation))")
    left = {effect.name: effect.left for effect in found.effects}
    assert "gradients" in found.verdict, found.reasons
    assert left["shape_permuted"] is not None


def test_a_draw_is_a_part_in_order_and_follows_from_the_seed() -> None:
    table = load_table("gpt2-own")
    first, again, other = (drawn(table, 20, seed).records for seed in (0, 0, 1))
    assert first == again != other
    assert len({record.id for record in first}) == 20
    places = [table.records.index(record) for record in first]
    assert places == sorted(places)
    assert drawn(table, table.n, 0).records == table.records
    assert drawn(table, None, 0).n == 100
    assert drawn(replace(table, records=table.records[:50]), None, 0).n == 50


@pytest.mark.parametrize("number", [-1, 0, 3, 129])
def test_a_draw_that_cannot_be_made_is_refused(number: int) -> None:
    with pytest.raises(InputError, match=f"`archs`: expected from 4 to 128, all of gpt2-own, found {number}"):
        drawn(load_table("gpt2-own"), number, 0)


def test_a_table_of_one_architecture_explains_nothing() -> None:
    table = load_table("gpt2-own")
    with pytest.raises(InputError, match="a table of at least 4 architectures, found 1"):
        drawn(replace(table, records=table.records[:1]), None, 0)


def test_equal_qualities_are_named(small: Table) -> None:
    flat = replace(small, records=tuple(replace(record, quality=1.0) for record in small.records))
    found = _explained(flat, "depth")
    assert found.original.status == "constant"
    assert found.original.reason == "every architecture has the same quality"
    assert np.isfinite(flat.qualities).all()


def test_trained_weights_are_not_drawn_again_and_the_verdict_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", "sum(l1(weight))", "--table", "llama-own", "--archs", "16", "--tokens", "4", "--batch", "1"]
    assert command([*words, "--jobs", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    redrawn = [row for row in document["interventions"] if row["name"].startswith("weights_redrawn")]
    assert redrawn
    assert {row["status"] for row in redrawn} == {"unsupported"}
    assert document["verdict"] == "trained weights"
