"""``lpzero enumerate`` on a real table: its document, its grid, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpzero.cli.main import run
from lpzero.errors import InputError
from lpzero.evolution.enumeration.pairs import PairSpace
from lpzero.formula.branches import branches
from lpzero.proxy import load_proxy

SMALL = (
    *("--table", "gpt2-own", "--operands", "weight,head", "--search-size", "12", "--validation-size", "8"),
    *("--batch", "2", "--tokens", "8", "--elements", "64", "--jobs", "1"),
)
KEYS = {
    *("schema", "run", "space", "table", "table_sha256", "protocol", "seed", "evaluated", "pruned", "seconds", "best"),
    *("front", "baselines", "branches", "formulas", "distinct_formulas", "nonfinite", "constant", "per_second", "top"),
    "left_out",
}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The result of one small enumeration."""
    folder = tmp_path_factory.mktemp("enumerated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LPZERO_HOME", str(folder / "home"))
        assert run(["enumerate", *SMALL, "--output", str(folder / "run")]) == 0
    found: dict[str, Any] = json.loads((folder / "run" / "best.json").read_text())
    return found


def test_the_document_has_the_promised_keys(document: dict[str, Any]) -> None:
    assert set(document) == KEYS
    found = branches(("weight", "head"))
    assert document["branches"] == len(found)
    assert document["formulas"] == PairSpace(len(found)).size
    assert 0 < document["distinct_formulas"] < document["formulas"]
    assert document["top"]["rankings"] == 1000


def test_the_best_is_better_than_chance_where_it_was_chosen(document: dict[str, Any]) -> None:
    best = document["best"]
    assert best["search"]["tau_a"] > 0.3
    assert best["validation"]["tau_a"] > 0.3
    assert best["test"]["n"] == 128 - 20


def test_a_run_is_a_proxy(document: dict[str, Any]) -> None:
    proxy = load_proxy(str(document["run"]))
    assert str(proxy.formula) == document["best"]["formula"]


def test_a_run_is_exported_as_a_proxy_file_with_its_provenance(document: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "best.json"
    arguments = ["export", document["run"], "--format", "json", "--name", "mine/best", "--output", str(path)]
    assert run(arguments) == 0
    exported = json.loads(path.read_text())
    assert exported["name"] == "mine/best"
    assert exported["found"]["command"] == (
        "lpzero enumerate --table gpt2-own --protocol own --seed 0 --search-size 12 --validation-size 8 "
        "--test-size 1000 --batch 2 --tokens 8 --elements 64 --device cpu --pairs all --operands weight,head "
        "--grammar lpzero --keep 20000"
    )
    assert exported["found"]["test"]["tau_a"] == document["best"]["test"]["tau_a"]
    assert exported["found"]["settings"]["operands"] == ["weight", "head"]
    proxy = load_proxy(str(path))
    assert (proxy.name, proxy.found_on, str(proxy.formula)) == ("mine/best", "gpt2-own", document["best"]["formula"])
    assert load_proxy(document["run"]).found_on == "gpt2-own"


def test_a_proxy_file_with_a_damaged_provenance_is_refused(document: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "best.json"
    assert run(["export", document["run"], "--format", "json", "--output", str(path)]) == 0
    exported = json.loads(path.read_text())
    del exported["found"]["table_sha256"]
    path.write_text(json.dumps(exported))
    with pytest.raises(InputError, match=r"best.json: found"):
        load_proxy(str(path))


def test_a_run_that_was_stopped_goes_on_to_the_same_result_also_with_more_jobs(
    document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # what was extracted for the other run lies there: what follows from it is done again
    monkeypatch.setenv("LPZERO_HOME", str(Path(document["run"]).parent / "home"))
    path = str(tmp_path / "run")

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("lpzero.evolution.enumeration.run.final_report", stop)
        assert run(["enumerate", *SMALL, "--output", path]) == 130
    assert f"continue it with lpzero enumerate --resume {path}" in capsys.readouterr().err
    assert run(["enumerate", "--resume", path, "--seed", "3"]) == 2
    assert "--seed has no effect beside --resume" in capsys.readouterr().err
    assert run(["evolve", "--resume", path]) == 2
    assert run(["enumerate", "--resume", path, "--jobs", "2", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    differing = {key for key in KEYS if again[key] != document[key]}
    assert differing <= {"run", "seconds", "per_second"}


def test_a_folder_that_exists_is_refused_and_untouched(
    document: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in Path(document["run"]).rglob("*") if path.is_file()}
    assert run(["enumerate", *SMALL, "--output", document["run"]]) == 2
    message = capsys.readouterr().err
    assert "exists and is left as it is: give another --output" in message
    assert f"or continue it with --resume {document['run']}" in message
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--operands", "weight,nothing"], "unknown operand 'nothing'"),
        (["--operands", "weight,weight"], "expected each operand once"),
        (["--operands", ""], "--operands"),
        (["--keep", "0"], "--keep"),
        (["--grammar", "typed"], "expected the grammar lpzero or layered, found 'typed'"),
        (["--search-size", "125"], "search size"),
        (["--search-size", "300"], "ranks 12 to 256 architectures, found 300"),
        (["--search-size", "11"], "ranks 12 to 256 architectures, found 11"),
        (["--space", "flexibert"], "is of space gpt2"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["enumerate", *SMALL, *arguments, "--output", str(tmp_path / "run")]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert not (tmp_path / "run").exists()
