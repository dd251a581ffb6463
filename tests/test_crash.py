"""The short form of ``benchmarks/faults.py``: commands are killed at random moments, and go on to equal results."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The harness."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setenv("PYTHONPATH", str(BENCHMARKS.parent))
    before = set(sys.modules)
    yield importlib.import_module("faults")
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == BENCHMARKS:
            del sys.modules[name]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_command_that_is_killed_again_and_again_ends_as_if_it_had_not_been(faults: Any, tmp_path: Path) -> None:
    evolve, *_ = faults.COMMANDS
    tally = faults.killed(evolve, 0, tmp_path, 3, 0, 1)
    assert tally.kills >= 3
    assert tally.faults == []
    assert tally.equal == tally.chains


def test_a_result_that_differs_is_noticed(faults: Any, tmp_path: Path) -> None:
    scripted = faults.Command(
        "scripted", ("--version",), (), lambda folder: (folder / "home").exists() or len(list(folder.iterdir()))
    )
    whole = faults.Reference("another", seconds={1: 0.1, 2: 0.1}, at_work={1: 0.0, 2: 0.0})
    tally = faults.chain(scripted, whole, tmp_path / "run", faults.np.random.default_rng(0), 0)
    assert tally.equal == 0
    assert len(tally.faults) == 1


def test_a_file_that_is_not_whole_is_noticed(faults: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"b": ')
    with pytest.raises(ValueError, match="Expecting value"):
        faults.check_files(tmp_path)
