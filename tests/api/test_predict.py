"""``lpzero.fit_predictor`` and ``lpzero.predict``: what is fitted to a file says the same when it is read again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero import Architecture, fit_predictor, get_space, load_table, predict
from lpzero.errors import InputError
from lpzero.operands.probe import Probe
from lpzero.predictors import Regression, Source
from lpzero.predictors.labels import read_labels
from lpzero.predictors.result import FitResult, PredictResult
from lpzero.result import read_result

SPACE: dict[str, Any] = {"space": "gpt2", "protocol": "own", "direction": "lower"}
SMALL: dict[str, Any] = {"batch": 1, "tokens": 8, "device": "cpu"}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Twenty labels, as somebody would write them."""
    path = tmp_path / "mine.jsonl"
    rows = [{"architecture": r.architecture.to_json(), "quality": r.quality} for r in load_table("gpt2-own").records]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows[:20]))
    return path


def asked() -> list[Architecture]:
    return [record.architecture for record in load_table("gpt2-own").records[15:25]]


def test_a_file_says_what_the_regression_says(
    mine: Path, tmp_path: Path, bank: Path, quietly: Callable[[Callable[[], Any]], Any]
) -> None:
    path = tmp_path / "ridge.json"
    # packages that are imported when a predictor is first fitted may draw numbers under pytest, not fits
    fit_predictor(mine, output=path, features="spec", **SPACE)
    fitted: FitResult = quietly(lambda: fit_predictor(mine, output=path, noise=0.01, **SPACE, **SMALL))
    assert (fitted.labels, fitted.left_out, fitted.intervals, fitted.noise) == (20, 0, True, 0.01)
    assert fitted.features == ["spec", "shape", "operands"]
    found: PredictResult = quietly(lambda: predict(path, asked(), device="cpu"))
    space = get_space("gpt2", "own")
    source = Source(space, ("spec", "shape", "operands"), (), Probe(batch=1, tokens=8), bank)
    labelled = read_labels(mine, space, higher_is_better=False, noise=0.01)
    for row, wanted in zip(found.rows, Regression("ridge", source).fit(labelled).predict(asked()), strict=True):
        assert (row.source, row.status, row.in_support) == (wanted.source, wanted.status.value, wanted.in_support)
        assert row.value == pytest.approx(wanted.value, abs=1e-9)
        assert row.low == pytest.approx(wanted.low, abs=1e-9)
        assert row.high == pytest.approx(wanted.high, abs=1e-9)
    assert [row.source for row in found.rows] == ["label"] * 5 + ["ridge"] * 5
    assert (found.space, found.direction, found.labels) == ("gpt2", "lower", 20)
    assert read_result(PredictResult, found.to_json(), "x", of="predictions", remedy="again") == found


def test_the_order_of_the_lines_makes_no_difference(mine: Path, tmp_path: Path) -> None:
    lines = mine.read_text().splitlines()
    shuffled = tmp_path / "shuffled.jsonl"
    shuffled.write_text("\n".join(np.random.default_rng(0).permutation(lines)) + "\n")
    said = []
    for labels in (mine, shuffled):
        fit_predictor(labels, output=tmp_path / "ridge.json", features="spec", **SPACE)
        said.append(predict(tmp_path / "ridge.json", asked()))
    assert said[0] == said[1]


def test_a_table_lends_its_labels_and_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "gp.json"
    fitted = fit_predictor(table="gpt2-own", number=12, predictor="gp", features=["spec", "params"], output=path)
    assert (fitted.predictor, fitted.labels, fitted.noise, fitted.direction) == ("gp", 12, 0.008229, "lower")
    found = predict(path, table="gpt2-own")
    assert len(found.rows) == 128
    assert sum(row.source == "label" for row in found.rows) == 12
    assert found.rows[0].id == load_table("gpt2-own").records[0].id


def test_what_cannot_be_fitted_is_refused_in_a_line(mine: Path, tmp_path: Path) -> None:
    out = tmp_path / "ridge.json"
    for arguments, message in (
        ({}, "expected `labels` or a `table`, found neither"),
        ({"labels": mine, "table": "gpt2-own"}, "expected `labels` or a `table`, found both"),
        ({"labels": mine}, "`space` is missing: a file of `labels` does not say it"),
        ({"labels": mine, "space": "gpt2"}, "`direction` is missing"),
        ({"labels": mine, "space": "gpt2", "direction": "up"}, "`direction`: expected higher or lower, found 'up'"),
        ({"labels": mine, "number": 3, **SPACE}, "`number` draws from a `table`"),
        ({"table": "gpt2-own", "space": "gpt2"}, "a `table` says its space and direction"),
        ({"table": "gpt2-own", "number": 1}, "`number`: expected from 2 to 128, found 1"),
        ({"table": "gpt2-own", "predictor": "params"}, "`predictor`: expected ridge, gp or llm, found 'params'"),
        ({"labels": tmp_path / "none.csv", **SPACE}, f"{tmp_path / 'none.csv'}: expected a file, found none"),
    ):
        with pytest.raises(InputError) as caught:
            fit_predictor(output=out, **arguments)  # type: ignore[arg-type]
        assert str(caught.value).startswith(message)
    assert not out.exists()


def test_what_cannot_be_asked_is_refused_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "ridge.json"
    fit_predictor(table="gpt2-own", number=12, features="spec", output=path)
    foreign = get_space("flexibert", "own").sample(np.random.default_rng(0))
    for given, message in (
        ({}, "`architectures` is missing: expected a file, architectures or a `table`"),
        ({"architectures": asked(), "table": "gpt2-own"}, "expected `architectures` or a `table`, found both"),
        ({"table": "flexibert-own"}, "table flexibert-own: expected one of the space gpt2, found flexibert"),
        ({"architectures": [foreign]}, ""),
        ({"architectures": asked(), "space": "flexibert"}, ""),
    ):
        with pytest.raises(InputError) as caught:
            predict(path, **given)  # type: ignore[arg-type]
        assert str(caught.value).startswith(message)
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "space": "/etc/space.toml"}))
    with pytest.raises(InputError, match="`space` is missing: expected the path of the space"):
        predict(path, asked())
