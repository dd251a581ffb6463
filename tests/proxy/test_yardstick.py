"""What proxies are judged by: controls against brute force, and rows beside them, on real tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lpzero.engines import Serial
from lpzero.errors import InputError
from lpzero.fitness import correlate, judge
from lpzero.fitness.compare import holm
from lpzero.fitness.figures import RankingFigures
from lpzero.metrics import METRICS
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.controls import CONTROLS, Control, fitted_controls
from lpzero.proxy.score import shape_of
from lpzero.proxy.yardstick import STRONGEST_COUNT, Yardstick, beside, control_rows, judged, yardstick
from lpzero.spaces import get_space
from lpzero.tables import Table, load_table

PROBE = Probe(batch=1, tokens=4)


def _nothing(_done: int, _total: int) -> None:
    return None


def _by(table: Table, *names: str, **options: Any) -> Yardstick:
    space = get_space(table.space, table.protocols[0])
    chosen: dict[str, Any] = {"include_seen": False, "labels": None, "within": 1.25, "seed": 0, **options}
    return yardstick(space, table, [load_proxy(name) for name in names], **chosen)


def _some(name: str, number: int) -> Table:
    table = load_table(name)
    return replace(table, records=table.records[:number])


def test_the_header_says_what_is_ranked() -> None:
    by = _by(load_table("gpt2-own"), "gpt2/own", labels=70, within=1.5, seed=7)
    assert by.header() == {
        **{"table": "gpt2-own", "protocol": "own", "seed": 7, "n": 58, "total": 128, "left_out": 70, "labels": 70},
        "matched": 1.5,
    }
    assert len(by.measured.quality) == 58


def test_what_is_ranked_is_measured() -> None:
    table = load_table("gpt2-own")
    by = _by(table, "gpt2/own")
    tested = list(by.parts.tested)
    assert by.measured.quality.tolist() == table.oriented[tested].tolist()
    depths = [table.records[i].architecture.depth for i in tested]
    assert by.measured.depth.tolist() == depths


@pytest.mark.parametrize("name", ["gpt2-own", "flexibert-own", "llama-own", "llama-scratch-own", "rnn-own"])
def test_the_strongest_count_is_the_best_in_its_own_direction(name: str) -> None:
    table = load_table(name)
    by = _by(table, "params", labels=20)
    shapes = [shape_of(by.space, table.records[i].architecture) for i in by.parts.tested]
    taus = {}
    for metric in METRICS.values():
        if metric.needs == "shape":
            sign = 1 if metric.higher_is_better else -1
            values = sign * np.array([metric.score_shape(shape) for shape in shapes])
            correlation = judge(values, by.measured.quality).correlation
            # every model of one table is as wide
            taus[metric.name] = -1.0 if correlation is None else correlation.tau_a
    control = by.controls[0]
    assert (control.name, control.labels) == (STRONGEST_COUNT, 0)
    assert taus[control.what] == max(taus.values())
    assert correlate(control.scores, by.measured.quality).tau_a == taus[control.what]


def test_fitted_controls_have_the_labels_alone() -> None:
    table = load_table("flexibert-own")
    by = _by(table, "flexibert/own")
    assert [control.name for control in by.controls] == [STRONGEST_COUNT, *CONTROLS]
    hidden = table.oriented
    hidden[list(by.parts.tested)] = np.nan
    architectures = [record.architecture for record in table.records]
    blind = fitted_controls(by.space, architectures, hidden, by.parts.labelled, by.parts.tested)
    for one, other in zip(by.controls[1:], blind, strict=True):
        assert (one.name, one.labels, one.what) == (other.name, 64, other.what)
        assert np.array_equal(one.scores, other.scores)


def test_without_labels_a_count_stands_alone() -> None:
    assert [control.name for control in _by(load_table("gpt2-own"), "params").controls] == [STRONGEST_COUNT]


def test_a_factor_below_one_is_refused_before_anything_is_scored() -> None:
    with pytest.raises(
        InputError, match=r"`matched`: expected a ratio of sizes of at least 1, such as 1.25, found 0.5"
    ):
        _by(load_table("gpt2-own"), "params", within=0.5)


def test_rows_of_controls_have_every_figure_and_say_what_they_are() -> None:
    by = _by(load_table("gpt2-own"), "params", labels=30)
    rows = control_rows(by)
    assert [(row.control, row.labels) for row in rows] == [(STRONGEST_COUNT, 0), *((name, 30) for name in CONTROLS)]
    for row, control in zip(rows, by.controls, strict=True):
        assert row.what == (control.what or None)
        assert row.tau_a == pytest.approx(correlate(control.scores, by.measured.quality).tau_a, abs=1e-6)
        assert row.interval is not None
        assert row.interval[0] < row.tau_a < row.interval[1]
        assert row.matched_size is not None
        assert row.matched_size.within == 1.25
        assert set(row.to_json()) == {"control", "labels", "what", *RankingFigures.model_fields}


def test_a_control_that_does_not_rank_has_no_figures() -> None:
    by = _by(load_table("gpt2-own"), "params")
    flat = replace(by, controls=(Control("spec_ridge", 9, np.zeros(len(by.parts.tested))),))
    (row,) = control_rows(flat)
    figures = dict.fromkeys(RankingFigures.model_fields)
    assert row.to_json() == {**figures, "control": "spec_ridge", "labels": 9, "what": None}
    ranked, _ = judged(flat, [load_proxy("depth")], PROBE, engine=Serial(), progress=_nothing)
    (one,) = beside(ranked, flat)
    assert [against.versus.difference for against in one.against] == [None]


def test_every_proxy_is_compared_with_every_control() -> None:
    proxies = [load_proxy("params"), load_proxy("depth")]
    by = _by(load_table("gpt2-own"), "params", "depth", labels=30)
    ranked, after = judged(by, proxies, PROBE, engine=Serial(), progress=_nothing)
    assert after == by, "a count builds no model"
    quality = by.measured.quality
    for one, row in zip(ranked, beside(ranked, by), strict=True):
        assert one.scores is not None
        assert [against.control for against in row.against] == [control.name for control in by.controls]
        for against, control in zip(row.against, by.controls, strict=True):
            expected = correlate(one.scores, quality).tau_a - correlate(control.scores, quality).tau_a
            assert against.versus.difference == pytest.approx(expected, abs=1e-6)
            assert against.versus.matched_size is not None
        raw = np.array([against.versus.p for against in row.against])
        corrected = [against.versus.p_holm for against in row.against]
        assert corrected == pytest.approx(holm(raw).tolist(), abs=1e-5)
        # nothing else of the row is another one
        assert row.model_copy(update={"against": []}) == one.row


def test_what_does_not_rank_is_beside_nothing() -> None:
    table = _some("gpt2-own", 8)
    by = _by(table, "params")
    overflow = load_proxy("sum(exp(exp(exp(l1(weight)))))")
    ranked, _ = judged(by, [overflow], PROBE, engine=Serial(), progress=_nothing)
    (row,) = beside(ranked, by)
    assert (row.status, row.against) == ("overflow", [])


def test_of_trained_weights_the_loss_on_text_is_a_control() -> None:
    table = _some("llama-own", 8)
    by = _by(table, "depth", "sum(l1(weight))")
    proxies = [load_proxy("depth"), load_proxy("sum(l1(weight))")]
    ranked, after = judged(by, proxies, PROBE, engine=Serial(), progress=_nothing)
    assert [one.row.proxy for one in ranked] == ["depth", "sum(l1(weight))"]
    assert [control.name for control in after.controls] == [STRONGEST_COUNT, "text_loss"]
    # as it ranks where it is asked for, and then not beside itself
    by = _by(table, "text_loss")
    itself, alone = judged(by, [load_proxy("text_loss")], PROBE, engine=Serial(), progress=_nothing)
    assert alone == by
    assert itself[0].scores is not None
    assert after.controls[1].scores.tolist() == itself[0].scores.tolist()
    assert (itself[0].scores < 0).all(), "a lower loss is better"
    assert after.controls[1].labels == 0


def test_the_loss_on_text_builds_no_model_of_its_own_and_is_of_trained_weights_alone() -> None:
    by = _by(_some("llama-own", 6), "depth")
    _, after = judged(by, [load_proxy("depth")], PROBE, engine=Serial(), progress=_nothing)
    assert [control.name for control in after.controls] == [STRONGEST_COUNT]
    by = _by(_some("gpt2-own", 6), "snip")
    _, after = judged(by, [load_proxy("snip")], PROBE, engine=Serial(), progress=_nothing)
    assert [control.name for control in after.controls] == [STRONGEST_COUNT]
