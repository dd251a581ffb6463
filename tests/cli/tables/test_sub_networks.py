"""``lpzero tables build --sub-networks`` as it is typed, and what other commands make of the table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run
from tests.compression.sub_networks.small import source


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sub-networks")
    source(folder)
    return folder


def arguments(place: Path, out: Path, *more: str) -> list[str]:
    return [
        *("tables", "build", "--sub-networks", str(place / "full"), "--max-params", "7.4k", "-n", "6"),
        *("--recover", "2", "--calibration", str(place / "learn.txt"), "--check", str(place / "check.txt")),
        *("--context", "8", "--windows", "2", "--looking", "2", "--widths", "3", "--tolerance", ".1"),
        *("--output", str(out), *more),
    ]


def test_a_table_is_built_shown_ranked_and_gone_on_with(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = place / "table"
    assert run(arguments(place, out, "--json")) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["recovery"]["noise"]["repeated"] == 6
    assert run(arguments(place, out)) == 0
    said = capsys.readouterr().out
    for expected in ("before", "expected", "operations", "ceiling of tau-a", "lpzero evolve --table"):
        assert expected in said
    assert run(["tables", "show", str(out), "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["columns"]][:2] == ["before", "expected"]
    assert run(["rank", "--table", str(out), "params", "--json"]) == 0
    ranked = json.loads(capsys.readouterr().out)
    assert ranked["n"] == 6
    controls = {one["control"]: one["tau_a"] for one in ranked["controls"]}
    assert controls["before"] == pytest.approx(document["recovery"]["controls"]["before"]["tau_a"], abs=1e-6)


def test_wrong_input_is_one_line(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more, expected in ((("-n", "1"), "2 sub-networks"), (("--max-params", "10"), "--max-params: expected a limit")):
        assert run(arguments(place, tmp_path / "out", *more)) == 2
        said = capsys.readouterr().err.strip().splitlines()
        assert expected in said[-1]
