"""``lpzero search``: its options arrive as settings, and its result is printed for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from lpzero.cli.limit_options import LIMITED
from lpzero.cli.main import run
from lpzero.cli.search import _print, search
from lpzero.costs.cost import CostName
from lpzero.costs.costs import COSTS
from lpzero.nas.config import SearchConfig
from lpzero.nas.result import SearchResult

SMALL = ["search", "--table", "gpt2-own", "--proxy", "depth", "--samples", "4", "--keep", "1", "--jobs", "1"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search that came to its end."""
    folder = tmp_path_factory.mktemp("searches") / "run"
    assert run([*SMALL, "--device", "cpu", "--max-params", "1M", "--max-bytes", "2MB", "--output", str(folder)]) == 0
    return folder


def test_every_cost_can_be_limited() -> None:
    assert list(LIMITED) == list(COSTS)
    assert set(LIMITED) == set(get_args(CostName))
    names = {option.name for option in search.params}
    assert {f"max_{name}" for name in LIMITED} <= names


def test_every_option_is_a_setting() -> None:
    elsewhere = {f"max_{name}" for name in LIMITED} | {"model", "output", "resume", "as_json", "schedule"}
    elsewhere |= {"jobs", "engine", "address", "time_limit", "memory_limit"}
    names = {str(option.name) for option in search.params} - elsewhere
    # what follows from the proxies, the table and the model nobody can set
    assert names == set(SearchConfig.model_fields) - {"names", "higher_is_better", "left_out", "limits", "checkpoint"}


def test_limits_are_read_with_their_units(finished: Path) -> None:
    config = json.loads((finished / "config.json").read_text())
    assert config["limits"] == {"params": 1e6, "bytes": 2e6}
    assert (config["samples"], config["keep"], config["budget"]) == (4, 1, None)


def test_a_finished_search_is_printed_again(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "--resume", str(finished)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert run(["search", "--resume", str(finished), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    best, truth = document["best"][0], document["truth"]["found"]
    assert lines[0][:2] == ["pick", "depth"]
    assert lines[1][:2] == ["found", f"{best['scores'][0]:g}"]
    assert lines[1][-2:] == [f"{truth['regret']:.3f}", f"{truth['percentile']:.1f}"]
    shown = " ".join(word for line in lines for word in line)
    assert "4 architectures scored by guided (0 could not be)" in shown
    assert f"the best are in {document['run']}" in shown


def test_settings_beside_resume_are_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for flag, value in (("--samples", "5"), ("--max-params", "1M"), ("--proxy", "depth")):
        assert run(["search", "--resume", str(finished), flag, value]) == 2
        assert f"{flag} has no effect beside --resume: a run keeps its settings" in capsys.readouterr().err
    assert run(["search", "--resume", str(finished), "--jobs", "2"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--space", "flexibert"], 2, "--proxy is missing: expected a formula"),
        (["--table", "gpt2-own"], 2, "snip is no default here: that of a table is its own"),
        (["--proxy", "depth"], 2, "--space is missing: expected one of "),
        ([*SMALL[1:5], "--max-params", "1"], 4, "no feasible architecture"),
        ([*SMALL[1:5], "--max-params", "0"], 2, "--max-params: expected more than 0, found 0"),
        ([*SMALL[1:5], "--samples", "0"], 2, "--samples: expected greater than or equal to 1, found 0"),
        ([*SMALL[1:5], "--verify", "1"], 2, "--verify: expected at least 2, for there to be an interval, found 1"),
    ],
)
def test_what_is_wrong_names_the_flag(
    arguments: list[str], code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["search", *arguments, "--output", str(tmp_path / "run")]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = [line for line in captured.err.splitlines() if line.startswith("lpzero: error: ")]
    assert message in line
    assert "`" not in line


def test_a_proof_is_printed_group_by_group(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document: dict[str, Any] = json.loads((finished / "result.json").read_text())
    proof = {
        **{"table": "gpt2-own", "recipe": "0" * 8, "space": "gpt2", "protocol": "own"},
        "losses": {"found": [1.0, 2.0], "random": [2.0, 2.5]},
        "means": {"found": 1.5, "random": 2.25},
        "difference": {"random": {"mean": -0.75, "interval": [-1.5, 0.25]}},
    }
    _print(SearchResult.model_validate({**document, "proof": proof}))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "found 2 1.5000 - -" in lines
    assert "random 2 2.2500 -0.7500 [-1.5000, +0.2500]" in lines
