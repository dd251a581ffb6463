"""The reports of several tables: a formula that has no value on a table that was held out is a result, no fault."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lpzero.engines import Serial
from lpzero.evolution.config import check_config
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.report import final_reports
from lpzero.evolution.together import Together, load_together
from lpzero.fitness import Status
from lpzero.formula import parse
from lpzero.progress import unwatched
from lpzero.proxy import load_proxy
from lpzero.proxy.score import score_architectures
from lpzero.spaces.features import features

SIZES = {"search_size": 6, "validation_size": 4}


@pytest.fixture(scope="module")
def together() -> Together:
    """Two tables of 16 architectures, and one that is held out, of FlexiBERTs that need not attend."""
    names = {"gpt2-own": "gpt2", "llama-own": "llama", "flexibert-own": "flexibert"}
    parts = [{"table": table, "space": space, "protocol": "own", **SIZES} for table, space in names.items()]
    config = check_config({**parts[0], "beside": parts[1:2], "hold_out": parts[2:], "batch": 2, "tokens": 8})
    found = load_together(config)
    return replace(
        found,
        settings=tuple(map(_short, found.settings)),
        held_out=(_short(_without_attention_first(found.held_out[0])),),
    )


def _without_attention_first(setting):  # type: ignore[no-untyped-def]
    """The same with architectures that do not attend at all before the others."""
    records = sorted(setting.table.records, key=lambda r: features(r.architecture).get("operation=SA", 0.0))
    parts = replace(setting.parts, search=tuple(range(6)), validation=tuple(range(6, 10)), test=tuple(range(10, 16)))
    return replace(setting, table=replace(setting.table, records=tuple(records)), parts=parts)


def _short(setting):  # type: ignore[no-untyped-def]
    """The same with a test part of 6."""
    kept = [*setting.seen, *setting.parts.test[:6]]
    table = replace(setting.table, records=tuple(setting.table.records[i] for i in kept))
    parts = replace(
        setting.parts,
        search=tuple(range(6)),
        validation=tuple(range(6, 10)),
        test=tuple(range(10, 16)),
    )
    return replace(setting, table=table, groups=np.arange(16), parts=parts)


def _candidate(text: str) -> Candidate:
    formula = parse(text)
    return Candidate(str(formula), formula.size, Status.OK, form=formula)


def test_every_table_has_its_figures_and_controls(together: Together) -> None:
    first, (beside,), (held,) = final_reports(
        _candidate("0.5 * log(width) + log(sum(l1(weight)))"), together, engine=Serial(), watch=unwatched
    )
    assert (first.best.test.n, beside.test.n, held.test.n) == (6, 6, 16)
    assert beside.table == "llama-own"
    assert {row.proxy for row in beside.baselines} > {"spec_ridge", "shape_quadratic", "text_loss"}
    (control,) = [row for row in held.baselines if row.labels is not None]
    assert (control.proxy, control.labels, control.what) == ("shape_quadratic", 20, "fitted to the other tables")
    # the figures are those of the exact scores
    setting = together.held_out[0]
    scored = score_architectures(
        setting.space,
        [record.architecture for record in setting.table.records],
        [load_proxy("0.5 * log(width) + log(sum(l1(weight)))")],
        setting.probe,
        engine=Serial(),
        progress=lambda _done, _total: None,
    )
    scores = np.array([row[0].value for row in scored], dtype=float)
    order = np.sign(scores[:, None] - scores) * np.sign(setting.table.oriented[:, None] - setting.table.oriented)
    assert held.test.tau_a == pytest.approx(order.sum() / (16 * 15), abs=1e-6)


def test_where_the_others_alone_are_judged_no_sealed_test_is_looked_at(together: Together) -> None:
    told: list[str] = []
    config = together.config.model_copy(update={"judge": "held_out"})
    fewer = replace(together, settings=tuple(replace(setting, config=config) for setting in together.settings))
    first, beside, (held,) = final_reports(
        _candidate("log(width) + log(depth)"), fewer, engine=Serial(), watch=lambda progress: told.append(progress.step)
    )
    assert (first.best.test.n, first.best.test.status, first.best.test.tau_a) == (0, "unjudged", None)
    assert (first.baselines, beside) == ([], [])
    assert (
        held == final_reports(_candidate("log(width) + log(depth)"), together, engine=Serial(), watch=unwatched)[2][0]
    )
    assert set(told) == {"testing on flexibert-own"}


def test_no_more_is_tested_than_the_settings_want(together: Together) -> None:
    config = together.config.model_copy(update={"test_size": 5})
    fewer = replace(
        together,
        settings=tuple(replace(setting, config=config) for setting in together.settings),
        held_out=tuple(replace(setting, config=config) for setting in together.held_out),
    )
    first, (beside,), (held,) = final_reports(
        _candidate("log(width) + log(depth)"), fewer, engine=Serial(), watch=unwatched
    )
    assert (first.best.test.n, beside.test.n, held.test.n) == (5, 5, 5)


def test_a_formula_without_a_value_on_a_held_out_table_is_said(together: Together) -> None:
    _, _, (held,) = final_reports(_candidate("log(first(mean(attention)))"), together, engine=Serial(), watch=unwatched)
    assert (held.test.tau_a, held.test.status) == (None, "nonfinite")
    assert all(row.versus.difference is None for row in held.baselines)
    assert any(row.test.tau_a is not None for row in held.baselines)
