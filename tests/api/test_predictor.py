"""``lpzero.evaluate_predictor`` and ``lpzero.predictor_curve``: against a loop by hand, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from lpzero import Workers, evaluate_predictor, get_space, load_table, predictor_curve
from lpzero.api.predictor import described_by
from lpzero.errors import InputError, MissingError
from lpzero.fitness.regression import PENALTIES, with_logarithms
from lpzero.operands.probe import Probe
from lpzero.predictors.evaluation import draw_splits
from lpzero.predictors.result import CurveResult, EvalResult
from lpzero.progress import Progress, unwatched
from lpzero.result import read_result
from lpzero.spaces.features import features

COUNTED: dict[str, Any] = {"features": ["spec", "shape"], "device": "cpu", "splits": 3}


@pytest.fixture(scope="module")
def result(quietly: Callable[[Callable[[], EvalResult]], EvalResult]) -> EvalResult:
    return quietly(lambda: evaluate_predictor("gpt2-own", labels=24, seed=2, **COUNTED))


def test_spec_ridge_is_worked_out_by_hand(result: EvalResult) -> None:
    table = load_table("gpt2-own")
    space = get_space("gpt2", "own")
    _, columns = with_logarithms([features(record.architecture) for record in table.records])
    target = np.log(table.qualities)
    errors, taus = [], []
    for split in draw_splits(table.groups(space), 24, 3, 2):
        scaler = StandardScaler().fit(columns[split.labelled])
        ridge = RidgeCV(alphas=PENALTIES).fit(scaler.transform(columns[split.labelled]), target[split.labelled])
        said, quality = np.exp(ridge.predict(scaler.transform(columns[split.asked]))), table.qualities[split.asked]
        errors.append(np.abs(said - quality).mean())
        taus.append(stats.kendalltau(said, quality).statistic)
    row = next(row for row in result.rows if row.predictor == "spec_ridge")
    assert row.mae.mean == pytest.approx(np.mean(errors), rel=1e-4)
    assert row.tau_a.mean == pytest.approx(np.mean(taus), abs=1e-5)
    assert row.tau_a.sd == pytest.approx(np.std(taus, ddof=1), abs=1e-5)


def test_the_document_says_what_was_judged(result: EvalResult) -> None:
    assert (result.table, result.protocol, result.direction, result.n) == ("gpt2-own", "own", "lower", 128)
    assert (result.labels, result.splits, result.seed, result.level) == (24, 3, 2, 0.9)
    assert result.noise == pytest.approx(0.008229)
    assert [row.predictor for row in result.rows] == ["ridge", "mean", "params", "flops", "spec_ridge"]
    assert read_result(EvalResult, result.to_json(), "x", of="an evaluation", remedy="again") == result
    mean = result.rows[1]
    assert mean.tau_a.mean is None
    assert mean.mae.mean is not None


@pytest.mark.slow
def test_more_labels_are_worth_something_and_the_curve_is_the_evaluation() -> None:
    curve = predictor_curve("gpt2-own", labels=[48, 8, 24], seed=2, **COUNTED)
    assert curve.labels == [8, 24, 48]
    rows = {(row.predictor, row.labels): row for row in curve.rows}
    assert len(rows) == 15
    assert rows["ridge", 8].mae.mean > rows["ridge", 48].mae.mean  # type: ignore[operator]
    # of eight labels no interval can be told
    assert rows["ridge", 8].coverage.mean is None
    assert rows["ridge", 24].coverage.mean is not None
    single = evaluate_predictor("gpt2-own", labels=24, seed=2, **COUNTED)
    assert [rows[row.predictor, 24] for row in single.rows] == single.rows
    assert read_result(CurveResult, curve.to_json(), "x", of="a curve", remedy="again") == curve


def test_operands_are_read_of_untrained_models_and_workers_change_nothing() -> None:
    table = load_table("gpt2-own")
    few = replace(table, records=table.records[:16])
    told: list[Progress] = []
    # a batch that no other test banks
    small: dict[str, Any] = {"labels": 10, "splits": 2, "batch": 1, "tokens": 11, "device": "cpu"}
    one = evaluate_predictor(few, features=["operands"], watch=told.append, **small)
    assert {"operands", "fitting"} == {step.step for step in told}
    assert one.rows[0].tau_a.mean is not None
    again = evaluate_predictor(few, features=["operands"], workers=Workers(1, "serial"), **small)
    assert again == one


def test_a_proxy_ranks_alone_or_calibrated() -> None:
    alone = evaluate_predictor("gpt2-own", "params", labels=20, **COUNTED).rows[0]
    assert (alone.predictor, alone.mae.mean, alone.coverage.mean) == ("params", None, None)
    table, space = load_table("gpt2-own"), get_space("gpt2", "own")
    split = draw_splits(table.groups(space), 20, 1, 0)[0]
    params = [space.parameter_counts(table.records[i].architecture)["total"] for i in split.asked]
    wanted = stats.kendalltau(params, table.oriented[split.asked], variant="b").statistic
    one = evaluate_predictor("gpt2-own", "params", labels=20, **{**COUNTED, "splits": 1}).rows[0]
    assert one.tau_a.mean == pytest.approx(wanted, abs=1e-3)
    calibrated = evaluate_predictor("gpt2-own", "params", labels=20, calibrate="isotonic", **COUNTED).rows[0]
    assert calibrated.predictor == "params, isotonic"
    assert calibrated.mae.mean is not None
    assert calibrated.coverage.mean is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": 1}, "`labels`: expected from 2 to 124, which leaves 4 of 128 models, found 1"),
        ({"labels": 125}, "`labels`: expected from 2 to 124"),
        ({"splits": 0}, "`splits`: expected at least 1"),
        ({"level": 1.5}, "`level`: expected a confidence level"),
        ({"matched": 0.5}, "`matched`: expected a ratio"),
        ({"features": ["spec", "spec"]}, "`features`: expected each once, found spec, spec"),
        ({"features": []}, "`features`: expected some of spec, sums, shape, operands or proxies, found none"),
        ({"features": ["colour"]}, "unknown proxy 'colour'"),
        ({"predictor": "forest"}, "unknown proxy 'forest'"),
        ({"calibrate": "offset"}, "`calibrate`: ridge is fitted to the labels: give a proxy as the `predictor`"),
        ({"predictor": "params", "calibrate": "x"}, "`calibrate`: expected one of offset, line, linear, isotonic"),
        ({"protocol": "other"}, "table gpt2-own was measured on other models"),
        ({"seed": -1}, "`seed`: expected at least 0"),
    ],
)
def test_wrong_use_is_refused_in_a_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        evaluate_predictor("gpt2-own", **{**COUNTED, "labels": 16, **arguments})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_curve_needs_a_number() -> None:
    with pytest.raises(InputError, match="`labels`: expected one number of labels or several, found none"):
        predictor_curve("gpt2-own", labels=[], **COUNTED)


def test_a_table_that_is_not_here_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path))
    with pytest.raises(MissingError):
        evaluate_predictor("gpt2-wt103", **COUNTED)


def test_features_name_groups_and_proxies() -> None:
    source = described_by(get_space("gpt2", "own"), ["snip", "shape"], Probe(), Workers(), unwatched)
    assert source.groups == ("shape",)
    assert [proxy.name for proxy in source.proxies] == ["snip"]
