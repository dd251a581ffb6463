"""Explanations: figures against direct computation, draws, and verdicts on real tables."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero import Workers, explain
from lpzero.cli.main import run as command
from lpzero.engines import Serial
from lpzero.errors import InputError
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.explain import Explanation, drawn, explain_ranking
from lpzero.proxy.interventions import ORIGINAL, score_interventions
from lpzero.proxy.verdict import KEPT
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
    text, space = "sum(l1(weight * grad))", get_space("gpt2", "own")
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
        # ten architectures may rank too weakly to say what is left
        assert (effect.left is not None) == found.original.ranks
        if effect.left is not None:
            assert effect.left == pytest.approx(effect.correlation.tau_a / first.tau_a)


def _by_size(table: Table) -> Table:
    """The same architectures, the larger the better: a formula of sizes then ranks them without fault."""
    space = get_space(table.space, table.protocols[0])
    size = [float(space.parameter_counts(record.architecture)["total"]) for record in table.records]
    records = tuple(replace(one, quality=number) for one, number in zip(table.records, size, strict=True))
    return replace(table, records=records, higher_is_better=True)


def test_redrawn_initialisations_are_judged_together_by_their_means(small: Table) -> None:
    proxy, space = load_proxy("sum(l1(hidden))"), get_space("gpt2", "own")
    table, probe = _by_size(small), Probe(batch=1, tokens=2)
    found = explain_ranking(space, table, proxy, probe, redraws=3, engine=Serial(), progress=_nothing)
    each = [effect for effect in found.effects if effect.name.startswith("weights_redrawn")]
    assert len(each) == 3
    assert found.redrawn is not None
    assert found.redrawn.name == "3 redrawn initialisation(s)"
    for name in ("left", "agreement"):
        assert getattr(found.redrawn, name) == pytest.approx(np.mean([getattr(effect, name) for effect in each]))
    for effect in (*each, found.redrawn):
        assert effect.left is not None
        assert effect.left_interval is not None
        assert effect.left_interval[0] <= effect.left <= effect.left_interval[1]


def test_what_a_ranking_of_few_leaves_is_finite(small: Table) -> None:
    """Some resamples of four architectures rank nothing at all: they say nothing of what is left."""
    four = _by_size(replace(small, records=small.records[::3]))
    found = _explained(four, "sum(numel(weight))")
    assert four.n == 4
    assert found.original.ranks
    for effect in found.effects:
        assert effect.left_interval is not None
        assert np.isfinite(effect.left_interval).all()


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
    assert found.redrawn is not None
    assert (found.redrawn.status, found.redrawn.left, found.redrawn.left_interval) == ("overflow", None, None)
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
@pytest.mark.parametrize("text", ["sum(l1(weight))", "sum(frobenius(weight))", "sum(numel(weight))"])
def test_what_follows_from_initial_variance_and_fan_in_is_shape_only(data: Path, text: str) -> None:
    table = _smallest(load_table("gpt2-wt103", data=data), 24)
    found = _explained(table, text)
    assert found.verdict == "shape only", found.reasons


@pytest.mark.slow
def test_what_few_architectures_leave_open_is_undecided(data: Path) -> None:
    """Means of squares rank two dozen architectures weakly: no part is lost, and none is surely kept."""
    found = _explained(_smallest(load_table("gpt2-wt103", data=data), 24), "sum(mean(weight * weight))")
    assert found.verdict == "undecided", found.reasons
    assert found.original.ranks
    assert found.redrawn is not None
    assert found.redrawn.left_interval is not None
    assert found.redrawn.left_interval[0] < KEPT < found.redrawn.left_interval[1]


@pytest.mark.slow
def test_a_formula_that_sums_gradients_lives_on_their_scale(data: Path) -> None:
    """Zeros make it constant, noise of the size of the gradients ranks as they do, and shapes do not."""
    whole = load_table("flexibert-glue", data=data)
    table = drawn(whole, range(whole.n), 24, 0)
    found = _explained(table, "sum(l1(grad_operation))")
    left = {effect.name: effect.left for effect in found.effects}
    assert found.verdict == "gradient scale", found.reasons
    assert left["gradients_zero"] is None
    assert left["gradients_random"] is not None
    assert left["shape_permuted"] is not None


def test_a_draw_is_a_part_in_order_and_follows_from_the_seed() -> None:
    table = load_table("gpt2-own")
    among = range(table.n)
    first, again, other = (drawn(table, among, 20, seed).records for seed in (0, 0, 1))
    assert first == again != other
    assert len({record.id for record in first}) == 20
    places = [table.records.index(record) for record in first]
    assert places == sorted(places)
    assert drawn(table, among, table.n, 0).records == table.records
    assert drawn(table, among, None, 0).n == 100
    assert drawn(table, among[:50], None, 0).records == table.records[:50]


def test_nothing_is_drawn_but_what_may_be() -> None:
    table = load_table("gpt2-own")
    among = range(1, table.n, 3)
    allowed = {table.records[i].id for i in among}
    for seed in range(5):
        assert {record.id for record in drawn(table, among, 20, seed).records} < allowed


@pytest.mark.parametrize("number", [-1, 0, 3, 129])
def test_a_draw_that_cannot_be_made_is_refused(number: int) -> None:
    table = load_table("gpt2-own")
    with pytest.raises(InputError, match=f"`archs`: expected from 4 to 128, all of gpt2-own, found {number}"):
        drawn(table, range(table.n), number, 0)
    rest = f"`archs`: expected from 4 to 100, those of gpt2-own that are not left out, found {number}"
    with pytest.raises(InputError, match=rest):
        drawn(table, range(100), number, 0)


def test_a_table_of_one_architecture_explains_nothing() -> None:
    table = load_table("gpt2-own")
    with pytest.raises(InputError, match="expected at least 4 architectures, found 1 in gpt2-own"):
        drawn(table, [7], None, 0)


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


def test_a_count_and_trained_weights_have_no_other_draw(small: Table) -> None:
    assert _explained(small, "depth").redrawn is None
    trained = load_table("llama-own")
    part = replace(trained, records=trained.records[:4])
    space = get_space("llama", "own")
    found = explain_ranking(
        space, part, load_proxy("sum(l1(weight))"), PROBE, redraws=1, engine=Serial(), progress=_nothing
    )
    assert found.redrawn is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "table", "verdict"),
    [
        ("gpt2/own", "gpt2-own", "gradient scale"),
        ("head_importance", "gpt2-own", "shape only"),
        ("flexibert/own", "flexibert-own", "gradient scale"),
    ],
)
def test_the_verdict_on_a_shipped_proxy(name: str, table: str, verdict: str) -> None:
    """With every default, on what it was not chosen on."""
    found = explain(name, table, workers=Workers(jobs=1))
    assert (found.verdict, found.in_sample) == (verdict, False), found.reasons
