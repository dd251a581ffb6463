"""``lpzero transfer``: the matrix, its document, and what is said about tables that are not here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.proxy.rank import Ranked, RankRow


@pytest.fixture(autouse=True)
def _folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path / "empty"))
    monkeypatch.chdir(tmp_path)


def _run_folder() -> None:
    Path("mine").mkdir()
    best = {"table": "gpt2-own", "best": {"formula": "sum(l1(weight))", "direction": "higher"}}
    Path("mine/best.json").write_text(json.dumps(best))


def test_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["transfer", "params", "depth", "--tables", "gpt2-own", "--tables", "gpt2-wt103", "--json"]
    assert run(command) == 0
    captured = capsys.readouterr()
    assert "lpzero tables fetch gpt2-wt103" in captured.err
    document = json.loads(captured.out)
    assert (document["schema"], document["seed"]) == (1, 0)
    assert [row["proxy"] for row in document["proxies"]] == ["params", "depth"]
    for row in document["proxies"]:
        assert (row["direction"], row["found_on"]) == ("higher", None)
        here, gone = row["cells"]
        assert set(here) == set(gone)
        assert (here["table"], here["protocol"], here["n"], here["status"]) == ("gpt2-own", "own", 128, "ok")
        assert here["interval"][0] < here["tau_a"] < here["interval"][1]
        assert (gone["table"], gone["status"], gone["found_here"]) == ("gpt2-wt103", "missing", False)
        assert [gone[key] for key in ("n", "protocol", "tau_a", "interval", "tau_b", "rho", "distinct")] == [None] * 7


def test_the_table_that_a_run_was_found_on_is_marked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _run_folder()
    four = {"tau_b": 0.4, "tau_a": 0.4, "rho": 0.5, "distinct": 1.0}
    row = RankRow(proxy="mine", direction="higher", status="ok", interval=[0.3, 0.5], **four)
    monkeypatch.setattr("lpzero.proxy.transfer.rank_table", lambda *_, **__: [Ranked(row, None)])
    tables = ["--tables", "gpt2-own", "--tables", "flexibert-own"]
    assert run(["transfer", "mine", *tables, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["proxies"]
    assert found["found_on"] == "gpt2-own"
    assert [cell["found_here"] for cell in found["cells"]] == [True, False]
    assert run(["transfer", "mine", *tables]) == 0
    out = capsys.readouterr().out
    assert out.count("0.400 (0.300 to 0.500)*") == 1
    assert out.count("0.400 (0.300 to 0.500)") == 2


@pytest.mark.slow
def test_without_a_proxy_the_baselines_are_ranked_on_every_known_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["transfer", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    names = [row["proxy"] for row in document["proxies"]]
    assert names[-3:] == ["attention_params", "depth_hidden_params", "decoder_params"]
    assert {cell["table"]: cell["status"] for cell in document["proxies"][-1]["cells"]} == {
        "flexibert-glue": "missing",
        "gpt2-wt103": "missing",
        "transxl-wt103": "missing",
        "flexibert-own": "ok",
        "gpt2-own": "ok",
        "llama-own": "ok",
        "llama-scratch-own": "ok",
        "rnn-own": "ok",
    }


def test_no_table_at_all_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["transfer", "--tables", "gpt2-wt103"]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "lpzero: error: table gpt2-wt103 is not there" in captured.err


def test_a_matrix_without_a_figure_is_exit_4(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["transfer", "sum(exp(exp(exp(l1(weight)))))", "--tables", "flexibert-own", "--json"]
    assert run([*command, "--batch", "1", "--tokens", "4", "--jobs", "1"]) == 4
    captured = capsys.readouterr()
    assert json.loads(captured.out)["proxies"][0]["cells"][0]["status"] == "overflow"
    assert "no proxy ranks any of the tables" in captured.err


def test_an_interrupt_is_exit_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lpzero.proxy.transfer.rank_table", interrupted)
    assert run(["transfer", "--tables", "gpt2-own"]) == 130
    assert capsys.readouterr().out == ""
