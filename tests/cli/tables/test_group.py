"""The commands `lpzero tables list`, `fetch` and `show`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lpzero.cli.main import run
from lpzero.cli.tables.group import tables
from lpzero.errors import InputError, MissingError
from lpzero.tables.folder import write_folder
from lpzero.tables.locate import bundled_folder
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord
from lpzero.training.card import MARGIN, own_card

Trained = Callable[..., tuple[Recipe, tuple[TrainedRecord, ...]]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "250")
    return tmp_path


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(tables, arguments, catch_exceptions=False)


def document(*arguments: str) -> Any:
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_list(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    listed = document("list")
    assert listed["schema"] == 1
    rows = {row["name"]: row for row in listed["tables"]}
    assert rows["gpt2-wt103"] == {
        "name": "gpt2-wt103",
        "description": "GPT-2-like decoders with adaptive embeddings, WikiText-103",
        "space": "gpt2",
        "protocols": ["lts"],
        "n": 200,
        "quality": "validation perplexity",
        "unit": "perplexity",
        "direction": "lower is better",
        "source": "Javaheripi et al. 2022, https://github.com/microsoft/archai (branch neurips-lts)",
        "bundled": False,
        "present": True,
        "where": str(data),
        "problem": None,
    }
    assert [name for name, row in rows.items() if row["bundled"]] == [
        *("flexibert-own", "gpt2-own", "llama-own", "llama-scratch-own", "rnn-own"),
    ]
    plain = invoke("list").stdout
    assert "the package" in plain
    assert "Serianni & Kalita 2023" in plain


def test_list_without_data(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Brackets in a path are no markup.
    monkeypatch.setenv("LPZERO_DATA", str(home / "[red]none"))
    rows = [row for row in document("list")["tables"] if not row["bundled"]]
    assert [(row["present"], row["where"]) for row in rows] == [(False, None)] * 8
    assert invoke("list").stdout.count("no: lpzero tables fetch") == 8


def test_show(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    card = document("show", "flexibert-glue")
    assert card["schema"] == 1
    assert card["figures"]["n"] == 500
    assert card["protocols"] == ["trained", "listed", "legacy"]
    assert card["protocol"] == "trained"
    assert card["duplicates"] == 9
    assert card["higher_is_better"] is True
    assert card["recipe"] is None
    assert card["figures"]["quality"]["sd"] == pytest.approx(3.83, abs=0.005)
    assert len(card["notes"]) == 4
    assert card["licence"] == "CC-BY-4.0"
    assert len(card["digest"]) == 64


def test_show_for_people(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    plain = invoke("show", "flexibert-glue").stdout
    for text in (
        "53.66 to 75.13, sd 3.83",
        "sd 0.603 [0.415, 1.1] with 9 degrees of freedom",
        "9 repeated",
        "tau-a 0.891 [0.8",
        "sd 2.03 [1.85, 2.26] with 199 degrees of freedom between records of which this protocol builds one model",
        "-0.080 to 0.105",
        "compared them by identity",
        "depth_hidden_params",
    ):
        assert text in plain


def test_show_under_another_protocol(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    legacy = document("show", "flexibert-glue", "--protocol", "legacy")["figures"]["baselines"]["params"]
    assert legacy["tau_b"] == pytest.approx(0.454, abs=0.0005)
    with pytest.raises(InputError, match="was measured on other models than 'own'"):
        invoke("show", "flexibert-glue", "--protocol", "own")


def test_show_and_verify_a_folder(tmp_path: Path, trained: Trained) -> None:
    recipe, records = trained(12, repeated=4)
    folder = tmp_path / "small"
    write_folder(folder, own_card("small", recipe, records, {"python": "3"}, ("a note",)), records)
    card = document("show", str(folder))
    assert card["recipe"]["digest"] == recipe.digest
    assert card["figures"]["noise"]["repeated"] == 4
    plain = invoke("show", str(folder)).stdout
    for text in (
        "16 (16 ok) in 0.01 h on cpu",
        "masked, bytes, 100 steps of 4 x 8 tokens",
        f"100.0 % end {MARGIN:g} below",
        "with 4 degrees of freedom",
        "warm-up 10 steps, then half a cosine; betas 0.9 and 0.999, weight decay 0.01, gradients clipped at 1, float32",
        "vocabulary 257, 30 % masked, seed 0; text 000000000000, validated on 8 sequences of 000000000000 at the steps "
        "10, 50, 100",
        "number of layers",
        "a note",
    ):
        assert text in plain
    verified = document("verify", str(folder))["tables"]
    assert [(row["table"], row["faults"]) for row in verified] == [(str(folder), [])]


def test_verify_names_a_wrong_figure(tmp_path: Path, trained: Trained) -> None:
    recipe, records = trained(8, repeated=2)
    facts = own_card("small", recipe, records, {}, ())
    facts["figures"]["noise"]["sd"] += 0.1
    write_folder(tmp_path / "small", facts, records)
    with pytest.raises(
        InputError, match=r"figures\.noise\.sd: the card says .*, its records give .*restore both files$"
    ):
        invoke("verify", str(tmp_path / "small"))


def _folder(path: Path, trained: Trained) -> Path:
    """A small table."""
    recipe, records = trained(4)
    write_folder(path, own_card(path.name, recipe, records, {}, ()), records)
    return path


def test_a_damaged_table_leaves_the_others_verified(
    tmp_path: Path, trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = _folder(tmp_path / "good", trained), _folder(tmp_path / "bad", trained)
    (bad / "records.jsonl.gz").write_bytes(b"{}")
    assert run(["tables", "verify", str(bad), "~nosuchuser/x", str(good), "--json"]) == 2
    captured = capsys.readouterr()
    rows = json.loads(captured.out)["tables"]
    assert [row["table"] for row in rows] == [str(bad), "~nosuchuser/x", str(good)]
    assert [len(row["faults"]) for row in rows] == [1, 1, 0]
    assert [row["records"] for row in rows] == [None, None, 4]
    assert "expected gzip-compressed JSON lines" in rows[0]["faults"][0]
    assert captured.err.count("\n") == 1
    assert captured.err.endswith("(and 1 more: see --json)\n")
    assert run(["tables", "verify", str(bad), str(good)]) == 2
    assert str(good) in capsys.readouterr().out


def test_tables_that_are_only_missing_are_missing_data(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(home / "none"))
    assert run(["tables", "verify", "gpt2-wt103"]) == 3
    assert run(["tables", "verify", "gpt2-wt103", "nope"]) == 2


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundled tables in a copy, which is taken for the installed one; there is no other table."""
    shutil.copytree(bundled_folder("gpt2-own").parent, tmp_path / "package" / "bundled")
    monkeypatch.setitem(bundled_folder.__globals__, "__file__", str(tmp_path / "package" / "locate.py"))
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path))
    return tmp_path / "package" / "bundled"


