"""``lpzero explain``: the grid, the document, and a proxy that has no scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.tables import load_table

SMALL = ["--table", "flexibert-own", "--archs", "6", "--batch", "1", "--tokens", "4", "--jobs", "1"]
NAMES = ["tokens_redrawn", "tokens_shuffled", "weights_redrawn_1", "weights_redrawn_2", "gradients_zero"]
NAMES += ["gradients_random", "shape_permuted", "shape_gaussian"]


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "snip", *SMALL, "--redraws", "2", "--seed", "3", "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    facts = {key: document[key] for key in ("schema", "proxy", "direction", "table", "protocol", "seed", "n")}
    assert facts == {
        "schema": 1,
        "proxy": "snip",
        "direction": "higher",
        "table": "flexibert-own",
        "protocol": "own",
        "seed": 3,
        "n": 6,
    }
    assert (document["in_sample"], document["left_out"]) == (False, 0)
    assert set(document["original"]) == {"status", "tau_a", "interval", "tau_b", "rho", "matched_size"}
    assert [row["name"] for row in document["interventions"]] == NAMES
    for row in document["interventions"]:
        assert set(row) == {"name", "status", "tau_a", "interval", "agreement", "left", "left_interval", "matched_size"}
        assert (row["tau_a"] is None) == (row["status"] != "ok")
    assert document["redrawn"]["name"] == "2 redrawn initialisation(s)"
    assert set(document["redrawn"]) == set(document["interventions"][0])
    assert document["interventions"][4]["status"] == "constant"
    assert "gradients_zero: constant: every architecture has the same score" in captured.err
    assert isinstance(document["verdict"], str)
    assert document["reasons"]


def test_the_grid(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "depth_hidden_params", "--table", "flexibert-own"]) == 0
    out = capsys.readouterr().out
    names = ["original", *NAMES[:4], "weights_redrawn_3", *NAMES[4:]]
    assert [line.split()[0] for line in out.splitlines()[1 : 1 + len(names)]] == names
    n = load_table("flexibert-own").n
    assert f"flexibert-own, protocol own: 100 of {n} architectures, seed 0" in out
    assert "verdict: shape only" in out


def test_what_the_proxy_was_chosen_on_is_left_out_or_marked(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", "flexibert/own", *SMALL, "--redraws", "1"]
    assert run(words) == 0
    out = capsys.readouterr().out
    assert "6 of 128 architectures, seed 0; 64 left out, since it was chosen on them" in out
    assert "in-sample" not in out
    assert run([*words, "--include-seen"]) == 0
    out = capsys.readouterr().out
    assert "6 of 128 architectures, seed 0; in-sample: it was chosen on some of these" in out
    assert "left out" not in out


def test_what_is_left_is_shown_with_its_interval(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "depth_hidden_params", "--table", "flexibert-own"]) == 0
    header, original, *rows = capsys.readouterr().out.split("\n\n")[0].splitlines()
    assert " ".join(header.split()) == "intervention status tau-a 95 % of tau-a matched size agreement left 95 % of it"
    assert original.split()[-3:] == ["-"] * 3
    # a count looks at nothing that is taken away
    assert [row.split()[-6:] for row in rows] == [["1.000", "100.0", "%", "100.0", "to", "100.0"]] * len(rows)


def test_scores_that_are_not_finite_are_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "sum(exp(exp(exp(l1(weight)))))", *SMALL, "--redraws", "1", "--json"]) == 4
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["original"] == {
        "status": "overflow",
        **dict.fromkeys(("tau_a", "interval", "tau_b", "rho", "matched_size")),
    }
    assert document["verdict"] == "does not rank"
    assert "does not rank flexibert-own: overflow" in captured.err


def test_an_interrupt_is_exit_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lpzero.proxy.interventions._score_one", interrupted)
    assert run(["explain", "snip", *SMALL]) == 130
    assert capsys.readouterr().out == ""
