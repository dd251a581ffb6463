"""The command `lpzero tables import`: what it writes and says, what it refuses, and that nothing is written then."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.tables import load_table
from tests.pages.blocks import blocks_of

HEADER = "id,hidden_size,operation,parameter,heads,feed_forward,feed_forward_layers,accuracy"
LINES = [
    "a,128,SA SA,SDP WMA,2 4,512 512,1 3,81.25",
    "b,256,LT DSC,DFT 5,2 2,1024 512,1 1,83.5",
    "c,128,DSC DSC,9 5,4 4,512 1024,3 1,80",
    "d,256,SA LT SA LT,SDP DCT WMA DFT,2 2 4 4,512 512 1024 1024,1 1 3 3,85.125",
]
AGAIN = "e,128,SA SA,SDP WMA,2 4,512 512,1 3,81.250"
NEEDED = ["--space", "flexibert", "--quality", "accuracy", "--higher-is-better"]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    write("mine.csv", *LINES)


def write(name: str, *lines: str, header: str = HEADER) -> None:
    Path(name).write_text("\n".join([header, *lines]) + "\n")


def command(*more: str, file: str = "mine.csv") -> list[str]:
    return ["tables", "import", file, *NEEDED, *more]


def state() -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in Path().rglob("*")}


def test_the_document_and_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    write("mine.csv", *LINES, AGAIN)
    assert run(command("--protocol", "listed", "--unit", "points of 100", "--json")) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert json.loads(captured.out) == {
        "schema": 1,
        "name": "mine",
        "space": "flexibert",
        "protocol": "listed",
        "n": 4,
        "quality": {"name": "accuracy", "unit": "points of 100", "min": 80.0, "max": 85.125},
        "higher_is_better": True,
        "dropped": 1,
        "out": "mine",
    }
    assert sorted(state()) == ["mine", "mine.csv", "mine/card.json", "mine/records.jsonl.gz"]
    records = gzip.decompress(Path("mine/records.jsonl.gz").read_bytes())
    assert json.loads(Path("mine/card.json").read_text()) == {
        "schema": 1,
        "name": "mine",
        "space": "flexibert",
        "protocols": ["listed"],
        "quality": "accuracy",
        "unit": "points of 100",
        "higher_is_better": True,
        "source": "own measurements",
        "licence": "licence not given",
        "notes": [
            "Imported by `lpzero tables import` from 'mine.csv', SHA-256 "
            f"{hashlib.sha256(Path('mine.csv').read_bytes()).hexdigest()}.",
            "1 of its lines repeat an architecture with the same quality and were dropped.",
        ],
        "recipe": None,
        "environment": None,
        "records": 4,
        "records_sha256": hashlib.sha256(records).hexdigest(),
        "figures": {},
    }


def test_what_a_person_reads(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--space", "flexibert", "--quality", "accuracy", "--lower-is-better", "--name", "other"]
    assert run(["tables", "import", "mine.csv", *arguments, "--out", "new place/[red]"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    lines = [" ".join(line.split()) for line in captured.out.splitlines()]
    assert lines == [
        "name other",
        "space flexibert, protocol trained",
        "n 4",
        "quality accuracy, unit not given, lower is better",
        "range 80 to 85.125",
        "dropped 0 line(s) that repeat an architecture with the same quality",
        "folder new place/[red]",
        "",
        "use it:",
        "lpzero rank --table 'new place/[red]'",
        "lpzero evolve --table 'new place/[red]'",
    ]
    table = load_table("new place/[red]")
    assert (table.name, table.protocols, table.higher_is_better) == ("other", ("trained",), False)
    assert table.notes[0].startswith("Imported by `lpzero tables import` from 'mine.csv', SHA-256 ")


def test_the_table_ranks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command("--protocol", "listed", "--out", "sub/mine")) == 0
    capsys.readouterr()
    assert run(["rank", "depth", "params", "--table", "sub/mine", "--json", "--device", "cpu", "--jobs", "1"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["table"], document["protocol"], document["n"]) == ("mine", "listed", 4)
    # d is the deepest and the best, and the other three tie: three of six pairs are won, none is lost
    assert document["scores"][0]["tau_a"] == 0.5


def test_json_lines_give_the_same_table(capsys: pytest.CaptureFixture[str]) -> None:
    names = HEADER.split(",")
    with Path("mine.ndjson").open("w") as file:
        for line in LINES:
            row: dict[str, object] = dict(zip(names, line.split(","), strict=True))
            for name in names[2:-1]:
                row[name] = [int(part) if part.isdigit() else part for part in str(row[name]).split()]
            row |= {"hidden_size": int(str(row["hidden_size"])), "accuracy": float(str(row["accuracy"]))}
            file.write(json.dumps(row) + "\n")
    assert run(command("--out", "one")) == 0
    assert run(command("--out", "two", file="mine.ndjson")) == 0
    assert capsys.readouterr().err == ""
    assert Path("one/records.jsonl.gz").read_bytes() == Path("two/records.jsonl.gz").read_bytes()


def test_the_example_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    given = blocks_of("docs/howto/own-table.md")
    (example,) = (block.text for block in given if block.title == "mine.csv")
    Path("mine.csv").write_text(example)
    (shown,) = (block.commands() for block in given if "import mine.csv" in block.text)
    assert run(shown[0].split()[1:]) == 0
    assert [line.strip() for line in capsys.readouterr().out.splitlines()[-2:]] == shown[1:]
    assert load_table("mine").n == 12


def test_without_a_direction_nothing_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["tables", "import", "mine.csv", "--space", "flexibert", "--quality", "accuracy"]
    before = state()
    for flags, found in (([], "neither"), (["--higher-is-better", "--lower-is-better"], "both")):
        assert run([*given, *flags]) == 2
        captured = capsys.readouterr()
        assert captured.err == (
            "lpzero: error: expected one of --higher-is-better and --lower-is-better, "
            f"found {found}: the direction of a quality is never guessed\n"
        )
        assert captured.out == ""
    assert state() == before


REFUSED = [
    (["--space", "gpt3"], "unknown space 'gpt3': expected one of flexibert, gpt2"),
    (["--protocol", "lts"], "unknown protocol 'lts': expected one of trained, listed, legacy, own"),
    (["--space", "gpt2"], "mine.csv: line 1: expected the columns d_model, d_embed, div_val, d_inner, heads, accuracy"),
    (["--quality", "glue"], "mine.csv: line 1: expected the columns hidden_size, operation, "),
    (["--quality", "heads"], "expected a column of its own for the quality, found 'heads'"),
    (["--quality", " "], "--quality: expected a line of text, found ' '"),
    (["--unit", ""], "--unit: expected a line of text, found ''"),
    (["--source", "a\nb"], r"--source: expected a line of text, found 'a\nb'"),
    (["--licence", "\ud800"], r"--licence: expected a line of text, found '\ud800'"),
    (["--name", "../mine"], "expected a name of letters, digits, dots, dashes and underscores, found '../mine'"),
    (["--name", ""], "expected a name of letters, digits, dots, dashes and underscores, found ''"),
    (["--name", "gpt2-wt103"], "expected a name that no known table has, found 'gpt2-wt103': give another --name"),
    (["--out", "./gpt2-wt103"], "expected a folder that is no known table's name, found 'gpt2-wt103'"),
    (["--out", "."], ".: expected no such file or folder yet, found one: give another --out"),
    (["--out", "mine.csv"], "mine.csv: expected no such file or folder yet, found one: give another --out"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[" ".join(changes) for changes, _ in REFUSED])
def test_wrong_use_ends_in_one_line_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], changes: list[str], words: str
) -> None:
    assert refused(capsys, command(*changes)).startswith(words)


def refused(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """What a refusal says, in one line and with nothing written."""
    before = state()
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert state() == before
    return captured.err.removeprefix("lpzero: error: ")


OTHER = "expected an architecture of flexibert, protocol trained, found another: "
BAD = {
    "unknown column": (HEADER.replace("heads", "head"), LINES, "line 1: expected the columns hidden_size, operation"),
    "outside": (HEADER, [*LINES, "e,128,SA SA,SDP SDP,2 8,512 512,1 1,80"], f"line 6: {OTHER}layer 1: heads is 8"),
    "contradiction": (
        HEADER,
        [*LINES, "e,256,LT DSC,DFT 5,2 2,1024 512,1 1,83.6"],
        "line 6: expected the quality 83.5 that line 3 gives the same architecture, found 83.6: keep one of the two",
    ),
    "id twice": (
        HEADER,
        [*LINES, "b,128,SA SA,SDP SDP,2 2,512 512,1 1,80"],
        "line 6: expected an id of its own, found 'b', which line 3 has for another architecture: change one",
    ),
    "quality": (HEADER, [*LINES, "e,128,SA SA,SDP SDP,2 2,512 512,1 1,nan"], "line 6: accuracy: expected a finite"),
    "cells": (HEADER, [*LINES[:2], LINES[2] + ",1", LINES[3]], "line 4: expected 8 cells, one a column, found 9"),
    "quotes": (HEADER, [LINES[0], '"' + LINES[1], *LINES[2:]], "line 3: expected CSV, found a fault: "),
    "few": (HEADER, LINES[:3], "expected at least 4 different architectures, found 3"),
    "equal": (HEADER, [line.rpartition(",")[0] + ",1" for line in LINES], "expected different qualities, found 1.0 in"),
}


@pytest.mark.parametrize("there", [False, True], ids=["new folder", "folder of a table"])
@pytest.mark.parametrize(("header", "lines", "words"), BAD.values(), ids=BAD)
def test_a_bad_file_ends_in_one_line_and_nothing_is_written_or_lost(
    capsys: pytest.CaptureFixture[str], header: str, lines: list[str], words: str, there: bool
) -> None:
    if there:
        assert run(command("--out", "kept")) == 0
        capsys.readouterr()
    write("bad.csv", *lines, header=header)
    assert refused(capsys, command(file="bad.csv")).startswith(f"bad.csv: {words}")
    if there:
        said = refused(capsys, command("--out", "kept", file="bad.csv"))
        assert said.startswith("kept: expected no such file or folder yet, found one")
        assert load_table("kept").n == 4


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("none.csv", "none.csv: expected a file, found none"),
        ("folder.csv", "folder.csv: expected a readable file, found: Is a directory"),
        (
            "mine.tsv",
            "mine.tsv: expected a file with the suffix .csv, .jsonl, .ndjson, .json, found '.tsv': save it as",
        ),
        ("my table.csv", "expected a name of letters, digits, dots, dashes and underscores, found 'my table'"),
        ("nested.json", "nested.json: line 2: expected a JSON object in a line of its own, found too many brackets"),
    ],
)
def test_a_file_that_is_none(capsys: pytest.CaptureFixture[str], file: str, words: str) -> None:
    Path("folder.csv").mkdir()
    write("mine.tsv", *LINES)
    Path("nested.json").write_text("\n" + "[" * 1_000_000)
    assert refused(capsys, command(file=file)).startswith(words)


def test_an_import_over_an_import_leaves_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command()) == 0
    capsys.readouterr()
    write("mine.csv", *LINES[::-1])
    assert refused(capsys, command()).startswith(
        "mine: expected no such file or folder yet, found one: give another --out"
    )


@pytest.mark.parametrize("option", ["--space"])
def test_what_has_to_be_given_is_asked_for(capsys: pytest.CaptureFixture[str], option: str) -> None:
    before = state()
    arguments = command()
    at = arguments.index(option)
    assert run(arguments[:at] + arguments[at + 2 :]) == 2
    assert f"Missing option '{option}'" in capsys.readouterr().err
    assert state() == before


def test_a_place_that_cannot_be_written_is_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    before = state()
    assert run(command("--out", "mine.csv/table")) == 1
    assert capsys.readouterr().err == "lpzero: error: mine.csv/table cannot be written: Not a directory\n"
    assert state() == before


def test_the_command_loads_nothing_heavy_before_it_runs() -> None:
    code = "import sys, lpzero.cli.tables.imports; print(sorted({'torch', 'numpy', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