def test_a_broken_installation_is_noticed_everywhere(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    shutil.rmtree(package / "flexibert-own")
    (package / "gpt2-own" / "records.jsonl.gz").write_bytes(b"{}")
    capsys.readouterr()

    assert run(["doctor", "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [problem.partition(": ")[0] for problem in problems] == [
        "table flexibert-own is missing from the package",
        "table gpt2-own is damaged",
    ]

    assert run(["tables", "list", "--json"]) == 0
    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)["tables"] if row["bundled"]}
    assert [row["present"] for row in listed.values()] == [False, True, True, True, True]
    assert [row["problem"] for row in listed.values()] == [*problems, None, None, None]
    assert run(["tables", "list"]) == 0
    plain = capsys.readouterr().out
    assert "no: install lpzero again" in plain
    assert "damaged: install lpzero again" in plain

    assert run(["tables", "verify", "--json"]) == 2
    captured = capsys.readouterr()
    rows = json.loads(captured.out)["tables"]
    assert [(row["table"], row["faults"]) for row in rows] == [
        ("flexibert-own", problems[:1]),
        ("gpt2-own", problems[1:]),
        ("llama-own", []),
        ("llama-scratch-own", []),
        ("rnn-own", []),
    ]

    assert run(["tables", "fetch", "flexibert-own"]) == 3
    assert run(["tables", "fetch", "gpt2-own"]) == 2
    assert capsys.readouterr().err.count("install lpzero again") == 2


def test_a_data_folder_of_nobody(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LPZERO_DATA", "~nosuchuser/data")
    assert run(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"] == ["LPZERO_DATA names ~nosuchuser/data, which is no folder"]
    assert run(["tables", "list"]) == 2
    assert capsys.readouterr().err.startswith("lpzero: error: ~nosuchuser/data: expected the home of a user")


def test_fetch_of_what_comes_with_the_package() -> None:
    result = invoke("fetch", "gpt2-own")
    assert result.exit_code == 0
    assert result.stdout.startswith("gpt2-own: comes with the package, in ")


def test_show_without_data(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(home / "none"))
    with pytest.raises(MissingError, match="lpzero tables fetch gpt2-wt103"):
        invoke("show", "gpt2-wt103")


@pytest.mark.parametrize("command", ["show", "fetch"])
def test_an_unknown_name(command: str) -> None:
    with pytest.raises(InputError, match="unknown table 'x': expected one of flexibert-own, gpt2-own"):
        invoke(command, "x")


def test_fetch_of_what_is_there(data: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home / "tables" / "flexibert" / "BERT_benchmark.json"
    file.parent.mkdir(parents=True)
    file.write_bytes((data / "flexibert" / "BERT_benchmark.json").read_bytes())
    monkeypatch.delenv("LPZERO_DATA", raising=False)
    expected = {"schema": 1, "name": "flexibert-glue", "files": 1, "where": str(home / "tables")}
    assert document("fetch", "flexibert-glue") == expected
    result = invoke("fetch", "flexibert-glue")
    assert result.stdout == f"flexibert-glue: 1 file(s) in {home / 'tables'}\n"
    assert result.stderr == ""
    monkeypatch.setenv("LPZERO_DATA", str(data))
    result = invoke("fetch", "flexibert-glue")
    assert "LPZERO_DATA is set" in result.stderr
    assert result.stdout == f"flexibert-glue: 1 file(s) in {home / 'tables'}\n"


def test_the_command_loads_nothing_heavy_before_it_runs() -> None:
    code = (
        "import sys, lpzero.cli.tables.group; "
        "print(sorted({'torch', 'numpy', 'pydantic', 'rich', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_card_says_on_how_many_records_baselines_are_ranked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "baseline (own)" in invoke("show", "gpt2-own").stdout
    monkeypatch.setattr("lpzero.training.card.LARGEST_RANKED", 60)
    assert "baseline (own, on 60 records, drawn)" in invoke("show", "gpt2-own").stdout
    assert document("show", "gpt2-own")["figures"]["ranked"] == 60
