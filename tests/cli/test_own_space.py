"""A `space.toml` and a table of one's own, from the command line: what is imported is taken by every command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lpzero.cli.main import run
from tests.pages.blocks import blocks_of

SMALL = ["--batch", "2", "--tokens", "8", "--jobs", "1", "--device", "cpu"]
QUICK = "--start random --population 6 --islands 1 --generations 1 --search-size 4 --validation-size 4 --elements 64"
ROWS = [
    f"{depth},{width},{heads},{20 - 3 * depth - width / 4 - heads / 8}"
    for depth in (1, 2)
    for width in (8, 12)
    for heads in (1, 2, 4)
]


@pytest.fixture(autouse=True)
def _imported(
    space_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table ``mine``, in a folder from which the file of its space has been moved away."""
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    Path("mine.csv").write_text("\n".join(["num_hidden_layers,hidden_size,n_head,perplexity", *ROWS]) + "\n")
    asked = ["--space", str(space_file), "--quality", "perplexity", "--lower-is-better", "--out", "mine"]
    assert run(["tables", "import", "mine.csv", *asked]) == 0
    shutil.move(str(space_file), "moved.toml")
    capsys.readouterr()


def document(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """What a command finds."""
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command refuses, in one line."""
    capsys.readouterr()
    assert run([*words]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    return said[0].removeprefix("lpzero: error: ")


def test_the_walk_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    given = blocks_of("docs/howto/own-table.md")
    for block in given:
        if block.title:
            Path(block.title).write_text(block.text)
    (commands,) = (block.commands() for block in given if "import measured.csv" in block.text)
    for line in commands:
        words = [part for word in line.split()[1:] for part in (sorted(map(str, Path().glob(word))) or [word])]
        capsys.readouterr()
        assert run(words if words[0] == "tables" else [*words, "--jobs", "1", "--device", "cpu"]) == 0, line
    found = json.loads(Path("found/result.json").read_text())
    # the last command is the score of what the last search wrote
    scores = capsys.readouterr().out
    assert all(f"{pick['score']:.6g}" in scores for pick in found["best"])


def test_it_is_shown_and_verified(capsys: pytest.CaptureFixture[str]) -> None:
    card = document(capsys, "tables", "show", "mine")
    assert (card["space"], card["figures"]["n"], card["protocol"][:7]) == ("tiny", 12, "config-")
    # deeper is better, and of equal depths wider is: 66 pairs, 30 + 36 of which the depth and width rank rightly
    assert card["figures"]["baselines"]["depth_then_hidden"]["tau_a"] == pytest.approx(54 / 66, abs=1e-6)
    assert document(capsys, "tables", "verify", "mine")["tables"] == [
        {"table": "mine", "files": 3, "records": 12, "figures": 0, "faults": []}
    ]


def test_it_ranks_compares_and_transfers(capsys: pytest.CaptureFixture[str]) -> None:
    ranked = document(capsys, "rank", "snip", "depth_then_hidden", "--table", "mine", *SMALL)
    assert (ranked["table"], ranked["n"]) == ("mine", 12)
    assert [row["status"] for row in ranked["scores"]] == ["ok", "ok"]
    compared = document(capsys, "compare", "snip", "params", "--table", "mine", *SMALL)
    assert compared["table"] == "mine"
    moved = document(capsys, "transfer", "params", "--tables", "mine", "--tables", "gpt2-own", *SMALL)
    assert [cell["table"] for cell in moved["proxies"][0]["cells"]] == ["mine", "gpt2-own"]
    assert {cell["status"] for cell in moved["proxies"][0]["cells"]} == {"ok"}


def test_it_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    explained = document(capsys, "explain", "sum(l1(weight))", "--table", "mine", *SMALL)
    assert explained["table"] == "mine"


@pytest.mark.parametrize("space", [[], ["--space", "moved.toml"], ["--space", "tiny"]])
def test_it_is_searched_and_says_what_is_true(capsys: pytest.CaptureFixture[str], space: list[str]) -> None:
    found = document(
        capsys, "search", "--table", "mine", *space, "--proxy", "depth", "--samples", "12", *SMALL, "--output", "run"
    )
    assert (found["space"], found["truth"]["found"]["regret"] < found["truth"]["random"]["regret"] + 1) == (
        "tiny",
        True,
    )
    assert run(["search", "--resume", "run"]) == 0


@pytest.mark.slow
def test_a_proxy_is_evolved_and_enumerated_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    for space in ([], ["--space", "moved.toml"]):
        shutil.rmtree("run", ignore_errors=True)
        found = document(capsys, "evolve", "--table", "mine", *space, *QUICK.split(), *SMALL, "--output", "run")
        assert (found["table"], found["best"]["test"]["n"]) == ("mine", 4)
        assert run(["evolve", "--resume", "run"]) == 0
    ranked = document(capsys, "rank", "run", "--table", "mine", *SMALL)
    # the formula was chosen on eight of twelve
    assert ranked["n"] == 4


@pytest.mark.slow
def test_it_is_left_out_beside_tables_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    tables = [word for name in ("mine", "gpt2-own", "llama-scratch-own") for word in ("--table", name)]
    few = ["--test-size", "8", *QUICK.split(), *SMALL]
    found = document(capsys, "evolve", "--leave-one-out", *tables, *few, "--output", "runs")
    assert [table["figures"]["table"] for table in found["tables"]] == ["mine", "gpt2-own", "llama-scratch-own"]


def test_a_space_that_is_another_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("moved.toml").read_text()
    Path("other.toml").write_text(text.replace('"tiny"', '"other"'))
    Path("changed.toml").write_text(text.replace("[8, 12]", "[8, 16]"))
    for command in (["search", "--proxy", "depth"], ["evolve"], ["enumerate"]):
        for space in ("gpt2", "other.toml"):
            said = refusal(capsys, *command, "--table", "mine", "--space", space, *SMALL)
            assert said == f"table mine is of space tiny, found --space {space}"
        said = refusal(capsys, *command, "--table", "mine", "--space", "changed.toml", *SMALL)
        assert "changed.toml: changed since: expected what had the protocol config-" in said
    assert refusal(capsys, "evolve", "--space", "moved.toml", *SMALL) == (
        "no known table of moved.toml was measured: give a --table"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("[8, 12]", "[8, 16]"), "mine/space.toml: changed since: expected what had the prot"),
        (lambda text: text.replace('"tiny"', '"other"'), "mine/space.toml: changed since: expected what had the prot"),
        (lambda text: text[:30], "mine/space.toml: expected TOML, found"),
        (lambda text: "", "mine/space.toml: name: expected a text, found no such key"),
        (lambda text: None, "mine/card.json: unknown space 'tiny': expected one of flexibert, "),
    ],
    ids=["changed", "another name", "cut off", "empty", "gone"],
)
@pytest.mark.parametrize("command", [["tables", "show"], ["tables", "verify"], ["rank", "params", "--table"]])
def test_a_file_of_the_space_that_is_damaged_is_named(
    capsys: pytest.CaptureFixture[str], change: Any, words: str, command: list[str]
) -> None:
    path = Path("mine/space.toml")
    text = change(path.read_text())
    path.unlink()
    if text is not None:
        path.write_text(text)
    said = refusal(capsys, *command, "mine").removeprefix("mine: ")
    assert said.replace(str(Path.cwd()) + "/", "").startswith(words)
    # its file mends it, wherever it comes from and however its lines end
    path.write_bytes(b"\xef\xbb\xbf" + Path("moved.toml").read_text().replace("\n", "\r\n").encode())
    assert run([*command, "mine"]) == 0


def test_a_folder_of_a_table_is_no_space(capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "spaces", "show", "mine")
    assert said == "mine: expected the file of a space, or the folder of a checkpoint: give mine/space.toml"
