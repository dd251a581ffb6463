"""Scoring: statuses, shapes without models, workers, and ranks of a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.engines import Engine, Serial
from lpzero.operands.batch import Batch
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.rank import rank_table
from lpzero.proxy.score import ScoreStatus, score_architectures, score_model, shape_of, shape_of_model
from lpzero.spaces import get_space
from lpzero.tables import load_table

PROBE = Probe(batch=2, tokens=8)


def _nothing(_done: int, _total: int) -> None:
    return None


def test_each_proxy_gets_its_own_status(tiny: Any, tokens: Batch) -> None:
    tiny.register_forward_hook(lambda _m, _a, o: type(o)(o.loss, o.hidden_states, ()))
    names = ("params", "snip", "sum(mean(attention))", "sum(exp(exp(exp(l1(weight)))))")
    site_map = tiny.site_map()
    scores = score_model(tiny, site_map, shape_of_model(tiny, site_map), tokens, [load_proxy(n) for n in names])
    assert [s.status.value for s in scores] == ["ok", "ok", "failed", "overflow"]
    assert [s.value is None for s in scores] == [False, False, True, True]
    assert "shows no attention" in scores[2].reason


def test_out_of_memory_is_a_status(tiny: Any, tokens: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise MemoryError("no room for 40 GiB")

    monkeypatch.setattr("lpzero.formula.evaluate.Evaluator.scores", full)
    site_map = tiny.site_map()
    (score,) = score_model(tiny, site_map, shape_of_model(tiny, site_map), tokens, [load_proxy("snip")])
    assert (score.status, score.value, score.reason) == (
        ScoreStatus.OUT_OF_MEMORY,
        None,
        "no room for 40 GiB",
    )


@pytest.mark.parametrize("error", [AssertionError("two heads"), ZeroDivisionError("by zero"), OSError("no file")])
def test_whatever_a_model_raises_is_a_status(
    tiny: Any, tokens: Batch, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def forward(*_: Any, **__: Any) -> Any:
        raise error

    site_map = tiny.site_map()
    monkeypatch.setattr(type(tiny), "forward", forward)
    (score,) = score_model(tiny, site_map, shape_of_model(tiny, site_map), tokens, [load_proxy("snip")])
    assert (score.status, score.value) == (ScoreStatus.FAILED, None)
    assert score.reason == f"the model raised {type(error).__name__}: {error}"


def test_the_shape_of_a_model_is_that_of_its_plan() -> None:
    space = get_space("flexibert")
    architecture = space.sample(np.random.default_rng(0))
    model = space.build(architecture, 0)
    planned, built = shape_of(space, architecture), shape_of_model(model, model.site_map())  # type: ignore[operator]
    assert (planned.depth, planned.params) == (built.depth, built.params)
    assert planned.attention_params == built.attention_params


def test_the_loss_on_text_is_of_trained_weights_alone(tiny: Any, tokens: Batch) -> None:
    site_map = tiny.site_map()
    (score,) = score_model(tiny, site_map, shape_of_model(tiny, site_map), tokens, [load_proxy("text_loss")])
    assert (score.status, score.value) == (ScoreStatus.FAILED, None)
    assert score.reason == "the loss on text says something of trained weights alone: this model has none"
    trained = load_table("llama-own").records[0].architecture
    space = get_space("llama", "own")
    ((found,),) = score_architectures(
        space, [trained], [load_proxy("text_loss")], PROBE, engine=Serial(), progress=_nothing
    )
    assert found.value is not None
    # below what guessing one of all tokens costs
    assert 0 < found.value < np.log(space.vocabulary)


def test_shape_metrics_build_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    space = get_space("flexibert")
    architectures = [space.sample(np.random.default_rng(i)) for i in range(3)]

    def refuse(*_: Any) -> Any:
        raise AssertionError("a model was built")

    monkeypatch.setattr("lpzero.proxy.score.untrained_model", refuse)
    rows = score_architectures(space, architectures, [load_proxy("depth")], PROBE, engine=Serial(), progress=_nothing)
    assert [[score.value for score in row] for row in rows] == [[float(a.depth)] for a in architectures]


def test_workers_change_no_score(processes: Engine) -> None:
    space = get_space("flexibert", "listed")
    architectures = [space.sample(np.random.default_rng(i)) for i in range(4)]
    proxies = [load_proxy(n) for n in ("snip", "depth", "head_confidence", "fisher")]
    one, two = (
        score_architectures(space, architectures, proxies, PROBE, engine=engine, progress=_nothing)
        for engine in (Serial(), processes)
    )
    assert [[s.value for s in row] for row in one] == [[s.value for s in row] for row in two]


@pytest.mark.parametrize(
    ("table", "protocol", "proxy", "tau_b", "rho"),
    [
        ("flexibert-glue", "legacy", "params", 0.454, 0.652),
        ("flexibert-glue", "trained", "decoder_params", 0.573, 0.765),
        ("flexibert-glue", "trained", "depth", 0.682, 0.834),
        ("flexibert-glue", "trained", "depth_then_hidden", 0.801, 0.925),
        ("flexibert-glue", "trained", "depth_hidden_params", 0.756, 0.921),
        ("flexibert-glue", "listed", "params", 0.485, 0.676),
        ("gpt2-wt103", "lts", "attention_params", 0.883, 0.976),
        ("gpt2-wt103", "lts", "decoder_params", 0.847, 0.967),
        ("gpt2-wt103", "lts", "params", 0.582, 0.737),
        ("transxl-wt103", "lts", "attention_params", 0.873, 0.971),
        ("transxl-wt103", "lts", "decoder_params", 0.861, 0.974),
    ],
)
def test_published_baselines_to_three_decimals(
    data: Path, table: str, protocol: str, proxy: str, tau_b: float, rho: float
) -> None:
    measured = load_table(table, data=data)
    space = get_space(measured.space, protocol)
    (ranked,) = rank_table(space, measured, [load_proxy(proxy)], PROBE, engine=Serial(), progress=_nothing)
    row = ranked.row
    assert (round(row.tau_b or 0, 3), round(row.rho or 0, 3)) == (tau_b, rho)
    assert row.interval is not None
    assert row.tau_a is not None
    assert row.interval[0] < row.tau_a < row.interval[1]


def test_a_lower_is_better_proxy_is_turned_round_once(data: Path) -> None:
    measured = load_table("flexibert-glue", data=data)
    space = get_space("flexibert")
    up = load_proxy("depth")
    down = replace(up, higher_is_better=False)
    found = rank_table(space, measured, [up, down], PROBE, engine=Serial(), progress=_nothing)
    first, second = (ranked.row for ranked in found)
    assert first.tau_a is not None
    assert second.tau_a is not None
    assert first.tau_a == -second.tau_a != 0
    assert (first.direction, second.direction) == ("higher", "lower")
