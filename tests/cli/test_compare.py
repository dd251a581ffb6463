"""``lpzero compare``: its tables, its document, and what it refuses."""

from __future__ import annotations

import json

import pytest

from lpzero.cli.main import run

TABLE = ["--table", "gpt2-own", "--jobs", "1"]


def test_every_pair_is_printed_over_all_and_at_matched_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "width", "params", "depth", *TABLE, "--labels", "40"]) == 0
    out = capsys.readouterr().out
    assert "control spec_ridge (40 labels)" in out
    for title in ("\nall pairs ", "\nmatched size, "):
        rows = out[out.index(title) :].splitlines()[2:5]
        assert [row.split()[:2] for row in rows] == [["width", "params"], ["width", "depth"], ["params", "depth"]]
    assert "88 of 128 architectures, 40 left out" in out


def test_the_document_has_every_pair(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "snip", "depth", *TABLE, "--labels", "112", "--batch", "1", "--tokens", "4"]
    assert run([*words, "--initialisations", "2", "--matched", "2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (pair,) = document["pairs"]
    assert (pair["first"], pair["second"]) == ("snip", "depth")
    assert set(pair["overall"]) == {"difference", "interval", "p", "p_swap", "p_holm", "detectable"}
    assert len(pair["drawn"]["each"]) == document["initialisations"] == 2
    # depth is the same whatever is drawn
    assert [row["spread"]["share"] for row in document["scores"]][1] == 0.0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["width"], "expected at least two proxies to compare, found 1: lpzero rank ranks one"),
        ([], "expected at least two proxies to compare, found 0: lpzero rank ranks one"),
        (["width", "width"], "expected different proxies to compare, found width twice"),
        (
            ["width", "sum(exp(exp(exp(l1(weight)))))", "--batch", "1", "--tokens", "4", "--labels", "120"],
            "gpt2-own: hardly any two of its 8 architectures",
        ),
        (
            ["width", "depth", "--matched", "1"],
            "gpt2-own: hardly any two of its 128 architectures differ by a factor of",
        ),
        (["width", "depth", "--matched", "0.5"], "--matched: expected a ratio of sizes of at least 1"),
        (["width", "depth", "--labels", "200"], "--labels: expected from 4 to 124"),
        (["width", "depth", "--initialisations", "0"], "--initialisations: expected at least 1, found 0"),
        (["width", "nothing"], "unknown proxy 'nothing'"),
    ],
)
def test_wrong_use_is_a_line_and_the_code_2(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", *words, *TABLE]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1].startswith(f"lpzero: error: {message}")
    assert "Traceback" not in captured.err


def test_proxies_that_rank_nothing_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    overflow = "sum(exp(exp(exp(l1(weight)))))"
    words = ["compare", "width", overflow, *TABLE, "--batch", "1", "--tokens", "4", "--labels", "90", "--matched", "3"]
    assert run(words) == 2
    err = capsys.readouterr().err
    assert "expected at least two proxies that rank these architectures, found 1: " in err
    assert f"{overflow}: overflow" in err
