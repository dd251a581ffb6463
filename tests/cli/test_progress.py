"""Progress on stderr: lines where there is no terminal, a bar where there is one."""

from __future__ import annotations

import pytest

from lpzero.cli.progress import ProgressDisplay
from lpzero.evolve.engine import Progress


def test_lines_come_at_the_begin_now_and_then_and_at_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("lpzero.cli.progress.time.monotonic", lambda: now[0])
    display = ProgressDisplay(terminal=False)
    for done in range(1, 11):
        display.architectures("operands", done, 10)
        now[0] += 2
    display.close()
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[0].startswith("operands:  10 %, 1/10 architectures")
    assert lines[-1].startswith("operands: 100 %, 10/10 architectures, 0 s left")
    assert len(lines) == 4
    assert "40 %, 4/10 architectures, 9 s left" in lines[1]


def test_a_bar_shows_best_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    display = ProgressDisplay(terminal=True)
    display.formulas(Progress(0, 0, None, 0.0))
    display.formulas(Progress(3, 250, 0.7154, 0.5))
    display.formulas(Progress(4, 300, 0.7154, 1.0))
    display.close()
    err = capsys.readouterr().err
    assert "evolving" in err
    assert "left" in err
    assert "generation 4, 300 formulas, best tau-a 0.715" in err
