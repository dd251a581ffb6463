"""``lpzero predictor fit``, ``eval`` and ``curve`` print a table, or the document of the function."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lpzero
from lpzero.cli.main import run
from lpzero.cli.predictor import _features

COUNTED = ["--table", "gpt2-own", "--features", "spec,shape", "--splits", "2"]


def test_eval_prints_the_predictor_beside_the_trivial_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predictor", "eval", *COUNTED, "--labels", "16"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[1:6]] == ["ridge", "mean", "params", "flops", "spec_ridge"]
    for said in ("matched size", "coverage", " ± ", "16 labels, 2 draws", "noise of training 0.00823", "seed 0"):
        assert said in out
    assert run(["predictor", "eval", *COUNTED, "--labels", "16", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == lpzero.evaluate_predictor("gpt2-own", labels=16, splits=2, features=["spec", "shape"]).to_json()


def test_the_splits_that_a_table_was_published_with(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert data.is_dir()
    words = ["--table", "hat-mt-wmt19ende", "--split", "published", "--predictor", "lookup:hat", "--features", "spec"]
    assert run(["predictor", "eval", *words, "--calibrate", "offset"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[1].startswith("lookup:hat, offset  0.2")
    assert "10 labels, the table's splits 123, 456, 789; 3 draws: mean" in out
    assert run(["predictor", "eval", *words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["labels"], document["splits"], document["split_names"]) == (10, 3, ["123", "456", "789"])
    assert document["rows"][0]["mae"]["mean"] == pytest.approx(0.91, abs=0.005)


@pytest.mark.slow
def test_curve_prints_a_row_a_number_of_labels(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predictor", "curve", *COUNTED, "--labels", "8,24", "--predictor", "depth"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:4]] == [["depth", "8"], ["depth", "24"], ["mean", "8"]]
    assert run(["predictor", "curve", *COUNTED, "--labels", "8,24", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == [8, 24]


def test_fit_says_what_was_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "ridge.json"
    words = ["predictor", "fit", "--table", "gpt2-own", "--number", "8", "--features", "spec", "--output", str(path)]
    assert run(words) == 0
    out = capsys.readouterr().out
    assert out.startswith("ridge, fitted to 8 labels of gpt2, protocol own: ")
    assert "too few labels for intervals at a level of 0.9" in out
    assert out.endswith(f"kept in {path}\n")
    assert path.is_file()
    assert path.with_suffix(".npz").is_file()


def test_commas_inside_a_formula_are_its_own() -> None:
    assert _features("spec, sum(l1(weight * grad)),depth") == ["spec", "sum(l1(weight * grad))", "depth"]
    assert _features("max_tokens(a, b),spec") == ["max_tokens(a, b)", "spec"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["eval", *COUNTED, "--labels", "200"], "--labels: expected from 2 to 124"),
        (["curve", *COUNTED, "--labels", "8,many"], "--labels: expected numbers with commas between them"),
        (["eval", *COUNTED, "--level", "2"], "--level: expected a confidence level"),
        (["eval", *COUNTED, "--calibrate", "offset"], "--calibrate: ridge is fitted to the labels: give a proxy as"),
        (["eval", *COUNTED, "--split", "published"], "--splits: expected none beside --split, whose splits say it"),
        (["eval", *COUNTED[:4], "--split", "published"], "table gpt2-own was published without splits: leave --split"),
        (["eval", *COUNTED[:4], "--split", "own"], "--split: expected 'published', found 'own'"),
        (["eval", *COUNTED, "--predictor", "lookup:hat"], "unknown column 'hat': expected one of none"),
        (["fit", "--output", "x.json"], "expected --labels or a --table, found neither"),
        (["fit", "--labels", "x.csv", "--output", "x.json"], "--space is missing"),
    ],
)
def test_wrong_use_is_a_line_and_the_code_2(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predictor", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"lpzero: error: {message}")
    assert captured.err.count("\n") == 1
